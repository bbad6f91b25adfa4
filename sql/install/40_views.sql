-- Views over the ledger. All days are days in UTC, as the partitions and the providers' bills are.
--
-- Each view goes day by day and reads one day by a range of the partition key, so that
-- WHERE day >= ... reads only what it must, and skips partitions. For months and years there are
-- the views named ..._daily, which read the roll-ups.

SET LOCAL search_path TO pg_catalog, pg_temp;

-- Not inlined (SET sees to it), so that the planner counts on three days: with its own guess of 1000
-- it would spend a second on compiling the views' plans.
CREATE FUNCTION @extschema@.llmw_days(first timestamptz, last timestamptz) RETURNS SETOF date
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE ROWS 3
    SET search_path = pg_catalog, pg_temp
RETURN generate_series(date_trunc('day', first AT TIME ZONE 'UTC'), last AT TIME ZONE 'UTC',
                       interval '1 day')::date;
COMMENT ON FUNCTION @extschema@.llmw_days(timestamptz, timestamptz) IS
    'The days in UTC that a span of time touches. Used by the views.';

CREATE VIEW @extschema@.llmw_request_days AS
SELECT days.day,
       days.day::timestamp AT TIME ZONE 'UTC' AS begins,
       (days.day + 1)::timestamp AT TIME ZONE 'UTC' AS ends
FROM (SELECT min(submitted_at) AS first, max(submitted_at) AS last
      FROM @extschema@.workflow_requests) AS span
CROSS JOIN LATERAL @extschema@.llmw_days(span.first, span.last) AS days (day);
COMMENT ON VIEW @extschema@.llmw_request_days IS
    'Each day from the first request to the last, and from when to when it is. Used by the views.';

CREATE VIEW @extschema@.llmw_call_days AS
SELECT days.day,
       days.day::timestamp AT TIME ZONE 'UTC' AS begins,
       (days.day + 1)::timestamp AT TIME ZONE 'UTC' AS ends
FROM (SELECT min(started_at) AS first, max(started_at) AS last
      FROM @extschema@.llm_calls) AS span
CROSS JOIN LATERAL @extschema@.llmw_days(span.first, span.last) AS days (day);
COMMENT ON VIEW @extschema@.llmw_call_days IS
    'Each day from the first call to the last, and from when to when it is. Used by the views.';

CREATE VIEW @extschema@.workflow_fallback_rate AS
SELECT days.day,
       counted.requests,
       counted.generated_requests,
       counted.cached_requests,
       counted.failed_requests,
       counted.fallback_requests,
       round(100.0 * counted.fallback_requests / nullif(counted.generated_requests, 0), 2)
           AS fallback_rate,
       counted.most_frequent_reason,
       CASE
           WHEN counted.generated_requests = 0 THEN NULL
           WHEN counted.fallback_requests * 100 < counted.generated_requests * 2
               THEN 'below 2 %: consider removing the fallback for simple agents'
           WHEN counted.fallback_requests * 100 < counted.generated_requests * 5
               THEN 'below 5 %: consider disabling the fallback for some agents'
           WHEN counted.fallback_requests * 100 <= counted.generated_requests * 10
               THEN '5 to 10 %: keep the fallback and watch the rate'
           ELSE 'above 10 %: improve the prompt of the primary model'
       END AS advice
FROM @extschema@.llmw_request_days AS days
CROSS JOIN LATERAL (
    SELECT count(*) AS requests,
           count(*) FILTER (WHERE r.status = 'succeeded' AND r.cached_from IS NULL)
               AS generated_requests,
           count(*) FILTER (WHERE r.status = 'succeeded' AND r.cached_from IS NOT NULL)
               AS cached_requests,
           count(*) FILTER (WHERE r.status = 'failed') AS failed_requests,
           count(r.fallback_reason) FILTER (WHERE r.status = 'succeeded' AND r.cached_from IS NULL)
               AS fallback_requests,
           mode() WITHIN GROUP (ORDER BY r.fallback_reason)
               FILTER (WHERE r.status = 'succeeded' AND r.cached_from IS NULL
                         AND r.fallback_reason IS NOT NULL)
               AS most_frequent_reason
    FROM @extschema@.workflow_requests r
    WHERE r.submitted_at >= days.begins
      AND r.submitted_at < days.ends
      AND r.status IN ('succeeded', 'failed')
) AS counted
WHERE counted.requests > 0;

COMMENT ON VIEW @extschema@.workflow_fallback_rate IS
    'How often was the primary model left for another? By day. A request counts once, however many '
    'calls it took; one that was answered from the ledger (cache_for) is a request, but was not '
    'generated. The rate is that of the events WORKFLOW_GENERATED.';
COMMENT ON COLUMN @extschema@.workflow_fallback_rate.day IS 'Day in UTC of submission.';
COMMENT ON COLUMN @extschema@.workflow_fallback_rate.requests IS
    'Those that succeeded or failed: generated, cached and failed ones together.';
COMMENT ON COLUMN @extschema@.workflow_fallback_rate.fallback_requests IS
    'Of the generated ones those for which the primary model was left.';
COMMENT ON COLUMN @extschema@.workflow_fallback_rate.fallback_rate IS
    'Of generated_requests, in percent; NULL when there are none.';
COMMENT ON COLUMN @extschema@.workflow_fallback_rate.advice IS
    'What the rate of this day suggests: below 2 %, below 5 %, 5 to 10 %, above 10 %. '
    'workflow_rollout_advice says whether there are enough requests to tell.';

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
FROM @extschema@.llmw_request_days AS days
CROSS JOIN LATERAL (
    WITH ended AS MATERIALIZED (
        SELECT r.request_id, r.finished_at, r.generator_used, r.cost_usd,
               r.status = 'succeeded' AND r.cost_usd IS NOT NULL AS has_baseline,
               r.finished_at - (r.generation_time_ms + 1) * interval '1 millisecond'
                   AS before_last_attempt
        FROM @extschema@.workflow_requests r
        WHERE r.submitted_at >= days.begins
          AND r.submitted_at < days.ends
          AND r.status NOT IN ('queued', 'running')
          AND r.cached_from IS NULL
    ), spent AS MATERIALIZED (
        SELECT e.generator_used AS generator,
               count(*) AS requests,
               coalesce(sum(e.cost_usd), 0) AS cost_usd,
               count(*) FILTER (WHERE e.cost_usd IS NULL) AS unpriced_requests,
               max(e.finished_at) AS last_finish
        FROM ended e
        GROUP BY e.generator_used
    ), accepted AS (
        SELECT e.generator_used AS generator,
               sum(priced.cost_usd) AS cost_usd,
               count(*) FILTER (WHERE priced.cost_usd IS NULL) AS unpriced_calls
        FROM ended e
        JOIN @extschema@.llm_calls c
          ON c.request_id = e.request_id
         AND c.outcome = 'ok'
         -- Jobs are called long after they were submitted: this bounds the calls that are read.
         AND c.started_at >= days.begins
         AND c.started_at <= (SELECT max(last_finish) FROM spent)
         AND (e.before_last_attempt IS NULL OR c.started_at > e.before_last_attempt)
        CROSS JOIN LATERAL (
            SELECT @extschema@.token_cost(
                       (SELECT current_setting('llm_workflow.baseline_model', true)),
                       c.input_tokens, c.output_tokens, c.cached_input_tokens,
                       c.cache_write_tokens, c.started_at) AS cost_usd
        ) AS priced
        WHERE e.has_baseline
        GROUP BY e.generator_used
    )
    SELECT spent.generator,
           spent.requests,
           spent.cost_usd,
           CASE
               WHEN accepted.generator IS NULL THEN 0
               -- Unknown for one call is unknown for the sum: a part of it would be no baseline.
               WHEN accepted.unpriced_calls = 0 THEN accepted.cost_usd
           END AS baseline_cost_usd,
           spent.unpriced_requests
    FROM spent
    LEFT JOIN accepted ON accepted.generator = spent.generator
) AS summed;

COMMENT ON VIEW @extschema@.workflow_cost_savings IS
    'What was saved against asking llm_workflow.baseline_model alone? By day and generator. Cost '
    'holds every call, those of failed attempts and failed requests too; the baseline only the '
    'calls whose document was accepted.';
COMMENT ON COLUMN @extschema@.workflow_cost_savings.day IS 'Day in UTC of submission.';
COMMENT ON COLUMN @extschema@.workflow_cost_savings.generator IS
    'The model whose document was accepted; NULL for requests that failed.';
COMMENT ON COLUMN @extschema@.workflow_cost_savings.requests IS
    'Requests that ended and were not answered from the ledger.';
COMMENT ON COLUMN @extschema@.workflow_cost_savings.baseline_cost_usd IS
    'The tokens of the accepted calls at the baseline model''s price in force at the time of each; '
    'NULL when that price is not known. Requests without a known cost are left out.';
COMMENT ON COLUMN @extschema@.workflow_cost_savings.saved_percent IS
    'Of baseline_cost_usd; NULL when that is 0.';
COMMENT ON COLUMN @extschema@.workflow_cost_savings.unpriced_requests IS
    'Requests with a call whose price was not known: in no sum of this row.';

CREATE VIEW @extschema@.llm_costs AS
SELECT days.day, summed.*
FROM @extschema@.llmw_call_days AS days
CROSS JOIN LATERAL (
    SELECT c.model,
           c.server,
           c.purpose,
           count(*) AS calls,
           count(*) FILTER (WHERE c.outcome <> 'ok') AS failed_calls,
           sum(c.input_tokens)::bigint AS input_tokens,
           sum(c.cached_input_tokens)::bigint AS cached_input_tokens,
           sum(c.output_tokens)::bigint AS output_tokens,
           trim_scale(coalesce(sum(c.cost_usd), 0)) AS cost_usd,
           trim_scale(coalesce(sum(c.cost_usd) FILTER (WHERE c.cost_source = 'estimated'), 0))
               AS estimated_cost_usd,
           count(*) FILTER (WHERE c.cost_usd IS NULL) AS unpriced_calls
    FROM @extschema@.llm_calls c
    WHERE c.started_at >= days.begins
      AND c.started_at < days.ends
    GROUP BY c.model, c.server, c.purpose
) AS summed;

COMMENT ON VIEW @extschema@.llm_costs IS
    'What did the calls cost? By day, model, server and purpose, every call that was made.';
COMMENT ON COLUMN @extschema@.llm_costs.day IS 'Day in UTC on which the calls started.';
COMMENT ON COLUMN @extschema@.llm_costs.purpose IS
    'primary, retry, repair, fallback or batch: why the call was made.';
COMMENT ON COLUMN @extschema@.llm_costs.failed_calls IS
    'Calls whose document was not accepted; they are in the sums.';
COMMENT ON COLUMN @extschema@.llm_costs.estimated_cost_usd IS
    'The part of cost_usd that no provider reported: an upper bound for calls that may be billed.';
COMMENT ON COLUMN @extschema@.llm_costs.unpriced_calls IS
    'Calls whose price was not known: their cost is in no sum.';
