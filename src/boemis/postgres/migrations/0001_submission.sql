-- BOEMIS: what was loaded, by whom it was signed, and when. Nothing here is ever updated or deleted.
--
-- One row is one load mark: it is written in the transaction that writes the records, so whoever
-- finds it knows that the records stand. `number` is the order of loading; records refer to it.
-- Texts are compared by their octets, as SQLite compares them.

CREATE TABLE submission (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          text COLLATE "C" NOT NULL UNIQUE,
    participant text COLLATE "C" NOT NULL,
    dataset     text COLLATE "C" NOT NULL,
    period      text COLLATE "C" NOT NULL,  -- 2026, 2026-Q3, or empty where the dataset has no period
    revision    bigint NOT NULL CHECK (revision BETWEEN 1 AND 9999),
    content     bytea  NOT NULL CHECK (octet_length(content) = 32),  -- SHA-256 of what was signed
    rows        bytea  NOT NULL CHECK (octet_length(rows) = 32),     -- SHA-256 of the records
    records     bigint NOT NULL CHECK (records >= 0),
    received_at text COLLATE "C" NOT NULL,  -- RFC 3339, UTC; text, for it has nine places of the second
    loaded_at   text COLLATE "C" NOT NULL,
    signers     text COLLATE "C" NOT NULL   -- SHA-256 of each signer's certificate in hexadecimal, parted by blanks
);

-- The columns of every dataset as they were when first described: a later description may add
-- columns; it may not change what the numbers stored under an old name mean.
CREATE TABLE dataset_column (
    dataset text COLLATE "C" NOT NULL,
    name    text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL,  -- station, decimal
    places  bigint NOT NULL,            -- decimals are stored as whole numbers of 10^-places
    PRIMARY KEY (dataset, name)
);
