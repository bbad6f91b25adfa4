-- Workers that may have jobs, and what becomes of the jobs when a worker dies. 25_jobs.sql says
-- which locks these functions take and how they are planned. workflow_workers is not dumped: a
-- restored row would be nobody's.

CREATE TABLE workflow_workers (
    worker uuid PRIMARY KEY,
    ordinal int NOT NULL,
    pid int NOT NULL,
    started_at timestamptz NOT NULL,
    lease_until timestamptz NOT NULL
);

COMMENT ON TABLE workflow_workers IS
    'Workers of this database that may have jobs. A row that is not renewed in time is that of a '
    'worker which died or hangs: its jobs go back to the queue.';
COMMENT ON COLUMN workflow_workers.worker IS
    'UUID version 7 of one process: a worker that is started again has another.';
COMMENT ON COLUMN workflow_workers.ordinal IS
    'Counts the workers of the database, from 0: llm_workflow.workers_per_database.';
COMMENT ON COLUMN workflow_workers.pid IS 'Its process id.';
COMMENT ON COLUMN workflow_workers.started_at IS 'When it came here first.';
COMMENT ON COLUMN workflow_workers.lease_until IS
    'Its jobs are its own until then; it renews this every 10 seconds.';

CREATE FUNCTION llmw_register_worker(worker uuid, ordinal int, pid int) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO @extschema@.workflow_workers (worker, ordinal, pid, started_at, lease_until)
    VALUES ($1, $2, $3, clock_timestamp(), clock_timestamp() + interval '30 seconds');
END
$$;
COMMENT ON FUNCTION llmw_register_worker(uuid, int, int) IS 'A worker begins, with a first lease.';
REVOKE ALL ON FUNCTION llmw_register_worker(uuid, int, int) FROM PUBLIC;

CREATE FUNCTION llmw_renew_lease(worker uuid) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    UPDATE @extschema@.workflow_workers
    SET lease_until = clock_timestamp() + interval '30 seconds'
    WHERE worker = $1;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION llmw_renew_lease(uuid) IS
    'Renews the worker''s lease. False: it is not registered, and somebody else has its jobs.';
REVOKE ALL ON FUNCTION llmw_renew_lease(uuid) FROM PUBLIC;

CREATE FUNCTION llmw_leave_worker(worker uuid) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    DELETE FROM @extschema@.workflow_workers WHERE worker = $1;
END
$$;
COMMENT ON FUNCTION llmw_leave_worker(uuid) IS
    'A worker ends. The next sweep takes over what it still had.';
REVOKE ALL ON FUNCTION llmw_leave_worker(uuid) FROM PUBLIC;

-- Locks the rows of the dead, so that a worker that renews its lease meanwhile is not among them.
-- A worker that started after this transaction cannot be in the caller's list yet.
CREATE FUNCTION llmw_dead_workers(live uuid[]) RETURNS uuid[]
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET enable_bitmapscan = off
    SET enable_sort = off
AS $$
DECLARE
    dead uuid[] := ARRAY(
        SELECT w.worker
        FROM @extschema@.workflow_workers w
        WHERE w.lease_until < now() OR (w.started_at < now() AND NOT w.worker = ANY (live))
        FOR UPDATE SKIP LOCKED);
    holder uuid := '00000000-0000-0000-0000-000000000000';
BEGIN
    -- Some have no row: they left without ending their jobs, or the jobs come from a dump.
    LOOP
        SELECT j.worker INTO holder
        FROM @extschema@.workflow_jobs j
        WHERE j.state = 'running' AND j.worker > holder
        ORDER BY j.worker
        LIMIT 1;
        EXIT WHEN NOT FOUND;
        IF NOT holder = ANY (live)
           AND NOT EXISTS (SELECT FROM @extschema@.workflow_workers w WHERE w.worker = holder) THEN
            dead := dead || holder;
        END IF;
    END LOOP;
    RETURN dead;
END
$$;
COMMENT ON FUNCTION llmw_dead_workers(uuid[]) IS
    'Workers whose jobs somebody else must take: their lease is over, or they are not among those '
    'that live.';
REVOKE ALL ON FUNCTION llmw_dead_workers(uuid[]) FROM PUBLIC;

-- The suspect is counted in any state: another worker may have swept it already.
CREATE FUNCTION llmw_sweep_jobs(live uuid[], suspect uuid) RETURNS TABLE (
    request_id uuid,
    role_name name,
    request text,
    attempts int,
    calls int,
    input_tokens bigint,
    output_tokens bigint,
    cost_usd text,
    max_attempts int,
    run_at timestamptz,
    crashes int
)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    dead uuid[];
    lost uuid[];
    poisoned uuid[];
BEGIN
    UPDATE @extschema@.workflow_jobs SET crashes = crashes + 1 WHERE request_id = $2;
    dead := @extschema@.llmw_dead_workers(coalesce($1, '{}'));
    lost := ARRAY(
        SELECT j.request_id
        FROM @extschema@.workflow_jobs j
        WHERE j.state = 'running' AND j.worker = ANY (dead)
        FOR UPDATE SKIP LOCKED);
    poisoned := ARRAY(
        SELECT j.request_id
        FROM @extschema@.workflow_jobs j
        WHERE j.request_id = ANY (lost || $2)
          AND j.crashes >= 2 AND (j.worker IS NULL OR j.worker = ANY (dead)));
    RETURN QUERY
    DELETE FROM @extschema@.workflow_jobs j
    WHERE j.request_id = ANY (poisoned)
    RETURNING j.request_id, j.role_name, j.request::text, j.attempts, j.calls, j.input_tokens,
              j.output_tokens, j.cost_usd::text, j.max_attempts, j.run_at, j.crashes;
    PERFORM @extschema@.llmw_notify_ended(poisoned);
    UPDATE @extschema@.workflow_jobs
    SET state = 'queued', worker = NULL
    WHERE request_id = ANY (lost);
    DELETE FROM @extschema@.workflow_workers
    WHERE worker = ANY (dead) AND NOT worker = ANY (coalesce($1, '{}'));
END
$$;
COMMENT ON FUNCTION llmw_sweep_jobs(uuid[], uuid) IS
    'Puts the jobs of dead workers back into the queue. suspect: the job that a worker died over, '
    'NULL when none did. Jobs over which workers died twice are deleted and returned, for the '
    'caller to record. To be called first in its transaction, with a list read in it.';
REVOKE ALL ON FUNCTION llmw_sweep_jobs(uuid[], uuid) FROM PUBLIC;
