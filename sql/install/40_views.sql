-- Views over the ledger. All days are days in UTC, as the partitions and the providers' bills are.
--
-- Each view goes day by day and reads one day by a range of the partition key, so that
-- WHERE day >= ... reads only what it must, and skips partitions.

SET LOCAL search_path TO pg_catalog, pg_temp;

-- Not inlined (SET sees to it), so that the planner counts on 30 days: with its own guess of 1000
-- it would spend a second on compiling the views' plans.
CREATE FUNCTION @extschema@.llmw_days(first timestamptz, last timestamptz) RETURNS SETOF date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 30
    SET search_path = pg_catalog, pg_temp
RETURN generate_series(date_trunc('day', first AT TIME ZONE 'UTC'), last AT TIME ZONE 'UTC',
                       interval '1 day')::date;
COMMENT ON FUNCTION @extschema@.llmw_days(timestamptz, timestamptz) IS
    'The days in UTC that a span of time touches. Used by the views.';

CREATE VIEW @extschema@.workflow_fallback_rate AS
SELECT days.day,
       counted.requests,
       counted.fallback_requests,
       round(100.0 * counted.fallback_requests / counted.requests, 2) AS fallback_rate,
       counted.most_frequent_reason,
       CASE
           WHEN counted.fallback_requests * 100 < counted.requests * 2
               THEN 'below 2 %: consider removing the fallback for simple agents'
           WHEN counted.fallback_requests * 100 < counted.requests * 5
               THEN 'below 5 %: consider disabling the fallback for some agents'
           WHEN counted.fallback_requests * 100 <= counted.requests * 10
               THEN '5 to 10 %: keep the fallback and watch the rate'
           ELSE 'above 10 %: improve the prompt of the primary model'
       END AS advice
FROM (SELECT min(submitted_at) AS first, max(submitted_at) AS last
      FROM @extschema@.workflow_requests) AS span
CROSS JOIN LATERAL @extschema@.llmw_days(span.first, span.last) AS days (day)
CROSS JOIN LATERAL (
    SELECT count(*) AS requests,
           count(r.fallback_reason) AS fallback_requests,
           mode() WITHIN GROUP (ORDER BY r.fallback_reason) AS most_frequent_reason
    FROM @extschema@.workflow_requests r
    WHERE r.submitted_at >= days.day::timestamp AT TIME ZONE 'UTC'
      AND r.submitted_at < (days.day + 1)::timestamp AT TIME ZONE 'UTC'
      AND r.status IN ('succeeded', 'failed')
      AND r.cached_from IS NULL
) AS counted
WHERE counted.requests > 0;

COMMENT ON VIEW @extschema@.workflow_fallback_rate IS
    'How often was the primary model left for another? By day, of the requests that succeeded or '
    'failed; each request counts once, however many calls it took. Those that were answered from '
    'the ledger (cache_for) do not count.';
COMMENT ON COLUMN @extschema@.workflow_fallback_rate.day IS 'Day in UTC of submission.';
COMMENT ON COLUMN @extschema@.workflow_fallback_rate.fallback_rate IS 'In percent.';
COMMENT ON COLUMN @extschema@.workflow_fallback_rate.advice IS
    'What the rate suggests: below 2 %, below 5 %, 5 to 10 %, above 10 %.';

CREATE VIEW @extschema@.workflow_cost_savings AS
SELECT days.day,
       summed.generator,
       summed.requests,
       trim_scale(summed.cost_usd) AS cost_usd,
       trim_scale(summed.baseline_cost_usd) AS baseline_cost_usd,
       trim_scale(summed.baseline_cost_usd - summed.cost_usd) AS saved_usd,
       round(100 * (summed.baseline_cost_usd - summed.cost_usd)
                 / nullif(summed.baseline_cost_usd, 0), 2) AS saved_percent,
       summed.unpriced_requests
FROM (SELECT min(submitted_at) AS first, max(submitted_at) AS last
      FROM @extschema@.workflow_requests) AS span
CROSS JOIN LATERAL @extschema@.llmw_days(span.first, span.last) AS days (day)
-- Jobs are called long after they were submitted: how long is looked up, to bound the calls read.
CROSS JOIN LATERAL (
    SELECT max(r.finished_at) AS at
    FROM @extschema@.workflow_requests r
    WHERE r.submitted_at >= days.day::timestamp AT TIME ZONE 'UTC'
      AND r.submitted_at < (days.day + 1)::timestamp AT TIME ZONE 'UTC'
) AS last_finish
CROSS JOIN LATERAL (
    SELECT one.generator_used AS generator,
           count(*) AS requests,
           coalesce(sum(one.cost_usd), 0) AS cost_usd,
           -- Unknown for one call is unknown for the sum: a part of it would be no baseline.
           CASE WHEN count(*) FILTER (WHERE one.cost_usd IS NOT NULL AND one.baseline IS NULL) = 0
               THEN coalesce(sum(one.baseline) FILTER (WHERE one.cost_usd IS NOT NULL), 0)
           END AS baseline_cost_usd,
           count(*) FILTER (WHERE one.cost_usd IS NULL) AS unpriced_requests
    FROM (
        SELECT r.request_id, r.generator_used, r.cost_usd,
               CASE WHEN count(c.call_id) = count(priced.cost)
                   THEN coalesce(sum(priced.cost), 0)
               END AS baseline
        FROM @extschema@.workflow_requests r
        LEFT JOIN @extschema@.llm_calls c
               ON c.request_id = r.request_id
              AND c.outcome = 'ok'
              AND r.status = 'succeeded'
              AND c.started_at >= days.day::timestamp AT TIME ZONE 'UTC'
              AND c.started_at <= last_finish.at
              AND c.started_at >= r.submitted_at
              AND c.started_at <= r.finished_at
        LEFT JOIN LATERAL (
            SELECT @extschema@.token_cost(
                       (SELECT current_setting('llm_workflow.baseline_model', true)),
                       c.input_tokens, c.output_tokens, c.cached_input_tokens,
                       c.cache_write_tokens, c.started_at) AS cost
        ) AS priced ON true
        WHERE r.submitted_at >= days.day::timestamp AT TIME ZONE 'UTC'
          AND r.submitted_at < (days.day + 1)::timestamp AT TIME ZONE 'UTC'
          AND r.status NOT IN ('queued', 'running')
          AND r.cached_from IS NULL
        GROUP BY r.request_id, r.submitted_at, r.generator_used, r.cost_usd
    ) AS one
    GROUP BY one.generator_used
) AS summed;

COMMENT ON VIEW @extschema@.workflow_cost_savings IS
    'What was saved against asking llm_workflow.baseline_model alone? By day and generator. Cost '
    'holds every call, those of failed attempts and failed requests too; the baseline only the '
    'calls whose document was accepted.';
COMMENT ON COLUMN @extschema@.workflow_cost_savings.day IS 'Day in UTC of submission.';
COMMENT ON COLUMN @extschema@.workflow_cost_savings.generator IS
    'The model whose document was accepted; NULL for requests that failed.';
COMMENT ON COLUMN @extschema@.workflow_cost_savings.baseline_cost_usd IS
    'The tokens of the accepted calls at the baseline model''s price in force at the time of each; '
    'NULL when that price is not known. Requests without a known cost are left out.';
COMMENT ON COLUMN @extschema@.workflow_cost_savings.unpriced_requests IS
    'Requests with a call whose price was not known: in no sum of this row.';

CREATE VIEW @extschema@.workflow_costs_daily AS
SELECT days.day, summed.*
FROM (SELECT min(started_at) AS first, max(started_at) AS last
      FROM @extschema@.llm_calls) AS span
CROSS JOIN LATERAL @extschema@.llmw_days(span.first, span.last) AS days (day)
CROSS JOIN LATERAL (
    SELECT c.model,
           count(*) AS calls,
           count(*) FILTER (WHERE c.outcome <> 'ok') AS failed_calls,
           sum(c.input_tokens) AS input_tokens,
           sum(c.cached_input_tokens) AS cached_input_tokens,
           sum(c.output_tokens) AS output_tokens,
           trim_scale(coalesce(sum(c.cost_usd), 0)) AS cost_usd,
           trim_scale(coalesce(sum(c.cost_usd) FILTER (WHERE c.cost_source = 'estimated'), 0))
               AS estimated_cost_usd,
           count(*) FILTER (WHERE c.cost_usd IS NULL) AS unpriced_calls
    FROM @extschema@.llm_calls c
    WHERE c.started_at >= days.day::timestamp AT TIME ZONE 'UTC'
      AND c.started_at < (days.day + 1)::timestamp AT TIME ZONE 'UTC'
    GROUP BY c.model
) AS summed;

COMMENT ON VIEW @extschema@.workflow_costs_daily IS
    'What did each model cost? By day, every call that was made.';
COMMENT ON COLUMN @extschema@.workflow_costs_daily.day IS 'Day in UTC on which the calls started.';
COMMENT ON COLUMN @extschema@.workflow_costs_daily.failed_calls IS
    'Calls whose document was not accepted; they are in the sums.';
COMMENT ON COLUMN @extschema@.workflow_costs_daily.estimated_cost_usd IS
    'The part of cost_usd that no provider reported: an upper bound for calls that may be billed.';
COMMENT ON COLUMN @extschema@.workflow_costs_daily.unpriced_calls IS
    'Calls of a model without a known price: their cost is in no sum.';

