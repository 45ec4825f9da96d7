-- What is done to a load after it was loaded is a row of its own; the database itself takes the load out of what
-- holds. So whoever loads needs no right but to insert, and who did what, when, stays readable.

CREATE TABLE submission_act (
    number        INTEGER PRIMARY KEY,
    submission    TEXT    NOT NULL REFERENCES submission (id),
    act           TEXT    NOT NULL CHECK (act IN ('contested', 'approved', 'refused', 'withdrawn')),
    at            TEXT    NOT NULL,  -- RFC 3339, UTC
    by_submission TEXT    -- the signed document that did it; null where the window found it out by itself
) STRICT;

-- The first moment stays.
CREATE UNIQUE INDEX submission_act_contested ON submission_act (submission) WHERE act = 'contested';

-- What was contested before there were acts.
INSERT INTO submission_act (submission, act, at)
SELECT id, 'contested', contested_at FROM submission WHERE contested_at IS NOT NULL ORDER BY number;

CREATE TRIGGER submission_act_done AFTER INSERT ON submission_act WHEN NEW.act = 'contested'
BEGIN
    UPDATE submission SET contested_at = NEW.at WHERE id = NEW.submission AND contested_at IS NULL;
END;

CREATE TRIGGER submission_act_stays BEFORE UPDATE ON submission_act
BEGIN
    SELECT RAISE(ABORT, 'what was done is never changed');
END;

CREATE TRIGGER submission_act_goes BEFORE DELETE ON submission_act
BEGIN
    SELECT RAISE(ABORT, 'what was done is never changed');
END;

-- The one change that there is: a load becomes contested, by an act that says so.
CREATE TRIGGER submission_stays BEFORE UPDATE ON submission
WHEN OLD.contested_at IS NOT NULL
    OR NOT EXISTS (SELECT 1 FROM submission_act a
        WHERE a.submission = OLD.id AND a.act = 'contested' AND a.at = NEW.contested_at)
    OR (NEW.number, NEW.id, NEW.participant, NEW.dataset, NEW.period, NEW.revision, NEW.content, NEW.rows,
        NEW.records, NEW.received_at, NEW.loaded_at, NEW.signers)
    IS NOT (OLD.number, OLD.id, OLD.participant, OLD.dataset, OLD.period, OLD.revision, OLD.content, OLD.rows,
        OLD.records, OLD.received_at, OLD.loaded_at, OLD.signers)
BEGIN
    SELECT RAISE(ABORT, 'what was loaded is never changed');
END;

CREATE TRIGGER submission_goes BEFORE DELETE ON submission
BEGIN
    SELECT RAISE(ABORT, 'what was loaded is never changed');
END;
