-- Roll-ups: folding changes nothing that is shown, and what the ledger says comes back by a rebuild
-- to the last digit.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
-- Neither hours nor days depend on where the session is.
SET timezone = 'Asia/Kolkata';
SET datestyle = 'SQL, DMY';
CREATE EXTENSION llm_workflow;

-- ---- An empty database: before there are partitions, and after ---------------------------------
SELECT count(*) FROM workflow_stats_hourly;
SELECT count(*) FROM workflow_stats_daily;
SELECT llmw_fold_stats() AS folded, rebuild_workflow_stats(NULL, NULL) AS rebuilt;
SELECT * FROM verify_workflow_stats();
SELECT llmw_make_partition('public', 'workflow_requests', 'requests_2025_11', '2025-11-01');
SELECT llmw_make_partition('public', 'workflow_requests', 'requests_2025_12', '2025-12-01');
SELECT llmw_make_partition('public', 'llm_calls', 'calls_2025_11', '2025-11-01');
SELECT llmw_make_partition('public', 'llm_calls', 'calls_2025_12', '2025-12-01');
SELECT rebuild_workflow_stats(NULL, NULL) AS rebuilt;
SELECT * FROM verify_workflow_stats();

-- ---- Fold --------------------------------------------------------------------------------------
-- Hours of three days and two months, two rows for one key, costs that floats would spoil.
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE PROCEDURE write_deltas() LANGUAGE sql AS $$
    INSERT INTO workflow_stats_deltas (hour, model, format, agent, role_name, calls, input_tokens,
        cost_usd, provider_ms, provider_times, largest_accepted_input_tokens)
    VALUES ('2025-11-29 23:00Z', 'mini', 'pilot', 'a', 'r', 2, 10, 0.1, 300, '{60,1,74,1}', 7),
           ('2025-11-30 00:00Z', 'mini', 'pilot', 'a', 'r', 1, 20, 0.2, 180, '{74,1}', 20),
           ('2025-11-30 00:00Z', 'mini', 'pilot', 'b', 'r', 1, 15, 1e-9, 1000, '{110,1}', 15),
           ('2025-11-30 23:00Z', 'strong', 'pilot', 'b', 'r', 1, 30, 0.3, 1000, '{110,1}', 0),
           ('2025-12-01 00:00Z', 'strong', 'graph', '', 's', 1, 40, 0.4, 42, '{41,1}', 40);
    INSERT INTO workflow_stats_deltas (hour, model, format, agent, role_name, fallback_reason,
        requests, succeeded_requests, fallback_requests)
    VALUES ('2025-11-30 23:00Z', 'strong', 'pilot', 'b', 'r', 'truncated', 1, 1, 1),
           ('2025-11-30 00:00Z', 'mini', 'pilot', 'a', 'r', '', 1, 1, 0);
    -- A verdict that was changed: it takes back what was added.
    INSERT INTO workflow_stats_deltas (hour, model, format, agent, role_name, fallback_reason,
        outcomes_succeeded, outcomes_failed)
    VALUES ('2025-11-30 23:00Z', 'strong', 'pilot', 'b', 'r', 'truncated', 1, 0),
           ('2025-11-30 23:00Z', 'strong', 'pilot', 'b', 'r', 'truncated', -1, 1)
$$;
CALL write_deltas();
CREATE TEMP VIEW by_hour AS
SELECT facet, hour, model, format, agent, role_name AS role, fallback_reason AS reason, calls,
       cost_usd, provider_times AS times, largest_accepted_input_tokens AS largest, requests,
       outcomes_failed AS failures
FROM workflow_stats_hourly;
SELECT * FROM by_hour ORDER BY facet, hour, model, format, agent, role, reason;
CREATE TEMP TABLE hours_before AS TABLE workflow_stats_hourly;
CREATE TEMP TABLE days_before AS TABLE workflow_stats_daily;
SET timezone = 'Asia/Kolkata';
SELECT llmw_fold_stats() AS folded, (SELECT count(*) FROM workflow_stats_deltas) AS seen_before;
SET timezone = 'UTC';
SELECT count(*) FROM workflow_stats_deltas;
SELECT llmw_fold_stats() AS folded;
SELECT count(*) AS differences
FROM ((TABLE workflow_stats_hourly EXCEPT ALL TABLE hours_before)
      UNION ALL (TABLE hours_before EXCEPT ALL TABLE workflow_stats_hourly)) AS d;
SELECT count(*) AS differences
FROM ((TABLE workflow_stats_daily EXCEPT ALL TABLE days_before)
      UNION ALL (TABLE days_before EXCEPT ALL TABLE workflow_stats_daily)) AS d;

-- Twice as much, half of it folded: sums double, the greatest stays.
CALL write_deltas();
CREATE TEMP TABLE hours_half AS TABLE workflow_stats_hourly;
SELECT llmw_fold_stats() AS folded;
SELECT count(*) AS differences
FROM ((TABLE workflow_stats_hourly EXCEPT ALL TABLE hours_half)
      UNION ALL (TABLE hours_half EXCEPT ALL TABLE workflow_stats_hourly)) AS d;
SELECT day, facet, model, format, agent, role_name AS role, fallback_reason AS reason, calls,
       cost_usd, provider_times AS times, largest_accepted_input_tokens AS largest, requests
FROM workflow_stats_daily ORDER BY facet, day, model, format, agent, role, reason;

-- Facets agree, and so do hours and days. Percentiles of any span come from its rows.
SELECT facet, sum(calls) AS calls, sum(cost_usd) AS cost_usd, sum(requests) AS requests,
       latency_histogram_merge(provider_times) AS times
FROM workflow_stats_hourly GROUP BY facet ORDER BY facet;
SELECT day, latency_count(times), round(latency_percentile(times, 0.5)) AS p50,
       round(latency_percentile(times, 0.95)) AS p95
FROM (SELECT day, latency_histogram_merge(provider_times) AS times
      FROM llmw_stats_daily WHERE facet = 'role' GROUP BY day) AS days
ORDER BY day;

-- A fold that is rolled back has moved nothing.
CALL write_deltas();
BEGIN;
SELECT llmw_fold_stats() AS folded;
ROLLBACK;
SELECT count(*) FROM workflow_stats_deltas;
TRUNCATE workflow_stats_deltas, workflow_stats_hours, workflow_stats_days;

-- Conditions on facet and time reach the primary keys; the other facets' rows are not made.
ANALYZE workflow_stats_days, workflow_stats_hours, workflow_stats_deltas;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
CREATE FUNCTION scans(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        IF line ~ 'Scan|Index Cond|Filter' THEN
            RETURN NEXT trim(line);
        END IF;
    END LOOP;
END
$$;
SELECT scans('SELECT day, sum(calls) FROM llmw_stats_daily
              WHERE facet = ''agent'' AND day >= ''2025-11-30'' GROUP BY day');
SELECT scans('SELECT * FROM workflow_stats_hourly
              WHERE facet = ''model'' AND hour >= ''2025-11-30 00:00Z''');
RESET enable_seqscan;
RESET enable_bitmapscan;

-- ---- The ledger --------------------------------------------------------------------------------
-- Facts as the worker writes them. `calls` holds delay, model, outcome, cost and latency of each.
CREATE FUNCTION write_request(id int, at timestamptz, fields jsonb, VARIADIC calls text[])
    RETURNS int LANGUAGE sql AS $$
    INSERT INTO workflow_requests
    SELECT (jsonb_populate_record(NULL::workflow_requests, jsonb_build_object(
        'request_id', md5('request ' || id)::uuid, 'submitted_at', at, 'role_name', 'r',
        'format', 'pilot', 'format_version', 1, 'prompt_sha256', '', 'services', ARRAY[]::text[],
        'tags', jsonb_build_object(), 'input_tokens', 0, 'output_tokens', 0) || fields)).*;
    INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model,
        server, outcome, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens,
        reasoning_tokens, cost_usd, cost_source, latency_ms)
    SELECT md5('request ' || id)::uuid, md5(id || ' call ' || n)::uuid, at + (part[1])::interval,
           at + (part[1])::interval + interval '1 s', n,
           CASE n WHEN 1 THEN 'primary' ELSE 'retry' END, part[2], 'server', part[3], 100 * id + n,
           10, 5, 50 + n, 1,
           nullif(part[4], 'unknown')::numeric,
           CASE part[4] WHEN 'unknown' THEN 'unknown_price' WHEN '0.7' THEN 'estimated'
                        ELSE 'reported' END,
           (part[5])::bigint
    FROM unnest(calls) WITH ORDINALITY AS c (call, n)
    CROSS JOIN LATERAL string_to_array(call, ' ') AS part;
    SELECT id
$$;

-- What a row counts: the measures that are not zero.
CREATE FUNCTION counted(stats jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(measure || ' ' || translate(value, '[] ', '{}'), ', ' ORDER BY place)
    FROM jsonb_each_text(stats) JOIN llmw_stats_measures ON measure = key
    WHERE value NOT IN ('0', '[]')
$$;

SELECT count(write_request(id, at::timestamptz, fields::jsonb, VARIADIC calls)) AS requests
FROM (VALUES
    -- The primary failed; the fallback was accepted in the next hour, day and month.
    (1, '2025-11-30 23:59:59.5Z', '{"status": "succeeded", "generator_used": "strong", "agent": "a",
        "fallback_reason": "truncated", "finished_at": "2025-12-01 00:00:02Z", "items_generated": 4,
        "zones_generated": 2, "generation_time_ms": 2500, "queue_time_ms": 3,
        "total_time_ms": 2500, "outcome_succeeded": true}',
     ARRAY['0.1s mini truncated 0.1 300', '0.9s strong ok 0.3 1000']),
    -- A job's second attempt: what its first one had accepted counts no more.
    (2, '2025-11-30 10:00Z', '{"status": "succeeded", "generator_used": "mini", "agent": "a",
        "finished_at": "2025-11-30 12:00:05Z", "items_generated": 7, "generation_time_ms": 2000,
        "queue_time_ms": 7200000, "total_time_ms": 7205000}',
     ARRAY['1s mini ok 0.1 180', '7203s mini rate_limited 0 20', '7204s mini ok 0.1 180']),
    -- Failed, cancelled, cached, regenerated by rules without a call, running, queued.
    (3, '2025-11-30 10:30Z', '{"status": "failed", "finished_at": "2025-11-30 10:30:09Z",
        "generation_time_ms": 9000, "queue_time_ms": 0, "total_time_ms": 9000,
        "outcome_succeeded": false}',
     ARRAY['0s mini timeout 0.7 5000', '5s local validation_failed unknown 42',
           '6s mini refused 0 8', '7s mini api_error 0 9', '8s mini context_window_exceeded 0 9']),
    (4, '2025-11-30 10:40Z', '{"status": "cancelled", "finished_at": "2025-11-30 10:40:02Z",
        "queue_time_ms": 1, "total_time_ms": 2000}',
     ARRAY['0s mini ok 0.1 180', '1s mini cancelled 0.7 900']),
    (5, '2025-11-30 10:50Z', '{"status": "succeeded", "generator_used": "mini", "agent": "b",
        "finished_at": "2025-11-30 10:50:00Z", "items_generated": 7, "total_time_ms": 1,
        "queue_time_ms": 0, "cached_from": "00000000-0000-0000-0000-000000000000"}',
     ARRAY[]::text[]),
    (6, '2025-12-31 23:00Z', '{"status": "succeeded", "generator_used": "rules", "agent": "b",
        "finished_at": "2025-12-31 23:00:00Z", "total_time_ms": 1, "role_name": "s",
        "parent_request_id": "00000000-0000-0000-0000-000000000000", "generation_time_ms": 1}',
     ARRAY['0s rules ok 0 0']),
    (7, '2025-11-30 10:10Z', '{"status": "running"}',
     ARRAY['0s mini lost 0.7 0', '3600s mini ok 0.1 180']),
    (8, '2025-11-30 10:20Z', '{"status": "queued", "agent": "a"}', ARRAY['0s mini ok 0.1 180'])
) AS facts (id, at, fields, calls);

SELECT hour, model, agent, role_name AS role, fallback_reason AS reason, counted(to_jsonb(l))
FROM llmw_stats_from_ledger('2025-11-30 10:00Z', 'infinity') AS l
ORDER BY hour, model, agent, requests;

-- Nothing is folded: all differs, the two whole days too. Then nothing does.
SELECT roll_up, facet, count(*) FROM verify_workflow_stats() GROUP BY roll_up, facet ORDER BY 1, 2;
SELECT rebuild_workflow_stats(NULL, NULL) AS rebuilt, count(*) AS deltas FROM workflow_stats_deltas;
SELECT * FROM verify_workflow_stats();
SET timezone = 'Asia/Kolkata';
SELECT rebuild_workflow_stats(NULL, 'infinity') AS rebuilt;
SELECT * FROM verify_workflow_stats();
SET timezone = 'UTC';
SELECT facet, sum(calls) AS calls, sum(requests) AS requests, sum(cost_usd) AS cost_usd
FROM workflow_stats_daily GROUP BY facet ORDER BY facet;
SELECT (SELECT count(*) FROM llm_calls) AS calls, (SELECT sum(cost_usd) FROM llm_calls) AS cost_usd;

-- ---- What is broken is found, and mended -------------------------------------------------------
CREATE TEMP TABLE hours_right AS TABLE workflow_stats_hours;
CREATE TEMP TABLE days_right AS TABLE workflow_stats_days;
UPDATE workflow_stats_hours SET calls = calls + 1, cost_usd = cost_usd + 1e-12
WHERE facet = 'agent' AND agent = 'a' AND hour = '2025-11-30 12:00Z';
UPDATE workflow_stats_days SET provider_times = '{}' WHERE facet = 'role' AND day = '2025-11-30';
DELETE FROM workflow_stats_hours WHERE facet = 'reason' AND fallback_reason = 'truncated';
INSERT INTO workflow_stats_deltas (hour, model, input_tokens)
VALUES ('2025-12-24 18:00Z', 'ghost', 1);
SELECT roll_up, hour, facet, model, agent, fallback_reason AS reason, measure, in_stats, in_ledger
FROM verify_workflow_stats();
-- Only what is in the span, and the days that it covers.
SELECT roll_up, hour, facet, measure
FROM verify_workflow_stats('2025-11-30 12:59Z', '2025-11-30 23:00Z');
SELECT roll_up, hour, facet, measure FROM verify_workflow_stats('2025-11-30', '2025-12-01')
WHERE roll_up = 'day';
-- One hour: the rest of its day is as before, and so is what is wrong elsewhere.
SELECT rebuild_workflow_stats('2025-11-30 12:10Z', '2025-11-30 12:20Z') AS rebuilt;
SELECT roll_up, hour, facet, model, string_agg(measure, ' ') AS measures
FROM verify_workflow_stats()
GROUP BY roll_up, hour, facet, model ORDER BY hour, roll_up, facet;
SELECT rebuild_workflow_stats('2025-11-30', NULL) AS rebuilt;
SELECT * FROM verify_workflow_stats();
SELECT count(*) AS differences
FROM ((TABLE workflow_stats_hours EXCEPT ALL TABLE hours_right)
      UNION ALL (TABLE hours_right EXCEPT ALL TABLE workflow_stats_hours)) AS d;
SELECT count(*) AS differences
FROM ((TABLE workflow_stats_days EXCEPT ALL TABLE days_right)
      UNION ALL (TABLE days_right EXCEPT ALL TABLE workflow_stats_days)) AS d;
SELECT count(*) FROM workflow_stats_deltas;

-- ---- What is refused ---------------------------------------------------------------------------
SELECT rebuild_workflow_stats('2025-10-31 23:59Z', '2025-12-01');
SELECT * FROM verify_workflow_stats('2025-10-31 23:59Z');
SELECT rebuild_workflow_stats('2025-12-01', '2025-11-30');
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT rebuild_workflow_stats(NULL, NULL);
ROLLBACK;
SELECT rebuild_workflow_stats('2025-11-30 12:00Z', '2025-11-30 12:00Z') AS rebuilt;
SELECT * FROM verify_workflow_stats();

-- Retention drops a month: its roll-ups stay, and cannot be made anew. Of a call whose request went
-- with it nothing can be told.
CREATE TEMP TABLE days_kept AS TABLE workflow_stats_daily;
DROP TABLE requests_2025_11, calls_2025_11;
SELECT sum(calls) AS calls FROM workflow_stats_daily WHERE facet = 'model' AND day < '2025-12-01';
SELECT rebuild_workflow_stats('2025-11-30', NULL);
SELECT rebuild_workflow_stats(NULL, NULL);
SELECT rebuild_workflow_stats('2025-12-01 01:00Z', NULL) AS rebuilt;
SELECT * FROM verify_workflow_stats();
SELECT count(*) AS differences
FROM ((TABLE workflow_stats_daily EXCEPT ALL TABLE days_kept)
      UNION ALL (TABLE days_kept EXCEPT ALL TABLE workflow_stats_daily)) AS d;

-- Without any partition there is nothing to count anew, and what was counted stays.
BEGIN;
DO $$
DECLARE
    partition regclass;
BEGIN
    FOR partition IN SELECT inhrelid FROM pg_inherits
                     WHERE inhparent IN ('llm_calls'::regclass, 'workflow_requests'::regclass) LOOP
        EXECUTE format('DROP TABLE %s', partition);
    END LOOP;
END
$$;
SELECT rebuild_workflow_stats('2025-11-30', NULL) AS rebuilt;
SELECT count(*) AS differences
FROM ((TABLE workflow_stats_daily EXCEPT ALL TABLE days_kept)
      UNION ALL (TABLE days_kept EXCEPT ALL TABLE workflow_stats_daily)) AS d;
ROLLBACK;

-- A dump holds all three tables.
SELECT c.relname, e.condition
FROM pg_extension x, unnest(x.extconfig, x.extcondition) AS e (oid, condition)
JOIN pg_class c ON c.oid = e.oid
WHERE x.extname = 'llm_workflow' AND c.relname LIKE 'workflow\_stats\_%'
ORDER BY c.relname;

-- ---- Who may -----------------------------------------------------------------------------------
CREATE ROLE regress_llmw_nobody;
SET ROLE regress_llmw_nobody;
SELECT llmw_fold_stats();
SELECT rebuild_workflow_stats(NULL, NULL);
SELECT * FROM verify_workflow_stats();
SELECT * FROM llmw_stats_from_ledger(now(), now());
SELECT count(*) FROM workflow_stats_daily;
RESET ROLE;
DROP ROLE regress_llmw_nobody;
DROP FUNCTION write_request, counted, scans;
DROP PROCEDURE write_deltas;
DROP VIEW by_hour;
DROP EXTENSION llm_workflow;
