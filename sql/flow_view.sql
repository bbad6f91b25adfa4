-- Which ways requests and calls went, over rows written by hand.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SET timezone = 'UTC';
SET datestyle = 'ISO, YMD';
CREATE EXTENSION llm_workflow;
SELECT * FROM workflow_flow;
SELECT llmw_make_partition('public', 'workflow_requests', 'requests_2025_11', '2025-11-01');
SELECT llmw_make_partition('public', 'llm_calls', 'calls_2025_11', '2025-11-01');

-- A request and its calls, one second apart: "purpose:outcome", and each costs 0.01 or, with a "?"
-- behind, nobody knows what.
CREATE FUNCTION write_request(n int, at timestamptz, status text, calls text[] DEFAULT '{}',
    error_code text DEFAULT NULL, cached_from int DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format,
    format_version, prompt_sha256, status, error_code, cached_from, cost_usd)
SELECT md5('request ' || n)::uuid, at, at + interval '1 min', 'alice', 'pilot', 1, '\x', status,
    error_code, md5('request ' || cached_from)::uuid,
    CASE WHEN calls::text NOT LIKE '%?%' THEN 0.01 * cardinality(calls) END;
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server,
    outcome, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
    cost_usd, cost_source, latency_ms)
SELECT md5('request ' || n)::uuid, md5(n || ' ' || c.attempt)::uuid,
    at + c.attempt * interval '1 s', at + c.attempt * interval '1 s', c.attempt,
    split_part(c.call, ':', 1), 'any', 'any', rtrim(split_part(c.call, ':', 2), '?'), 0, 0, 0, 0, 0,
    CASE WHEN c.call NOT LIKE '%?' THEN 0.01 END,
    CASE WHEN c.call LIKE '%?' THEN 'unknown_price' ELSE 'reported' END, 1
FROM unnest(calls) WITH ORDINALITY AS c (call, attempt)
$$;

\o /dev/null
SELECT write_request(1, '2025-11-04 12:00', 'succeeded', '{primary:ok}');
SELECT write_request(2, '2025-11-04 12:00', 'succeeded', '{}', cached_from => 1);
SELECT write_request(3, '2025-11-04 12:00', 'succeeded', '{primary:validation_failed,repair:ok}');
SELECT write_request(4, '2025-11-04 12:00', 'succeeded',
    '{primary:validation_failed,repair:validation_failed,fallback:ok}');
SELECT write_request(5, '2025-11-04 12:00', 'succeeded', '{primary:api_error,retry:timeout,fallback:ok}');
SELECT write_request(6, '2025-11-04 12:00', 'succeeded', '{fallback:ok?}');
SELECT write_request(7, '2025-11-04 12:00', 'succeeded', '{primary:ok,batch:ok,batch:truncated,batch:ok}');
SELECT write_request(8, '2025-11-04 12:00', 'failed', '{primary:validation_failed}', 'LW001');
SELECT write_request(9, '2025-11-04 12:00', 'failed', '{primary:refused,fallback:refused}', 'LW006');
SELECT write_request(10, '2025-11-04 12:00', 'failed', '{}', 'LW010');
SELECT write_request(11, '2025-11-04 12:00', 'cancelled', '{primary:cancelled}');
SELECT write_request(12, '2025-11-04 12:00', 'running', '{primary:ok}');
-- What was asked last before a fallback counts, not what was asked before it; and what was lost.
SELECT write_request(14, '2025-11-04 12:00', 'succeeded',
    '{primary:validation_failed,repair:timeout,fallback:ok}');
SELECT write_request(15, '2025-11-04 12:00', 'failed', '{primary:lost}', 'LW011');
-- A fallback past midnight, of what was left before it.
SELECT write_request(13, '2025-11-04 23:59:58', 'succeeded', '{primary:validation_failed,fallback:ok}');
\o

SELECT * FROM workflow_flow ORDER BY day, source, target;

-- The rates of a span of days, as docs/dashboards.md has them.
WITH edges AS (
    SELECT source, target, sum(passes)::bigint AS passes, sum(cost_usd) AS cost_usd
    FROM workflow_flow WHERE day >= '2025-11-04' GROUP BY source, target
), entered AS (
    SELECT target AS node, sum(passes)::bigint AS passes FROM edges GROUP BY target
)
SELECT source, target, edges.passes, round(100.0 * edges.passes / entered.passes, 2) AS rate, cost_usd
FROM edges LEFT JOIN entered ON node = source
ORDER BY source, target;

-- Each call enters one node, and leaves it.
SELECT (SELECT sum(passes) FROM workflow_flow
        WHERE target IN ('primary', 'retry', 'repair', 'batch', 'fallback')) AS entered,
       (SELECT sum(passes) FROM workflow_flow
        WHERE source IN ('primary', 'retry', 'repair', 'batch', 'fallback') AND target <> 'batch') AS left,
       (SELECT count(*) FROM llm_calls) AS calls;

-- Whoever may read the view need not be able to read the ledger.
CREATE ROLE regress_llmw_reader;
GRANT SELECT ON workflow_flow TO regress_llmw_reader;
SET ROLE regress_llmw_reader;
SELECT count(*) > 0 AS readable FROM workflow_flow;
RESET ROLE;
REVOKE SELECT ON workflow_flow FROM regress_llmw_reader;
DROP ROLE regress_llmw_reader;
DROP FUNCTION write_request(int, timestamptz, text, text[], text, int);
DROP EXTENSION llm_workflow;
