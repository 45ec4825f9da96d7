-- What is filed may wait for an approval: until then it is no part of what holds. A load that needs none is approved
-- when it is loaded. Approved, refused, withdrawn: each is an act by a signed document, and the database itself lets
-- the load hold, or hold no more.

ALTER TABLE submission ADD COLUMN approved_at TEXT;  -- RFC 3339, UTC; null while it waits

CREATE TABLE submission_act_2 (
    number        INTEGER PRIMARY KEY,
    submission    TEXT    NOT NULL REFERENCES submission (id),
    act           TEXT    NOT NULL CHECK (act IN ('contested', 'checking', 'approved', 'refused', 'withdrawn')),
    at            TEXT    NOT NULL,  -- RFC 3339, UTC
    by_submission TEXT    -- the signed document that did it; null where the window found it out by itself
) STRICT;

INSERT INTO submission_act_2 (number, submission, act, at, by_submission)
SELECT number, submission, act, at, by_submission FROM submission_act ORDER BY number;

DROP TRIGGER submission_stays;
DROP TABLE submission_act;
ALTER TABLE submission_act_2 RENAME TO submission_act;

UPDATE submission SET approved_at = loaded_at;

-- Each is done once: the first moment stays. And a document does one thing.
CREATE UNIQUE INDEX submission_act_once ON submission_act (submission, act);
CREATE UNIQUE INDEX submission_act_by ON submission_act (by_submission) WHERE by_submission IS NOT NULL;

CREATE TRIGGER submission_act_done AFTER INSERT ON submission_act
WHEN NEW.act IN ('contested', 'refused', 'withdrawn')
BEGIN
    UPDATE submission SET contested_at = NEW.at WHERE id = NEW.submission AND contested_at IS NULL;
END;

CREATE TRIGGER submission_act_approves AFTER INSERT ON submission_act WHEN NEW.act = 'approved'
BEGIN
    UPDATE submission SET approved_at = NEW.at WHERE id = NEW.submission AND approved_at IS NULL;
END;

CREATE TRIGGER submission_act_stays BEFORE UPDATE ON submission_act
BEGIN
    SELECT RAISE(ABORT, 'what was done is never changed');
END;

CREATE TRIGGER submission_act_goes BEFORE DELETE ON submission_act
BEGIN
    SELECT RAISE(ABORT, 'what was done is never changed');
END;

-- The changes that there are: a load is approved, or holds no more, by an act that says so.
CREATE TRIGGER submission_stays BEFORE UPDATE ON submission
WHEN NOT (OLD.contested_at IS NULL AND OLD.approved_at IS NEW.approved_at
        AND EXISTS (SELECT 1 FROM submission_act a WHERE a.submission = OLD.id
            AND a.act IN ('contested', 'refused', 'withdrawn') AND a.at = NEW.contested_at)
    OR OLD.approved_at IS NULL AND OLD.contested_at IS NEW.contested_at
        AND EXISTS (SELECT 1 FROM submission_act a WHERE a.submission = OLD.id
            AND a.act = 'approved' AND a.at = NEW.approved_at))
    OR (NEW.number, NEW.id, NEW.participant, NEW.dataset, NEW.period, NEW.revision, NEW.content, NEW.rows,
        NEW.records, NEW.received_at, NEW.loaded_at, NEW.signers)
    IS NOT (OLD.number, OLD.id, OLD.participant, OLD.dataset, OLD.period, OLD.revision, OLD.content, OLD.rows,
        OLD.records, OLD.received_at, OLD.loaded_at, OLD.signers)
BEGIN
    SELECT RAISE(ABORT, 'what was loaded is never changed');
END;
