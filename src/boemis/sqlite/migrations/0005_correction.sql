-- A later revision takes the place of what stood, and says why (R 3.4.5). What a load replaced is written with it: once
-- it is loaded, nobody can tell that from revisions alone, for what stood then may be contested since.

ALTER TABLE submission ADD COLUMN replaces TEXT;  -- the submission that stood; null where none did
ALTER TABLE submission ADD COLUMN reason   TEXT;  -- the reason that the document gives
ALTER TABLE submission ADD COLUMN note     TEXT;  -- what more its sender says

-- By which a replaced load finds what replaced it.
CREATE INDEX submission_replaces ON submission (replaces) WHERE replaces IS NOT NULL;

-- These stay what they are, too. All else of this trigger is as it was.
DROP TRIGGER submission_stays;
CREATE TRIGGER submission_stays BEFORE UPDATE ON submission
WHEN NOT (OLD.contested_at IS NULL AND OLD.approved_at IS NEW.approved_at
        AND EXISTS (SELECT 1 FROM submission_act a WHERE a.submission = OLD.id
            AND a.act IN ('contested', 'refused', 'withdrawn') AND a.at = NEW.contested_at)
    OR OLD.approved_at IS NULL AND OLD.contested_at IS NEW.contested_at
        AND EXISTS (SELECT 1 FROM submission_act a WHERE a.submission = OLD.id
            AND a.act = 'approved' AND a.at = NEW.approved_at))
    OR (NEW.number, NEW.id, NEW.participant, NEW.dataset, NEW.period, NEW.revision, NEW.content, NEW.rows,
        NEW.records, NEW.received_at, NEW.loaded_at, NEW.signers, NEW.replaces, NEW.reason, NEW.note)
    IS NOT (OLD.number, OLD.id, OLD.participant, OLD.dataset, OLD.period, OLD.revision, OLD.content, OLD.rows,
        OLD.records, OLD.received_at, OLD.loaded_at, OLD.signers, OLD.replaces, OLD.reason, OLD.note)
BEGIN
    SELECT RAISE(ABORT, 'what was loaded is never changed');
END;
