-- BOEMIS: what was loaded, by whom it was signed, and when. Nothing here is ever updated or deleted.
--
-- One row is one load mark: it is written in the transaction that writes the records, so whoever
-- finds it knows that the records stand. `number` is the order of loading; records refer to it.

PRAGMA application_id = 1112493389; -- "BOEM"

CREATE TABLE submission (
    number      INTEGER PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    participant TEXT    NOT NULL,
    dataset     TEXT    NOT NULL,
    period      TEXT    NOT NULL,  -- 2026, 2026-Q3, or empty where the dataset has no period
    revision    INTEGER NOT NULL CHECK (revision BETWEEN 1 AND 9999),
    content     BLOB    NOT NULL CHECK (length(content) = 32),  -- SHA-256 of what was signed
    rows        BLOB    NOT NULL CHECK (length(rows) = 32),     -- SHA-256 of the records
    records     INTEGER NOT NULL CHECK (records >= 0),
    received_at TEXT    NOT NULL,  -- RFC 3339, UTC
    loaded_at   TEXT    NOT NULL,
    signers     TEXT    NOT NULL,  -- SHA-256 of each signer's certificate in hexadecimal, parted by blanks
    -- In this order it also finds all that stands for a dataset and period, whoever filed it; and
    -- since period and revision are part of what was signed, it finds equal contents too. An index
    -- of contents would be spread at random and triple what each group writes.
    UNIQUE (dataset, period, participant, revision)
) STRICT;

-- The columns of every dataset as they were when first described: a later description may add
-- columns; it may not change what the numbers stored under an old name mean.
CREATE TABLE dataset_column (
    dataset TEXT    NOT NULL,
    name    TEXT    NOT NULL,
    kind    TEXT    NOT NULL,  -- station, decimal
    places  INTEGER NOT NULL,  -- decimals are stored as whole numbers of 10^-places
    PRIMARY KEY (dataset, name)
) STRICT, WITHOUT ROWID;
