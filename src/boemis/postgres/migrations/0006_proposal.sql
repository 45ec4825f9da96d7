-- Somebody may propose a correction to another body's data (R 3.13): the row is that body's statement, and says who
-- proposed it. Until it is approved it counts for nothing: it takes no number of the body's revisions, and any number
-- of proposals may wait beside each other and beside what the body files itself.

ALTER TABLE submission ADD COLUMN proposed_by text COLLATE "C";  -- the body that proposed it; null where it filed for itself

-- One revision of a statement counts, as before. What is proposed and not approved is told apart by its id.
DROP INDEX submission_statement;
CREATE UNIQUE INDEX submission_statement ON submission (dataset, period, participant, revision,
    (CASE WHEN proposed_by IS NOT NULL AND approved_at IS NULL THEN id ELSE '' END))
WHERE contested_at IS NULL;
