-- The view workflow_validation_failures over rows written by hand.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;

SELECT * FROM workflow_validation_failures;

SELECT llmw_make_partition('public', 'workflow_requests', 'requests_2025_11', '2025-11-01');
SELECT llmw_make_partition('public', 'llm_calls', 'calls_2025_11', '2025-11-01');
SELECT llmw_make_partition('public', 'llm_calls', 'calls_2025_12', '2025-12-01');

-- Writes a request and its calls, one each second from the submission to the end. `calls` holds
-- purpose, model, outcome, codes and cost of each.
CREATE FUNCTION write_request(n int, at timestamptz, status text, format text,
                              VARIADIC calls text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    id uuid := md5('request ' || n)::uuid;
    part text[];
BEGIN
    FOR i IN 1 .. cardinality(calls) LOOP
        part := string_to_array(calls[i], ' ');
        INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose,
            model, server, outcome, input_tokens, cached_input_tokens, cache_write_tokens,
            output_tokens, reasoning_tokens, cost_usd, cost_source, latency_ms, validation_codes)
        VALUES (id, md5('call ' || n || ' ' || i)::uuid, at + (i - 1) * interval '1 s',
            at + i * interval '1 s', i, part[1], part[2], 'server', part[3], 1, 0, 0, 1, 0,
            nullif(part[5], '?')::numeric, 'reported', 1000, part[4]::text[]);
    END LOOP;
    INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format,
        format_version, prompt_sha256, status, fallback_reason)
    VALUES (id, at, CASE WHEN status <> 'running' THEN at + (cardinality(calls) - 1) * interval '1 s' END, 'r',
        format, 1, '', status, CASE WHEN cardinality(calls) > 2 THEN 'validation_failed' END);
END
$$;

-- One is repaired; one repeats a fault, gains another, and is answered by another model; one is not
-- answered at all. A call with two codes counts in the rows of both.
SELECT write_request(1, '2025-11-04 12:00+00', 'succeeded', 'pilot',
    'primary cheap validation_failed {E03} 0.001', 'repair cheap ok {} 0.002');
SELECT write_request(2, '2025-11-04 23:59:59.999999+00', 'succeeded', 'pilot',
    'primary cheap validation_failed {E03} 0.001',
    'repair cheap validation_failed {E03,E07} 0.002', 'fallback strong ok {} 0.03');
SELECT write_request(3, '2025-11-04 12:00+00', 'failed', 'pilot',
    'primary cheap validation_failed {E07,E07} ?', 'repair cheap refused {} 0.001',
    'fallback strong validation_failed {schema_required} 0.03');
-- Neither accepted documents nor other failures nor running requests are in it; another day and
-- another format stand apart.
SELECT write_request(4, '2025-11-04 12:00+00', 'succeeded', 'pilot', 'primary cheap ok {} 0.001');
SELECT write_request(5, '2025-11-04 12:00+00', 'succeeded', 'pilot',
    'primary cheap timeout {} 0.001', 'fallback strong ok {} 0.03');
SELECT write_request(6, '2025-11-04 12:00+00', 'running', 'pilot',
    'primary cheap validation_failed {E03} 0.001');
SELECT write_request(7, '2025-11-05 00:00+00', 'succeeded', 'pilot',
    'primary cheap validation_failed {E03} 0.001', 'repair cheap ok {} 0.002');
SELECT write_request(8, '2025-11-04 12:00+00', 'succeeded', 'mine',
    'primary cheap validation_failed {made_up} 0.001', 'repair cheap ok {} 0.002');

SELECT day, format, model, code, calls, requests, cost_usd, unpriced_calls AS unpriced, repaired,
       fell_back
FROM workflow_validation_failures ORDER BY day, format, model, code;
SELECT DISTINCT code, meaning FROM workflow_validation_failures
WHERE day = '2025-11-04' ORDER BY code;

-- A call late on the last day of a month.
SELECT write_request(9, '2025-11-30 23:59:59+00', 'succeeded', 'pilot',
    'primary cheap validation_failed {E05} 0.001', 'repair cheap ok {} 0.002');
-- What is invalid again after its repair was accepted is not repaired.
SELECT write_request(10, '2025-11-28 12:00+00', 'succeeded', 'pilot',
    'primary cheap validation_failed {E05} 0.001', 'repair cheap ok {} 0.002',
    'batch cheap validation_failed {E05} 0.001', 'fallback strong ok {} 0.03');
SELECT day, code, calls, cost_usd, repaired, fell_back
FROM workflow_validation_failures WHERE day > '2025-11-05' ORDER BY day;

-- A day reads its own partitions only.
SELECT llmw_make_partition('public', 'llm_calls', 'calls_2026_01', '2026-01-01');
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
    $$SELECT * FROM workflow_validation_failures WHERE day = '2025-11-04'$$) p
WHERE p ~ '^calls' ORDER BY p;

-- A role that is granted the view needs no grant on what is behind it.
CREATE ROLE regress_llmw_watcher;
GRANT SELECT ON workflow_validation_failures TO regress_llmw_watcher;
SET ROLE regress_llmw_watcher;
SELECT sum(calls) FROM workflow_validation_failures;
RESET ROLE;

-- The codes: each once, with a meaning.
SELECT count(*) > 30 AS many, count(*) = count(DISTINCT code) AS once,
       bool_and(meaning <> '') AS explained, array_agg(DISTINCT severity) AS severities
FROM workflow_validation_codes();

DROP FUNCTION partitions_read(text);
DROP FUNCTION write_request(int, timestamptz, text, text, text[]);
DROP OWNED BY regress_llmw_watcher;
DROP ROLE regress_llmw_watcher;
DROP EXTENSION llm_workflow;
