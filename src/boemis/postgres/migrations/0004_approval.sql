-- What is filed may wait for an approval: until then it is no part of what holds. A load that needs none is approved
-- when it is loaded. Approved, refused, withdrawn: each is an act by a signed document, and the database itself lets
-- the load hold, or hold no more.

ALTER TABLE submission ADD COLUMN approved_at text COLLATE "C";  -- RFC 3339, UTC; null while it waits

DROP TRIGGER submission_stays ON submission;
UPDATE submission SET approved_at = loaded_at;

ALTER TABLE submission_act DROP CONSTRAINT submission_act_act_check;
ALTER TABLE submission_act ADD CONSTRAINT submission_act_act_check
    CHECK (act IN ('contested', 'checking', 'approved', 'refused', 'withdrawn'));

-- Each is done once: the first moment stays. And a document does one thing.
DROP INDEX submission_act_contested;
CREATE UNIQUE INDEX submission_act_once ON submission_act (submission, act);
CREATE UNIQUE INDEX submission_act_by ON submission_act (by_submission) WHERE by_submission IS NOT NULL;

CREATE OR REPLACE FUNCTION submission_act_done() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF NEW.act = 'approved' THEN
        UPDATE submission SET approved_at = NEW.at WHERE id = NEW.submission AND approved_at IS NULL;
    ELSIF NEW.act <> 'checking' THEN
        UPDATE submission SET contested_at = NEW.at WHERE id = NEW.submission AND contested_at IS NULL;
    END IF;
    RETURN NULL;
END $$;

-- The changes that there are: a load is approved, or holds no more, by an act that says so.
CREATE OR REPLACE FUNCTION submission_stays() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    changed submission;
BEGIN
    changed := OLD;
    changed.contested_at := NEW.contested_at;
    IF OLD.contested_at IS NULL AND NEW IS NOT DISTINCT FROM changed AND EXISTS (SELECT FROM submission_act a
        WHERE a.submission = OLD.id AND a.act IN ('contested', 'refused', 'withdrawn') AND a.at = NEW.contested_at) THEN
        RETURN NEW;
    END IF;
    changed := OLD;
    changed.approved_at := NEW.approved_at;
    IF OLD.approved_at IS NULL AND NEW IS NOT DISTINCT FROM changed AND EXISTS (SELECT FROM submission_act a
        WHERE a.submission = OLD.id AND a.act = 'approved' AND a.at = NEW.approved_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was loaded is never changed' USING ERRCODE = 'insufficient_privilege';
END $$;

-- Written anew, they keep their search path and rights only where these are said again.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['submission_act_done', 'submission_stays'] LOOP
        EXECUTE format('ALTER FUNCTION %I.%I() SET search_path = pg_catalog, %I, pg_temp', current_schema(), name,
            current_schema());
        EXECUTE format('REVOKE ALL ON FUNCTION %I.%I() FROM PUBLIC', current_schema(), name);
    END LOOP;
END $$;

DROP TRIGGER submission_act_done ON submission_act;
CREATE TRIGGER submission_act_done AFTER INSERT ON submission_act
FOR EACH ROW EXECUTE FUNCTION submission_act_done();

CREATE TRIGGER submission_stays BEFORE UPDATE ON submission
FOR EACH ROW EXECUTE FUNCTION submission_stays();
