-- Roll-ups: what dashboards read instead of the ledger.
--
-- Whoever writes facts adds a row of differences to workflow_stats_deltas in the same transaction;
-- rows are only added there, so nobody waits for anybody. llmw_fold_stats() moves them, now and then,
-- into one row for each hour and facet and one for each day and facet. What the views show is the sum
-- of both, so it is exact at any time, folded or not.

CREATE TABLE workflow_stats_deltas (
    hour timestamptz NOT NULL,
    model text NOT NULL DEFAULT '',
    format text NOT NULL DEFAULT '',
    agent text NOT NULL DEFAULT '',
    role_name text NOT NULL DEFAULT '',
    fallback_reason text NOT NULL DEFAULT '',
    -- Calls, by the hour in which they started.
    calls bigint NOT NULL DEFAULT 0,
    ok_calls bigint NOT NULL DEFAULT 0,
    validation_failed_calls bigint NOT NULL DEFAULT 0,
    api_error_calls bigint NOT NULL DEFAULT 0,
    timeout_calls bigint NOT NULL DEFAULT 0,
    rate_limited_calls bigint NOT NULL DEFAULT 0,
    truncated_calls bigint NOT NULL DEFAULT 0,
    refused_calls bigint NOT NULL DEFAULT 0,
    context_window_exceeded_calls bigint NOT NULL DEFAULT 0,
    cancelled_calls bigint NOT NULL DEFAULT 0,
    lost_calls bigint NOT NULL DEFAULT 0,
    input_tokens bigint NOT NULL DEFAULT 0,
    cached_input_tokens bigint NOT NULL DEFAULT 0,
    cache_write_tokens bigint NOT NULL DEFAULT 0,
    output_tokens bigint NOT NULL DEFAULT 0,
    reasoning_tokens bigint NOT NULL DEFAULT 0,
    cost_usd numeric NOT NULL DEFAULT 0,
    estimated_cost_usd numeric NOT NULL DEFAULT 0,
    unpriced_calls bigint NOT NULL DEFAULT 0,
    provider_ms bigint NOT NULL DEFAULT 0,
    provider_times bigint[] NOT NULL DEFAULT '{}',
    -- Accepted calls, by the hour in which they started; known when their request has ended.
    accepted_calls bigint NOT NULL DEFAULT 0,
    accepted_input_tokens bigint NOT NULL DEFAULT 0,
    accepted_cached_input_tokens bigint NOT NULL DEFAULT 0,
    accepted_cache_write_tokens bigint NOT NULL DEFAULT 0,
    accepted_output_tokens bigint NOT NULL DEFAULT 0,
    largest_accepted_input_tokens bigint NOT NULL DEFAULT 0,
    -- Requests that ended, by the hour of their submission.
    requests bigint NOT NULL DEFAULT 0,
    succeeded_requests bigint NOT NULL DEFAULT 0,
    failed_requests bigint NOT NULL DEFAULT 0,
    cancelled_requests bigint NOT NULL DEFAULT 0,
    cached_requests bigint NOT NULL DEFAULT 0,
    fallback_requests bigint NOT NULL DEFAULT 0,
    regenerated_requests bigint NOT NULL DEFAULT 0,
    items bigint NOT NULL DEFAULT 0,
    item_output_tokens bigint NOT NULL DEFAULT 0,
    zones bigint NOT NULL DEFAULT 0,
    zone_output_tokens bigint NOT NULL DEFAULT 0,
    outcomes_succeeded bigint NOT NULL DEFAULT 0,
    outcomes_failed bigint NOT NULL DEFAULT 0,
    timed_requests bigint NOT NULL DEFAULT 0,
    total_ms bigint NOT NULL DEFAULT 0,
    total_times bigint[] NOT NULL DEFAULT '{}',
    queue_ms bigint NOT NULL DEFAULT 0,
    queue_times bigint[] NOT NULL DEFAULT '{}'
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

COMMENT ON TABLE workflow_stats_deltas IS
    'What was added to the roll-ups since they were folded. Each row is the difference that one '
    'transaction made for an hour, model, format, agent, role and reason; read workflow_stats_hourly '
    'or workflow_stats_daily, which add them up.';
COMMENT ON COLUMN workflow_stats_deltas.hour IS 'Beginning of the hour in UTC.';
COMMENT ON COLUMN workflow_stats_deltas.model IS
    'Of calls: the model that was asked. Of requests: generator_used. Empty: none.';
COMMENT ON COLUMN workflow_stats_deltas.agent IS 'workflow_requests.agent; empty: none.';
COMMENT ON COLUMN workflow_stats_deltas.fallback_reason IS
    'workflow_requests.fallback_reason; empty: none, and for calls.';
COMMENT ON COLUMN workflow_stats_deltas.calls IS
    'Calls that started in the hour; the columns ..._calls say how they ended.';
COMMENT ON COLUMN workflow_stats_deltas.cost_usd IS
    'Sum of llm_calls.cost_usd of these calls, failed ones too.';
COMMENT ON COLUMN workflow_stats_deltas.estimated_cost_usd IS
    'The part of cost_usd that no provider reported.';
COMMENT ON COLUMN workflow_stats_deltas.unpriced_calls IS
    'Calls whose price was not known: in no sum of cost.';
COMMENT ON COLUMN workflow_stats_deltas.provider_ms IS
    'Sum of llm_calls.latency_ms of the calls that were neither cancelled nor lost.';
COMMENT ON COLUMN workflow_stats_deltas.provider_times IS
    'The same latencies as a latency_histogram().';
COMMENT ON COLUMN workflow_stats_deltas.accepted_calls IS
    'Calls that made the documents of requests that succeeded: with outcome ok, of the last attempt.';
COMMENT ON COLUMN workflow_stats_deltas.largest_accepted_input_tokens IS
    'The greatest input_tokens of an accepted call: whether a price tier applied.';
COMMENT ON COLUMN workflow_stats_deltas.requests IS
    'Requests submitted in the hour that ended; answered from the ledger (cached) or not.';
COMMENT ON COLUMN workflow_stats_deltas.cached_requests IS
    'Of succeeded_requests those that were answered from the ledger.';
COMMENT ON COLUMN workflow_stats_deltas.fallback_requests IS
    'Requests that succeeded, were generated, and for which the primary model was left.';
COMMENT ON COLUMN workflow_stats_deltas.regenerated_requests IS
    'Requests that regenerate another one.';
COMMENT ON COLUMN workflow_stats_deltas.items IS
    'Sum of items_generated of requests that were generated.';
COMMENT ON COLUMN workflow_stats_deltas.item_output_tokens IS
    'Output tokens of the accepted calls of the requests in items.';
COMMENT ON COLUMN workflow_stats_deltas.zone_output_tokens IS
    'Output tokens of the accepted calls of the requests in zones.';
COMMENT ON COLUMN workflow_stats_deltas.timed_requests IS
    'Requests that succeeded or failed, were not cached, and have both times: those in total_ms.';
COMMENT ON COLUMN workflow_stats_deltas.total_ms IS 'Sum of workflow_requests.total_time_ms.';
COMMENT ON COLUMN workflow_stats_deltas.queue_ms IS 'Sum of workflow_requests.queue_time_ms.';

SELECT pg_catalog.pg_extension_config_dump('workflow_stats_deltas', '');
