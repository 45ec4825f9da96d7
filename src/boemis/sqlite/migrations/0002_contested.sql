-- A load may be contested: its signer's certificate turned out to have been revoked before the document was
-- received. The row and its records stay; what is contested holds no more, stands in the way of nothing,
-- and its revision is free again. This is the one thing that is ever updated.
--
-- The old table has the uniqueness in its own text, and SQLite changes no table's constraints: the table is
-- made anew, with everything under its number. Foreign keys are off for that, and views are not looked
-- into; both are no part of a transaction, so this file brings its own. Done twice, it does the same.

PRAGMA foreign_keys = OFF;
PRAGMA legacy_alter_table = ON;

BEGIN IMMEDIATE;

CREATE TABLE submission_2 (
    number      INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    participant TEXT    NOT NULL,
    dataset     TEXT    NOT NULL,
    period      TEXT    NOT NULL,
    revision    INTEGER NOT NULL CHECK (revision BETWEEN 1 AND 9999),
    content     BLOB    NOT NULL CHECK (length(content) = 32),
    rows        BLOB    NOT NULL CHECK (length(rows) = 32),
    records     INTEGER NOT NULL CHECK (records >= 0),
    received_at TEXT    NOT NULL,
    loaded_at   TEXT    NOT NULL,
    signers     TEXT    NOT NULL,
    contested_at TEXT   -- RFC 3339, UTC; null while it is not
) STRICT;

INSERT INTO submission_2 (number, id, participant, dataset, period, revision, content, rows, records, received_at,
    loaded_at, signers)
SELECT number, id, participant, dataset, period, revision, content, rows, records, received_at, loaded_at, signers
FROM submission ORDER BY number;

DROP TABLE submission;
ALTER TABLE submission_2 RENAME TO submission;

-- In this order it also finds all that stands for a dataset and period, whoever filed it.
CREATE UNIQUE INDEX submission_statement ON submission (dataset, period, participant, revision)
WHERE contested_at IS NULL;
-- Few are, and whether a revision holds again is asked for every row.
CREATE INDEX submission_contested ON submission (dataset, period, participant) WHERE contested_at IS NOT NULL;

COMMIT;

PRAGMA legacy_alter_table = OFF;
PRAGMA foreign_keys = ON;
