-- The views and the owner's two monitoring queries over rows written by hand.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

-- Empty.
SELECT * FROM workflow_fallback_rate;
SELECT * FROM workflow_cost_savings;
SELECT * FROM llm_costs;

SELECT ensure_workflow_partitions(0);
SELECT llmw_make_partition('public', 'workflow_requests', 'requests_2025_11', '2025-11-01');
SELECT llmw_make_partition('public', 'llm_calls', 'calls_2025_11', '2025-11-01');
SELECT llmw_make_partition('public', 'llm_calls', 'calls_2025_12', '2025-12-01');

-- Writes a request and its calls. `calls` holds model, outcome, cost_source and delay of each.
CREATE FUNCTION write_request(n int, at timestamptz, status text, reason text, VARIADIC
    calls text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    id uuid := md5('request ' || n)::uuid;
    part text[];
    price numeric;
    total numeric := 0;
    generator text;
    i int := 0;
    latest timestamptz := at;
BEGIN
    FOR i IN 1 .. cardinality(calls) LOOP
        part := string_to_array(calls[i], ',');
        price := CASE part[3] WHEN 'unbilled' THEN 0 WHEN 'unknown_price' THEN NULL
                 ELSE token_cost(part[1], 2000, 1500, at => at) END;
        total := total + price;
        latest := at + part[4]::interval;
        IF part[2] = 'ok' THEN generator := part[1]; END IF;
        INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose,
            model, server, outcome, input_tokens, cached_input_tokens, cache_write_tokens,
            output_tokens, reasoning_tokens, cost_usd, cost_source, latency_ms)
        VALUES (id, md5('call ' || n || ' ' || i)::uuid, latest, latest + interval '1 s', i,
            CASE i WHEN 1 THEN 'primary' ELSE 'fallback' END, part[1], 'server', part[2], 2000, 0,
            0, 1500, 0, price, part[3], 1000);
    END LOOP;
    INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format,
        format_version, prompt_sha256, status, generator_used, fallback_reason, cost_usd)
    VALUES (id, at, CASE WHEN status <> 'running' THEN latest + interval '2 s' END, 'r', 'pilot', 1,
        '', status, CASE status WHEN 'succeeded' THEN generator END, reason,
        CASE WHEN status <> 'running' THEN total END);
END
$$;

-- Document 003: 10,000 requests of 2000 and 1500 tokens, every twentieth falls back. Every request
-- pays the primary, 5 % pay the fallback as well.
SELECT count(CASE WHEN g % 20 = 0
    THEN write_request(g, '2025-11-04 12:00+00', 'succeeded', 'validation_failed',
                       'gpt-4o-mini,validation_failed,reported,1 s',
                       'claude-sonnet-4,ok,reported,3 s')
    ELSE write_request(g, '2025-11-04 12:00+00', 'succeeded', NULL, 'gpt-4o-mini,ok,reported,1 s')
    END) AS requests
FROM generate_series(1, 10000) g;
SELECT * FROM workflow_fallback_rate;
SELECT * FROM workflow_cost_savings ORDER BY generator;
SELECT sum(requests) AS requests, sum(cost_usd) AS cost, sum(baseline_cost_usd) AS baseline,
       sum(saved_usd) AS saved, round(100 * sum(saved_usd) / sum(baseline_cost_usd), 2) AS percent
FROM workflow_cost_savings;
SELECT * FROM llm_costs ORDER BY model, purpose;

-- Against another baseline; against one without a price there is no saving to tell.
SET llm_workflow.baseline_model = 'gpt-4o';
SELECT generator, baseline_cost_usd, saved_usd FROM workflow_cost_savings ORDER BY generator;
SET llm_workflow.baseline_model = 'nobody';
SELECT generator, cost_usd, baseline_cost_usd, saved_usd, saved_percent
FROM workflow_cost_savings ORDER BY generator;
RESET llm_workflow.baseline_model;

-- Thresholds. A day of a hundred requests with 1, 2, 4, 5, 10 and 11 fallbacks. Each request that
-- falls back has three calls: requests are counted, never rows.
SELECT count(CASE WHEN g <= fallbacks
    THEN write_request(100000 + 1000 * fallbacks + g, at, 'succeeded', 'timeout',
                       'gpt-4o-mini,timeout,estimated,1 s', 'gpt-4o-mini,api_error,unbilled,2 s',
                       'claude-sonnet-4,ok,reported,3 s')
    ELSE write_request(100000 + 1000 * fallbacks + g, at, 'succeeded', NULL,
                       'gpt-4o-mini,ok,reported,1 s') END)
FROM (VALUES (1, '2025-11-10 00:00+00'::timestamptz), (2, '2025-11-11 23:59:59.999999+00'),
             (4, '2025-11-12 00:00+00'), (5, '2025-11-13 00:00+00'), (10, '2025-11-14 00:00+00'),
             (11, '2025-11-15 00:00+00')) AS t (fallbacks, at), generate_series(1, 100) g;
SELECT day, requests, fallback_requests, fallback_rate, advice FROM workflow_fallback_rate
WHERE day >= '2025-11-10' ORDER BY day;
SELECT * FROM llm_costs WHERE day = '2025-11-15' ORDER BY model, purpose;

-- Days are days in UTC whatever the session's time zone.
SET timezone = 'Pacific/Kiritimati';
SELECT day, requests FROM workflow_fallback_rate WHERE day BETWEEN '2025-11-10' AND '2025-11-12'
ORDER BY day;
SET timezone = 'UTC';

-- Failed and cancelled requests: their spend counts, their baseline is nothing. A running one
-- counts nowhere yet. A call whose price is unknown is in no sum, and its request is said to be
-- left out.
SELECT write_request(900001, '2025-11-20 10:00+00', 'failed', 'refused',
                     'gpt-4o-mini,refused,reported,1 s', 'claude-sonnet-4,refused,reported,2 s');
SELECT write_request(900002, '2025-11-20 10:00+00', 'cancelled', NULL,
                     'gpt-4o-mini,cancelled,estimated,1 s');
SELECT write_request(900003, '2025-11-20 10:00+00', 'running', NULL, 'gpt-4o-mini,ok,reported,1 s');
SELECT write_request(900004, '2025-11-20 10:00+00', 'succeeded', NULL, 'odd,ok,unknown_price,1 s');
SELECT write_request(900005, '2025-11-20 10:00+00', 'succeeded', NULL,
    'gpt-4o-mini,ok,reported,1 s');
SELECT * FROM workflow_fallback_rate WHERE day = '2025-11-20';
SELECT * FROM workflow_cost_savings WHERE day = '2025-11-20' ORDER BY generator;
SELECT * FROM llm_costs WHERE day = '2025-11-20' ORDER BY model, purpose;

-- A job may be called days after it was submitted, in another month.
SELECT write_request(900006, '2025-11-28 10:00+00', 'succeeded', NULL,
                     'gpt-4o-mini,ok,reported,5 days');
SELECT day, requests, cost_usd, baseline_cost_usd FROM workflow_cost_savings
WHERE day >= '2025-11-28';
SELECT day, calls FROM llm_costs WHERE day >= '2025-11-28';

-- A document made of several calls: each counts for the baseline, the request once.
SELECT write_request(900007, '2025-11-29 10:00+00', 'succeeded', NULL,
                     'gpt-4o-mini,ok,reported,1 s', 'gpt-4o-mini,ok,reported,2 s');
SELECT requests, cost_usd, baseline_cost_usd FROM workflow_cost_savings WHERE day = '2025-11-29';

-- The tokens of the accepted call at the price in force then, also after a change.
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('claude-sonnet-4', '2025-11-29 10:00:02+00', 30, 150);
SELECT requests, cost_usd, baseline_cost_usd FROM workflow_cost_savings WHERE day = '2025-11-29';
SELECT sum(baseline_cost_usd) FROM workflow_cost_savings WHERE day = '2025-11-04';

-- One whose first price begins between the two calls: that of the other is not known, so no baseline
-- is told.
INSERT INTO llm_models (name, server) VALUES ('young', 'local');
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('young', '2025-11-29 10:00:02+00', 30, 150);
SET llm_workflow.baseline_model = 'young';
SELECT requests, cost_usd, baseline_cost_usd, saved_usd, saved_percent FROM workflow_cost_savings
WHERE day = '2025-11-29';
RESET llm_workflow.baseline_model;

-- A day reads its own partitions only.
CREATE FUNCTION partitions_read(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
        CONTINUE WHEN line !~ 'Scan.* on ' OR line ~ 'never executed' OR line ~ 'Only Scan';
        RETURN NEXT substring(line FROM ' on (\w+_\d{4}_\d\d)');
    END LOOP;
END
$$;
SELECT DISTINCT p FROM partitions_read(
    $$SELECT * FROM llm_costs WHERE day = '2025-11-15'$$) p WHERE p IS NOT NULL;
SELECT DISTINCT p FROM partitions_read(
    $$SELECT * FROM llm_costs WHERE day >= '2025-12-02' AND day <= '2025-12-03'$$) p
WHERE p IS NOT NULL;

-- The owner's monitoring queries, verbatim.
INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor, details)
SELECT gen_random_uuid(), now(), 'WORKFLOW_GENERATED', 'info', 'r',
       CASE WHEN g % 20 = 0
           THEN '{"generator_used": "claude-sonnet-4", "cost_usd": 0.0297,
                  "fallback_reason": "validation_failed"}'::jsonb
           ELSE '{"generator_used": "gpt-4o-mini", "cost_usd": 0.0012}'::jsonb END
FROM generate_series(1, 1000) g;
INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor, details)
SELECT gen_random_uuid(), now(), 'WORKFLOW_GENERATION_FALLBACK', 'warning', 'r', '{}'
FROM generate_series(1, 50);

   SELECT
     COUNT(*) FILTER (WHERE details->>'fallback_reason' IS NOT NULL) * 100.0 / COUNT(*) as fallback_rate
   FROM audit_logs
   WHERE action = 'WORKFLOW_GENERATED'
   AND timestamp > NOW() - INTERVAL '7 days';

   SELECT
     SUM((details->>'cost_usd')::decimal) as total_cost,
     COUNT(*) as total_workflows,
     details->>'generator_used' as generator
   FROM audit_logs
   WHERE action = 'WORKFLOW_GENERATED'
   GROUP BY generator;

DROP FUNCTION partitions_read(text);
DROP FUNCTION write_request(int, timestamptz, text, text, text[]);
DROP EXTENSION llm_workflow;
