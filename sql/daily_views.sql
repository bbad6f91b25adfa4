-- Each daily view equals what a plain query over the facts gives, folded or not; and the baseline is
-- exact whatever prices do within a day.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
SET llm_workflow.baseline_model = 'claude-sonnet-4';
CREATE EXTENSION llm_workflow;

-- Empty: no row, no error.
CREATE FUNCTION rows_of(OUT name text, OUT rows bigint) RETURNS SETOF record LANGUAGE plpgsql AS $$
BEGIN
    FOR name IN SELECT c.relname FROM pg_class c
                WHERE c.relkind = 'v' AND c.relname ~ '^workflow_.*_daily$'
                  AND c.relname <> 'workflow_stats_daily'
                ORDER BY c.relname LOOP
        EXECUTE format('SELECT count(*) FROM %I', name) INTO rows;
        RETURN NEXT;
    END LOOP;
END
$$;
SELECT * FROM rows_of();
SELECT llmw_day_report('2025-11-01');

-- Three days of 600 requests: by the remainder of 20 failed (0), cancelled (1), answered from the
-- ledger (2), fallen back (3, 4, 5), running (6), of a model without a price (7), accepted in the
-- second attempt, an hour after a first one whose document was accepted but not all of it (8), or
-- accepted at once.
SELECT ensure_workflow_partitions(0) > 0 AS made;
SELECT llmw_make_partition('public', 'workflow_requests', 'requests_2025_11', '2025-11-01'),
       llmw_make_partition('public', 'llm_calls', 'calls_2025_11', '2025-11-01');
CREATE TABLE asked AS
SELECT i, i % 20 AS kind, md5('request ' || i)::uuid AS request_id,
       '2025-11-01'::timestamptz + i % 3 * interval '1 day' + i * 137 % 1380 * interval '1 minute'
           + i % 60 * interval '1 second' AS at
FROM generate_series(1, 600) i;
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server,
    outcome, error_code, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
    reasoning_tokens, cost_usd, cost_source, latency_ms, role_name)
SELECT a.request_id, md5('call ' || i || ' ' || c.n)::uuid, a.at + c.delay, a.at + c.delay, c.n,
       CASE c.n WHEN 1 THEN 'primary' ELSE 'fallback' END, c.model, 'server', c.outcome, NULL,
       t.input, t.cached, t.written, t.output, 0,
       CASE WHEN c.model <> 'odd'
           THEN CASE c.source WHEN 'unbilled' THEN 0
                ELSE token_cost(c.model, t.input, t.output, t.cached, t.written, a.at) END END,
       CASE c.model WHEN 'odd' THEN 'unknown_price' ELSE c.source END, i * 7919 % 9000, 'role' || i % 3
FROM asked a
CROSS JOIN LATERAL (SELECT 1000 + i % 70 * 10 + i % 7 / 6 * 4000 AS input, i % 5 / 4 * 300 AS cached,
                           i % 3 / 2 * 200 AS written, 1500 - i % 9 AS output) AS t
JOIN (VALUES (0, 1, 'gpt-4o-mini', 'timeout', 'estimated', interval '1 s'),
             (0, 2, 'claude-sonnet-4', 'refused', 'reported', '3 s'),
             (1, 1, 'gpt-4o-mini', 'cancelled', 'estimated', '1 s'),
             (3, 1, 'gpt-4o-mini', 'validation_failed', 'reported', '1 s'),
             (3, 2, 'claude-sonnet-4', 'ok', 'reported', '3 s'),
             (4, 1, 'gpt-4o-mini', 'truncated', 'reported', '1 s'),
             (4, 2, 'gpt-4o', 'ok', 'reported', '3 s'),
             (5, 1, 'gpt-4o-mini', 'api_error', 'unbilled', '1 s'),
             (5, 2, 'gpt-4o-mini', 'rate_limited', 'unbilled', '2 s'),
             (5, 3, 'claude-sonnet-4', 'ok', 'reported', '3 s'),
             (6, 1, 'gpt-4o-mini', 'lost', 'estimated', '1 s'),
             (7, 1, 'odd', 'ok', 'reported', '1 s'),
             (8, 1, 'gpt-4o-mini', 'ok', 'reported', '1 s'),
             (8, 2, 'gpt-4o-mini', 'ok', 'reported', '1 hour')) AS c (kind, n, model, outcome, source, delay)
  ON c.kind = a.kind
UNION ALL
SELECT a.request_id, md5('call ' || i)::uuid, a.at + interval '1 s', a.at + interval '2 s', 1, 'primary',
       'gpt-4o-mini', 'server', 'ok', NULL, 2000, 0, 0, 1500, 0, 0.0012, 'reported', i % 50, 'role' || i % 3
FROM asked a
WHERE a.kind > 8;
INSERT INTO workflow_requests (request_id, submitted_at, finished_at, parent_request_id, role_name,
    format, format_version, prompt_sha256, agent, status, generator_used, fallback_reason, cost_usd,
    generation_time_ms, cached_from, queue_time_ms, total_time_ms, items_generated, zones_generated,
    outcome_succeeded)
SELECT a.request_id, a.at, CASE WHEN a.kind <> 6 THEN coalesce(c.latest, a.at) + interval '2 s' END,
       CASE i % 11 WHEN 0 THEN gen_random_uuid() END, 'role' || i % 3,
       CASE i % 4 WHEN 0 THEN 'stages' ELSE 'pilot' END, 1, '',
       CASE WHEN i % 5 > 0 THEN 'agent ' || i % 5 END,
       CASE a.kind WHEN 0 THEN 'failed' WHEN 1 THEN 'cancelled' WHEN 6 THEN 'running' ELSE 'succeeded' END,
       CASE WHEN a.kind = 2 THEN 'gpt-4o-mini' WHEN a.kind NOT IN (0, 1, 6) THEN c.model END,
       CASE a.kind WHEN 0 THEN CASE i % 40 WHEN 0 THEN 'timeout' END WHEN 3 THEN 'validation_failed'
                   WHEN 4 THEN 'truncated' WHEN 5 THEN 'api_error' END,
       CASE WHEN a.kind <> 6 THEN c.cost END, CASE WHEN a.kind NOT IN (2, 6) THEN 5000 END,
       CASE a.kind WHEN 2 THEN gen_random_uuid() END, i % 30, 1000 + i * 31 % 7000,
       CASE WHEN a.kind NOT IN (0, 1, 6) THEN 3 + i % 4 END,
       CASE WHEN a.kind NOT IN (0, 1, 6) AND i % 4 = 0 THEN 2 + i % 3 END,
       CASE WHEN a.kind NOT IN (0, 1, 6) AND i % 3 = 0 THEN i % 9 > 0 END
FROM asked a
LEFT JOIN LATERAL (
    SELECT max(c.started_at) AS latest, (array_agg(c.model ORDER BY c.attempt DESC))[1] AS model,
           CASE WHEN count(*) = count(c.cost_usd) THEN sum(c.cost_usd) END AS cost
    FROM llm_calls c WHERE c.request_id = a.request_id
) AS c ON true;
ANALYZE workflow_requests, llm_calls;
-- The facts in the words of the views.
CREATE VIEW requests AS
SELECT r.*, (r.submitted_at AT TIME ZONE 'UTC')::date AS day,
       r.status = 'succeeded' AND r.cached_from IS NULL AS generated,
       r.status = 'succeeded' AND r.cached_from IS NULL AND r.fallback_reason IS NOT NULL AS fell_back
FROM workflow_requests r WHERE r.status IN ('succeeded', 'failed', 'cancelled');
CREATE VIEW calls AS
SELECT c.*, (c.started_at AT TIME ZONE 'UTC')::date AS day, r.agent, r.format,
       c.outcome = 'ok' AND r.status = 'succeeded' AND r.cached_from IS NULL
           AND c.started_at > r.finished_at - interval '5.001 s' AS accepted
FROM llm_calls c JOIN workflow_requests r USING (request_id);

CREATE FUNCTION differences(view_query text, fact_query text, OUT rows bigint, OUT in_view text,
    OUT in_facts text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT (SELECT count(*) FROM (%1$s) a), '
                   '(SELECT min(b::text) FROM ((%1$s) EXCEPT ALL (%2$s)) b), '
                   '(SELECT min(b::text) FROM ((%2$s) EXCEPT ALL (%1$s)) b)', view_query, fact_query)
    INTO rows, in_view, in_facts;
END
$$;

-- What each view says, and the same of the facts.
CREATE TABLE checks (name text PRIMARY KEY, view_query text, fact_query text);
INSERT INTO checks VALUES ('costs', 'SELECT * FROM workflow_costs_daily', $$
SELECT day, model, count(*), count(*) FILTER (WHERE outcome <> 'ok'), sum(input_tokens)::bigint,
       sum(cached_input_tokens)::bigint, sum(output_tokens)::bigint,
       trim_scale(coalesce(sum(cost_usd), 0)),
       trim_scale(coalesce(sum(cost_usd) FILTER (WHERE cost_source = 'estimated'), 0)),
       count(*) FILTER (WHERE cost_usd IS NULL)
FROM calls GROUP BY day, model $$);
INSERT INTO checks
SELECT name, 'SELECT * FROM workflow_' || name || '_daily', format($$
SELECT r.*, c.calls, c.input, c.output, trim_scale(c.cost), trim_scale(round(c.cost / r.requests, 12)),
       trim_scale(round(1000 * c.cost / r.requests, 12)),
       trim_scale(round(c.cost / nullif(r.succeeded, 0), 12)), c.unpriced
FROM (SELECT day, %1$s, count(*) AS requests, count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
             count(*) FILTER (WHERE generated), count(*) FILTER (WHERE fell_back),
             round(100.0 * count(*) FILTER (WHERE fell_back) / count(*) FILTER (WHERE generated), 2)
      FROM requests GROUP BY day, %1$s) AS r
JOIN (SELECT day, %1$s, count(*) AS calls, sum(input_tokens)::bigint AS input,
             sum(output_tokens)::bigint AS output, sum(cost_usd) AS cost,
             count(*) FILTER (WHERE cost_usd IS NULL) AS unpriced
      FROM calls GROUP BY day, %1$s) AS c USING (day)
WHERE c.%1$s IS NOT DISTINCT FROM r.%1$s $$, key)
FROM (VALUES ('agents', 'agent'), ('roles', 'role_name')) AS v (name, key);
INSERT INTO checks VALUES ('formats', 'SELECT * FROM workflow_formats_daily', $$
SELECT r.day, r.format, r.requests, r.succeeded, r.generated, r.regenerations,
       round(100.0 * r.regenerations / r.requests, 2), r.items, round(c.item_tokens / r.items, 2),
       r.zones, round(c.zone_tokens / nullif(r.zones, 0), 2), c.calls, c.checked,
       round(100.0 * c.ok / c.checked, 2), c.input, c.output, trim_scale(c.cost),
       trim_scale(round(c.cost / r.succeeded, 12)), c.unpriced
FROM (SELECT day, format, count(*) AS requests, count(*) FILTER (WHERE status = 'succeeded') AS succeeded,
             count(*) FILTER (WHERE generated) AS generated, count(parent_request_id) AS regenerations,
             coalesce(sum(items_generated) FILTER (WHERE generated), 0)::bigint AS items,
             coalesce(sum(zones_generated) FILTER (WHERE generated), 0)::bigint AS zones
      FROM requests GROUP BY day, format) AS r
JOIN (SELECT c.day, c.format, count(*) AS calls, count(*) FILTER (WHERE outcome = 'ok') AS ok,
             count(*) FILTER (WHERE outcome IN ('ok', 'validation_failed')) AS checked,
             sum(c.input_tokens)::bigint AS input, sum(c.output_tokens)::bigint AS output, sum(c.cost_usd) AS cost,
             count(*) FILTER (WHERE c.cost_usd IS NULL) AS unpriced,
             sum(c.output_tokens) FILTER (WHERE accepted AND r.items_generated IS NOT NULL) AS item_tokens,
             sum(c.output_tokens) FILTER (WHERE accepted AND r.zones_generated IS NOT NULL) AS zone_tokens
      FROM calls c JOIN workflow_requests r USING (request_id) GROUP BY c.day, c.format) AS c
USING (day, format) $$), ('fallbacks', 'SELECT * FROM workflow_fallbacks_daily', $$
SELECT day, fallback_reason, fallbacks, generated, round(100.0 * fallbacks / generated, 2), failed
FROM (SELECT day, fallback_reason, count(*) FILTER (WHERE fell_back) AS fallbacks,
             (SELECT count(*) FROM requests g WHERE g.generated AND g.day = r.day) AS generated,
             count(*) FILTER (WHERE status = 'failed') AS failed
      FROM requests r WHERE fallback_reason IS NOT NULL GROUP BY day, fallback_reason) AS r $$),
    ('quality', 'SELECT * FROM workflow_quality_daily', $$
SELECT day, model, format, calls, answers, checked, ok, round(100.0 * ok / nullif(checked, 0), 2),
       truncated, round(100.0 * truncated / nullif(answers, 0), 2), refused,
       round(100.0 * refused / nullif(answers, 0), 2), coalesce(o.known, 0), coalesce(o.good, 0),
       round(100.0 * o.good / nullif(o.known, 0), 2)
FROM (SELECT day, model, format, count(*) AS calls,
             count(*) FILTER (WHERE outcome IN ('ok', 'validation_failed', 'truncated', 'refused')) AS answers,
             count(*) FILTER (WHERE outcome IN ('ok', 'validation_failed')) AS checked,
             count(*) FILTER (WHERE outcome = 'ok') AS ok,
             count(*) FILTER (WHERE outcome = 'truncated') AS truncated,
             count(*) FILTER (WHERE outcome = 'refused') AS refused
      FROM calls GROUP BY day, model, format) AS c
LEFT JOIN (SELECT day, generator_used AS model, format, count(outcome_succeeded) AS known,
                  count(*) FILTER (WHERE outcome_succeeded) AS good
           FROM requests WHERE generator_used IS NOT NULL GROUP BY day, generator_used, format) AS o
USING (day, model, format) $$), ('errors', 'SELECT * FROM workflow_errors_daily', $$
SELECT day, model, outcome, count(*), total, round(100.0 * count(*) / total, 2)
FROM calls JOIN (SELECT day, model, count(*) AS total FROM calls WHERE outcome <> 'cancelled'
                 GROUP BY day, model) AS t USING (day, model)
WHERE outcome IN ('api_error', 'timeout', 'rate_limited', 'lost') GROUP BY day, model, outcome, total $$),
    ('savings', 'SELECT * FROM workflow_savings_daily', $$
SELECT r.day, r.requests, trim_scale(c.cost), trim_scale(c.baseline), trim_scale(c.baseline - c.cost),
       round(100 * (c.baseline - c.cost) / c.baseline, 2),
       trim_scale(sum(c.baseline - c.cost) OVER (ORDER BY r.day)), c.unpriced, 'claude-sonnet-4', NULL::text
FROM (SELECT day, count(*) AS requests FROM requests GROUP BY day) AS r
JOIN (SELECT day, sum(cost_usd) AS cost, count(*) FILTER (WHERE cost_usd IS NULL) AS unpriced,
             sum(token_cost('claude-sonnet-4', input_tokens, output_tokens, cached_input_tokens,
                            cache_write_tokens, started_at)) FILTER (WHERE accepted) AS baseline
      FROM calls GROUP BY day) AS c USING (day) $$), ('summary', $$
SELECT day, requests, succeeded_requests, failed_requests, cancelled_requests, cached_requests,
       regenerations, generated_requests, fallback_requests, fallback_rate, calls, error_calls, error_rate,
       input_tokens, output_tokens, cost_usd, baseline_cost_usd, timed_requests, mean_ms
FROM workflow_summary_daily $$, $$
SELECT r.*, c.calls, c.errors, round(100.0 * c.errors / c.made, 2), c.input, c.output, trim_scale(c.cost),
       s.baseline_cost_usd, t.count, t.mean
FROM (SELECT day, count(*), count(*) FILTER (WHERE status = 'succeeded'),
             count(*) FILTER (WHERE status = 'failed'), count(*) FILTER (WHERE status = 'cancelled'),
             count(cached_from), count(parent_request_id), count(*) FILTER (WHERE generated),
             count(*) FILTER (WHERE fell_back),
             round(100.0 * count(*) FILTER (WHERE fell_back) / count(*) FILTER (WHERE generated), 2)
      FROM requests GROUP BY day) AS r
JOIN (SELECT day, count(*) AS calls, count(*) FILTER (WHERE outcome <> 'cancelled') AS made,
             count(*) FILTER (WHERE outcome IN ('api_error', 'timeout', 'rate_limited', 'lost')) AS errors,
             sum(input_tokens)::bigint AS input, sum(output_tokens)::bigint AS output, sum(cost_usd) AS cost
      FROM calls GROUP BY day) AS c USING (day)
JOIN workflow_savings_daily s USING (day)
JOIN (SELECT day, count(*), round(avg(total_time_ms), 1) AS mean FROM requests
      WHERE status <> 'cancelled' AND cached_from IS NULL GROUP BY day) AS t USING (day) $$),
    ('latency', $$
SELECT day, requests, mean_total_ms, mean_queue_ms, p50_queue_ms, p99_queue_ms, calls, mean_provider_ms
FROM workflow_latency_daily $$, $$
SELECT day, r.requests, r.total, r.queue, r.p[1], r.p[2], c.calls, c.provider
FROM (SELECT day, count(*) AS requests, round(avg(total_time_ms), 1) AS total,
             round(avg(queue_time_ms), 1) AS queue,
             percentile_disc(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY queue_time_ms) AS p
      FROM requests WHERE status <> 'cancelled' AND cached_from IS NULL GROUP BY day) AS r
JOIN (SELECT day, count(*) AS calls, round(avg(latency_ms), 1) AS provider
      FROM calls WHERE outcome NOT IN ('cancelled', 'lost') GROUP BY day) AS c USING (day) $$);

-- As the worker leaves it, not folded; and folded. Nothing in the last two columns: no difference.
INSERT INTO workflow_stats_deltas SELECT * FROM llmw_stats_from_ledger('2025-11-01', '2025-12-01');
SELECT * FROM rows_of();
SELECT name, d.* FROM checks, differences(view_query, fact_query) d ORDER BY name;
SELECT llmw_fold_stats() > 0 AS folded;
SELECT name, d.* FROM checks, differences(view_query, fact_query) d ORDER BY name;

-- Percentiles are within 2.5 % of the true ones.
SELECT v.day, bool_and(abs(v.approximate - v.exact) <= 0.025 * v.exact) AS near
FROM (SELECT l.day, unnest(ARRAY[l.p50_total_ms, l.p95_total_ms, l.p99_total_ms, s.p50_ms, s.p95_ms, s.p99_ms]) AS approximate,
             unnest(r.p || r.p) AS exact
      FROM workflow_latency_daily l
      JOIN workflow_summary_daily s USING (day)
      JOIN (SELECT day, percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY total_time_ms) AS p
            FROM requests WHERE status <> 'cancelled' AND cached_from IS NULL GROUP BY day) AS r USING (day)
      UNION ALL
      SELECT l.day, unnest(ARRAY[l.p50_provider_ms, l.p95_provider_ms, l.p99_provider_ms]), unnest(c.p)
      FROM workflow_latency_daily l
      JOIN (SELECT day, percentile_disc(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (ORDER BY latency_ms) AS p
            FROM calls WHERE outcome NOT IN ('cancelled', 'lost') GROUP BY day) AS c USING (day)) AS v
GROUP BY v.day ORDER BY v.day;

-- The report of a day is what the views say.
SELECT day, report -> 'requests' = to_jsonb(s.requests) AND report -> 'cost_usd' = to_jsonb(s.cost_usd)
           AND report -> 'p95_ms' = to_jsonb(s.p95_ms) AS same,
       report -> 'errors' AS errors, report -> 'fallbacks' AS fallbacks,
       jsonb_array_length(report -> 'top_agents') AS top_agents
FROM workflow_summary_daily s, llmw_day_report(s.day) AS report ORDER BY day;

-- The baseline. Its price changes at a full hour of the second day and within an hour of the third, and
-- the first day has prompts so long that another price holds for them.
INSERT INTO llm_model_prices (model, effective_from, input_per_million, cached_input_per_million,
    cache_write_per_million, output_per_million)
VALUES ('claude-sonnet-4', '2025-11-02 12:00', 4, 0.4, 5, 20), ('claude-sonnet-4', '2025-11-03 10:20', 6, 0.6, 7, 30);
SELECT name, d.* FROM checks, differences(view_query, fact_query) d WHERE name IN ('savings', 'summary');
BEGIN;
INSERT INTO llm_model_prices (model, effective_from, above_input_tokens, input_per_million, output_per_million)
VALUES ('claude-sonnet-4', '2025-11-01', 4000, 10, 40);
SELECT name, d.* FROM checks, differences(view_query, fact_query) d WHERE name IN ('savings', 'summary');
ROLLBACK;

-- Whoever may read the views needs no more than the function that prices a day by its hours.
CREATE ROLE regress_llmw_reader;
GRANT SELECT ON workflow_savings_daily, workflow_summary_daily, workflow_latency_daily TO regress_llmw_reader;
GRANT EXECUTE ON FUNCTION llmw_baseline_by_hours TO regress_llmw_reader;
CREATE TABLE seen AS SELECT * FROM workflow_savings_daily;
GRANT SELECT ON seen TO regress_llmw_reader;
SET ROLE regress_llmw_reader;
SELECT (SELECT count(*) FROM (SELECT * FROM workflow_savings_daily EXCEPT SELECT * FROM seen) AS d) AS differences,
       (SELECT count(*) FROM workflow_summary_daily) AS days, (SELECT count(*) FROM workflow_latency_daily) AS days;
RESET ROLE;
DROP OWNED BY regress_llmw_reader;
DROP ROLE regress_llmw_reader;

-- Another baseline, one that is not known, one whose price begins within a day.
SET llm_workflow.baseline_model = 'gpt-4o-mini-2024-07-18';
SELECT v.day, v.baseline_cost_usd = trim_scale(c.baseline) AS same, v.baseline_model, v.baseline_note
FROM workflow_savings_daily v
JOIN (SELECT day, sum(token_cost('gpt-4o-mini', input_tokens, output_tokens, cached_input_tokens,
                                 cache_write_tokens)) AS baseline
      FROM calls WHERE accepted GROUP BY day) AS c USING (day) ORDER BY day;
INSERT INTO llm_models (name, server) VALUES ('young', 'builtin');
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('young', '2025-11-02 12:00', 1, 1);
SET client_min_messages = error;
SET llm_workflow.baseline_model = 'young';
SELECT day, baseline_cost_usd IS NULL AS unknown, saved_usd IS NULL AS unknown, saved_percent IS NULL AS unknown,
       cumulative_saved_usd = coalesce(saved_usd, 0) AS cumulative, baseline_note
FROM workflow_savings_daily ORDER BY day;
SET llm_workflow.baseline_model = 'nobody';
SELECT day, baseline_cost_usd, saved_usd, cumulative_saved_usd, baseline_note
FROM workflow_savings_daily ORDER BY day;
SET client_min_messages = warning;

-- When the facts are gone, so is what only they told: the hour within which the price changed. The
-- price of those that are left would be too low a baseline.
SET llm_workflow.baseline_model = 'claude-sonnet-4';
BEGIN;
DELETE FROM workflow_requests WHERE request_id = (
    SELECT c.request_id FROM calls c
    WHERE c.accepted AND c.started_at BETWEEN '2025-11-03 10:00' AND '2025-11-03 10:59' LIMIT 1);
SELECT day, baseline_cost_usd IS NULL AS unknown, baseline_note FROM workflow_savings_daily ORDER BY day;
ROLLBACK;
ALTER TABLE llm_calls DETACH PARTITION calls_2025_11;
ALTER TABLE workflow_requests DETACH PARTITION requests_2025_11;
SELECT v.day, v.baseline_cost_usd = s.baseline_cost_usd AS same, v.baseline_note,
       v.cumulative_saved_usd = s.cumulative_saved_usd AS cumulative
FROM workflow_savings_daily v JOIN seen s USING (day) ORDER BY day;
SELECT * FROM rows_of();
DROP VIEW requests, calls;
DROP TABLE requests_2025_11, calls_2025_11, asked, checks, seen;
DROP FUNCTION rows_of, differences;
DROP EXTENSION llm_workflow;
