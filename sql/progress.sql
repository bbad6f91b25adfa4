-- llm_workflow_status and workflow_progress: who may see what, and what they say.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION llm_workflow;
SELECT ensure_workflow_partitions() > 0 AS made;

-- One row, worker or not.
SELECT count(*), bool_and(enabled) AS enabled, bool_and(at_home) AS at_home, sum(queue_length) AS queue,
       max(oldest_queued) AS oldest, bool_and(max_waiting_slots = 1000) AS slots,
       bool_and(max_payload_bytes = 64 * 1024 * 1024) AS payload, bool_and(waiting_slots = 0) AS free
FROM llm_workflow_status;
SELECT generate_workflow('Sort the mail') ->> 'generator_used';
SELECT ordinal, state, pid > 0 AS has_pid, started_at <= now() AS started, heartbeat_at IS NOT NULL AS beats,
       last_error FROM llm_workflow_status;

CREATE ROLE regress_llmw_a;
CREATE ROLE regress_llmw_b;
CREATE ROLE regress_llmw_reader;
GRANT SELECT ON workflow_requests TO regress_llmw_reader;
GRANT pg_monitor TO regress_llmw_reader;
SET ROLE regress_llmw_a;
SELECT * FROM llm_workflow_status;
SELECT * FROM llmw_worker_status();
RESET ROLE;

-- What is under way: in a transaction, so that no worker takes it.
BEGIN;
INSERT INTO workflow_jobs (request_id, submitted_at, role_name, state, run_at, primary_model, calls,
    input_tokens, output_tokens, cost_usd, request)
VALUES ('00000000-0000-7000-8000-000000000001', now() - interval '1 min', 'regress_llmw_a', 'scheduled',
        now() + interval '1 h', 'gpt-4o', 2, 30, 4, 0.5, '{}'),
       ('00000000-0000-7000-8000-000000000002', now() - interval '2 min', 'regress_llmw_b', 'queued',
        now() - interval '90 s', 'gpt-4o-mini', 0, 0, 0, 0, '{}');
INSERT INTO workflow_requests (request_id, submitted_at, role_name, format, format_version,
    prompt_sha256, status)
VALUES ('00000000-0000-7000-8000-000000000003', now() - interval '3 min', 'regress_llmw_a', 'pilot', 1,
        '', 'running'),
       ('00000000-0000-7000-8000-000000000004', now() - interval '4 min', 'regress_llmw_b', 'pilot', 1,
        '', 'running'),
       ('00000000-0000-7000-8000-000000000005', now() - interval '5 min', 'regress_llmw_b', 'pilot', 1,
        '', 'succeeded');
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server,
    outcome, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
    cost_usd, cost_source, latency_ms)
SELECT '00000000-0000-7000-8000-000000000004', gen_random_uuid(), now() - n * interval '10 s', now(),
       4 - n, CASE n WHEN 3 THEN 'primary' ELSE 'retry' END, 'model ' || n, 'local', 'api_error', 100, 0,
       0, 10, 0, 0.25, 'reported', 1
FROM generate_series(1, 3) n;
INSERT INTO llm_call_intents (request_id, call_id, started_at, request_submitted_at, attempt, purpose,
    model, server, input_tokens_estimate, max_output_tokens, worst_case_cost_usd)
SELECT '00000000-0000-7000-8000-000000000003', gen_random_uuid(), now() - n * interval '10 s',
       now() - interval '3 min', 3 - n, 'primary', 'gpt-4o', 'openai', 100, 1000, 0.125
FROM generate_series(1, 2) n;
CREATE FUNCTION progress() RETURNS TABLE (request int, role_name name, state text, model text, server text,
    purpose text, attempt int, flying int, due boolean, minutes int, tens int, input bigint, output bigint,
    cost numeric, worst numeric) LANGUAGE sql AS $$
SELECT right(request_id::text, 1)::int, role_name, state, model, server, purpose, attempt, calls_in_flight,
       run_at < now(), (extract(epoch FROM elapsed) / 60)::int, (extract(epoch FROM call_elapsed) / 10)::int,
       input_tokens, output_tokens, cost_usd, worst_case_cost_usd
FROM workflow_progress ORDER BY 1
$$;
SELECT * FROM progress();
-- A cost that is not known is not given as one.
UPDATE llm_call_intents SET worst_case_cost_usd = NULL WHERE attempt = 2;
SELECT request, worst FROM progress() WHERE request = 3;
INSERT INTO llm_calls
SELECT another.* FROM llm_calls c, jsonb_populate_record(c, jsonb_build_object(
    'call_id', gen_random_uuid(), 'attempt', 4, 'cost_usd', NULL, 'cost_source', 'unknown_price')) another
WHERE c.attempt = 3 AND c.request_id = '00000000-0000-7000-8000-000000000004';
SELECT request, input, cost FROM progress() WHERE request = 4;
SET ROLE regress_llmw_a;
SELECT request, role_name, state FROM progress();
SET ROLE regress_llmw_b;
SELECT request, role_name, state FROM progress();
-- A function that leaks what it is given is not called with rows of others.
CREATE FUNCTION pg_temp.leak(role_name name) RETURNS boolean COST 0.0001 LANGUAGE plpgsql AS
    $$BEGIN RAISE NOTICE '%', role_name; RETURN true; END$$;
SET LOCAL client_min_messages = notice;
SELECT count(*) FROM workflow_progress WHERE pg_temp.leak(role_name);
SET LOCAL client_min_messages = warning;
SET ROLE regress_llmw_reader;
SELECT request, role_name, state FROM progress();
SELECT queue_length, oldest_queued > '80 s' AS old FROM llm_workflow_status;
RESET ROLE;
-- Row security on workflow_requests holds here too.
INSERT INTO llm_workflow_roles VALUES ('somebody', 'auditor');
SET ROLE regress_llmw_reader;
SELECT request, role_name, state FROM progress();
ROLLBACK;

-- The home: CREATE EXTENSION recorded it.
SELECT system_identifier = (SELECT system_identifier FROM pg_control_system()) AS server,
       database_oid = (SELECT oid FROM pg_database WHERE datname = current_database()) AS database
FROM llm_workflow_homes;
-- As after a restore: there is a home elsewhere.
INSERT INTO llm_workflow_homes VALUES (42, 7);
\set VERBOSITY terse
SELECT generate_workflow('Sort the mail') ->> 'generator_used';
SELECT regenerate_workflow('00000000-0000-7000-8000-000000000004', 'Shorter');
SELECT DISTINCT at_home FROM llm_workflow_status;
-- As where somebody deleted it.
DELETE FROM llm_workflow_homes;
SELECT generate_workflow('Sort the mail') ->> 'generator_used';
INSERT INTO llm_workflow_homes VALUES (42, 7);
SET ROLE regress_llmw_reader;
SELECT llm_workflow_allow_here();
RESET ROLE;
BEGIN;
SELECT llm_workflow_allow_here();
ROLLBACK;
SELECT generate_workflow('Sort the mail') ->> 'generator_used';
SELECT llm_workflow_allow_here();
SELECT generate_workflow('Sort the mail') ->> 'generator_used';
SELECT count(*) FROM llm_workflow_homes;
SELECT severity, actor = session_user AS actor, details -> 'former_homes' -> 0 ->> 'database_oid' AS former,
       details ->> 'database_oid' = (SELECT database_oid::text FROM llm_workflow_homes) AS here
FROM audit_logs WHERE action = 'SENDING_ALLOWED';

-- Settings of the server are not for sessions.
SET llm_workflow.enabled = off;
SET llm_workflow.workers_per_database = 2;
SET llm_workflow.crash_point = 'intent';

DROP OWNED BY regress_llmw_a, regress_llmw_b, regress_llmw_reader;
DROP ROLE regress_llmw_a, regress_llmw_b, regress_llmw_reader;
DROP EXTENSION llm_workflow;
