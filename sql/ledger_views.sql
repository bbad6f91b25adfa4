-- The views that read the ledger, over rows written by hand and over the product's own.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- Empty: no row, and of advice one that says so.
SELECT (SELECT count(*) FROM llm_costs), (SELECT count(*) FROM workflow_costs),
       (SELECT count(*) FROM workflow_costs_by_tag), (SELECT count(*) FROM workflow_tokens_per_item),
       (SELECT count(*) FROM workflow_fallback_reasons), (SELECT count(*) FROM workflow_quality),
       (SELECT count(*) FROM workflow_regenerations), (SELECT count(*) FROM workflow_outcomes),
       (SELECT count(*) FROM llm_latency), (SELECT count(*) FROM workflow_latency),
       (SELECT count(*) FROM llm_error_rate), (SELECT count(*) FROM llm_errors),
       (SELECT count(*) FROM workflow_failures);
SELECT * FROM workflow_rollout_advice;

SELECT llmw_make_partition('public', 'workflow_requests', 'requests_2025_11', '2025-11-01');
SELECT llmw_make_partition('public', 'llm_calls', 'calls_2025_11', '2025-11-01');
SELECT llmw_make_partition('public', 'llm_calls', 'calls_2025_12', '2025-12-01');

-- Request `n` and its call `k`: as usual but for what `fields` says. at: seconds after submission.
CREATE FUNCTION write_request(n int, at timestamptz, fields jsonb DEFAULT '{}') RETURNS void
    LANGUAGE sql AS $$
INSERT INTO workflow_requests
SELECT * FROM jsonb_populate_record(NULL::workflow_requests, jsonb_build_object(
    'request_id', md5('request ' || n)::uuid, 'submitted_at', at,
    'finished_at', at + interval '10 s', 'role_name', 'alice', 'format', 'pilot',
    'format_version', 1, 'prompt', 'Prompt ' || n, 'prompt_sha256', '\x', 'services', '[]'::jsonb,
    'tags', '{}'::jsonb, 'status', 'succeeded', 'generator_used', 'gpt-4o-mini',
    'input_tokens', 2000, 'output_tokens', 1500, 'cost_usd', 0.0012,
    'generation_time_ms', 10000, 'queue_time_ms', 100, 'total_time_ms', 10100) || fields)
$$;
CREATE FUNCTION write_call(n int, k int, at int, fields jsonb DEFAULT '{}') RETURNS void
    LANGUAGE sql AS $$
INSERT INTO llm_calls
SELECT c.* FROM workflow_requests r, jsonb_populate_record(NULL::llm_calls, jsonb_build_object(
    'request_id', r.request_id, 'call_id', md5(n || ' ' || k)::uuid,
    'started_at', r.submitted_at + at * interval '1 s',
    'finished_at', r.submitted_at + (at + 1) * interval '1 s', 'attempt', k,
    'purpose', CASE k WHEN 1 THEN 'primary' ELSE 'fallback' END, 'model', 'gpt-4o-mini',
    'server', 'openai', 'http_status', 200, 'outcome', 'ok', 'input_tokens', 2000,
    'cached_input_tokens', 0, 'cache_write_tokens', 0, 'output_tokens', 1500,
    'reasoning_tokens', 0, 'cost_usd', 0.0012, 'cost_source', 'reported',
    'service_tier', 'standard', 'latency_ms', 1000, 'validation_codes', '[]'::jsonb,
    'mends', '[]'::jsonb) || fields) AS c
WHERE r.request_id = md5('request ' || n)::uuid
$$;

-- One day. 1 is as usual. 2 falls back after an invalid document. 3 is the stages of document 000.
-- 4 fails. 5 is answered from the ledger. 6 regenerates 1 and is a job that was tried twice; the call
-- that was accepted in the first attempt is not what made its document. 7 is cancelled, 8 running.
-- 9 regenerates 1 too, and its price is not known.
\o /dev/null
SELECT write_request(1, '2025-11-04 12:00',
    '{"agent": "planner", "tags": {"team": "a", "customer": 17}, "items_generated": 5}');
SELECT write_call(1, 1, 1);
SELECT write_request(2, '2025-11-04 12:01',
    '{"agent": "planner", "tags": {"team": "a"}, "generator_used": "claude-sonnet-4",
      "fallback_reason": "validation_failed", "input_tokens": 4000, "output_tokens": 3000,
      "cost_usd": 0.0297, "items_generated": 5, "outcome_succeeded": true}');
SELECT write_call(2, 1, 1, '{"outcome": "validation_failed"}');
SELECT write_call(2, 2, 3, '{"model": "claude-sonnet-4", "server": "anthropic", "cost_usd": 0.0285}');
SELECT write_request(3, '2025-11-04 12:02',
    '{"role_name": "bob", "format": "stages", "generator_used": "openai/gpt-oss-20b",
      "input_tokens": 861, "output_tokens": 5683, "cost_usd": 0.00117965, "items_generated": 15,
      "zones_generated": 14, "outcome_succeeded": false}');
SELECT write_call(3, 1, 1, '{"model": "openai/gpt-oss-20b", "server": "local", "input_tokens": 861,
    "output_tokens": 5683, "cost_usd": 0.00117965, "latency_ms": 9000}');
SELECT write_request(4, '2025-11-04 12:03',
    '{"role_name": "bob", "status": "failed", "generator_used": null, "fallback_reason": "refused",
      "input_tokens": 4000, "output_tokens": 3000, "cost_usd": 0.0297, "error_code": "LW006",
      "error_message": "the model refused"}');
SELECT write_call(4, 1, 1, '{"outcome": "refused"}');
SELECT write_call(4, 2, 3, '{"model": "claude-sonnet-4", "server": "anthropic", "outcome": "refused",
    "cost_usd": 0.0285}');
SELECT write_request(5, '2025-11-04 12:04', jsonb_build_object('agent', 'planner',
    'tags', '{"team": "b"}'::jsonb, 'cached_from', md5('request 1')::uuid, 'input_tokens', 0,
    'output_tokens', 0, 'cost_usd', 0, 'items_generated', 5));
SELECT write_request(6, '2025-11-04 23:59:55', jsonb_build_object('parent_request_id',
    md5('request 1')::uuid, 'input_tokens', 6000, 'output_tokens', 4500, 'cost_usd', 0.0036,
    'generation_time_ms', 3000, 'items_generated', 4, 'tags', '{"team": null}'::jsonb));
SELECT write_call(6, 1, 1);
SELECT write_call(6, 2, 2, '{"outcome": "truncated", "purpose": "retry"}');
SELECT write_call(6, 3, 8, '{"output_tokens": 1000}');
SELECT write_request(7, '2025-11-04 12:06', '{"status": "cancelled", "generator_used": null}');
SELECT write_call(7, 1, 1, '{"outcome": "cancelled", "cost_source": "estimated"}');
SELECT write_request(8, '2025-11-04 12:07', '{"status": "running", "finished_at": null,
    "generator_used": null, "cost_usd": null, "tags": {"team": "a"}}');
SELECT write_call(8, 1, 1);
SELECT write_request(9, '2025-11-04 12:08', jsonb_build_object('parent_request_id',
    md5('request 1')::uuid, 'agent', 'scout', 'generator_used', 'odd', 'cost_usd', NULL));
SELECT write_call(9, 1, 1, '{"model": "odd", "cost_usd": null, "cost_source": "unknown_price"}');
\o

SELECT requests, generated_requests AS generated, cached_requests AS cached,
       failed_requests AS failed, fallback_requests AS fallbacks, fallback_rate,
       most_frequent_reason
FROM workflow_fallback_rate;
SELECT * FROM workflow_fallback_reasons;
SELECT day, model, purpose, calls, failed_calls AS failed, input_tokens, output_tokens, cost_usd,
       estimated_cost_usd AS estimated, unpriced_calls AS unpriced
FROM llm_costs ORDER BY day, model, purpose;
SELECT role_name, agent, format, requests, succeeded_requests AS succeeded, input_tokens AS input,
       output_tokens AS output, cost_usd, cost_per_request, cost_per_1000, cost_per_accepted,
       unpriced_requests AS unpriced
FROM workflow_costs ORDER BY role_name, agent, format;
SELECT tag_key, tag_value, requests, succeeded_requests AS succeeded, cost_usd, cost_per_request,
       cost_per_accepted
FROM workflow_costs_by_tag ORDER BY tag_key, tag_value;
SELECT * FROM workflow_tokens_per_item ORDER BY format;
SELECT model, format, answers, checked_answers AS checked, valid_answers AS valid,
       validation_success_rate AS valid_rate, truncated_answers AS truncated, truncation_rate,
       refused_answers AS refused, refusal_rate
FROM workflow_quality ORDER BY model, format;
SELECT * FROM workflow_regenerations ORDER BY format;
SELECT * FROM workflow_outcomes ORDER BY generator;
SELECT generator, requests, cost_usd, baseline_cost_usd, saved_usd, saved_percent,
       unpriced_requests AS unpriced
FROM workflow_cost_savings ORDER BY generator;
SELECT day, submitted_at, finished_at, role_name, agent, format, reason, error_code, error_message,
       calls, model, http_status, cost_usd, prompt
FROM workflow_failures;

-- Times: 1 to 100 ms of calls, ten times as much of requests, and a tenth of that in the queue.
\o /dev/null
SELECT write_request(1000 + g, '2025-11-07 12:00', jsonb_build_object(
    'total_time_ms', 10 * g, 'queue_time_ms', g))
FROM generate_series(1, 100) g;
SELECT write_call(1000 + g, 1, 1, jsonb_build_object('latency_ms', g))
FROM generate_series(1, 100) g;
SELECT write_request(1101, '2025-11-07 12:00', '{"queue_time_ms": null, "total_time_ms": 9999}');
SELECT write_request(1102, '2025-11-07 12:00', '{"status": "cancelled", "total_time_ms": 9999}');
SELECT write_call(1102, 1, 1, '{"outcome": "cancelled", "latency_ms": 9999}');
SELECT write_call(1102, 2, 1, '{"outcome": "lost", "latency_ms": 9999}');
\o
SELECT * FROM llm_latency WHERE day = '2025-11-07';
SELECT * FROM workflow_latency WHERE day = '2025-11-07';
SELECT model, calls, mean_ms, p50_ms FROM llm_latency WHERE day = '2025-11-04' ORDER BY model;
SELECT * FROM workflow_latency WHERE day = '2025-11-04';

-- Errors by class.
\o /dev/null
SELECT write_request(2000, '2025-11-06 12:00', '{"status": "failed", "error_code": "LW002"}');
SELECT write_call(2000, 100 + g, 1) FROM generate_series(1, 4) g;
SELECT write_call(2000, 1, 1, '{"outcome": "api_error", "http_status": 500, "error_code": "oops"}');
SELECT write_call(2000, 2, 1, '{"outcome": "api_error", "http_status": 500, "error_code": "oops"}');
SELECT write_call(2000, 3, 1, '{"outcome": "api_error", "http_status": 503}');
SELECT write_call(2000, 4, 1, '{"outcome": "timeout", "http_status": null}');
SELECT write_call(2000, 5, 1, '{"outcome": "rate_limited", "http_status": 429}');
SELECT write_call(2000, 6, 1, '{"outcome": "lost", "http_status": null}');
SELECT write_call(2000, 7, 1, '{"outcome": "cancelled", "http_status": null}');
SELECT write_call(2000, 8, 1, '{"model": "gpt-4o"}');
\o
SELECT * FROM llm_error_rate WHERE day = '2025-11-06' ORDER BY model;
SELECT * FROM llm_errors WHERE day = '2025-11-06'
ORDER BY outcome, http_status, error_code;
SELECT reason, error_code, calls, model FROM workflow_failures WHERE day = '2025-11-06';

-- A job that is called in the next month.
SELECT write_request(3000, '2025-11-28 12:00',
    '{"finished_at": "2025-12-03 12:00", "format": "stages", "items_generated": 3}');
SELECT write_call(3000, 1, 5 * 86400 - 5);
SELECT answers, valid_answers FROM workflow_quality WHERE day = '2025-11-28';
SELECT items, item_output_tokens, output_tokens_per_item, output_tokens_per_zone
FROM workflow_tokens_per_item WHERE day = '2025-11-28';
SELECT cost_usd, baseline_cost_usd FROM workflow_cost_savings WHERE day = '2025-11-28';

-- A day begins at midnight in UTC, wherever the session is: what is at midnight counts on one day,
-- and what is a microsecond before it on another; its calls too, though they took no time.
\o /dev/null
SELECT write_request(4000 + 2 * place + failed, at, fields || jsonb_build_object('finished_at', at)),
       write_call(4000 + 2 * place + failed, 1, 0, call)
FROM (VALUES (0, '2025-11-09 23:59:59.999999Z'::timestamptz), (1, '2025-11-10 00:00Z')) AS times (place, at),
     (VALUES (0, '{"fallback_reason": "timeout", "items_generated": 1, "tags": {"at": "midnight"}}'::jsonb, '{}'::jsonb),
             (1, '{"status": "failed", "tags": {"at": "midnight"}}', '{"outcome": "api_error"}')) AS kinds (failed, fields, call);
\o
CREATE FUNCTION days_of(name text, figure text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    days text;
BEGIN
    EXECUTE format('SELECT string_agg(d::text, '' '' ORDER BY d)
                    FROM (SELECT day, sum(%s) FROM %I WHERE day BETWEEN ''2025-11-08'' AND ''2025-11-11''
                          GROUP BY day) AS d', figure, name) INTO days;
    RETURN days;
END
$$;
SET timezone = 'Pacific/Kiritimati';
SELECT name, days_of(name, figure) FROM (VALUES
    ('llm_costs', 'calls'), ('workflow_costs', 'requests'), ('workflow_costs_by_tag', 'requests'),
    ('workflow_tokens_per_item', 'requests'), ('workflow_tokens_per_item', 'item_output_tokens'),
    ('workflow_fallback_rate', 'requests'),
    ('workflow_fallback_reasons', 'fallback_requests'), ('workflow_quality', 'answers'),
    ('workflow_regenerations', 'requests'), ('workflow_outcomes', 'workflows'),
    ('workflow_cost_savings', 'requests'), ('workflow_cost_savings', 'baseline_cost_usd'),
    ('llm_latency', 'calls'), ('workflow_latency', 'requests'),
    ('llm_error_rate', 'calls'), ('llm_errors', 'error_calls'), ('workflow_failures', 'calls'),
    ('workflow_flow', 'passes')) AS v (name, figure);
SET timezone = 'UTC';

-- Advice: agents of three phases, at and around the thresholds.
SELECT llmw_wilson_interval(0, 20), llmw_wilson_interval(10, 1000), llmw_wilson_interval(0, 0);
INSERT INTO workflow_stats_deltas (hour, agent, succeeded_requests, cached_requests,
                                   fallback_requests)
SELECT date_trunc('day', now(), 'UTC') - days * interval '24 h', agent, requests + 7, 7, fallbacks
FROM (VALUES
    ('1 below', 0, 100, 0), ('1 below', 27, 0, 0), ('1 few', 6, 73, 1), ('1 above', 6, 1000, 80), ('1 bad', 0, 20, 20),
    ('2 below', 7, 35, 0), ('2 few', 20, 34, 0), ('2 bad', 20, 1000, 121),
    ('3 gone', 28, 1000, 500), ('3 below 2', 21, 2000, 20), ('3 below 5', 27, 100, 0),
    ('3 few', 27, 1000, 40), ('3 between', 27, 1000, 75), ('3 bad', 27, 200, 30),
    ('3 at', 27, 100, 5), ('3 nineteen', 27, 19, 19), ('3 none', 27, 0, 0), ('', 27, 1, 0)
    ) AS t (agent, days, requests, fallbacks);
SELECT scope, agent, requests, fallback_requests AS fallbacks, fallback_rate, rate_low, rate_high,
       phase, advice, more_requests AS more
FROM workflow_rollout_advice ORDER BY scope DESC, agent COLLATE "C";
-- As many as it says are enough, at the same rate, and fewer are not.
SELECT fallbacks, requests, (llmw_wilson_interval(fallbacks, requests)).high < 5 AS below,
       llmw_trials_to_tell(fallbacks, requests, 5) AS needed
FROM (VALUES (0, 72), (0, 73), (72, 1800), (73, 1825)) AS t (fallbacks, requests);

-- A day reads its own partitions only.
CREATE FUNCTION partitions_read(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
        CONTINUE WHEN line !~ 'Scan.* on ' OR line ~ 'never executed' OR line ~ 'Only Scan';
        RETURN NEXT substring(line FROM ' on ((requests|calls|workflow_requests|llm_calls)_y?\d{4}_?m?\d\d)');
    END LOOP;
END
$$;
SELECT views.name, string_agg(DISTINCT p, ', ' ORDER BY p) AS partitions
FROM unnest('{llm_costs,workflow_costs,workflow_costs_by_tag,workflow_tokens_per_item,
    workflow_fallback_rate,workflow_fallback_reasons,workflow_quality,workflow_regenerations,
    workflow_outcomes,workflow_cost_savings,llm_latency,workflow_latency,llm_error_rate,llm_errors,
    workflow_failures}'::text[]) WITH ORDINALITY AS views (name, place),
    partitions_read(format('SELECT * FROM %I WHERE day BETWEEN ''2025-11-04'' AND ''2025-11-05''',
                           views.name)) AS p
WHERE p IS NOT NULL
GROUP BY views.place, views.name ORDER BY views.place;

DELETE FROM workflow_requests WHERE status = 'running';
TRUNCATE workflow_stats_deltas, workflow_stats_hours, workflow_stats_days;

-- The owner's two queries, verbatim, over what the product itself writes: generated, fallen back,
-- answered from the ledger and failed.
SET llm_workflow.fallback_models = '';
SELECT count(generate_workflow('Send mail ' || g)) FROM generate_series(1, 7) g;
SELECT count(generate_workflow('Send a mail', cache_for => '1 h')) FROM generate_series(1, 3) g;
SELECT generate_workflow('Send a mail', format => 'stages', throw_on_error => false)
     -> 'error' ->> 'code' AS failed;
SET llm_workflow.primary_model = 'gpt-4o-mini';
SET llm_workflow.fallback_models = 'builtin-draft';
SELECT count(generate_workflow('Send letter ' || g)) FROM generate_series(1, 2) g;
RESET llm_workflow.primary_model;
RESET llm_workflow.fallback_models;

CREATE TEMP TABLE owner_rate AS
   SELECT
     COUNT(*) FILTER (WHERE details->>'fallback_reason' IS NOT NULL) * 100.0 / COUNT(*) as fallback_rate
   FROM audit_logs
   WHERE action = 'WORKFLOW_GENERATED'
   AND timestamp > NOW() - INTERVAL '7 days';

CREATE TEMP TABLE owner_savings AS
   SELECT
     SUM((details->>'cost_usd')::decimal) as total_cost,
     COUNT(*) as total_workflows,
     details->>'generator_used' as generator
   FROM audit_logs
   WHERE action = 'WORKFLOW_GENERATED'
   GROUP BY generator;

SELECT sum(requests) AS requests, sum(generated_requests) AS generated,
       sum(cached_requests) AS cached, sum(failed_requests) AS failed,
       sum(fallback_requests) AS fallbacks, round(max(o.fallback_rate), 2) AS owner_rate,
       sum(fallback_requests) * 100.0 / sum(generated_requests) = max(o.fallback_rate) AS agrees
FROM workflow_fallback_rate, owner_rate o WHERE day >= current_date - 7;
SELECT (SELECT sum(fallback_requests) FROM workflow_fallback_reasons WHERE day >= current_date - 7)
     = (SELECT sum(fallback_requests) FROM workflow_fallback_rate WHERE day >= current_date - 7)
    AS agrees;
SELECT a.scope, a.requests, a.fallback_requests, a.fallback_rate = round(o.fallback_rate, 2) AS agrees
FROM workflow_rollout_advice a, owner_rate o;
SELECT o.generator, o.total_workflows, s.requests = o.total_workflows AS agrees,
       s.cost_usd = o.total_cost AS cost_agrees
FROM owner_savings o
FULL JOIN (SELECT generator, sum(requests) AS requests, sum(cost_usd) AS cost_usd
           FROM workflow_cost_savings
           WHERE day >= current_date - 7 AND generator IS NOT NULL
           GROUP BY generator) AS s USING (generator);

SELECT count(*) AS differences FROM verify_workflow_stats(now() - interval '2 days');

-- Nobody reads them until granted.
CREATE ROLE regress_llmw_nobody;
GRANT SELECT ON workflow_quality TO regress_llmw_nobody;
SET ROLE regress_llmw_nobody;
SELECT sum(answers) FROM workflow_quality WHERE day = '2025-11-04';
SELECT * FROM workflow_failures;
SELECT * FROM workflow_rollout_advice;
RESET ROLE;

DROP FUNCTION partitions_read(text);
DROP FUNCTION days_of(text, text);
DROP FUNCTION write_call(int, int, int, jsonb);
DROP FUNCTION write_request(int, timestamptz, jsonb);
DROP EXTENSION llm_workflow;
DROP ROLE regress_llmw_nobody;
