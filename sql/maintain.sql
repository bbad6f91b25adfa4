-- Old months go, what is in use stays, and the roll-ups stay in any case.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- Nothing is kept for less than a day.
SELECT * FROM llm_workflow_maintain('23 hours 59 minutes');
SELECT * FROM llm_workflow_maintain('-1 year');
SELECT * FROM llm_workflow_maintain('1 month -30 days');
SELECT * FROM llm_workflow_maintain(months_ahead => -1);

-- Partitions ahead; the second time there is nothing to do.
SELECT * FROM llm_workflow_maintain();
SELECT * FROM llm_workflow_maintain();
SELECT * FROM llm_workflow_maintain('1 year', 3);

-- Three months long ago: ten requests with a call on each tenth day.
SELECT count(llmw_make_partition('public', parent::name, parent || to_char(month, '"_y"YYYY"m"MM'), month))
FROM unnest(ARRAY['workflow_requests', 'llm_calls', 'audit_logs']) AS parent,
     generate_series('2025-01-01'::timestamp, '2025-03-01', '1 month') AS month;
INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format,
    format_version, prompt_sha256, agent, status, generator_used, cost_usd)
SELECT md5('request ' || at || i)::uuid, at, at + interval '2 seconds', 'someone', 'pilot', 1, '',
       'planner', 'succeeded', 'gpt-4o-mini', 0.0012
FROM generate_series(1, 10) i,
     generate_series('2025-01-10'::timestamptz, '2025-03-10', '1 month') AS at;
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server,
    outcome, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
    cost_usd, cost_source, latency_ms)
SELECT request_id, md5('call ' || request_id)::uuid, submitted_at, finished_at, 1, 'primary',
       'gpt-4o-mini', 'openai', 'ok', 2000, 0, 0, 1500, 0, 0.0012, 'reported', 1000
FROM workflow_requests;
INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor, request_id)
SELECT gen_random_uuid(), finished_at, 'WORKFLOW_GENERATED', 'info', 'someone', request_id
FROM workflow_requests;
ANALYZE workflow_requests, llm_calls, audit_logs;
SELECT rebuild_workflow_stats('2025-01-01', '2025-04-01') > 0 AS rebuilt;

CREATE VIEW months AS
SELECT parent, string_agg(to_char(begins, 'YYYY-MM'), ' ' ORDER BY begins) AS months
FROM llmw_ledger_partitions() WHERE ends < '2026-01-01' GROUP BY parent ORDER BY parent::text;
SELECT * FROM months;

-- Without a retention all is kept.
SELECT * FROM llm_workflow_maintain();

-- A month goes when it is wholly before: not a microsecond earlier.
BEGIN;
SELECT * FROM llmw_drop_months('2025-01-31 23:59:59.999999+00');
SELECT action, object, rows_estimate, begins, ends, reason FROM llmw_drop_months('2025-02-01 00:00+00');
SELECT * FROM months;
ROLLBACK;

-- What has not ended keeps its month and those after it: a request,
BEGIN;
UPDATE workflow_requests SET status = 'running', request_id = '01941f29-7c00-7000-8000-000000000001'
WHERE submitted_at < '2025-02-01' AND request_id = (SELECT min(request_id::text)::uuid FROM workflow_requests WHERE submitted_at < '2025-02-01');
SELECT * FROM llm_workflow_maintain('1 year');
ROLLBACK;
-- a job, whose request the worker will write there,
BEGIN;
INSERT INTO workflow_jobs (request_id, submitted_at, role_name, state, run_at, primary_model, request)
VALUES ('01941f29-7c00-7000-8000-000000000002', '2025-02-28 23:59:59.999999+00', 'someone', 'scheduled',
        now() + interval '1 hour', 'builtin-draft', '{}');
SELECT * FROM llm_workflow_maintain('1 year') WHERE object LIKE 'workflow%';
ROLLBACK;
-- a call of such a request.
BEGIN;
INSERT INTO llm_call_intents (request_id, call_id, started_at, request_submitted_at, attempt, purpose,
    model, server, input_tokens_estimate, max_output_tokens)
VALUES (gen_random_uuid(), '01941f29-7c00-7000-8000-000000000003', now(), '2025-03-01', 1, 'primary',
        'gpt-4o-mini', 'openai', 1, 1);
SELECT * FROM llm_workflow_maintain('1 year') WHERE object LIKE 'workflow%';
ROLLBACK;

-- Something of somebody's that stands in the way, and a query of the same session: it is said, and
-- none of the three tables loses the month.
BEGIN;
CREATE VIEW mine AS SELECT * FROM llm_calls_y2025m02;
SELECT * FROM llm_workflow_maintain('1 year') WHERE object LIKE 'workflow%';
SELECT * FROM months;
ROLLBACK;
BEGIN;
DECLARE reading CURSOR FOR SELECT action FROM audit_logs_y2025m01;
FETCH 1 FROM reading;
SELECT * FROM llm_workflow_maintain('1 year') WHERE object LIKE 'workflow%';
SELECT * FROM months;
ROLLBACK;

-- A partition without a beginning or an end is left alone; one that is longer than a month goes when
-- its time is over.
BEGIN;
CREATE TABLE long_ago (LIKE audit_logs INCLUDING ALL);
ALTER TABLE audit_logs ATTACH PARTITION long_ago FOR VALUES FROM (MINVALUE) TO ('2024-01-01');
CREATE TABLE year_2024 (LIKE audit_logs INCLUDING ALL);
ALTER TABLE audit_logs ATTACH PARTITION year_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
SELECT action, object, begins, ends FROM llmw_drop_months('2025-01-01');
SELECT to_regclass('long_ago') IS NOT NULL AS left_alone;
ROLLBACK;

-- What else grows: keys, the usage of past periods and cancellations.
INSERT INTO workflow_jobs (request_id, submitted_at, role_name, state, run_at, primary_model, request)
VALUES ('01941f29-7c00-7000-8000-000000000004', now(), 'someone', 'scheduled', now() + interval '1 hour',
        'builtin-draft', '{}');
INSERT INTO workflow_idempotency_keys (role_name, key, request_id, request_sha256, created_at)
VALUES ('someone', 'old', gen_random_uuid(), '', now() - interval '366 days'),
       ('someone', 'of a job', '01941f29-7c00-7000-8000-000000000004', '', now() - interval '366 days'),
       ('someone', 'new', gen_random_uuid(), '', now() - interval '364 days');
INSERT INTO workflow_cancellations (request_id, role_name)
VALUES ('01941f29-7c00-7000-8000-000000000004', 'someone'), (gen_random_uuid(), 'someone');
INSERT INTO llm_budgets (budget, scope, period, limit_usd)
VALUES ('hour', 'database', 'hour', 1), ('month', 'database', 'month', 1), ('total', 'database', 'total', 1);
INSERT INTO llm_budget_usage (budget, period_start, spent_usd, reserved_usd)
VALUES ('hour', '2025-01-01', 1, 0), ('hour', '2025-01-01 01:00', 1, 0.5), ('hour', date_trunc('hour', now()), 1, 0),
       ('month', '2025-01-01', 1, 0), ('total', '2000-01-01', 1, 0), ('gone', '2025-01-01', 1, 0),
       ('gone', '2000-01-01', 1, 0);

SELECT * FROM llm_workflow_maintain('1 year');
SELECT * FROM months;
SELECT key FROM workflow_idempotency_keys ORDER BY key;
SELECT request_id FROM workflow_cancellations;
SELECT budget, period_start = '2025-01-01 01:00' AS reserved, period_start = '2000-01-01' AS total
FROM llm_budget_usage ORDER BY budget, period_start;
SELECT severity, actor = current_user AS mine, jsonb_pretty(details) AS details
FROM audit_logs WHERE action = 'LEDGER_MAINTAINED';

-- The facts are gone, the figures are not; the periods that went had been reported.
SELECT count(*) FROM llm_calls;
SELECT day, model, calls, input_tokens, output_tokens, cost_usd FROM workflow_costs_daily ORDER BY day;
SELECT day, requests, saved_usd, cumulative_saved_usd FROM workflow_savings_daily ORDER BY day;
SELECT details ->> 'budget' AS budget, details ->> 'period_start' AS period_start
FROM audit_logs WHERE action = 'BUDGET_REPORT' ORDER BY 1, 2;

-- For the owner alone.
CREATE ROLE regress_llmw_maintainer;
SELECT p.oid::regprocedure AS granted
FROM pg_proc p
WHERE (p.proname ~ '^(report_|evaluate_|schedule_|unschedule_)' OR p.proname LIKE 'llm\_workflow\_%'
       OR p.proname ~ '^llmw_(ledger_|drop_|delete_old|write_event|check_retention|month_in_use)')
  AND p.proname !~ 'report_(html|svg)'
  AND has_function_privilege('regress_llmw_maintainer', p.oid, 'execute');
DROP ROLE regress_llmw_maintainer;
DROP EXTENSION llm_workflow CASCADE;
