-- Erasing what requests say: everything that could quote it goes, and every figure stays.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;
SELECT ensure_workflow_partitions(0) > 0 AS made;
CREATE TABLE requests_2025 PARTITION OF workflow_requests FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE calls_2025 PARTITION OF llm_calls FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2025 PARTITION OF audit_logs FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE FUNCTION id(n int) RETURNS uuid LANGUAGE sql AS
    $$SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid$$;
CREATE FUNCTION at(n int) RETURNS timestamptz LANGUAGE sql AS
    $$SELECT '2025-03-01 00:00:00+00'::timestamptz + n * interval '1 day'$$;

-- Request 1 with all that a request can have; 2 regenerates it, 3 was answered from 2; 4 is another's;
-- 5 runs; 6 regenerates 4 and runs; 7 is a job that was not yet taken.
INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format, format_version, prompt,
    prompt_sha256, services, agent, tags, status, generator_used, validation_passed, input_tokens, output_tokens,
    cost_usd, generation_time_ms, document, warnings, error_code, error_message, explanation, fingerprint,
    items_generated, parent_request_id, cached_from)
SELECT id(n), at(n), CASE WHEN n < 5 THEN at(n) + interval '1 second' END, 'r', 'pilot', 1, 'CANARY ' || n,
       sha256('CANARY'), '{CANARY}', 'agent', '{"customer": "CANARY"}',
       CASE WHEN n < 5 THEN 'succeeded' ELSE 'running' END, 'gpt-4o', true, 10 * n, n, 0.5, 1000,
       '{"pilot_steps": "CANARY"}',
       '[{"code": "W01", "severity": "warning", "path": "/CANARY", "message": "CANARY", "hint": "CANARY"}]',
       'LW001', 'CANARY', '"CANARY"', id(n), 3,
       CASE n WHEN 2 THEN id(1) WHEN 6 THEN id(4) END, CASE n WHEN 3 THEN id(2) END
FROM generate_series(1, 6) n;
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server, outcome,
    error_code, error_message, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
    reasoning_tokens, cost_usd, cost_source, latency_ms, validation_codes)
SELECT id(n), id(100 * k + n), at(n), at(n), k, 'primary', 'gpt-4o', 'openai', 'api_error', 'E', 'CANARY', 10, 0, 0,
       5, 0, 0.25, 'reported', 7, '{E01}'
FROM generate_series(1, 6) n CROSS JOIN generate_series(1, 2) k;
INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor, request_id, details)
SELECT gen_random_uuid(), at(n), 'WORKFLOW_GENERATION_FAILED', 'error', 'r', id(n),
       '{"error_code": "LW001", "cost_usd": 0.5, "error_message": "CANARY", "detail": "CANARY", "details": {"a": "CANARY"},
         "description": "CANARY", "feedback": "CANARY"}'
FROM generate_series(1, 6) n;
INSERT INTO workflow_jobs (request_id, submitted_at, role_name, state, run_at, primary_model, request)
VALUES (id(7), at(7), 'r', 'scheduled', 'infinity', 'gpt-4o', '{"prompt": "CANARY"}');
INSERT INTO llm_issues (category, request_id, description)
SELECT 'c', id(n), 'Not for CANARY' FROM generate_series(1, 6) n;
INSERT INTO workflow_idempotency_keys (role_name, key, request_id, request_sha256)
SELECT 'r', 'key ' || n, id(n), '' FROM generate_series(1, 7) n;

-- Where the canary is, by request.
CREATE FUNCTION canaries() RETURNS TABLE (place text, requests text) LANGUAGE sql AS $$
SELECT place, string_agg(right(request_id::text, 1), ' ' ORDER BY request_id)
FROM (SELECT 'request' AS place, request_id, r::text AS row_text FROM workflow_requests r
      UNION ALL SELECT DISTINCT 'calls', request_id, c::text FROM llm_calls c WHERE attempt = 1
      UNION ALL SELECT 'events', request_id, e::text FROM audit_logs e
      UNION ALL SELECT 'issues', request_id, i::text FROM llm_issues i
      UNION ALL SELECT 'key', request_id, 'CANARY' FROM workflow_idempotency_keys) AS rows
WHERE row_text LIKE '%CANARY%' OR row_text LIKE '%' || encode(sha256('CANARY'), 'hex') || '%'
GROUP BY place ORDER BY place
$$;
-- Figures: everything else, of all rows.
CREATE VIEW figures AS
SELECT request_id, submitted_at::text || finished_at || role_name || format || agent || status || generator_used
       || input_tokens || output_tokens || cost_usd || generation_time_ms || error_code || items_generated AS kept
FROM workflow_requests
UNION ALL
SELECT request_id, (to_jsonb(c) - 'error_message' - 'chain_salt')::text FROM llm_calls c
UNION ALL
SELECT request_id, (to_jsonb(e) - 'details' - 'chain_salt')::text || (e.details -> 'cost_usd') || (e.details -> 'error_code')
FROM audit_logs e WHERE action = 'WORKFLOW_GENERATION_FAILED';
CREATE TABLE figures_before AS TABLE figures;
SELECT * FROM canaries();

-- ---- One request and its copies -----------------------------------------------------------------
SELECT erase_request(NULL);
SELECT erase_request(id(1), NULL);
SELECT erase_request(id(99));
SELECT erase_request(id(5));
SELECT erase_request(id(7));
-- One that is made from it has not ended: nothing is erased by halves.
SELECT erase_request(id(4));
SELECT requests FROM canaries() WHERE place = 'request';
SELECT erase_request(id(2), keep_tags => true);
SELECT tags, services, warnings, document, prompt_sha256, erased_at = now() AS now
FROM workflow_requests WHERE request_id = id(2);
SELECT * FROM canaries();
SELECT erase_request(id(1));
SELECT * FROM canaries();
SELECT request_id = id(1) AS itself, actor = session_user AS actor, severity, details
FROM audit_logs WHERE action = 'REQUEST_ERASED' ORDER BY "timestamp", request_id;
SELECT count(*) FROM (TABLE figures EXCEPT ALL TABLE figures_before) AS changed;
SELECT count(*) FROM (TABLE figures_before EXCEPT ALL TABLE figures) AS lost;

-- ---- Nothing but erasing ------------------------------------------------------------------------
UPDATE llm_calls SET error_message = 'other';
UPDATE llm_calls SET cost_usd = 0;
UPDATE llm_calls SET error_message = NULL, cost_usd = 0;
UPDATE calls_2025 SET error_message = 'other';
UPDATE calls_2025 SET cost_usd = 0;
UPDATE audit_logs SET details = '{}' WHERE request_id = id(5);
UPDATE audit_logs SET details = details || '{"cost_usd": 0}' WHERE request_id = id(5);
UPDATE audit_logs SET action = 'X';
UPDATE events_2025 SET details = details - 'cost_usd' WHERE request_id = id(5);
DELETE FROM llm_calls;
TRUNCATE audit_logs;
SET session_replication_role = replica;
UPDATE llm_calls SET error_message = 'other';
UPDATE llm_calls SET cost_usd = 0;
RESET session_replication_role;
-- An event without a request has no text of one.
INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor, details)
VALUES (gen_random_uuid(), now(), 'EXPERIMENT_CREATED', 'info', 'r', '{"description": "kept"}');
\set VERBOSITY sqlstate
UPDATE audit_logs SET details = '{}' WHERE action = 'EXPERIMENT_CREATED';
\set VERBOSITY default
-- What erase_request() does, the owner may do; it takes nothing but texts.
BEGIN;
UPDATE llm_calls SET error_message = NULL;
UPDATE audit_logs SET details = llmw_event_figures(details) WHERE request_id IS NOT NULL;
SELECT count(*) FROM (TABLE figures EXCEPT ALL TABLE figures_before) AS changed;
ROLLBACK;

-- ---- By age -------------------------------------------------------------------------------------
SELECT erase_requests_before(NULL);
SELECT erase_requests_before(now() + interval '1 day');
SELECT erase_requests_before(now(), 0);
-- Those that have ended, the oldest first; what is erased already is not touched again.
SELECT erase_requests_before(at(4));
SELECT erase_requests_before(at(4) + interval '1 second');
SELECT erase_requests_before(at(4) + interval '1 second');
SELECT * FROM canaries();
SELECT actor = session_user AS actor, request_id, details FROM audit_logs WHERE action = 'REQUESTS_ERASED';
-- One that runs takes no place of those that can go; and they go by age, wherever their rows are.
UPDATE workflow_requests SET status = 'failed' WHERE request_id = id(6);
BEGIN;
SELECT erase_requests_before(now(), most => 1);
ROLLBACK;
UPDATE workflow_requests SET status = 'failed';
UPDATE workflow_requests SET submitted_at = at(0) WHERE request_id = id(6);
SELECT erase_requests_before(now(), most => 1, keep_tags => true);
SELECT * FROM canaries();
SELECT erase_requests_before(now());
SELECT * FROM canaries();

-- ---- A job that ended, as it is made ------------------------------------------------------------
SELECT generate_workflow('Send a mail to CANARY', tags => '{"customer": "CANARY"}', idempotency_key => 'k')
       ->> 'request_id' AS first \gset
SELECT regenerate_workflow(:'first', 'To CANARY, and shorter') ->> 'request_id' AS second \gset
SELECT generate_workflow('Send a mail to CANARY', tags => '{"customer": "CANARY"}', cache_for => '1 day')
       ->> 'cached' AS cached;
SELECT record_workflow_outcome(:'first', true, '{"note": "CANARY"}');
SELECT erase_request(:'first');
SELECT * FROM canaries();
SELECT details FROM audit_logs WHERE action = 'WORKFLOW_OUTCOME_RECORDED';
\set VERBOSITY sqlstate
SELECT workflow_result(:'second');
\set VERBOSITY default
-- The key is free, the ledger has nothing to answer from, and there is nothing to go on from.
SELECT generate_workflow('Send a mail to CANARY', idempotency_key => 'k', cache_for => '1 day')
       ->> 'request_id' <> :'first' AS made_anew;
\set VERBOSITY sqlstate
SELECT regenerate_workflow(:'first', 'Again');
\set VERBOSITY default
-- Its outcome can still be told.
SELECT record_workflow_outcome(:'first', false);

DROP TABLE figures_before;
DROP VIEW figures;
DROP FUNCTION canaries, id, at;
DROP EXTENSION llm_workflow;
