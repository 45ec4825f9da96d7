-- A later revision takes the place of what stood, and says why (R 3.4.5). What a load replaced is written with it: once
-- it is loaded, nobody can tell that from revisions alone, for what stood then may be contested since.

ALTER TABLE submission ADD COLUMN replaces text COLLATE "C";  -- the submission that stood; null where none did
ALTER TABLE submission ADD COLUMN reason   text COLLATE "C";  -- the reason that the document gives
ALTER TABLE submission ADD COLUMN note     text COLLATE "C";  -- what more its sender says

-- By which a replaced load finds what replaced it.
CREATE INDEX submission_replaces ON submission (replaces) WHERE replaces IS NOT NULL;
