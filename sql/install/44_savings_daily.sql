-- What was saved, and a day at a glance: the views by day that price tokens anew.

SET LOCAL search_path TO pg_catalog, pg_temp;

-- The price of one token of each kind is asked for: a sum of tokens would be taken for one long
-- prompt.
CREATE FUNCTION @extschema@.llmw_baseline_cost(
    model text,
    input_tokens bigint,
    cached_input_tokens bigint,
    cache_write_tokens bigint,
    output_tokens bigint,
    at timestamptz
) RETURNS numeric
    LANGUAGE sql STABLE PARALLEL SAFE
RETURN (input_tokens - cached_input_tokens - cache_write_tokens)
           * @extschema@.token_cost(model, 1::bigint, 0::bigint, at => at)
       + cached_input_tokens
           * @extschema@.token_cost(model, 1::bigint, 0::bigint, 1::bigint, at => at)
       + cache_write_tokens
           * @extschema@.token_cost(model, 1::bigint, 0::bigint, 0::bigint, 1::bigint, at)
       + output_tokens * @extschema@.token_cost(model, 0::bigint, 1::bigint, at => at);
COMMENT ON FUNCTION @extschema@.llmw_baseline_cost(
    text, bigint, bigint, bigint, bigint, timestamptz) IS
    'What calls with these tokens in all would have cost with a model at the price in force at a '
    'time; exact if that price was in force at all of them and no price for long prompts applied. '
    'Used by the views.';

-- On most days the price of the baseline model does not change, and then the price of the sum of
-- the tokens is the sum of the prices. Where it changes, or a price for long prompts applied, the
-- hours of the day are priced one by one; and of such an hour the calls, as long as the ledger has
-- them all.
--
-- It is a function, and STRICT, so that the many days without a change neither plan it nor have its
-- cost counted: the view would be compiled, which takes a thousand times as long as the view. It
-- tells what is spent, so it is for nobody until granted; who may call it need not be able to read
-- what it reads, hence SECURITY DEFINER.
CREATE FUNCTION @extschema@.llmw_baseline_by_hours(
    model text,
    day date,
    OUT total bigint,
    OUT priced bigint,
    OUT cost_usd numeric,
    OUT lost bigint
) RETURNS record
    LANGUAGE sql STABLE STRICT SECURITY DEFINER PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
    SELECT count(*) AS total,
           count(priced.cost_usd) AS priced,
           sum(priced.cost_usd) AS cost_usd,
           count(*) FILTER (WHERE hour_breaks.prices > 0 AND called.calls <> h.calls) AS lost
    FROM (
        SELECT s.hour,
               @extschema@.llmw_sum(s.accepted_calls) AS calls,
               @extschema@.llmw_sum(s.accepted_input_tokens) AS input_tokens,
               @extschema@.llmw_sum(s.accepted_cached_input_tokens) AS cached_input_tokens,
               @extschema@.llmw_sum(s.accepted_cache_write_tokens) AS cache_write_tokens,
               @extschema@.llmw_sum(s.accepted_output_tokens) AS output_tokens,
               max(s.largest_accepted_input_tokens) AS largest_input_tokens
        FROM @extschema@.llmw_stats_hourly s
        WHERE s.facet = 'total'
          AND s.hour >= llmw_baseline_by_hours.day::timestamp AT TIME ZONE 'UTC'
          AND s.hour < (llmw_baseline_by_hours.day + 1)::timestamp AT TIME ZONE 'UTC'
        GROUP BY s.hour
        HAVING @extschema@.llmw_sum(s.accepted_calls) > 0
    ) AS h
    CROSS JOIN LATERAL (
        SELECT count(*) AS prices
        FROM @extschema@.llm_model_prices p
        WHERE p.model = @extschema@.resolve_model_name(llmw_baseline_by_hours.model)
          AND p.service_tier = 'standard'
          AND p.effective_from < h.hour + interval '1 hour'
          AND (p.effective_from > h.hour
               OR p.above_input_tokens > 0 AND p.above_input_tokens < h.largest_input_tokens)
    ) AS hour_breaks
    CROSS JOIN LATERAL (
        SELECT count(*) AS calls,
               CASE WHEN count(*) = count(each.cost_usd) THEN sum(each.cost_usd) END AS cost_usd
        FROM (
            SELECT @extschema@.token_cost(
                       llmw_baseline_by_hours.model, c.input_tokens, c.output_tokens,
                       c.cached_input_tokens, c.cache_write_tokens, c.started_at) AS cost_usd
            FROM @extschema@.llm_calls c
            JOIN @extschema@.workflow_requests r
              ON r.request_id = c.request_id AND r.submitted_at <= c.started_at
            WHERE hour_breaks.prices > 0
              AND c.started_at >= h.hour AND c.started_at < h.hour + interval '1 hour'
              AND @extschema@.llmw_is_accepted(c.outcome, c.started_at, r.status, r.cached_from,
                                               r.finished_at, r.generation_time_ms)
        ) AS each
    ) AS called
    CROSS JOIN LATERAL (
        SELECT CASE WHEN hour_breaks.prices = 0
                        THEN @extschema@.llmw_baseline_cost(
                            llmw_baseline_by_hours.model, h.input_tokens, h.cached_input_tokens,
                            h.cache_write_tokens, h.output_tokens, h.hour)
                    WHEN called.calls = h.calls THEN called.cost_usd
               END AS cost_usd
    ) AS priced;
END;
COMMENT ON FUNCTION @extschema@.llmw_baseline_by_hours(text, date) IS
    'What the accepted calls of a day would have cost with a model, by the hour: how many hours '
    'had such calls, of how many the price is known, the sum, and of how many it is lost, because '
    'the ledger does not keep their calls. Used by workflow_savings_daily and '
    'workflow_summary_daily: who reads them needs EXECUTE on it.';
REVOKE ALL ON FUNCTION @extschema@.llmw_baseline_by_hours(text, date) FROM PUBLIC;

CREATE VIEW @extschema@.llmw_totals_daily AS
SELECT summed.*,
       baseline.model AS baseline_model,
       CASE WHEN summed.accepted_calls = 0 THEN 0
            WHEN breaks.prices = 0
                THEN @extschema@.llmw_baseline_cost(
                    baseline.model, summed.accepted_input_tokens,
                    summed.accepted_cached_input_tokens, summed.accepted_cache_write_tokens,
                    summed.accepted_output_tokens, summed.day::timestamp AT TIME ZONE 'UTC')
            WHEN hours.priced = hours.total THEN hours.cost_usd
       END AS baseline_cost_usd,
       coalesce(hours.lost > 0, false) AS baseline_is_lost
FROM (SELECT current_setting('llm_workflow.baseline_model', true) AS model) AS baseline
CROSS JOIN (
    SELECT s.day,
           @extschema@.llmw_sum(s.requests) AS requests,
           @extschema@.llmw_sum(s.succeeded_requests) AS succeeded_requests,
           @extschema@.llmw_sum(s.failed_requests) AS failed_requests,
           @extschema@.llmw_sum(s.cancelled_requests) AS cancelled_requests,
           @extschema@.llmw_sum(s.cached_requests) AS cached_requests,
           @extschema@.llmw_sum(s.fallback_requests) AS fallback_requests,
           @extschema@.llmw_sum(s.regenerated_requests) AS regenerations,
           @extschema@.llmw_sum(s.calls) AS calls,
           @extschema@.llmw_sum(s.cancelled_calls) AS cancelled_calls,
           @extschema@.llmw_sum(s.api_error_calls + s.timeout_calls + s.rate_limited_calls
                                + s.lost_calls) AS error_calls,
           @extschema@.llmw_sum(s.input_tokens) AS input_tokens,
           @extschema@.llmw_sum(s.output_tokens) AS output_tokens,
           @extschema@.llmw_sum(s.cost_usd) AS cost_usd,
           @extschema@.llmw_sum(s.unpriced_calls) AS unpriced_calls,
           @extschema@.llmw_sum(s.accepted_calls) AS accepted_calls,
           @extschema@.llmw_sum(s.accepted_input_tokens) AS accepted_input_tokens,
           @extschema@.llmw_sum(s.accepted_cached_input_tokens) AS accepted_cached_input_tokens,
           @extschema@.llmw_sum(s.accepted_cache_write_tokens) AS accepted_cache_write_tokens,
           @extschema@.llmw_sum(s.accepted_output_tokens) AS accepted_output_tokens,
           max(s.largest_accepted_input_tokens) AS largest_accepted_input_tokens,
           @extschema@.llmw_sum(s.total_ms) AS total_ms,
           @extschema@.llmw_sum(s.timed_requests) AS timed_requests,
           @extschema@.latency_histogram_merge(s.total_times) AS total_times
    FROM @extschema@.llmw_stats_daily s
    WHERE s.facet = 'total'
    GROUP BY s.day
    HAVING @extschema@.llmw_sum(s.calls) > 0 OR @extschema@.llmw_sum(s.requests) > 0
) AS summed
CROSS JOIN LATERAL (
    SELECT count(*) AS prices
    FROM @extschema@.llm_model_prices p
    WHERE p.model = @extschema@.resolve_model_name(baseline.model)
      AND p.service_tier = 'standard'
      AND p.effective_from < (summed.day + 1)::timestamp AT TIME ZONE 'UTC'
      AND (p.effective_from > summed.day::timestamp AT TIME ZONE 'UTC'
           OR p.above_input_tokens > 0
              AND p.above_input_tokens < summed.largest_accepted_input_tokens)
) AS breaks
LEFT JOIN LATERAL @extschema@.llmw_baseline_by_hours(
    baseline.model, CASE WHEN breaks.prices > 0 THEN summed.day END) AS hours ON true;

COMMENT ON VIEW @extschema@.llmw_totals_daily IS
    'One row a day: what all models did, and what the accepted calls would have cost with '
    'llm_workflow.baseline_model. Used by the views.';

CREATE VIEW @extschema@.workflow_savings_daily AS
SELECT t.day,
       t.requests,
       trim_scale(t.cost_usd) AS cost_usd,
       trim_scale(t.baseline_cost_usd) AS baseline_cost_usd,
       trim_scale(t.baseline_cost_usd - t.cost_usd) AS saved_usd,
       round(100 * (t.baseline_cost_usd - t.cost_usd) / nullif(t.baseline_cost_usd, 0), 2)
           AS saved_percent,
       trim_scale(coalesce(sum(t.baseline_cost_usd - t.cost_usd) OVER (ORDER BY t.day), 0))
           AS cumulative_saved_usd,
       t.unpriced_calls,
       t.baseline_model,
       CASE WHEN t.baseline_cost_usd IS NOT NULL THEN NULL
            WHEN t.baseline_is_lost
                THEN 'its price changed within an hour whose calls are gone from the ledger'
            ELSE 'its price is not known'
       END AS baseline_note
FROM @extschema@.llmw_totals_daily t;

COMMENT ON VIEW @extschema@.workflow_savings_daily IS
    'What was saved against asking llm_workflow.baseline_model alone? By day. Cost holds every '
    'call, those of failed attempts and failed requests too; the baseline only the calls whose '
    'document was accepted.';
COMMENT ON COLUMN @extschema@.workflow_savings_daily.requests IS 'Requests that ended.';
COMMENT ON COLUMN @extschema@.workflow_savings_daily.baseline_cost_usd IS
    'The tokens of the accepted calls at the baseline model''s price in force when each started; '
    'NULL when that cannot be known: baseline_note says why.';
COMMENT ON COLUMN @extschema@.workflow_savings_daily.saved_percent IS
    'saved_usd in percent of baseline_cost_usd; NULL when that is 0 or not known.';
COMMENT ON COLUMN @extschema@.workflow_savings_daily.cumulative_saved_usd IS
    'saved_usd of this day and all before; days on which it is not known count as nothing.';
COMMENT ON COLUMN @extschema@.workflow_savings_daily.unpriced_calls IS
    'Calls of a model without a known price: their cost is in no sum.';
COMMENT ON COLUMN @extschema@.workflow_savings_daily.baseline_model IS
    'llm_workflow.baseline_model of the session.';
COMMENT ON COLUMN @extschema@.workflow_savings_daily.baseline_note IS
    'Why baseline_cost_usd is not known; NULL when it is.';

CREATE VIEW @extschema@.workflow_summary_daily AS
SELECT t.day,
       t.requests,
       t.succeeded_requests,
       t.failed_requests,
       t.cancelled_requests,
       t.cached_requests,
       t.regenerations,
       t.succeeded_requests - t.cached_requests AS generated_requests,
       t.fallback_requests,
       @extschema@.llmw_percent(t.fallback_requests, t.succeeded_requests - t.cached_requests)
           AS fallback_rate,
       t.calls,
       t.error_calls,
       @extschema@.llmw_percent(t.error_calls, t.calls - t.cancelled_calls) AS error_rate,
       t.input_tokens,
       t.output_tokens,
       trim_scale(t.cost_usd) AS cost_usd,
       @extschema@.llmw_cost_of_one(1000 * t.cost_usd, t.requests) AS cost_per_1000,
       @extschema@.llmw_cost_of_one(t.cost_usd, t.succeeded_requests) AS cost_per_accepted,
       t.unpriced_calls,
       t.baseline_model,
       trim_scale(t.baseline_cost_usd) AS baseline_cost_usd,
       trim_scale(t.baseline_cost_usd - t.cost_usd) AS saved_usd,
       round(100 * (t.baseline_cost_usd - t.cost_usd) / nullif(t.baseline_cost_usd, 0), 2)
           AS saved_percent,
       t.timed_requests,
       round(t.total_ms::numeric / nullif(t.timed_requests, 0), 1) AS mean_ms,
       round(@extschema@.latency_percentile(t.total_times, 0.5)::numeric, 1) AS p50_ms,
       round(@extschema@.latency_percentile(t.total_times, 0.95)::numeric, 1) AS p95_ms,
       round(@extschema@.latency_percentile(t.total_times, 0.99)::numeric, 1) AS p99_ms
FROM @extschema@.llmw_totals_daily t;

COMMENT ON VIEW @extschema@.workflow_summary_daily IS
    'How did each day go? One row a day: requests, fallbacks, errors, cost, savings, times.';
COMMENT ON COLUMN @extschema@.workflow_summary_daily.cached_requests IS
    'Of succeeded_requests those that were answered from the ledger (cache_for).';
COMMENT ON COLUMN @extschema@.workflow_summary_daily.regenerations IS
    'Requests that regenerate another one.';
COMMENT ON COLUMN @extschema@.workflow_summary_daily.generated_requests IS
    'succeeded_requests - cached_requests: the denominator of fallback_rate.';
COMMENT ON COLUMN @extschema@.workflow_summary_daily.fallback_rate IS
    'Percent of generated_requests for which the primary model was left.';
COMMENT ON COLUMN @extschema@.workflow_summary_daily.error_calls IS
    'Calls that ended as api_error, timeout, rate_limited or lost.';
COMMENT ON COLUMN @extschema@.workflow_summary_daily.error_rate IS
    'error_calls in percent of the calls that were not cancelled.';
COMMENT ON COLUMN @extschema@.workflow_summary_daily.cost_usd IS
    'Every call, those of failed attempts and failed requests too.';
COMMENT ON COLUMN @extschema@.workflow_summary_daily.unpriced_calls IS
    'Calls of a model without a known price: their cost is in no sum.';
COMMENT ON COLUMN @extschema@.workflow_summary_daily.baseline_cost_usd IS
    'As in workflow_savings_daily.';
COMMENT ON COLUMN @extschema@.workflow_summary_daily.timed_requests IS
    'Requests that succeeded or failed and were not answered from the ledger: those in the times.';
COMMENT ON COLUMN @extschema@.workflow_summary_daily.mean_ms IS
    'From when the request was due to its end, in milliseconds; so are p50_ms, p95_ms, p99_ms.';
