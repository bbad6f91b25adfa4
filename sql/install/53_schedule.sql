-- What is to be run regularly, by pg_cron where it is installed. Its functions are called by
-- EXECUTE: this extension does not need it.

SET LOCAL search_path TO pg_catalog, pg_temp;

-- pg_cron's clock is GMT unless cron.timezone says otherwise, and days are days in UTC: the report
-- of a day comes when the requests of its last minutes have had their time.
CREATE FUNCTION @extschema@.llmw_scheduled_jobs(
    retention interval,
    erase_after interval,
    OUT job text,
    OUT schedule text,
    OUT command text
) RETURNS SETOF record
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET intervalstyle = 'postgres'
AS $$
SELECT j.job, j.schedule, format(j.command, n.nspname)
FROM pg_extension e
JOIN pg_namespace n ON n.oid = e.extnamespace
CROSS JOIN (VALUES
    ('llm_workflow_maintain', '23 2 * * *',
     format('SELECT * FROM %%I.llm_workflow_maintain(%L::interval)', retention)),
    ('llm_workflow_erase', '53 2 * * *',
     CASE WHEN erase_after IS NOT NULL
          THEN format('SELECT %%I.erase_requests_before(now() - %L::interval)', erase_after) END),
    ('llm_workflow_budgets', '3 * * * *', 'SELECT %I.report_budgets()'),
    ('llm_workflow_report', '43 0 * * *', 'SELECT %I.report_workflows()'),
    ('llm_workflow_rules', '33 * * * *', 'SELECT * FROM %I.evaluate_workflow_rules()')
) AS j (job, schedule, command)
WHERE e.extname = 'llm_workflow'
$$;
COMMENT ON FUNCTION @extschema@.llmw_scheduled_jobs(interval, interval) IS
    'What schedule_llm_workflow_jobs() registers; a job without a command is not wanted.';
REVOKE ALL ON FUNCTION @extschema@.llmw_scheduled_jobs(interval, interval) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_refuse_all_but_owner() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT pg_has_role((SELECT c.relowner FROM pg_class c
                        WHERE c.oid = '@extschema@.audit_logs'::regclass), 'USAGE') THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = 'must be owner of the ledger to schedule its maintenance',
            DETAIL = 'The jobs run as the role that schedules them, and drop partitions.';
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_refuse_all_but_owner() IS
    'Raises the error 42501 for roles as which maintenance could not run.';
REVOKE ALL ON FUNCTION @extschema@.llmw_refuse_all_but_owner() FROM PUBLIC;

-- The lines that do by hand what pg_cron of this database cannot.
CREATE FUNCTION @extschema@.llmw_schedule_by_hand(
    retention interval,
    erase_after interval,
    OUT why text,
    OUT remedy text
)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    cron_database text := nullif(current_setting('cron.database_name', true), current_database());
    database text := current_database();
BEGIN
    IF cron_database IS NOT NULL THEN
        why := format('pg_cron of this server is at home in database "%s".', cron_database);
        SELECT format(E'Run in database "%s":\n', cron_database)
               || string_agg(format('SELECT cron.schedule_in_database(%L, %L, %L, %L);',
                                    j.job || ' in ' || database, j.schedule, j.command, database),
                             E'\n')
        INTO remedy
        FROM @extschema@.llmw_scheduled_jobs(retention, erase_after) j
        WHERE j.command IS NOT NULL;
    ELSE
        why := 'pg_cron is not installed in this database.';
        SELECT 'Install it and call this function again, or put into the crontab of somebody who '
               'may connect as the owner of the ledger:' || E'\n'
               || string_agg(format('%s psql -X -q -d %s -c %s >/dev/null', j.schedule,
                                    @extschema@.llmw_crontab_word(database),
                                    @extschema@.llmw_crontab_word(j.command)),
                             E'\n')
        INTO remedy
        FROM @extschema@.llmw_scheduled_jobs(retention, erase_after) j
        WHERE j.command IS NOT NULL;
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_schedule_by_hand(interval, interval) IS
    'Why jobs cannot be scheduled from this database, and the lines that do it elsewhere.';
REVOKE ALL ON FUNCTION @extschema@.llmw_schedule_by_hand(interval, interval) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_crontab_word(word text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT '''' || replace(replace(word, '''', '''\'''''), '%', '\%') || ''''
$$;
COMMENT ON FUNCTION @extschema@.llmw_crontab_word(text) IS
    'The text as one word of a shell command in a crontab, where a percent sign ends the command.';
REVOKE ALL ON FUNCTION @extschema@.llmw_crontab_word(text) FROM PUBLIC;

CREATE FUNCTION @extschema@.llmw_unschedule(jobs text[]) RETURNS SETOF text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    registered record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'pg_cron') THEN
        RETURN;
    END IF;
    FOR registered IN EXECUTE
        'SELECT j.jobid, j.jobname::text AS job
         FROM cron.job j
         WHERE j.jobname::text = ANY ($1)
           AND j.username = current_user AND j.database = current_database()
         ORDER BY j.jobid'
        USING jobs
    LOOP
        EXECUTE 'SELECT cron.unschedule($1)' USING registered.jobid;
        RETURN NEXT registered.job;
    END LOOP;
END
$$;
COMMENT ON FUNCTION @extschema@.llmw_unschedule(text[]) IS
    'Takes jobs of the current role and database out of pg_cron; returns which there were.';
REVOKE ALL ON FUNCTION @extschema@.llmw_unschedule(text[]) FROM PUBLIC;

CREATE FUNCTION @extschema@.schedule_llm_workflow_jobs(
    retention interval DEFAULT NULL,
    erase_after interval DEFAULT NULL
)
    RETURNS TABLE (job text, schedule text, command text, scheduled boolean)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    has_cron boolean := EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'pg_cron');
    by_hand record;
BEGIN
    PERFORM @extschema@.llmw_refuse_all_but_owner();
    PERFORM @extschema@.llmw_check_retention(retention);
    IF erase_after < interval '1 day' THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = 'erase_after must be at least one day',
            HINT = 'The job runs once a day. Without llm_workflow.store_prompts no text is stored.';
    END IF;
    PERFORM @extschema@.llmw_unschedule(ARRAY(
        SELECT j.job FROM @extschema@.llmw_scheduled_jobs(retention, erase_after) j
        WHERE j.command IS NULL));
    FOR job, schedule, command IN
        SELECT j.* FROM @extschema@.llmw_scheduled_jobs(retention, erase_after) j
        WHERE j.command IS NOT NULL
    LOOP
        IF has_cron THEN
            EXECUTE format('SELECT cron.schedule(%L, %L, %L)', job, schedule, command);
        END IF;
        scheduled := has_cron;
        RETURN NEXT;
    END LOOP;
    IF NOT has_cron THEN
        by_hand := @extschema@.llmw_schedule_by_hand(retention, erase_after);
        RAISE NOTICE USING
            MESSAGE = 'nothing was scheduled',
            DETAIL = by_hand.why,
            HINT = by_hand.remedy;
    END IF;
END
$$;
COMMENT ON FUNCTION @extschema@.schedule_llm_workflow_jobs(interval, interval) IS
    'Registers maintenance (with that retention; NULL keeps everything), the erasure of texts of '
    'requests that are older than erase_after (NULL: none), reports of budgets, the nightly report '
    'and the evaluation of rules in pg_cron, as the current role. Calling it again changes the '
    'jobs. Where pg_cron is not installed it says what to do instead.';
REVOKE ALL ON FUNCTION @extschema@.schedule_llm_workflow_jobs(interval, interval) FROM PUBLIC;

CREATE FUNCTION @extschema@.unschedule_llm_workflow_jobs() RETURNS SETOF text
    LANGUAGE sql
    SET search_path = pg_catalog, pg_temp
AS $$
SELECT @extschema@.llmw_unschedule(ARRAY(
    SELECT j.job FROM @extschema@.llmw_scheduled_jobs(NULL, NULL) j))
$$;
COMMENT ON FUNCTION @extschema@.unschedule_llm_workflow_jobs() IS
    'Takes the jobs of schedule_llm_workflow_jobs() out of pg_cron; returns which there were. To '
    'be called before DROP EXTENSION.';
REVOKE ALL ON FUNCTION @extschema@.unschedule_llm_workflow_jobs() FROM PUBLIC;
