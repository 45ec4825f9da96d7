-- Somebody may propose a correction to another body's data (R 3.13): the row is that body's statement, and says who
-- proposed it. Until it is approved it counts for nothing: it takes no number of the body's revisions, and any number
-- of proposals may wait beside each other and beside what the body files itself.

ALTER TABLE submission ADD COLUMN proposed_by TEXT;  -- the body that proposed it; null where it filed for itself

-- One revision of a statement counts, as before. What is proposed and not approved is told apart by its id.
DROP INDEX submission_statement;
CREATE UNIQUE INDEX submission_statement ON submission (dataset, period, participant, revision,
    (CASE WHEN proposed_by IS NOT NULL AND approved_at IS NULL THEN id ELSE '' END))
WHERE contested_at IS NULL;

-- This stays what it is, too. All else of this trigger is as it was.
DROP TRIGGER submission_stays;
CREATE TRIGGER submission_stays BEFORE UPDATE ON submission
WHEN NOT (OLD.contested_at IS NULL AND OLD.approved_at IS NEW.approved_at
        AND EXISTS (SELECT 1 FROM submission_act a WHERE a.submission = OLD.id
            AND a.act IN ('contested', 'refused', 'withdrawn') AND a.at = NEW.contested_at)
    OR OLD.approved_at IS NULL AND OLD.contested_at IS NEW.contested_at
        AND EXISTS (SELECT 1 FROM submission_act a WHERE a.submission = OLD.id
            AND a.act = 'approved' AND a.at = NEW.approved_at))
    OR (NEW.number, NEW.id, NEW.participant, NEW.dataset, NEW.period, NEW.revision, NEW.content, NEW.rows,
        NEW.records, NEW.received_at, NEW.loaded_at, NEW.signers, NEW.replaces, NEW.reason, NEW.note,
        NEW.proposed_by)
    IS NOT (OLD.number, OLD.id, OLD.participant, OLD.dataset, OLD.period, OLD.revision, OLD.content, OLD.rows,
        OLD.records, OLD.received_at, OLD.loaded_at, OLD.signers, OLD.replaces, OLD.reason, OLD.note,
        OLD.proposed_by)
BEGIN
    SELECT RAISE(ABORT, 'what was loaded is never changed');
END;
