-- workflow_report(): a whole page without data, the views' numbers with data, and text that stays text.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET llm_workflow.baseline_model = 'claude-sonnet-4';
CREATE EXTENSION llm_workflow;

-- Empty.
SELECT page LIKE '<!DOCTYPE html>%</html>' || E'\n' AS whole,
       page LIKE '%No request ended in this period.%' AS says_so,
       page ~ '<script|https?://' AS loads
FROM workflow_report() AS page;
SELECT workflow_report_data('2025-11-01', '2025-11-04')
           - ARRAY['generated_at', 'version', 'database', 'endpoints'] AS data;

-- Periods: the days that they touch.
\set VERBOSITY sqlstate
SELECT workflow_report(NULL);
SELECT workflow_report(until => NULL);
SELECT workflow_report('2025-11-02', '2025-11-02');
SELECT workflow_report('2025-11-02', '2025-11-01');
SELECT workflow_report('-infinity');
\set VERBOSITY terse
SELECT workflow_report('1800-01-01');
SELECT since, until, data ->> 'first_day' AS first, data ->> 'last_day' AS last, data ->> 'unit' AS unit
FROM (VALUES ('2025-11-01 00:00'::timestamptz, '2025-11-02 00:00'::timestamptz),
             ('2025-11-01 23:59:59', '2025-11-02 00:00:01'), ('2025-11-01', '2026-02-08'),
             ('2025-11-01', '2026-02-10'), ('2025-11-01', '2027-11-01'),
             ('2025-11-01', '2027-11-04')) AS p (since, until)
CROSS JOIN LATERAL workflow_report_data(since, until) AS data;
SELECT array_agg(day) FROM llmw_report_spans('2025-11-05', '2025-11-25', 'week') AS day;
SELECT array_agg(day) FROM llmw_report_spans('2025-11-05', '2026-01-01', 'month') AS day;

-- Three days of 300 requests. Of 10 one failed and one fell back; one agent has a hostile name.
SELECT ensure_workflow_partitions(0) > 0 AS made;
SELECT llmw_make_partition('public', 'workflow_requests', 'requests_2025_11', '2025-11-01'),
       llmw_make_partition('public', 'llm_calls', 'calls_2025_11', '2025-11-01');
CREATE TABLE asked AS
SELECT i, i % 10 AS kind, md5('request ' || i)::uuid AS request_id,
       '2025-11-01'::timestamptz + i % 3 * interval '1 day' + i * 7 % 1380 * interval '1 minute' AS at
FROM generate_series(1, 300) i;
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server,
    outcome, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
    cost_usd, cost_source, latency_ms)
SELECT a.request_id, md5('call ' || i || ' ' || c.n)::uuid, a.at + c.n * interval '1 s',
       a.at + c.n * interval '2 s', c.n, 'primary', c.model, 'server', c.outcome, 1000 + i, 0, 0, 500, 0,
       token_cost(c.model, 1000 + i, 500, at => a.at), c.source, 100 + i * 37 % 900
FROM asked a
JOIN (VALUES (false, 1, 'gpt-4o-mini', 'ok', 'reported'), (true, 1, 'gpt-4o-mini', 'truncated', 'reported'),
             (true, 2, 'claude-sonnet-4', 'ok', 'estimated')) AS c (fell_back, n, model, outcome, source)
  ON c.fell_back = (a.kind = 1)
WHERE a.kind > 0
UNION ALL
SELECT a.request_id, md5('call ' || i)::uuid, a.at, a.at, 1, 'primary', 'gpt-4o-mini', 'server', 'timeout',
       0, 0, 0, 0, 0, 0, 'unbilled', 60000
FROM asked a WHERE a.kind = 0;
INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format, format_version,
    prompt, prompt_sha256, agent, status, generator_used, fallback_reason, error_code, error_message,
    cost_usd, generation_time_ms, cached_from, queue_time_ms, total_time_ms)
SELECT a.request_id, a.at, a.at + interval '5 s', 'role', 'pilot', 1,
       '<script>alert("prompt ' || i || '")</script>', '',
       CASE i % 3 WHEN 0 THEN '"><img src=x onerror=alert(1)>' WHEN 1 THEN 'agent <1>' END,
       CASE a.kind WHEN 0 THEN 'failed' ELSE 'succeeded' END,
       CASE a.kind WHEN 0 THEN NULL WHEN 1 THEN 'claude-sonnet-4' ELSE 'gpt-4o-mini' END,
       CASE a.kind WHEN 0 THEN 'timeout' WHEN 1 THEN 'truncated' END,
       CASE a.kind WHEN 0 THEN 'LW003' END, CASE a.kind WHEN 0 THEN '</style>no answer & ''none''' END,
       (SELECT sum(c.cost_usd) FROM llm_calls c WHERE c.request_id = a.request_id), 6000,
       CASE a.kind WHEN 9 THEN gen_random_uuid() END, 10, 1000 + i * 53 % 9000
FROM asked a;
INSERT INTO llm_budgets (budget, scope, subject, period, limit_usd, action)
VALUES ('<b>agents</b>', 'agent', 'agent <1>', 'total', 12.5, 'block');
SELECT rebuild_workflow_stats('2025-11-01', '2025-11-04') > 0 AS rebuilt;

CREATE TABLE report AS
SELECT workflow_report('2025-11-01', '2025-11-04') AS page, workflow_report_data('2025-11-01', '2025-11-04') AS data;

-- Every number of the report is the view's: what the views say, in the page's words, that it lacks.
CREATE FUNCTION in_markup(shown text) RETURNS text LANGUAGE sql
RETURN replace(replace(replace(replace(shown, '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;');
CREATE VIEW figures AS
SELECT 'costs' AS view, trim_scale(sum(cost_usd)) || ' USD' AS shown FROM workflow_costs_daily
UNION ALL SELECT 'costs', to_char(sum(calls), 'FM9,999') || ' calls' FROM workflow_costs_daily
UNION ALL SELECT 'costs', cost_usd || ' USD' FROM (
    SELECT trim_scale(sum(cost_usd)) AS cost_usd FROM workflow_costs_daily GROUP BY model) AS m
UNION ALL SELECT 'costs', to_char(sum(input_tokens), 'FM9,999,999') FROM workflow_costs_daily GROUP BY model
UNION ALL SELECT 'savings', unnest(ARRAY[cost_usd, baseline_cost_usd, saved_usd, cumulative_saved_usd]) || ' USD'
FROM workflow_savings_daily
UNION ALL SELECT 'savings', unnest(ARRAY[trim_scale(sum(saved_usd)), trim_scale(sum(baseline_cost_usd))]) || ' USD'
FROM workflow_savings_daily
UNION ALL SELECT 'savings', round(100 * sum(saved_usd) / sum(baseline_cost_usd), 2) || '&#160;%'
FROM workflow_savings_daily
UNION ALL SELECT 'summary', sum(succeeded_requests) || ' succeeded, ' || sum(failed_requests) || ' failed, '
                 || sum(cancelled_requests) || ' cancelled' FROM workflow_summary_daily
UNION ALL SELECT 'summary', fallback_rate || '&#160;%' FROM workflow_summary_daily
UNION ALL SELECT 'summary', sum(fallback_requests) || ' of ' || sum(generated_requests) || ' generated'
FROM workflow_summary_daily
UNION ALL SELECT 'summary', round(100.0 * sum(fallback_requests) / sum(generated_requests), 2) || '&#160;%'
FROM workflow_summary_daily
UNION ALL SELECT 'fallbacks', reason FROM workflow_fallbacks_daily WHERE fallback_requests > 0
UNION ALL SELECT 'latency', CASE WHEN ms < 999.5 THEN round(ms::numeric) || '&#160;ms'
                                 ELSE round(ms::numeric / 1000, 2) || '&#160;s' END
FROM workflow_latency_daily, unnest(ARRAY[p50_total_ms, p95_total_ms, p99_total_ms, p50_provider_ms,
                                          p95_provider_ms, p99_provider_ms]) AS ms
UNION ALL SELECT 'agents', in_markup(coalesce(agent, '(none)')) FROM workflow_agents_daily
UNION ALL SELECT 'agents', unnest(ARRAY[trim_scale(sum(cost_usd)),
                                        trim_scale(round(sum(cost_usd) / sum(requests), 12))]) || ' USD'
FROM workflow_agents_daily GROUP BY agent
UNION ALL SELECT 'agents', sum(fallback_requests) || ' of ' || sum(generated_requests)
FROM workflow_agents_daily GROUP BY agent
UNION ALL SELECT 'quality', sum(valid_answers) || ' of ' || sum(checked_answers)
FROM workflow_quality_daily GROUP BY model
UNION ALL SELECT 'errors', sum(error_calls) || ' of ' || sum(calls) FROM workflow_errors_daily GROUP BY model
UNION ALL SELECT 'budgets', in_markup(budget) FROM llm_budget_status
UNION ALL SELECT 'failures', f.shown FROM (
    SELECT * FROM workflow_failures ORDER BY submitted_at DESC, request_id LIMIT 10) AS v
CROSS JOIN LATERAL unnest(ARRAY[in_markup(v.prompt), v.request_id::text, v.error_code]) AS f (shown);
SELECT view, count(*) > 0 AS compared, count(*) FILTER (WHERE position(shown IN page) = 0) AS missing,
       min(shown) FILTER (WHERE position(shown IN page) = 0) AS first_missing
FROM figures, report
GROUP BY view ORDER BY view COLLATE "C";

-- The same once more from the facts, which know nothing of the views.
SELECT (data -> 'summary' ->> 'requests')::int = (SELECT count(*) FROM workflow_requests) AS requests,
       (data -> 'summary' ->> 'cost_usd')::numeric = (SELECT sum(cost_usd) FROM llm_calls) AS cost,
       (data -> 'summary' ->> 'fallback_requests')::int
           = (SELECT count(*) FROM workflow_requests WHERE fallback_reason IS NOT NULL
              AND status = 'succeeded' AND cached_from IS NULL) AS fallbacks,
       (SELECT sum((t ->> 'requests')::int) FROM jsonb_array_elements(data -> 'trend') t) = 300 AS by_day,
       (data -> 'summary' ->> 'p95_ms')::numeric
           / (SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY total_time_ms)
              FROM workflow_requests WHERE cached_from IS NULL) BETWEEN 0.975 AND 1.025 AS p95
FROM report;

-- Rates are those of what they are a rate of.
SELECT (data -> 'summary' ->> 'fallback_rate')::numeric = f.fallback_rate AS fallback_rate,
       (SELECT sum((r ->> 'percent')::numeric) FROM jsonb_array_elements(data -> 'fallback_reasons') r)
           = f.fallback_rate AS reasons
FROM report, (SELECT round(100.0 * count(fallback_reason) / count(*), 2) AS fallback_rate
              FROM workflow_requests WHERE status = 'succeeded' AND cached_from IS NULL) AS f;
-- Reasons of failures alone are no reasons of fallbacks, and what was not called is no model.
SELECT jsonb_path_query_array(data, '$.fallback_reasons[*].reason') AS reasons,
       jsonb_path_query_array(data, '$.models[*].model') AS models FROM report;
BEGIN;
INSERT INTO workflow_stats_deltas (hour, model, calls, ok_calls, validation_failed_calls, truncated_calls,
                                   api_error_calls, timeout_calls, rate_limited_calls, lost_calls,
                                   cancelled_calls)
VALUES ('2025-11-02 00:00Z', 'bad', 20, 6, 2, 1, 1, 2, 3, 1, 4);
SELECT m - 'cost_usd' AS model FROM workflow_report_data('2025-11-01', '2025-11-04') AS data,
    jsonb_array_elements(data -> 'models') AS m WHERE m ->> 'model' = 'bad';
-- What was cancelled or lost took no time.
SELECT (more #>> '{latency,1,timed_calls}')::int - (data #>> '{latency,1,timed_calls}')::int AS timed
FROM workflow_report_data('2025-11-01', '2025-11-04') AS more, report;
-- The dozen agents that cost most, however many there are.
INSERT INTO workflow_stats_deltas (hour, agent, requests, succeeded_requests, cached_requests, fallback_requests,
                                   cost_usd)
SELECT '2025-11-02 00:00Z', 'agent ' || i, 10, 8, 3, 1, 100 * i FROM generate_series(1, 14) i;
SELECT data ->> 'agent_count' AS agents, jsonb_array_length(data -> 'agents') AS shown,
       jsonb_path_query_array(data, '$.agents[*].agent') AS names, data #> '{agents,0}' AS first
FROM workflow_report_data('2025-11-01', '2025-11-04') AS data;
ROLLBACK;
-- The failures of all days, the latest first.
BEGIN;
DELETE FROM workflow_requests WHERE status = 'failed' AND extract(hour FROM submitted_at) > 4;
SELECT jsonb_array_length(data -> 'failures') = (SELECT count(*) FROM workflow_failures) AS complete,
       jsonb_array_length(data -> 'failures') < 10 AS few,
       (SELECT array_agg(DISTINCT left(f ->> 'at', 10)) FROM jsonb_array_elements(data -> 'failures') f) AS days
FROM workflow_report_data('2025-11-01', '2025-11-04') AS data;
ROLLBACK;

-- What is not known of a day is left out of baseline and savings alike, and said.
INSERT INTO llm_models (name, server) VALUES ('young', 'local');
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('young', '2025-11-02', 10, 40);
SET llm_workflow.baseline_model = 'young';
SET client_min_messages = error;
CREATE TABLE young AS SELECT workflow_report_data('2025-11-01', '2025-11-04') AS data;
SELECT data #> '{summary,days_without_baseline}' AS days_without,
       (data #>> '{summary,baseline_cost_usd}')::numeric = s.baseline AS baseline,
       (data #>> '{summary,saved_usd}')::numeric = s.saved AS saved,
       (data #>> '{summary,saved_percent}')::numeric = round(100 * s.saved / s.baseline, 2) AS percent
FROM young, (SELECT sum(baseline_cost_usd) AS baseline, sum(saved_usd) AS saved
             FROM workflow_summary_daily WHERE day > '2025-11-01') AS s;
SELECT t ->> 'from' AS day, t ->> 'baseline_cost_usd' IS NULL AS no_baseline,
       (t ->> 'saved_usd')::numeric IS NOT DISTINCT FROM v.saved_usd AS saved,
       (t ->> 'cumulative_saved_usd')::numeric = v.cumulative_saved_usd AS cumulative
FROM young, jsonb_array_elements(data -> 'trend') AS t, workflow_savings_daily v WHERE v.day = (t ->> 'from')::date;
SET client_min_messages = warning;
SET llm_workflow.baseline_model = 'claude-sonnet-4';

-- By week and by month the sums are the same.
SELECT data ->> 'unit' AS unit,
       data -> 'summary' = (SELECT r.data -> 'summary' FROM report r) AS same_summary,
       (SELECT sum((t ->> 'saved_usd')::numeric) FROM jsonb_array_elements(data -> 'trend') t)
           = (data -> 'summary' ->> 'saved_usd')::numeric AS same_savings,
       jsonb_array_length(data -> 'trend') AS points
FROM (VALUES ('2025-06-01', '2025-11-04'), ('2020-01-01', '2025-11-04'),
             ('2025-11-01', '2026-02-20')) AS p (since, until)  -- from a Saturday on
CROSS JOIN LATERAL workflow_report_data(since::timestamptz, until::timestamptz) AS data;

-- Hostile text stays text.
SELECT page ~* '<script|<img|<b>agents' AS has_markup,
       position(in_markup('<script>alert("prompt ') IN page) > 0 AS has_text,
       (length(page) - length(replace(page, '</style>', ''))) / 8 AS style_ends, page ~ '[^\n -~]' AS has_control_or_non_ascii
FROM (SELECT page FROM report) AS r;
SELECT llmw_render_report(jsonb '[{"a": [1, null, "<i>"]}]') LIKE '%</html>%' AS takes_anything;

-- Of the caller's own rights: without the views nothing is told, without the endpoints the rest is.
CREATE ROLE regress_llmw_reader;
SET ROLE regress_llmw_reader;
SELECT workflow_report('2025-11-01', '2025-11-04');
RESET ROLE;
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT c.relname FROM pg_class c
                WHERE c.relkind = 'v' AND c.relname ~ '_daily$|^(workflow_failures|llm_budget_status)$' LOOP
        EXECUTE format('GRANT SELECT ON %I TO regress_llmw_reader', name);
    END LOOP;
END
$$;
-- The view of failures needs what it reads.
GRANT SELECT ON llmw_request_days, workflow_requests, llm_calls TO regress_llmw_reader;
GRANT EXECUTE ON FUNCTION llmw_baseline_by_hours TO regress_llmw_reader;
SET ROLE regress_llmw_reader;
SELECT data -> 'summary' ->> 'requests' AS requests, data -> 'endpoints' AS endpoints
FROM workflow_report_data('2025-11-01', '2025-11-04') AS data;
RESET ROLE;
DROP OWNED BY regress_llmw_reader;
DROP ROLE regress_llmw_reader;
DROP EXTENSION llm_workflow CASCADE;
