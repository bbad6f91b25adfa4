-- Where the database is at home. A database that was restored or cloned elsewhere holds jobs, keys and
-- budgets of another one: it makes no calls until somebody who may says so.
--
-- A place is a server, by its system identifier, and a database of it, by its oid. CREATE EXTENSION
-- records the place where it runs, and a dump carries the rows along: a restored database then has two
-- places, a physical copy of a database one that is not its own.

SET LOCAL search_path TO pg_catalog, pg_temp;

CREATE TABLE @extschema@.llm_workflow_homes (
    system_identifier bigint NOT NULL,
    database_oid oid NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE @extschema@.llm_workflow_homes IS
    'Places where this database was allowed to make calls. It makes calls while all rows name the '
    'place where it is; llm_workflow_allow_here() sees to that.';
COMMENT ON COLUMN @extschema@.llm_workflow_homes.system_identifier IS
    'Of the server, as pg_control_system() shows it.';
COMMENT ON COLUMN @extschema@.llm_workflow_homes.database_oid IS 'pg_database.oid.';

SELECT pg_extension_config_dump('@extschema@.llm_workflow_homes', '');

CREATE TRIGGER catalogue_changed AFTER INSERT OR UPDATE OR DELETE ON @extschema@.llm_workflow_homes
    FOR EACH ROW EXECUTE FUNCTION @extschema@.llmw_catalogue_changed();
ALTER TABLE @extschema@.llm_workflow_homes ENABLE ALWAYS TRIGGER catalogue_changed;
CREATE TRIGGER catalogue_emptied AFTER TRUNCATE ON @extschema@.llm_workflow_homes
    FOR EACH STATEMENT EXECUTE FUNCTION @extschema@.llmw_catalogue_changed();
ALTER TABLE @extschema@.llm_workflow_homes ENABLE ALWAYS TRIGGER catalogue_emptied;

CREATE FUNCTION @extschema@.llmw_this_place(OUT system_identifier bigint, OUT database_oid oid)
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'llmw_this_place';
COMMENT ON FUNCTION @extschema@.llmw_this_place() IS 'This server and database.';
REVOKE ALL ON FUNCTION @extschema@.llmw_this_place() FROM PUBLIC;

INSERT INTO @extschema@.llm_workflow_homes (system_identifier, database_oid)
SELECT p.system_identifier, p.database_oid FROM @extschema@.llmw_this_place() p;

CREATE FUNCTION @extschema@.llmw_wake_workers() RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'llmw_wake_workers';
COMMENT ON FUNCTION @extschema@.llmw_wake_workers() IS
    'Has the workers of this database look at jobs and homes when the transaction commits.';
REVOKE ALL ON FUNCTION @extschema@.llmw_wake_workers() FROM PUBLIC;

CREATE FUNCTION @extschema@.llm_workflow_allow_here() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    here record;
    former jsonb;
BEGIN
    SELECT * INTO here FROM @extschema@.llmw_this_place();
    LOCK TABLE @extschema@.llm_workflow_homes IN SHARE ROW EXCLUSIVE MODE;
    SELECT jsonb_agg(jsonb_build_object('system_identifier', h.system_identifier,
                                        'database_oid', h.database_oid,
                                        'recorded_at', h.recorded_at)
                     ORDER BY h.recorded_at)
    INTO former
    FROM @extschema@.llm_workflow_homes h;
    DELETE FROM @extschema@.llm_workflow_homes;
    INSERT INTO @extschema@.llm_workflow_homes (system_identifier, database_oid)
    VALUES (here.system_identifier, here.database_oid);
    PERFORM @extschema@.ensure_workflow_partitions();
    INSERT INTO @extschema@.audit_logs (event_id, "timestamp", action, severity, actor, details)
    VALUES (gen_random_uuid(), now(), 'SENDING_ALLOWED', 'warning', session_user,
            jsonb_build_object('system_identifier', here.system_identifier,
                               'database_oid', here.database_oid,
                               'former_homes', coalesce(former, '[]')));
    PERFORM @extschema@.llmw_wake_workers();
END
$$;
COMMENT ON FUNCTION @extschema@.llm_workflow_allow_here() IS
    'Makes this database the home of its jobs and keys: from the commit on it makes calls. For copies '
    'that shall spend. EXECUTE is granted to nobody.';
REVOKE ALL ON FUNCTION @extschema@.llm_workflow_allow_here() FROM PUBLIC;
