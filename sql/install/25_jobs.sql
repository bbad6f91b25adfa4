-- Jobs: what submit_workflow() left for the worker to do.
--
-- A row is here from submission until the job's end, which stands in workflow_requests. Each change
-- of a job that runs is guarded by its worker and its attempt, so a late worker changes nothing.
--
-- No two of these functions deadlock: claims, promotions and sweeps skip rows that are locked;
-- llmw_end_jobs() and llmw_requeue_jobs() wait, but lock in the order of request_id. A sweep waits
-- for one row, the suspect's, before it holds any other. Whoever cancels locks no job at all.
--
-- Plans are kept for long and made when the tables are small, and none may ever read the queue as a
-- whole. The worker plans without sequential scans, hash and merge joins; functions that look for
-- jobs leave nothing but the index that has them in order, and are not planned for each call;
-- subqueries that lock rows are never turned around by the planner; and worker IS NULL stands for
-- state <> 'running' where the index of running jobs would be the wrong one.

-- PostgreSQL reads each CHECK anew for each statement that inserts, so there are few: with four,
-- submit_workflow() would spend a quarter of its time on them.
CREATE TABLE workflow_jobs (
    request_id uuid PRIMARY KEY,
    submitted_at timestamptz NOT NULL,
    role_name name NOT NULL,
    state text NOT NULL,
    priority int NOT NULL DEFAULT 0,
    run_at timestamptz NOT NULL,
    primary_model text NOT NULL,
    attempts int NOT NULL DEFAULT 0,
    max_attempts int NOT NULL DEFAULT 3,
    crashes int NOT NULL DEFAULT 0,
    worker uuid,
    calls int NOT NULL DEFAULT 0,
    input_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    cost_usd numeric DEFAULT 0,
    error_code text,
    error_message text,
    request jsonb NOT NULL,
    CONSTRAINT workflow_jobs_state_check CHECK (state IN ('scheduled', 'queued', 'running')),
    CONSTRAINT workflow_jobs_worker_check CHECK ((state = 'running') = (worker IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

CREATE INDEX workflow_jobs_queued ON workflow_jobs
    (role_name, primary_model, priority DESC, run_at, request_id) WHERE state = 'queued';
CREATE INDEX workflow_jobs_scheduled ON workflow_jobs (run_at) WHERE state = 'scheduled';
CREATE INDEX workflow_jobs_running ON workflow_jobs (worker) WHERE state = 'running';

COMMENT ON TABLE workflow_jobs IS
    'Jobs that have not ended. The row goes when the job ends: workflow_requests has the result.';
COMMENT ON COLUMN workflow_jobs.request_id IS
    'UUID version 7 whose time part is submitted_at; the id of the row in workflow_requests, which '
    'the worker makes when it first claims the job.';
COMMENT ON COLUMN workflow_jobs.submitted_at IS 'When the job was submitted.';
COMMENT ON COLUMN workflow_jobs.role_name IS 'The role that submitted the job, and pays for it.';
COMMENT ON COLUMN workflow_jobs.state IS
    'scheduled: run_at lies ahead. queued: due. running: worker has it.';
COMMENT ON COLUMN workflow_jobs.priority IS
    'Higher goes first among the jobs of one role and one primary model.';
COMMENT ON COLUMN workflow_jobs.run_at IS
    'The job is due from this time on: as submitted, or the end of the wait before an attempt.';
COMMENT ON COLUMN workflow_jobs.primary_model IS
    'The model that is asked first. Roles and primary models share the worker evenly.';
COMMENT ON COLUMN workflow_jobs.attempts IS
    'Attempts begun. What only waited, for a limit or a budget, is not counted.';
COMMENT ON COLUMN workflow_jobs.max_attempts IS
    'llm_workflow.job_attempts when the job was submitted.';
COMMENT ON COLUMN workflow_jobs.crashes IS
    'How often a worker died over the job. The second time it is set aside as failed.';
COMMENT ON COLUMN workflow_jobs.worker IS 'The worker that runs the job: workflow_workers.worker.';
COMMENT ON COLUMN workflow_jobs.calls IS 'Calls of former attempts.';
COMMENT ON COLUMN workflow_jobs.input_tokens IS 'Input tokens of former attempts.';
COMMENT ON COLUMN workflow_jobs.output_tokens IS 'Output tokens of former attempts.';
COMMENT ON COLUMN workflow_jobs.cost_usd IS
    'Cost of former attempts; NULL when a call has no known price.';
COMMENT ON COLUMN workflow_jobs.error_code IS 'SQLSTATE of the last attempt; NULL: none failed.';
COMMENT ON COLUMN workflow_jobs.error_message IS 'Why the last attempt failed.';
COMMENT ON COLUMN workflow_jobs.request IS
    'All that was asked, with the settings of the session that submitted it.';

CREATE TABLE workflow_cancellations (
    request_id uuid PRIMARY KEY,
    requested_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    role_name name NOT NULL
);

COMMENT ON TABLE workflow_cancellations IS
    'Jobs that cancel_workflow() asked to end. The worker deletes the rows when it has obeyed.';
COMMENT ON COLUMN workflow_cancellations.request_id IS 'workflow_jobs.request_id.';
COMMENT ON COLUMN workflow_cancellations.requested_at IS 'When it was asked.';
COMMENT ON COLUMN workflow_cancellations.role_name IS 'The role that asked.';

CREATE TABLE workflow_idempotency_keys (
    role_name name NOT NULL,
    key text NOT NULL,
    request_id uuid NOT NULL,
    request_sha256 bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
    PRIMARY KEY (role_name, key)
);

COMMENT ON TABLE workflow_idempotency_keys IS
    'Which request a role''s idempotency_key stands for. Deleting a row sets the key free.';
COMMENT ON COLUMN workflow_idempotency_keys.role_name IS 'Each role has keys of its own.';
COMMENT ON COLUMN workflow_idempotency_keys.key IS 'The key as given.';
COMMENT ON COLUMN workflow_idempotency_keys.request_id IS 'The request that used it first.';
COMMENT ON COLUMN workflow_idempotency_keys.request_sha256 IS
    'SHA-256 of what was asked: the same key for something else is an error.';
COMMENT ON COLUMN workflow_idempotency_keys.created_at IS 'When the key was used first.';

SELECT pg_catalog.pg_extension_config_dump('workflow_jobs', '');
SELECT pg_catalog.pg_extension_config_dump('workflow_cancellations', '');
SELECT pg_catalog.pg_extension_config_dump('workflow_idempotency_keys', '');

-- ---- Looking for jobs ---------------------------------------------------------------------------

CREATE FUNCTION llmw_promote_jobs(most int) RETURNS int
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET enable_bitmapscan = off
    SET enable_sort = off
    SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    promoted int;
BEGIN
    UPDATE @extschema@.workflow_jobs
    SET state = 'queued'
    WHERE request_id = ANY (ARRAY(
        SELECT j.request_id
        FROM @extschema@.workflow_jobs j
        WHERE j.state = 'scheduled' AND j.run_at <= now()
        ORDER BY j.run_at
        LIMIT $1
        FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS promoted = ROW_COUNT;
    RETURN promoted;
END
$$;
COMMENT ON FUNCTION llmw_promote_jobs(int) IS
    'Puts scheduled jobs that are due into the queue, the longest due first; returns how many.';
REVOKE ALL ON FUNCTION llmw_promote_jobs(int) FROM PUBLIC;

CREATE FUNCTION llmw_next_job_at() RETURNS timestamptz
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET enable_bitmapscan = off
    SET enable_sort = off
AS $$
BEGIN
    RETURN (SELECT j.run_at
            FROM @extschema@.workflow_jobs j
            WHERE j.state = 'scheduled'
            ORDER BY j.run_at
            LIMIT 1);
END
$$;
COMMENT ON FUNCTION llmw_next_job_at() IS
    'When the next scheduled job is due; NULL when none is scheduled.';
REVOKE ALL ON FUNCTION llmw_next_job_at() FROM PUBLIC;

-- Steps from group to group through the index, so the cost grows with groups and not with jobs.
CREATE FUNCTION llmw_job_groups(
    OUT role_name name,
    OUT primary_model text,
    OUT priority int,
    OUT run_at timestamptz
) RETURNS SETOF record
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    SET enable_bitmapscan = off
    SET enable_sort = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE heads AS (
        (SELECT j.role_name, j.primary_model, j.priority, j.run_at
         FROM @extschema@.workflow_jobs j
         WHERE j.state = 'queued'
         ORDER BY j.role_name, j.primary_model, j.priority DESC, j.run_at, j.request_id
         LIMIT 1)
        UNION ALL
        SELECT following.*
        FROM heads h
        CROSS JOIN LATERAL (
            SELECT j.role_name, j.primary_model, j.priority, j.run_at
            FROM @extschema@.workflow_jobs j
            WHERE j.state = 'queued'
              AND (j.role_name, j.primary_model) > (h.role_name, h.primary_model)
            ORDER BY j.role_name, j.primary_model, j.priority DESC, j.run_at, j.request_id
            LIMIT 1
        ) AS following
    )
    SELECT h.role_name, h.primary_model, h.priority, h.run_at FROM heads h;
END
$$;
COMMENT ON FUNCTION llmw_job_groups() IS
    'The best queued job of each role and primary model.';
REVOKE ALL ON FUNCTION llmw_job_groups() FROM PUBLIC;

-- COLLATE: the names of roles give all texts in here the collation C, which is not the index's.
CREATE FUNCTION llmw_claim_jobs(
    worker uuid,
    role_names name[],
    primary_models text[],
    quotas int[]
) RETURNS TABLE (
    request_id uuid,
    role_name name,
    request text,
    attempts int,
    calls int,
    input_tokens bigint,
    output_tokens bigint,
    cost_usd text,
    max_attempts int,
    run_at timestamptz
)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET enable_bitmapscan = off
    SET enable_sort = off
    SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
    FOR i IN 1 .. cardinality($2) LOOP
        RETURN QUERY
        WITH claimed AS (
            UPDATE @extschema@.workflow_jobs j
            SET state = 'running', worker = $1, attempts = j.attempts + 1
            WHERE j.request_id = ANY (ARRAY(
                SELECT best.request_id
                FROM @extschema@.workflow_jobs best
                WHERE best.state = 'queued'
                  AND best.role_name = $2[i] AND best.primary_model = $3[i] COLLATE "default"
                ORDER BY best.priority DESC, best.run_at, best.request_id
                LIMIT $4[i]
                FOR UPDATE SKIP LOCKED))
            RETURNING j.*
        )
        SELECT c.request_id, c.role_name, c.request::text, c.attempts, c.calls, c.input_tokens,
               c.output_tokens, c.cost_usd::text, c.max_attempts, c.run_at
        FROM claimed c
        ORDER BY c.priority DESC, c.run_at, c.request_id;
    END LOOP;
END
$$;
COMMENT ON FUNCTION llmw_claim_jobs(uuid, name[], text[], int[]) IS
    'Gives the worker the best queued jobs of each group, as many as its quota says, and begins an '
    'attempt of each.';
REVOKE ALL ON FUNCTION llmw_claim_jobs(uuid, name[], text[], int[]) FROM PUBLIC;

-- ---- Cancelling ---------------------------------------------------------------------------------

CREATE FUNCTION llmw_claim_cancelled_jobs(worker uuid, most int DEFAULT 1000) RETURNS TABLE (
    request_id uuid,
    role_name name,
    request text,
    attempts int,
    calls int,
    input_tokens bigint,
    output_tokens bigint,
    cost_usd text,
    max_attempts int,
    run_at timestamptz
)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    UPDATE @extschema@.workflow_jobs j
    SET state = 'running', worker = $1, attempts = j.attempts + 1
    WHERE j.request_id = ANY (ARRAY(
        SELECT waiting.request_id
        FROM @extschema@.workflow_cancellations c
        CROSS JOIN LATERAL (
            SELECT w.request_id
            FROM @extschema@.workflow_jobs w
            WHERE w.request_id = c.request_id AND w.worker IS NULL
            FOR UPDATE SKIP LOCKED
        ) AS waiting
        LIMIT $2))
    RETURNING j.request_id, j.role_name, j.request::text, j.attempts, j.calls, j.input_tokens,
              j.output_tokens, j.cost_usd::text, j.max_attempts, j.run_at;
END
$$;
COMMENT ON FUNCTION llmw_claim_cancelled_jobs(uuid, int) IS
    'Gives the worker jobs that were cancelled while they waited, for it to end them. When it gets '
    'as many as it asked for there may be more.';
REVOKE ALL ON FUNCTION llmw_claim_cancelled_jobs(uuid, int) FROM PUBLIC;

-- Deletes with SKIP LOCKED: two workers would meet the rows in different orders.
CREATE FUNCTION llmw_pending_cancellations() RETURNS SETOF uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM @extschema@.workflow_cancellations
    WHERE request_id = ANY (ARRAY(
        SELECT c.request_id
        FROM @extschema@.workflow_cancellations c
        WHERE NOT EXISTS (SELECT FROM @extschema@.workflow_jobs j
                          WHERE j.request_id = c.request_id)
        FOR UPDATE SKIP LOCKED));
    RETURN QUERY
    SELECT c.request_id
    FROM @extschema@.workflow_cancellations c
    WHERE (SELECT j.worker IS NOT NULL
           FROM @extschema@.workflow_jobs j
           WHERE j.request_id = c.request_id);
END
$$;
COMMENT ON FUNCTION llmw_pending_cancellations() IS
    'Running jobs that were cancelled. Forgets the cancellations of jobs that have ended.';
REVOKE ALL ON FUNCTION llmw_pending_cancellations() FROM PUBLIC;

-- ---- Ending and trying again --------------------------------------------------------------------

-- A queue that nobody empties would fill up, and then no transaction could notify, nor end a job.
CREATE FUNCTION llmw_notify_ended(request_ids uuid[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF cardinality(request_ids) > 0 AND pg_notification_queue_usage() <= 0.5 THEN
        PERFORM pg_notify('llm_workflow', ended.id::text) FROM unnest(request_ids) AS ended (id);
    END IF;
END
$$;
COMMENT ON FUNCTION llmw_notify_ended(uuid[]) IS
    'Tells those who LISTEN to llm_workflow which jobs end with this transaction.';
REVOKE ALL ON FUNCTION llmw_notify_ended(uuid[]) FROM PUBLIC;

CREATE FUNCTION llmw_end_jobs(worker uuid, request_ids uuid[], attempts int[]) RETURNS SETOF uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    ended uuid[];
BEGIN
    ended := ARRAY(
        SELECT mine.request_id
        FROM (SELECT given.*
              FROM unnest($2, $3) AS given (request_id, attempts)
              ORDER BY given.request_id) AS mine
        CROSS JOIN LATERAL (
            SELECT
            FROM @extschema@.workflow_jobs j
            WHERE j.request_id = mine.request_id
              AND j.worker = $1 AND j.attempts = mine.attempts
            FOR UPDATE
        ) AS held);
    DELETE FROM @extschema@.workflow_jobs WHERE request_id = ANY (ended);
    DELETE FROM @extschema@.workflow_cancellations
    WHERE request_id = ANY (ARRAY(
        SELECT c.request_id
        FROM @extschema@.workflow_cancellations c
        WHERE c.request_id = ANY (ended)
        FOR UPDATE SKIP LOCKED));
    PERFORM @extschema@.llmw_notify_ended(ended);
    RETURN QUERY SELECT unnest(ended);
END
$$;
COMMENT ON FUNCTION llmw_end_jobs(uuid, uuid[], int[]) IS
    'Deletes jobs that the worker still has, at that attempt, and tells those who LISTEN; returns '
    'which.';
REVOKE ALL ON FUNCTION llmw_end_jobs(uuid, uuid[], int[]) FROM PUBLIC;

CREATE FUNCTION llmw_requeue_jobs(
    worker uuid,
    request_ids uuid[],
    attempts int[],
    run_ats timestamptz[],
    give_back boolean[],
    calls int[],
    input_tokens bigint[],
    output_tokens bigint[],
    costs numeric[],
    error_codes text[],
    error_messages text[]
) RETURNS SETOF uuid
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    mine record;
BEGIN
    FOR mine IN
        SELECT given.*
        FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS given (
            request_id, attempts, run_at, give_back, calls, input_tokens, output_tokens, cost_usd,
            error_code, error_message)
        ORDER BY given.request_id
    LOOP
        UPDATE @extschema@.workflow_jobs
        SET state = CASE WHEN mine.run_at <= now() THEN 'queued' ELSE 'scheduled' END,
            worker = NULL,
            run_at = mine.run_at,
            attempts = mine.attempts - mine.give_back::int,
            calls = mine.calls,
            input_tokens = mine.input_tokens,
            output_tokens = mine.output_tokens,
            cost_usd = mine.cost_usd,
            error_code = mine.error_code,
            error_message = mine.error_message
        WHERE request_id = mine.request_id AND worker = $1 AND attempts = mine.attempts;
        IF FOUND THEN
            RETURN NEXT mine.request_id;
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION llmw_requeue_jobs(uuid, uuid[], int[], timestamptz[], boolean[], int[],
                                      bigint[], bigint[], numeric[], text[], text[]) IS
    'Puts back jobs that the worker still has, at that attempt, until run_at; returns which. The '
    'sums and the error take the place of those before. give_back: the attempt does not count.';
REVOKE ALL ON FUNCTION llmw_requeue_jobs(uuid, uuid[], int[], timestamptz[], boolean[], int[],
                                         bigint[], bigint[], numeric[], text[], text[]) FROM PUBLIC;
