-- What the worker does to jobs: each step once, as it should be, and as it must not happen. In one
-- transaction, so that no worker sees the rows; what concurrent steps do to each other is in
-- test/isolation.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;
-- Plans as the worker makes them, and when there are no statistics yet.
SET enable_seqscan = off;
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET plan_cache_mode = force_generic_plan;
SET jit = off;
\set ON_ERROR_ROLLBACK on
BEGIN;

CREATE FUNCTION job(number int) RETURNS uuid LANGUAGE sql AS
    $$ SELECT ('00000000-0000-7000-8000-' || lpad(number::text, 12, '0'))::uuid $$;
CREATE FUNCTION number(request_id uuid) RETURNS int LANGUAGE sql AS
    $$ SELECT right(request_id::text, 12)::int $$;
-- A job that is due since so many seconds; negative: it will be.
CREATE PROCEDURE submit(number int, role_name text, model text, due_since int DEFAULT 10,
                        priority int DEFAULT 0) LANGUAGE sql AS $$
    INSERT INTO workflow_jobs (request_id, submitted_at, role_name, state, priority, run_at,
                               primary_model, request)
    VALUES (job(number), now(), role_name,
            CASE WHEN due_since < 0 THEN 'scheduled' ELSE 'queued' END, priority,
            now() - make_interval(secs => due_since), model,
            jsonb_build_object('prompt', 'Job ' || number))
$$;
CREATE VIEW jobs AS
SELECT number(request_id) AS job, state, number(worker) AS worker, attempts, crashes, calls,
       input_tokens AS input, output_tokens AS output, cost_usd AS cost, error_code AS code,
       error_message AS message
FROM workflow_jobs ORDER BY request_id;

-- ---- What a row must hold to --------------------------------------------------------------------
CALL submit(1, 'ann', 'gpt');
SELECT * FROM jobs;
\set VERBOSITY terse
UPDATE workflow_jobs SET state = 'running';
UPDATE workflow_jobs SET worker = job(91);
UPDATE workflow_jobs SET state = 'done';
CALL submit(1, 'ann', 'gpt');
INSERT INTO workflow_idempotency_keys VALUES ('ann', 'k', job(1), ''), ('bob', 'k', job(2), '');
INSERT INTO workflow_idempotency_keys VALUES ('ann', 'k', job(3), '');
DELETE FROM workflow_jobs;

-- A dump holds jobs, cancellations and keys, and no worker: the one that restores has its own.
SELECT c.relname, e.condition
FROM pg_extension x, unnest(x.extconfig, x.extcondition) AS e (oid, condition)
JOIN pg_class c ON c.oid = e.oid
WHERE x.extname = 'llm_workflow'
  AND c.relname ~ '^workflow_(jobs|cancellations|workers|idempotency_keys)$'
ORDER BY c.relname;

-- ---- Nothing there ------------------------------------------------------------------------------
SELECT llmw_promote_jobs(10), llmw_next_job_at();
SELECT * FROM llmw_job_groups();
SELECT * FROM llmw_claim_jobs(job(91), '{}', '{}', '{}');
SELECT * FROM llmw_claim_jobs(job(91), '{ann}', '{gpt}', '{5}');
SELECT * FROM llmw_claim_cancelled_jobs(job(91));
SELECT * FROM llmw_pending_cancellations();
SELECT * FROM llmw_end_jobs(job(91), '{}', '{}');
SELECT *
FROM llmw_requeue_jobs(job(91), '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}');
SELECT * FROM llmw_sweep_jobs('{}', NULL);
SELECT * FROM llmw_sweep_jobs(NULL, job(1));

-- ---- Scheduled, then queued ---------------------------------------------------------------------
CALL submit(1, 'ann', 'gpt', -60);
CALL submit(2, 'ann', 'gpt', -30);
SELECT llmw_promote_jobs(10) AS none_is_due, llmw_next_job_at() - now() AS next_in;
UPDATE workflow_jobs SET run_at = run_at - interval '1 hour';
SELECT llmw_promote_jobs(1);
SELECT number(request_id) AS longest_due FROM workflow_jobs WHERE state = 'queued';
SELECT llmw_promote_jobs(10);
SELECT llmw_next_job_at() IS NULL AS none_left;
DELETE FROM workflow_jobs;

-- ---- Groups and their order ---------------------------------------------------------------------
-- Ann has many jobs, Bob has one; nobody's jobs hide those of others.
DO $$BEGIN FOR n IN 1 .. 20 LOOP CALL submit(n, 'ann', 'gpt', 1000 - n); END LOOP; END$$;
CALL submit(21, 'ann', 'gpt', 1, priority => 5);
CALL submit(22, 'ann', 'claude', 1);
CALL submit(23, 'bob', 'gpt', 1, priority => -7);
CALL submit(24, 'bob', 'gpt', -60, priority => 100);
SELECT role_name, primary_model, priority, now() - run_at AS due_since FROM llmw_job_groups();
-- By quota of each group: priority first, then the longest due.
SELECT number(request_id), role_name, request, attempts, calls, input_tokens, output_tokens,
       cost_usd
FROM llmw_claim_jobs(job(91), '{bob, ann, ann, cid}', '{gpt, gpt, claude, gpt}', '{9, 3, 0, 5}');
SELECT role_name, primary_model, priority, now() - run_at AS due_since FROM llmw_job_groups();
SELECT state, count(*), min(attempts), max(attempts)
FROM workflow_jobs GROUP BY state ORDER BY state;
DELETE FROM workflow_jobs;
-- Equal in all: in the order of their ids.
CALL submit(3, 'ann', 'gpt');
CALL submit(1, 'ann', 'gpt');
CALL submit(2, 'ann', 'gpt');
SELECT array_agg(number(request_id)) FROM llmw_claim_jobs(job(91), '{ann}', '{gpt}', '{3}');

-- ---- The end: only by the worker that has the job, and only once --------------------------------
SELECT * FROM llmw_end_jobs(job(92), ARRAY[job(1)], '{1}');
SELECT * FROM llmw_end_jobs(job(91), ARRAY[job(1)], '{2}');
INSERT INTO workflow_cancellations (request_id, role_name) VALUES (job(1), 'ann'), (job(2), 'ann');
SELECT number(ended)
FROM llmw_end_jobs(job(91), ARRAY[job(3), job(9), job(1)], '{1, 1, 1}') AS ended;
SELECT number(ended)
FROM llmw_end_jobs(job(91), ARRAY[job(3), job(9), job(1)], '{1, 1, 1}') AS ended;
SELECT * FROM jobs;
SELECT number(request_id) AS cancellation FROM workflow_cancellations;
DELETE FROM workflow_cancellations;

-- ---- Another attempt ----------------------------------------------------------------------------
CALL submit(1, 'ann', 'gpt');
CALL submit(3, 'ann', 'gpt');
CALL submit(4, 'ann', 'gpt');
SELECT count(*) FROM llmw_claim_jobs(job(91), '{ann}', '{gpt}', '{9}');
-- Later; now; the attempt does not count; not this worker's attempt.
SELECT number(requeued) FROM llmw_requeue_jobs(
    job(91), ARRAY[job(3), job(1), job(2), job(4)], '{1, 1, 1, 7}',
    ARRAY[now() + interval '1 minute', now(), now() + interval '1 hour', now()],
    '{f, f, t, f}', '{2, 1, 0, 9}', '{2000, 10, 0, 9}', '{300, 20, 0, 9}', '{0.25, NULL, 0, 9}',
    '{LW002, LW001, NULL, LW002}', '{broken, "not valid", NULL, late}') AS requeued;
SELECT * FROM jobs;
SELECT llmw_next_job_at() - now() AS next_in;
SELECT number(requeued) FROM llmw_requeue_jobs(job(92), ARRAY[job(4)], '{1}', ARRAY[now()], '{f}',
    '{9}', '{9}', '{9}', '{9}', '{LW002}', '{late}') AS requeued;
-- What was spent comes along with the next claim. The sums are replaced, not added to.
SELECT number(request_id), attempts, calls, input_tokens, output_tokens, cost_usd
FROM llmw_claim_jobs(job(91), '{ann}', '{gpt}', '{9}');
UPDATE workflow_jobs SET state = 'queued' WHERE state = 'scheduled';
SELECT number(request_id), attempts, calls, input_tokens, output_tokens, cost_usd
FROM llmw_claim_jobs(job(91), '{ann}', '{gpt}', '{1}');
SELECT number(requeued) FROM llmw_requeue_jobs(job(91), ARRAY[job(3)], '{2}', ARRAY[now()], '{f}',
    '{3}', '{2500}', '{400}', '{0.5}', '{LW003}', '{late}') AS requeued;
SELECT attempts, calls, input, output, cost, code FROM jobs WHERE job = 3;
DELETE FROM workflow_jobs;

-- ---- Cancelled ----------------------------------------------------------------------------------
CALL submit(1, 'ann', 'gpt');
CALL submit(2, 'ann', 'claude');
CALL submit(3, 'ann', 'gpt', -60);
CALL submit(4, 'ann', 'gpt');
SELECT count(*) FROM llmw_claim_jobs(job(91), '{ann}', '{claude}', '{1}');
INSERT INTO workflow_cancellations (request_id, role_name)
SELECT job(n), 'ann' FROM unnest('{1, 2, 3, 9}'::int[]) AS n;
-- The one that runs is told; that of no job is forgotten; those that wait are claimed.
SELECT number(told) FROM llmw_pending_cancellations() AS told;
SELECT number(request_id) AS cancellation FROM workflow_cancellations ORDER BY request_id;
SELECT count(*) FROM llmw_claim_cancelled_jobs(job(91), 1);
SELECT count(*) FROM llmw_claim_cancelled_jobs(job(91));
SELECT count(*) FROM llmw_claim_cancelled_jobs(job(91));
SELECT * FROM jobs;
SELECT count(*) FROM llmw_end_jobs(job(91), ARRAY[job(1), job(2), job(3)], '{1, 1, 1}');
SELECT count(*) FROM workflow_cancellations;
DELETE FROM workflow_jobs;

-- ---- Workers that die ---------------------------------------------------------------------------
SELECT llmw_register_worker(job(91), 0, 1001);
SELECT llmw_register_worker(job(91), 0, 1001);
SELECT llmw_register_worker(job(92), 1, 1002);
SELECT number(worker), ordinal, pid, lease_until - started_at < interval '31 seconds' AS short
FROM workflow_workers ORDER BY worker;
UPDATE workflow_workers SET lease_until = now();
SELECT llmw_renew_lease(job(92)), llmw_renew_lease(job(99));
SELECT number(worker), lease_until > now() AS renewed FROM workflow_workers ORDER BY worker;
SELECT llmw_leave_worker(job(92));
SELECT number(worker) FROM workflow_workers;

CALL submit(1, 'ann', 'gpt');
CALL submit(2, 'ann', 'gpt');
SELECT count(*) FROM llmw_claim_jobs(job(91), '{ann}', '{gpt}', '{2}');
-- In time and alive: nothing. Not in the list, but it began after this transaction: nothing.
SELECT llmw_renew_lease(job(91));
SELECT * FROM llmw_sweep_jobs(ARRAY[job(91)], NULL);
SELECT * FROM llmw_sweep_jobs('{}', NULL);
SELECT job, state, worker FROM jobs;
-- It hangs: its jobs go, its row stays.
UPDATE workflow_workers SET lease_until = now() - interval '1 second',
                            started_at = now() - interval '1 minute';
SELECT * FROM llmw_sweep_jobs(ARRAY[job(91)], NULL);
SELECT * FROM jobs;
SELECT count(*) FROM workflow_workers;
-- Its late result changes nothing, and nothing does when another has the job.
SELECT count(*) FROM llmw_end_jobs(job(91), ARRAY[job(1)], '{1}');
SELECT count(*) FROM llmw_claim_jobs(job(93), '{ann}', '{gpt}', '{1}');
SELECT count(*) FROM llmw_end_jobs(job(91), ARRAY[job(1)], '{2}');
-- It is dead: so is its row.
SELECT llmw_renew_lease(job(91));
SELECT count(*) FROM llmw_claim_jobs(job(91), '{ann}', '{gpt}', '{1}');
SELECT * FROM llmw_sweep_jobs(ARRAY[job(93)], NULL);
SELECT * FROM jobs;
SELECT count(*) FROM workflow_workers;
-- A worker without a row, as after a restore.
SELECT * FROM llmw_sweep_jobs('{}', NULL);
SELECT * FROM jobs;

-- ---- A job that kills ---------------------------------------------------------------------------
-- Only the suspect is counted, not its neighbours.
SELECT count(*) FROM llmw_claim_jobs(job(94), '{ann}', '{gpt}', '{9}');
SELECT * FROM llmw_sweep_jobs('{}', job(1));
SELECT job, state, attempts, crashes FROM jobs;
-- Somebody else swept it before; it is set aside all the same.
UPDATE workflow_jobs SET calls = 3, input_tokens = 10, output_tokens = 20, cost_usd = 0.5;
SELECT count(*) FROM llmw_claim_jobs(job(95), '{ann}', '{gpt}', '{9}');
SELECT * FROM llmw_sweep_jobs('{}', NULL);
SELECT number(request_id), role_name, request, attempts, calls, input_tokens, output_tokens,
       cost_usd, crashes
FROM llmw_sweep_jobs('{}', job(1));
SELECT job, state, crashes FROM jobs;
-- While a live worker has it, it is counted and stays.
SELECT count(*) FROM llmw_claim_jobs(job(96), '{ann}', '{gpt}', '{9}');
SELECT * FROM llmw_sweep_jobs(ARRAY[job(96)], job(2));
SELECT * FROM llmw_sweep_jobs(ARRAY[job(96)], job(2));
SELECT job, state, crashes FROM jobs;
SELECT number(request_id), crashes FROM llmw_sweep_jobs('{}', NULL);
SELECT * FROM jobs;

-- ---- What each step reads of a long queue -------------------------------------------------------
INSERT INTO workflow_jobs (request_id, submitted_at, role_name, state, run_at, primary_model,
                           worker, request)
SELECT job(n), now(), 'role_' || n % 4,
       CASE n % 5 WHEN 0 THEN 'scheduled' WHEN 1 THEN 'running' ELSE 'queued' END, now(), 'gpt',
       CASE n % 5 WHEN 1 THEN job(97) END, '{}'
FROM generate_series(1, 5000) AS n;
INSERT INTO workflow_cancellations (request_id, role_name)
SELECT job(n), 'ann' FROM generate_series(1, 10) AS n;
CREATE FUNCTION rows_read() RETURNS bigint LANGUAGE sql AS $$
    SELECT idx_tup_fetch + seq_tup_read
    FROM pg_stat_xact_user_tables WHERE relname = 'workflow_jobs'
$$;
CREATE PROCEDURE reads_few(step text) LANGUAGE plpgsql AS $$
DECLARE
    before bigint := rows_read();
BEGIN
    EXECUTE 'SELECT count(*) FROM ' || step;
    IF rows_read() - before > 50 THEN
        RAISE WARNING '% reads % rows', step, rows_read() - before;
    END IF;
END
$$;
CALL reads_few('llmw_job_groups()');
CALL reads_few('llmw_next_job_at()');
CALL reads_few('llmw_promote_jobs(5)');
CALL reads_few('llmw_claim_jobs(job(98), ''{role_0, role_1}'', ''{gpt, gpt}'', ''{5, 5}'')');
CALL reads_few('llmw_pending_cancellations()');
CALL reads_few('llmw_claim_cancelled_jobs(job(98))');
CALL reads_few('llmw_end_jobs(job(97), ARRAY[job(1), job(6)], ''{0, 0}'')');
CALL reads_few('llmw_requeue_jobs(job(97), ARRAY[job(11)], ''{0}'', ARRAY[now()], ''{f}'', ''{0}'''
               || ', ''{0}'', ''{0}'', ''{0}'', ''{NULL}'', ''{NULL}'')');
CALL reads_few('llmw_sweep_jobs(ARRAY[job(97), job(98)], job(16))');
CALL reads_few('workflow_jobs');  -- the measure works
SELECT state, count(*), sum(attempts) AS attempts, sum(crashes) AS crashes
FROM workflow_jobs GROUP BY state ORDER BY state;
DELETE FROM workflow_jobs;
DELETE FROM workflow_cancellations;

-- ---- Whose it is --------------------------------------------------------------------------------
CREATE ROLE regress_llmw_jobs;
GRANT SELECT ON workflow_requests TO regress_llmw_jobs;
CALL submit(1, 'regress_llmw_jobs', 'gpt');
SET ROLE regress_llmw_jobs;
SELECT count(*) FROM workflow_jobs;
SELECT count(*) FROM workflow_cancellations;
SELECT count(*) FROM workflow_workers;
SELECT count(*) FROM workflow_idempotency_keys;
INSERT INTO workflow_jobs (request_id) VALUES (gen_random_uuid());
INSERT INTO workflow_cancellations (request_id, role_name) VALUES (gen_random_uuid(), 'x');
RESET ROLE;
SELECT p.proname FROM pg_proc p
WHERE p.proname ~ '^llmw_.*(job|worker|lease|cancellation|ended)'
  AND has_function_privilege('regress_llmw_jobs', p.oid, 'execute');
-- Who is granted the table sees all jobs, as with workflow_requests.
GRANT SELECT ON workflow_jobs TO regress_llmw_jobs;
SET ROLE regress_llmw_jobs;
SELECT role_name, state FROM workflow_jobs;
DELETE FROM workflow_jobs;
RESET ROLE;
ROLLBACK;
DROP EXTENSION llm_workflow;
