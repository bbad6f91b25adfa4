-- Each report tells a thing once, and what it tells is right.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'Asia/Kathmandu';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- ---- Budgets --------------------------------------------------------------------------------------
INSERT INTO llm_budgets (budget, scope, subject, period, limit_usd, limit_tokens, action)
VALUES ('hourly', 'database', NULL, 'hour', 2, NULL, 'block'),
       ('daily', 'agent', 'planner', 'day', 10, 1000, 'warn'),
       ('weekly', 'database', NULL, 'week', 10, NULL, 'block'),
       ('monthly', 'database', NULL, 'month', NULL, 500, 'block'),
       ('never', 'model', 'gpt-4o', 'day', 0, NULL, 'block'),
       ('total', 'database', NULL, 'total', 100, NULL, 'block');
CREATE FUNCTION begins(period text, back interval DEFAULT '0') RETURNS timestamptz LANGUAGE sql AS
$$SELECT date_trunc(period, now() AT TIME ZONE 'UTC' - back) AT TIME ZONE 'UTC'$$;
BEGIN;
-- The periods before, those that go on, one with a call that has not ended, and one of no budget.
INSERT INTO llm_budget_usage (budget, period_start, spent_usd, spent_tokens, reserved_usd, reserved_tokens)
VALUES ('hourly', begins('hour', '3 hours'), 1.50, 100, 0, 0),
       ('hourly', begins('hour', '2 hours'), 2, 200, 0, 0),
       ('hourly', begins('hour', '1 hour'), 0.5, 300, 0.000001, 0),
       ('hourly', begins('hour'), 1, 1, 0, 0),
       ('daily', begins('day', '1 day'), 2.5, 1500, 0, 0),
       ('daily', begins('day'), 1, 1, 0, 0),
       ('weekly', begins('week', '7 days'), 1, 1, 0, 0),
       ('weekly', begins('week'), 1, 1, 0, 0),
       ('monthly', begins('month', '32 days'), 3, 250, 0, 0),
       ('monthly', begins('month'), 1, 1, 0, 0),
       ('never', begins('day', '1 day'), 0, 0, 0, 0),
       ('total', '2000-01-01Z', 1, 1, 0, 0),
       ('gone', begins('day', '1 day'), 1, 1, 0, 0);
SELECT r ->> 'budget' AS budget, r - 'budget' - 'period_start' AS report,
       (r ->> 'period_start')::timestamptz = CASE r ->> 'budget'
           WHEN 'daily' THEN begins('day', '1 day') WHEN 'never' THEN begins('day', '1 day')
           WHEN 'weekly' THEN begins('week', '7 days') WHEN 'monthly' THEN begins('month', '32 days')
           ELSE begins('hour', CASE r ->> 'spent_tokens' WHEN '100' THEN interval '3 hours'
                               ELSE '2 hours' END) END AS begins
FROM report_budgets() r ORDER BY r ->> 'budget', r ->> 'period_start';
SELECT * FROM report_budgets();
-- The call has ended.
UPDATE llm_budget_usage SET reserved_usd = 0, spent_usd = 0.6 WHERE reserved_usd > 0;
SELECT r ->> 'budget' AS budget, r ->> 'spent_usd' AS spent, r ->> 'used_percent' AS percent FROM report_budgets() r;
SELECT count(*), bool_and(severity = 'info' AND actor = session_user AND request_id IS NULL) AS plain
FROM audit_logs WHERE action = 'BUDGET_REPORT';
SELECT budget FROM llm_budget_usage WHERE reported_at IS NULL ORDER BY budget;
COMMIT;

-- ---- The day --------------------------------------------------------------------------------------
\set VERBOSITY terse
SELECT report_workflows((now() AT TIME ZONE 'UTC')::date);
SELECT report_workflows('infinity');
SELECT report_workflows(NULL);
\set VERBOSITY default
SELECT report_workflows() = report_workflows((now() AT TIME ZONE 'UTC')::date - 1) AS yesterday;

INSERT INTO workflow_stats_deltas (hour, model, format, agent, role_name, fallback_reason, calls, ok_calls,
    timeout_calls, input_tokens, output_tokens, cost_usd, accepted_calls, accepted_input_tokens,
    accepted_output_tokens, requests, succeeded_requests, failed_requests, fallback_requests, timed_requests,
    total_ms, total_times)
SELECT '2025-11-03 23:00Z', 'gpt-4o-mini', 'pilot', 'agent ' || i, 'r', CASE i WHEN 1 THEN 'timeout' ELSE '' END,
       11, 10, 1, 22000, 15000, i * 0.5, 10, 20000, 15000, 11, 10, 1, CASE i WHEN 1 THEN 10 ELSE 0 END, 11, 11000,
       (SELECT latency_histogram(1000) FROM generate_series(1, 11))
FROM generate_series(1, 7) i;
SET llm_workflow.baseline_model = 'claude-sonnet-4';
SELECT jsonb_pretty(report_workflows('2025-11-03'));
-- What was told stays told.
INSERT INTO workflow_stats_deltas (hour, model, requests) VALUES ('2025-11-03 23:00Z', 'gpt-4o-mini', 1);
SELECT report_workflows('2025-11-03') = details AS as_told, details ->> 'requests' AS requests
FROM audit_logs WHERE action = 'WORKFLOW_REPORT' AND details ->> 'day' = '2025-11-03';
SELECT report_workflows('2025-11-04');
SELECT details ->> 'day' < '2025-12-01' AS old, count(*) FROM audit_logs WHERE action = 'WORKFLOW_REPORT' GROUP BY 1 ORDER BY 1;

-- ---- Rules ----------------------------------------------------------------------------------------
-- Nothing to tell: no requests, and too few.
SELECT * FROM evaluate_workflow_rules();
CREATE FUNCTION add(agent text, requests bigint, fallbacks bigint) RETURNS void LANGUAGE sql AS $$
INSERT INTO workflow_stats_deltas (hour, agent, role_name, requests, succeeded_requests, fallback_requests)
VALUES (begins('hour'), agent, 'r', requests, requests, fallbacks)
$$;
SELECT add('planner', 3, 0);
SELECT * FROM evaluate_workflow_rules();
-- The advice is told when there is one, and again only when it is another.
SELECT add('planner', 997, 150);
SELECT rule, subject, former, advice, details - 'first_day' AS details FROM evaluate_workflow_rules();
SELECT * FROM evaluate_workflow_rules();
SELECT add('other', 20000, 100);
SELECT rule, subject, former, advice FROM evaluate_workflow_rules();
-- Not sure any more, and that is told once, however the number of requests that are missing changes.
SELECT add('planner', 1800, 0);
SELECT rule, subject, former, advice FROM evaluate_workflow_rules();
SELECT add('planner', 10, 0);
SELECT rule, subject, former, advice FROM evaluate_workflow_rules();
SELECT details ->> 'scope' AS scope, details ->> 'agent' AS agent, details ->> 'advice' AS advice,
       details ->> 'former_advice' AS former
FROM audit_logs WHERE action = 'WORKFLOW_ROLLOUT_ADVICE' ORDER BY "timestamp", 1, 2;

-- ---- The jobs -------------------------------------------------------------------------------------
SELECT schedule_llm_workflow_jobs('1 hour');
SET client_min_messages = notice;
SET intervalstyle = 'iso_8601';
SELECT * FROM schedule_llm_workflow_jobs('1 year 2 months');
SELECT * FROM unschedule_llm_workflow_jobs();
SELECT schedule_llm_workflow_jobs(erase_after => '23 hours');
SELECT job, schedule, command FROM schedule_llm_workflow_jobs('7 years', erase_after => '90 days');
SET client_min_messages = warning;
SELECT llmw_crontab_word('it''s 100 %');
DROP EXTENSION llm_workflow;
DROP FUNCTION begins, add;
