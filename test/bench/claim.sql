-- A queue of :jobs jobs of :groups roles, with requests of about half a KB, all due. No worker
-- knows of them: rows put into workflow_jobs by hand wake none.
\set ON_ERROR_STOP on
SET timezone = 'UTC';
CREATE EXTENSION llm_workflow;

CREATE PROCEDURE submit(jobs bigint, groups int) LANGUAGE sql AS $$
    INSERT INTO workflow_jobs (request_id, submitted_at, role_name, state, run_at, primary_model,
                               request)
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
               || substr(md5(i::text), 1, 3) || '8' || substr(md5(random()::text), 1, 15))::uuid,
           at, 'role_' || i % groups, 'queued', at, 'model',
           jsonb_build_object('prompt', repeat(md5(i::text), 12), 'services', '[]'::jsonb)
    FROM generate_series(1, jobs) AS i, LATERAL (SELECT clock_timestamp() AS at) AS clock
$$;

CREATE UNLOGGED TABLE times (step text, ms float8);

-- As the worker does: each step is a transaction. A hundred jobs go and a hundred come, so the
-- queue keeps its length.
CREATE PROCEDURE measure(groups int, rounds int) LANGUAGE plpgsql AS $$
DECLARE
    me CONSTANT uuid := gen_random_uuid();
    roles name[] := ARRAY(SELECT 'role_' || i FROM generate_series(0, groups - 1) AS i);
    models text[] := array_fill('model'::text, ARRAY[groups]);
    quotas int[] := array_fill(100 / groups, ARRAY[groups]);
    began timestamptz;
    ids uuid[];
BEGIN
    FOR i IN -4 .. rounds LOOP
        began := clock_timestamp();
        PERFORM FROM llmw_job_groups();
        INSERT INTO times SELECT 'groups', extract(epoch FROM clock_timestamp() - began) * 1000
        WHERE i > 0;
        began := clock_timestamp();
        ids := ARRAY(SELECT request_id FROM llmw_claim_jobs(me, roles, models, quotas));
        INSERT INTO times SELECT 'claim', extract(epoch FROM clock_timestamp() - began) * 1000
        WHERE i > 0;
        IF cardinality(ids) <> 100 THEN
            RAISE 'claimed % jobs', cardinality(ids);
        END IF;
        COMMIT;
        began := clock_timestamp();
        PERFORM llmw_end_jobs(me, ids, array_fill(1, ARRAY[100]));
        INSERT INTO times SELECT 'end', extract(epoch FROM clock_timestamp() - began) * 1000
        WHERE i > 0;
        CALL submit(100, groups);
        COMMIT;
    END LOOP;
END
$$;

-- The worker plans like that.
ALTER DATABASE :"DBNAME" SET enable_seqscan = off;
ALTER DATABASE :"DBNAME" SET enable_hashjoin = off;
ALTER DATABASE :"DBNAME" SET enable_mergejoin = off;
ALTER DATABASE :"DBNAME" SET jit = off;

CALL submit(:jobs, :groups);
VACUUM workflow_jobs;
