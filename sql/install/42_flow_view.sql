-- Which ways requests and calls went: the edges of a picture. Days are days in UTC, read one by one,
-- as in the views before.

SET LOCAL search_path TO pg_catalog, pg_temp;

-- Calls and requests are counted first, by what they were and how they ended; then each count is put
-- on the edges that such a one goes. Only what came before a fallback is looked up.
CREATE VIEW @extschema@.workflow_flow AS
SELECT passing.day,
       passing.source,
       passing.target,
       sum(passing.passes)::bigint AS passes,
       trim_scale(coalesce(sum(passing.cost_usd), 0)) AS cost_usd,
       sum(passing.unpriced_passes)::bigint AS unpriced_passes
FROM (
    SELECT days.day,
           hops.source,
           hops.target,
           counted.calls AS passes,
           counted.cost_usd,
           counted.unpriced_calls AS unpriced_passes
    FROM @extschema@.llmw_call_days AS days
    CROSS JOIN LATERAL (
        SELECT c.purpose,
               c.outcome,
               CASE WHEN c.purpose <> 'fallback' THEN NULL
                    WHEN c.attempt = 1 THEN 'request'
                    WHEN EXISTS (SELECT
                                 FROM @extschema@.llm_calls before
                                 WHERE before.request_id = c.request_id
                                   AND before.attempt = c.attempt - 1
                                   AND before.outcome IN ('ok', 'validation_failed')
                                   AND before.started_at >= c.started_at - interval '1 day'
                                   AND before.started_at <= c.started_at) THEN 'validation'
                    ELSE 'no_answer'
               END AS left_from,
               count(*) AS calls,
               sum(c.cost_usd) AS cost_usd,
               count(*) FILTER (WHERE c.cost_usd IS NULL) AS unpriced_calls
        FROM @extschema@.llm_calls c
        WHERE c.started_at >= days.begins
          AND c.started_at < days.ends
        GROUP BY 1, 2, 3
    ) AS counted
    CROSS JOIN LATERAL (
        VALUES (CASE counted.purpose
                    WHEN 'primary' THEN 'request'
                    WHEN 'retry' THEN 'no_answer'
                    WHEN 'repair' THEN 'validation'
                    WHEN 'batch' THEN 'primary'
                    WHEN 'fallback' THEN counted.left_from
                END, counted.purpose),
               (counted.purpose, CASE WHEN counted.outcome IN ('ok', 'validation_failed')
                                          THEN 'validation'
                                      WHEN counted.outcome = 'cancelled' THEN 'cancelled'
                                      ELSE 'no_answer'
                                 END),
               ('validation', CASE WHEN counted.outcome = 'ok' THEN 'accepted' END)
    ) AS hops (source, target)
    UNION ALL
    SELECT days.day,
           hops.source,
           hops.target,
           counted.requests,
           counted.cost_usd,
           counted.unpriced_requests
    FROM @extschema@.llmw_request_days AS days
    CROSS JOIN LATERAL (
        SELECT r.status,
               r.cached_from IS NOT NULL AS is_cached,
               CASE WHEN r.status <> 'failed' THEN NULL
                    WHEN r.error_code = 'LW001' THEN 'validation'
                    WHEN r.error_code IN ('LW002', 'LW003', 'LW004', 'LW005', 'LW006', 'LW007',
                                          'LW011') THEN 'no_answer'
                    ELSE 'request'
               END AS failed_at,
               count(*) AS requests,
               sum(r.cost_usd) AS cost_usd,
               count(*) FILTER (WHERE r.cost_usd IS NULL) AS unpriced_requests
        FROM @extschema@.workflow_requests r
        WHERE r.submitted_at >= days.begins
          AND r.submitted_at < days.ends
          AND r.status NOT IN ('queued', 'running')
        GROUP BY 1, 2, 3
    ) AS counted
    CROSS JOIN LATERAL (
        VALUES ('caller', 'request'),
               ('request', CASE WHEN counted.is_cached THEN 'ledger' END),
               (counted.failed_at, CASE WHEN counted.status = 'failed' THEN 'failed' END)
    ) AS hops (source, target)
) AS passing
WHERE passing.target IS NOT NULL
GROUP BY passing.day, passing.source, passing.target;

COMMENT ON VIEW @extschema@.workflow_flow IS
    'Which ways did requests and calls go, from the primary model over validation and repair to the '
    'fallback, and what did they cost? By day and edge. The rate of an edge is its passes in percent '
    'of all that enter its source.';
COMMENT ON COLUMN @extschema@.workflow_flow.day IS
    'Day in UTC: of calls that on which they started, of requests that of submission.';
COMMENT ON COLUMN @extschema@.workflow_flow.source IS
    'caller, request, validation, no_answer, or the purpose of a call: primary, retry, repair, batch, '
    'fallback.';
COMMENT ON COLUMN @extschema@.workflow_flow.target IS
    'request; the purpose of a call; validation: its document was checked; no_answer: an error, a '
    'timeout, an answer that was cut or refused; accepted; cancelled; ledger: a request that was '
    'answered from the ledger (cache_for); failed: one that failed.';
COMMENT ON COLUMN @extschema@.workflow_flow.passes IS
    'Requests that ended from caller, and to ledger and failed; else calls.';
COMMENT ON COLUMN @extschema@.workflow_flow.cost_usd IS
    'What these calls cost, or all calls of these requests. A call goes several edges: those into '
    'primary, retry, repair, batch and fallback add up to all cost.';
COMMENT ON COLUMN @extschema@.workflow_flow.unpriced_passes IS
    'Those of them with a call whose price was not known: their cost is in no sum.';
