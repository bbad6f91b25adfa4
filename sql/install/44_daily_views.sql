-- Views by day over the roll-ups: a year of a view reads some thousand rows, however many calls
-- there were. The views without _daily in their name read the ledger.
--
-- Days are days in UTC: of calls the day on which they started, of requests the day of submission.
-- A request counts when it has ended. Each view groups one facet once, so that WHERE day >= ...
-- reads only these days: a join would not pass the range on to its other side.

SET LOCAL search_path TO pg_catalog, pg_temp;

-- PostgreSQL's own sums keep a state for many rows each; here most groups have one row, or ten.
CREATE AGGREGATE @extschema@.llmw_sum(bigint) (
    SFUNC = int8pl,
    STYPE = bigint,
    INITCOND = '0',
    COMBINEFUNC = int8pl,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.llmw_sum(bigint) IS
    'The sum as bigint, an error if it does not fit; 0 without any row. Used by the views.';

CREATE AGGREGATE @extschema@.llmw_sum(numeric) (
    SFUNC = numeric_add,
    STYPE = numeric,
    INITCOND = '0',
    COMBINEFUNC = numeric_add,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE @extschema@.llmw_sum(numeric) IS
    'The sum; 0 without any row. Used by the views.';

-- Both are inlined. Shares are rounded by integers, half up: round(100.0 * part / whole, 2).
CREATE FUNCTION @extschema@.llmw_percent(part bigint, whole bigint) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (20000 * part + whole) / nullif(2 * whole, 0) * 0.01;
COMMENT ON FUNCTION @extschema@.llmw_percent(bigint, bigint) IS
    'Percent of whole that part is, with 2 decimals; NULL when whole is 0. Used by the views.';

CREATE FUNCTION @extschema@.llmw_cost_of_one(cost_usd numeric, count bigint) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN trim_scale(round(cost_usd / nullif(count, 0), 12));
COMMENT ON FUNCTION @extschema@.llmw_cost_of_one(numeric, bigint) IS
    'USD for one, with up to 12 decimals; NULL when there is none. Used by the views.';

CREATE VIEW @extschema@.workflow_costs_daily AS
SELECT t.day,
       t.model,
       t.calls,
       t.calls - t.ok_calls AS failed_calls,
       t.input_tokens,
       t.cached_input_tokens,
       t.output_tokens,
       trim_scale(t.cost_usd) AS cost_usd,
       trim_scale(t.estimated_cost_usd) AS estimated_cost_usd,
       t.unpriced_calls
FROM (
    SELECT s.day,
           s.model,
           @extschema@.llmw_sum(s.calls) AS calls,
           @extschema@.llmw_sum(s.ok_calls) AS ok_calls,
           @extschema@.llmw_sum(s.input_tokens) AS input_tokens,
           @extschema@.llmw_sum(s.cached_input_tokens) AS cached_input_tokens,
           @extschema@.llmw_sum(s.output_tokens) AS output_tokens,
           @extschema@.llmw_sum(s.cost_usd) AS cost_usd,
           @extschema@.llmw_sum(s.estimated_cost_usd) AS estimated_cost_usd,
           @extschema@.llmw_sum(s.unpriced_calls) AS unpriced_calls
    FROM @extschema@.llmw_stats_daily s
    WHERE s.facet = 'model'
    GROUP BY s.day, s.model
) AS t
WHERE t.calls > 0;

COMMENT ON VIEW @extschema@.workflow_costs_daily IS
    'What did each model cost? By day, every call that was made.';
COMMENT ON COLUMN @extschema@.workflow_costs_daily.day IS 'Day in UTC on which the calls started.';
COMMENT ON COLUMN @extschema@.workflow_costs_daily.failed_calls IS
    'Calls whose document was not accepted; they are in the sums.';
COMMENT ON COLUMN @extschema@.workflow_costs_daily.estimated_cost_usd IS
    'The part of cost_usd that no provider reported: an upper bound for calls that may be billed.';
COMMENT ON COLUMN @extschema@.workflow_costs_daily.unpriced_calls IS
    'Calls of a model without a known price: their cost is in no sum.';

CREATE VIEW @extschema@.llmw_askers_daily AS
SELECT t.facet,
       t.day,
       t.agent,
       t.role_name,
       t.requests,
       t.succeeded_requests,
       t.succeeded_requests - t.cached_requests AS generated_requests,
       t.fallback_requests,
       @extschema@.llmw_percent(t.fallback_requests, t.succeeded_requests - t.cached_requests)
           AS fallback_rate,
       t.calls,
       t.input_tokens,
       t.output_tokens,
       trim_scale(t.cost_usd) AS cost_usd,
       @extschema@.llmw_cost_of_one(t.cost_usd, t.requests) AS cost_per_request,
       @extschema@.llmw_cost_of_one(1000 * t.cost_usd, t.requests) AS cost_per_1000,
       @extschema@.llmw_cost_of_one(t.cost_usd, t.succeeded_requests) AS cost_per_accepted,
       t.unpriced_calls
FROM (
    SELECT s.facet,
           s.day,
           s.agent,
           s.role_name,
           @extschema@.llmw_sum(s.requests) AS requests,
           @extschema@.llmw_sum(s.succeeded_requests) AS succeeded_requests,
           @extschema@.llmw_sum(s.cached_requests) AS cached_requests,
           @extschema@.llmw_sum(s.fallback_requests) AS fallback_requests,
           @extschema@.llmw_sum(s.calls) AS calls,
           @extschema@.llmw_sum(s.input_tokens) AS input_tokens,
           @extschema@.llmw_sum(s.output_tokens) AS output_tokens,
           @extschema@.llmw_sum(s.cost_usd) AS cost_usd,
           @extschema@.llmw_sum(s.unpriced_calls) AS unpriced_calls
    FROM @extschema@.llmw_stats_daily s
    WHERE s.facet IN ('agent', 'role')
    GROUP BY s.facet, s.day, s.agent, s.role_name
) AS t
WHERE t.calls > 0 OR t.requests > 0;

COMMENT ON VIEW @extschema@.llmw_askers_daily IS
    'What was asked for and what did it cost, by day: facet agent by agent, facet role by role? Used '
    'by the views.';

CREATE VIEW @extschema@.workflow_agents_daily AS
SELECT v.day,
       nullif(v.agent, '') AS agent,
       v.requests,
       v.succeeded_requests,
       v.generated_requests,
       v.fallback_requests,
       v.fallback_rate,
       v.calls,
       v.input_tokens,
       v.output_tokens,
       v.cost_usd,
       v.cost_per_request,
       v.cost_per_1000,
       v.cost_per_accepted,
       v.unpriced_calls
FROM @extschema@.llmw_askers_daily v
WHERE v.facet = 'agent';

COMMENT ON VIEW @extschema@.workflow_agents_daily IS
    'What did each agent ask for, and what did it cost? By day. Calls of a request that was '
    'submitted on another day count on their own day.';
COMMENT ON COLUMN @extschema@.workflow_agents_daily.agent IS 'NULL: requests without an agent.';
COMMENT ON COLUMN @extschema@.workflow_agents_daily.requests IS
    'Requests that ended, those that were answered from the ledger (cache_for) too.';
COMMENT ON COLUMN @extschema@.workflow_agents_daily.generated_requests IS
    'Requests that succeeded and were not answered from the ledger: the denominator of '
    'fallback_rate.';
COMMENT ON COLUMN @extschema@.workflow_agents_daily.fallback_rate IS
    'Percent of generated_requests for which the primary model was left.';
COMMENT ON COLUMN @extschema@.workflow_agents_daily.cost_usd IS
    'Every call, those of failed attempts and failed requests too.';
COMMENT ON COLUMN @extschema@.workflow_agents_daily.cost_per_request IS 'cost_usd / requests.';
COMMENT ON COLUMN @extschema@.workflow_agents_daily.cost_per_accepted IS
    'cost_usd / succeeded_requests: what an accepted workflow cost.';
COMMENT ON COLUMN @extschema@.workflow_agents_daily.unpriced_calls IS
    'Calls of a model without a known price: their cost is in no sum.';

CREATE VIEW @extschema@.workflow_roles_daily AS
SELECT v.day,
       v.role_name,
       v.requests,
       v.succeeded_requests,
       v.generated_requests,
       v.fallback_requests,
       v.fallback_rate,
       v.calls,
       v.input_tokens,
       v.output_tokens,
       v.cost_usd,
       v.cost_per_request,
       v.cost_per_1000,
       v.cost_per_accepted,
       v.unpriced_calls
FROM @extschema@.llmw_askers_daily v
WHERE v.facet = 'role';

COMMENT ON VIEW @extschema@.workflow_roles_daily IS
    'What did each role ask for, and what did it cost? By day; columns as in '
    'workflow_agents_daily.';
COMMENT ON COLUMN @extschema@.workflow_roles_daily.role_name IS
    'The role that asked, by the name that it had then.';
COMMENT ON COLUMN @extschema@.workflow_roles_daily.fallback_rate IS
    'Percent of generated_requests for which the primary model was left.';

CREATE VIEW @extschema@.workflow_formats_daily AS
SELECT t.day,
       t.format,
       t.requests,
       t.succeeded_requests,
       t.succeeded_requests - t.cached_requests AS generated_requests,
       t.regenerations,
       @extschema@.llmw_percent(t.regenerations, t.requests) AS regeneration_rate,
       t.items,
       round(t.item_output_tokens::numeric / nullif(t.items, 0), 2) AS output_tokens_per_item,
       t.zones,
       round(t.zone_output_tokens::numeric / nullif(t.zones, 0), 2) AS output_tokens_per_zone,
       t.calls,
       t.checked_answers,
       @extschema@.llmw_percent(t.valid_answers, t.checked_answers) AS validation_success_rate,
       t.input_tokens,
       t.output_tokens,
       trim_scale(t.cost_usd) AS cost_usd,
       @extschema@.llmw_cost_of_one(t.cost_usd, t.succeeded_requests) AS cost_per_accepted,
       t.unpriced_calls
FROM (
    SELECT s.day,
           s.format,
           @extschema@.llmw_sum(s.requests) AS requests,
           @extschema@.llmw_sum(s.succeeded_requests) AS succeeded_requests,
           @extschema@.llmw_sum(s.cached_requests) AS cached_requests,
           @extschema@.llmw_sum(s.regenerated_requests) AS regenerations,
           @extschema@.llmw_sum(s.items) AS items,
           @extschema@.llmw_sum(s.item_output_tokens) AS item_output_tokens,
           @extschema@.llmw_sum(s.zones) AS zones,
           @extschema@.llmw_sum(s.zone_output_tokens) AS zone_output_tokens,
           @extschema@.llmw_sum(s.calls) AS calls,
           @extschema@.llmw_sum(s.ok_calls) AS valid_answers,
           @extschema@.llmw_sum(s.ok_calls + s.validation_failed_calls) AS checked_answers,
           @extschema@.llmw_sum(s.input_tokens) AS input_tokens,
           @extschema@.llmw_sum(s.output_tokens) AS output_tokens,
           @extschema@.llmw_sum(s.cost_usd) AS cost_usd,
           @extschema@.llmw_sum(s.unpriced_calls) AS unpriced_calls
    FROM @extschema@.llmw_stats_daily s
    WHERE s.facet = 'model'
    GROUP BY s.day, s.format
) AS t
WHERE t.calls > 0 OR t.requests > 0;

COMMENT ON VIEW @extschema@.workflow_formats_daily IS
    'What does a step, a stage or a limbo zone take, and how well is each format answered? By day.';
COMMENT ON COLUMN @extschema@.workflow_formats_daily.regeneration_rate IS
    'Percent of requests that regenerate another one.';
COMMENT ON COLUMN @extschema@.workflow_formats_daily.items IS
    'Steps or stages of the documents that were generated.';
COMMENT ON COLUMN @extschema@.workflow_formats_daily.output_tokens_per_item IS
    'Output tokens of the accepted calls for one of items.';
COMMENT ON COLUMN @extschema@.workflow_formats_daily.zones IS
    'Limbo zones of the documents that were generated.';
COMMENT ON COLUMN @extschema@.workflow_formats_daily.output_tokens_per_zone IS
    'Output tokens of the accepted calls for one of zones.';
COMMENT ON COLUMN @extschema@.workflow_formats_daily.checked_answers IS
    'Calls whose document was checked: the denominator of validation_success_rate.';
COMMENT ON COLUMN @extschema@.workflow_formats_daily.validation_success_rate IS
    'Percent of checked_answers whose document was accepted.';
COMMENT ON COLUMN @extschema@.workflow_formats_daily.unpriced_calls IS
    'Calls of a model without a known price: their cost is in no sum.';

CREATE VIEW @extschema@.workflow_fallbacks_daily AS
SELECT t.day,
       t.fallback_reason AS reason,
       t.fallback_requests,
       t.generated_requests,
       @extschema@.llmw_percent(t.fallback_requests, t.generated_requests) AS fallback_rate,
       t.failed_requests
FROM (
    SELECT s.day,
           s.fallback_reason,
           @extschema@.llmw_sum(s.fallback_requests) AS fallback_requests,
           @extschema@.llmw_sum(@extschema@.llmw_sum(s.succeeded_requests - s.cached_requests))
               OVER (PARTITION BY s.day) AS generated_requests,
           @extschema@.llmw_sum(s.failed_requests) AS failed_requests
    FROM @extschema@.llmw_stats_daily s
    WHERE s.facet = 'reason'
    GROUP BY s.day, s.fallback_reason
) AS t
WHERE t.fallback_reason <> '' AND (t.fallback_requests > 0 OR t.failed_requests > 0);

COMMENT ON VIEW @extschema@.workflow_fallbacks_daily IS
    'Why was the primary model left, and how often? By day and reason.';
COMMENT ON COLUMN @extschema@.workflow_fallbacks_daily.fallback_requests IS
    'Requests that succeeded with another model.';
COMMENT ON COLUMN @extschema@.workflow_fallbacks_daily.generated_requests IS
    'All requests of the day that succeeded and were not answered from the ledger.';
COMMENT ON COLUMN @extschema@.workflow_fallbacks_daily.fallback_rate IS
    'fallback_requests in percent of generated_requests; the rates of all reasons add up to the '
    'day''s.';
COMMENT ON COLUMN @extschema@.workflow_fallbacks_daily.failed_requests IS
    'Requests for which the primary model was left, and that failed all the same.';

CREATE VIEW @extschema@.workflow_quality_daily AS
SELECT t.day,
       t.model,
       t.format,
       t.calls,
       t.answers,
       t.checked_answers,
       t.valid_answers,
       @extschema@.llmw_percent(t.valid_answers, t.checked_answers) AS validation_success_rate,
       t.truncated_answers,
       @extschema@.llmw_percent(t.truncated_answers, t.answers) AS truncation_rate,
       t.refused_answers,
       @extschema@.llmw_percent(t.refused_answers, t.answers) AS refusal_rate,
       t.recorded_outcomes,
       t.succeeded_outcomes,
       @extschema@.llmw_percent(t.succeeded_outcomes, t.recorded_outcomes) AS outcome_success_rate
FROM (
    SELECT s.day,
           s.model,
           s.format,
           @extschema@.llmw_sum(s.calls) AS calls,
           @extschema@.llmw_sum(s.ok_calls + s.validation_failed_calls + s.truncated_calls
                                + s.refused_calls) AS answers,
           @extschema@.llmw_sum(s.ok_calls + s.validation_failed_calls) AS checked_answers,
           @extschema@.llmw_sum(s.ok_calls) AS valid_answers,
           @extschema@.llmw_sum(s.truncated_calls) AS truncated_answers,
           @extschema@.llmw_sum(s.refused_calls) AS refused_answers,
           @extschema@.llmw_sum(s.outcomes_succeeded + s.outcomes_failed) AS recorded_outcomes,
           @extschema@.llmw_sum(s.outcomes_succeeded) AS succeeded_outcomes
    FROM @extschema@.llmw_stats_daily s
    WHERE s.facet = 'model'
    GROUP BY s.day, s.model, s.format
) AS t
WHERE t.calls > 0 OR t.recorded_outcomes > 0;

COMMENT ON VIEW @extschema@.workflow_quality_daily IS
    'How good are the answers of each model, by format and day?';
COMMENT ON COLUMN @extschema@.workflow_quality_daily.answers IS
    'Calls that brought an answer: accepted, not accepted, cut, or refused. The denominator of '
    'truncation_rate and refusal_rate.';
COMMENT ON COLUMN @extschema@.workflow_quality_daily.validation_success_rate IS
    'valid_answers in percent of checked_answers, those that were neither cut nor refused.';
COMMENT ON COLUMN @extschema@.workflow_quality_daily.truncation_rate IS 'Percent of answers.';
COMMENT ON COLUMN @extschema@.workflow_quality_daily.refusal_rate IS 'Percent of answers.';
COMMENT ON COLUMN @extschema@.workflow_quality_daily.recorded_outcomes IS
    'Workflows of this model of which record_workflow_outcome() was told how they ran.';
COMMENT ON COLUMN @extschema@.workflow_quality_daily.outcome_success_rate IS
    'Percent of recorded_outcomes that succeeded.';

CREATE VIEW @extschema@.workflow_latency_daily AS
SELECT t.day,
       t.requests,
       round(t.total_ms::numeric / nullif(t.requests, 0), 1) AS mean_total_ms,
       round(@extschema@.latency_percentile(t.total_times, 0.5)::numeric, 1) AS p50_total_ms,
       round(@extschema@.latency_percentile(t.total_times, 0.95)::numeric, 1) AS p95_total_ms,
       round(@extschema@.latency_percentile(t.total_times, 0.99)::numeric, 1) AS p99_total_ms,
       round(t.queue_ms::numeric / nullif(t.requests, 0), 1) AS mean_queue_ms,
       round(@extschema@.latency_percentile(t.queue_times, 0.5)::numeric, 1) AS p50_queue_ms,
       round(@extschema@.latency_percentile(t.queue_times, 0.95)::numeric, 1) AS p95_queue_ms,
       round(@extschema@.latency_percentile(t.queue_times, 0.99)::numeric, 1) AS p99_queue_ms,
       t.calls,
       round(t.provider_ms::numeric / nullif(t.calls, 0), 1) AS mean_provider_ms,
       round(@extschema@.latency_percentile(t.provider_times, 0.5)::numeric, 1) AS p50_provider_ms,
       round(@extschema@.latency_percentile(t.provider_times, 0.95)::numeric, 1) AS p95_provider_ms,
       round(@extschema@.latency_percentile(t.provider_times, 0.99)::numeric, 1) AS p99_provider_ms
FROM (
    SELECT s.day,
           @extschema@.llmw_sum(s.timed_requests) AS requests,
           @extschema@.llmw_sum(s.total_ms) AS total_ms,
           @extschema@.latency_histogram_merge(s.total_times) AS total_times,
           @extschema@.llmw_sum(s.queue_ms) AS queue_ms,
           @extschema@.latency_histogram_merge(s.queue_times) AS queue_times,
           @extschema@.llmw_sum(s.calls - s.cancelled_calls - s.lost_calls) AS calls,
           @extschema@.llmw_sum(s.provider_ms) AS provider_ms,
           @extschema@.latency_histogram_merge(s.provider_times) AS provider_times
    FROM @extschema@.llmw_stats_daily s
    WHERE s.facet = 'total'
    GROUP BY s.day
) AS t
WHERE t.requests > 0 OR t.calls > 0;

COMMENT ON VIEW @extschema@.workflow_latency_daily IS
    'How long do requests take, how long do they wait, and how long do providers take? By day, in '
    'milliseconds; percentiles are within 2.5 % of the true value.';
COMMENT ON COLUMN @extschema@.workflow_latency_daily.requests IS
    'Requests that succeeded or failed and were not answered from the ledger: those in total_ and '
    'queue_.';
COMMENT ON COLUMN @extschema@.workflow_latency_daily.mean_total_ms IS
    'From when the request was due, for its last attempt, to the end.';
COMMENT ON COLUMN @extschema@.workflow_latency_daily.mean_queue_ms IS
    'From when the request was due until the worker took it, for its last attempt.';
COMMENT ON COLUMN @extschema@.workflow_latency_daily.calls IS
    'Calls that were neither cancelled nor lost: those in provider_.';
COMMENT ON COLUMN @extschema@.workflow_latency_daily.mean_provider_ms IS
    'From when a call was sent to the end of its answer.';

CREATE VIEW @extschema@.workflow_errors_daily AS
SELECT t.day,
       t.model,
       classes.class,
       classes.calls AS error_calls,
       t.calls,
       @extschema@.llmw_percent(classes.calls, t.calls) AS error_rate
FROM (
    SELECT s.day,
           s.model,
           @extschema@.llmw_sum(s.calls - s.cancelled_calls) AS calls,
           @extschema@.llmw_sum(s.api_error_calls) AS api_errors,
           @extschema@.llmw_sum(s.timeout_calls) AS timeouts,
           @extschema@.llmw_sum(s.rate_limited_calls) AS rate_limited,
           @extschema@.llmw_sum(s.lost_calls) AS lost
    FROM @extschema@.llmw_stats_daily s
    WHERE s.facet = 'model'
    GROUP BY s.day, s.model
) AS t
CROSS JOIN LATERAL (
    VALUES ('api_error', t.api_errors), ('timeout', t.timeouts),
           ('rate_limited', t.rate_limited), ('lost', t.lost)
) AS classes (class, calls)
WHERE classes.calls > 0;

COMMENT ON VIEW @extschema@.workflow_errors_daily IS
    'Which calls brought no answer, and why? By day, model and class of error.';
COMMENT ON COLUMN @extschema@.workflow_errors_daily.class IS
    'Outcome of the calls: api_error, timeout, rate_limited or lost.';
COMMENT ON COLUMN @extschema@.workflow_errors_daily.calls IS
    'All calls to the model on the day that were not cancelled.';
COMMENT ON COLUMN @extschema@.workflow_errors_daily.error_rate IS
    'error_calls in percent of calls; the rates of all classes add up to the model''s.';
