-- A load may be contested: its signer's certificate turned out to have been revoked before the document was
-- received. The row and its records stay; what is contested holds no more, stands in the way of nothing,
-- and its revision is free again. This is the one thing that is ever updated.

ALTER TABLE submission ADD COLUMN contested_at text COLLATE "C";  -- RFC 3339, UTC; null while it is not

-- The last line against doubles. In this order it also finds all that stands for a dataset and period, whoever
-- filed it.
CREATE UNIQUE INDEX submission_statement ON submission (dataset, period, participant, revision)
WHERE contested_at IS NULL;
-- Few are, and whether a revision holds again is asked for every row.
CREATE INDEX submission_contested ON submission (dataset, period, participant) WHERE contested_at IS NOT NULL;
