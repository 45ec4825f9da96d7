-- What is done to a load after it was loaded is a row of its own; the database itself takes the load out of what
-- holds. So whoever loads needs no right but to insert, and who did what, when, stays readable.

CREATE TABLE submission_act (
    number        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    submission    text COLLATE "C" NOT NULL REFERENCES submission (id),
    act           text COLLATE "C" NOT NULL CHECK (act IN ('contested', 'approved', 'refused', 'withdrawn')),
    at            text COLLATE "C" NOT NULL,  -- RFC 3339, UTC
    by_submission text COLLATE "C"  -- the signed document that did it; null where the window found it out by itself
);

-- The first moment stays.
CREATE UNIQUE INDEX submission_act_contested ON submission_act (submission) WHERE act = 'contested';

-- With the rights of the owner: whoever inserts the act may not update what it is about.
CREATE FUNCTION submission_act_done() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    UPDATE submission SET contested_at = NEW.at WHERE id = NEW.submission AND contested_at IS NULL;
    RETURN NULL;
END $$;

CREATE FUNCTION loaded_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was loaded is never changed' USING ERRCODE = 'insufficient_privilege';
END $$;

-- The one change that there is: a load becomes contested, by an act that says so.
CREATE FUNCTION submission_stays() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    contested submission;
BEGIN
    contested := OLD;
    contested.contested_at := NEW.contested_at;
    IF OLD.contested_at IS NULL AND NEW IS NOT DISTINCT FROM contested AND EXISTS (SELECT FROM submission_act a
        WHERE a.submission = OLD.id AND a.act = 'contested' AND a.at = NEW.contested_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'what was loaded is never changed' USING ERRCODE = 'insufficient_privilege';
END $$;

-- Records belong to a load, and a load has as many as its mark says: nobody adds to it later.
CREATE FUNCTION record_fits() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF EXISTS (SELECT FROM (SELECT submission, max(record) AS last FROM fresh GROUP BY submission) f
        LEFT JOIN submission s ON s.number = f.submission WHERE s.number IS NULL OR f.last > s.records) THEN
        RAISE EXCEPTION 'a record without its load' USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN NULL;
END $$;

-- What a function of the owner names is found in this schema and nowhere before it.
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['submission_act_done', 'loaded_stays', 'submission_stays', 'record_fits'] LOOP
        EXECUTE format('ALTER FUNCTION %I.%I() SET search_path = pg_catalog, %I, pg_temp', current_schema(), name,
            current_schema());
        EXECUTE format('REVOKE ALL ON FUNCTION %I.%I() FROM PUBLIC', current_schema(), name);
    END LOOP;
END $$;

CREATE TRIGGER submission_act_done AFTER INSERT ON submission_act
FOR EACH ROW WHEN (NEW.act = 'contested') EXECUTE FUNCTION submission_act_done();

CREATE TRIGGER submission_act_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON submission_act
FOR EACH STATEMENT EXECUTE FUNCTION loaded_stays();

CREATE TRIGGER submission_stays BEFORE UPDATE ON submission
FOR EACH ROW EXECUTE FUNCTION submission_stays();

CREATE TRIGGER submission_goes BEFORE DELETE OR TRUNCATE ON submission
FOR EACH STATEMENT EXECUTE FUNCTION loaded_stays();
