// The dashboard: panels over the roll-ups and the state of now, so that each costs the same however many
// calls there were. Each is asked for by itself: whoever may read one of the views sees that one.

import type { FastifyInstance } from 'fastify';
import type { Panels } from '../../shared/dashboard.js';
import type { Grain, Span } from '../../shared/period.js';
import { Refusal } from '../errors.js';
import { checkSpan, spanSchema, statsOf, timesOf } from '../span.js';

const rate = (part: string, whole: string) => `round(100.0 * ${part} / nullif(${whole}, 0), 2)`;
const perOne = (cost: string, count: string) => `trim_scale(round(${cost} / nullif(${count}, 0), 12))`;

const GENERATED = 'sum(s.succeeded_requests - s.cached_requests)';
const ERRORS = 'sum(s.api_error_calls + s.timeout_calls + s.rate_limited_calls + s.lost_calls)';
const TRIED = 'sum(s.calls - s.cancelled_calls)';
const FALLBACK_RATE = rate('sum(s.fallback_requests)', GENERATED);

function percentile(histograms: string, share: number): string {
  return `round(@extschema@.latency_percentile(@extschema@.latency_histogram_merge(${histograms}), ${share}))::bigint`;
}

const summary = (grain: Grain) => `
  SELECT coalesce(sum(s.requests), 0)::bigint AS requests,
         coalesce(${GENERATED}, 0)::bigint AS generated_requests,
         coalesce(sum(s.cached_requests), 0)::bigint AS cached_requests,
         coalesce(sum(s.failed_requests), 0)::bigint AS failed_requests,
         coalesce(sum(s.fallback_requests), 0)::bigint AS fallback_requests,
         ${FALLBACK_RATE} AS fallback_rate,
         coalesce(sum(s.calls), 0)::bigint AS calls,
         coalesce(${ERRORS}, 0)::bigint AS error_calls,
         ${rate(ERRORS, TRIED)} AS error_rate,
         coalesce(sum(s.input_tokens), 0)::bigint AS input_tokens,
         coalesce(sum(s.output_tokens), 0)::bigint AS output_tokens,
         trim_scale(coalesce(sum(s.cost_usd), 0)) AS cost_usd,
         ${perOne('sum(s.cost_usd)', 'sum(s.succeeded_requests)')} AS cost_per_accepted,
         coalesce(sum(s.unpriced_calls), 0)::bigint AS unpriced_calls,
         ${percentile('s.total_times', 0.5)} AS p50_ms,
         ${percentile('s.total_times', 0.95)} AS p95_ms,
         ${percentile('s.total_times', 0.99)} AS p99_ms
  FROM ${statsOf(grain, 'total')} AS s`;

const series = (grain: Grain) => `
  SELECT times.at,
         coalesce(${GENERATED}, 0)::bigint AS generated_requests,
         coalesce(sum(s.cached_requests), 0)::bigint AS cached_requests,
         coalesce(sum(s.failed_requests), 0)::bigint AS failed_requests,
         coalesce(sum(s.cancelled_requests), 0)::bigint AS cancelled_requests,
         ${FALLBACK_RATE} AS fallback_rate,
         ${rate(ERRORS, TRIED)} AS error_rate,
         trim_scale(coalesce(sum(s.cost_usd), 0)) AS cost_usd,
         ${percentile('s.total_times', 0.5)} AS p50_ms,
         ${percentile('s.total_times', 0.95)} AS p95_ms,
         ${percentile('s.total_times', 0.99)} AS p99_ms
  FROM ${timesOf(grain)} AS times (at)
  LEFT JOIN ${statsOf(grain, 'total')} AS s ON s.at = times.at
  GROUP BY times.at
  ORDER BY times.at`;

// Savings are counted by days: a price may change within one.
const WITHIN_DAYS = `
  day BETWEEN ($1::timestamptz AT TIME ZONE 'UTC')::date AND ($2::timestamptz AT TIME ZONE 'UTC')::date`;

const savings = () => `
  SELECT min(day) AS first,
         max(day) AS last,
         trim_scale(sum(saved_usd)) AS saved_usd,
         trim_scale(sum(baseline_cost_usd)) AS baseline_cost_usd,
         ${rate('sum(saved_usd)', 'sum(baseline_cost_usd)')} AS saved_percent,
         nullif(current_setting('llm_workflow.baseline_model', true), '') AS baseline_model,
         count(*) FILTER (WHERE baseline_cost_usd IS NULL) AS unknown_days
  FROM @extschema@.workflow_savings_daily
  WHERE ${WITHIN_DAYS}`;

const baseline = () => `
  SELECT day::timestamp AT TIME ZONE 'UTC' AS at, baseline_cost_usd
  FROM @extschema@.workflow_savings_daily
  WHERE ${WITHIN_DAYS}`;

const models = (grain: Grain) => `
  SELECT s.model,
         sum(s.calls)::bigint AS calls,
         trim_scale(sum(s.cost_usd)) AS cost_usd,
         ${rate('sum(s.cost_usd)', 'sum(sum(s.cost_usd)) OVER ()')} AS cost_share,
         sum(s.input_tokens)::bigint AS input_tokens,
         sum(s.output_tokens)::bigint AS output_tokens,
         sum(s.unpriced_calls)::bigint AS unpriced_calls,
         ${rate('sum(s.ok_calls)', 'sum(s.ok_calls + s.validation_failed_calls)')} AS valid_rate,
         ${percentile('s.provider_times', 0.95)} AS p95_ms
  FROM ${statsOf(grain, 'model')} AS s
  GROUP BY s.model
  HAVING sum(s.calls) > 0
  ORDER BY sum(s.cost_usd) DESC, s.model`;

const fallbacks = (grain: Grain) => `
  SELECT reasons.*
  FROM (SELECT s.fallback_reason AS reason,
               sum(s.fallback_requests)::bigint AS fallback_requests,
               ${rate('sum(s.fallback_requests)', `sum(${GENERATED}) OVER ()`)} AS fallback_rate,
               sum(s.failed_requests)::bigint AS failed_requests
        FROM ${statsOf(grain, 'reason')} AS s
        GROUP BY s.fallback_reason) AS reasons
  WHERE reason <> '' AND (fallback_requests > 0 OR failed_requests > 0)
  ORDER BY fallback_requests DESC, reason`;

const errors = (grain: Grain) => `
  SELECT classes.class, classes.error_calls, ${rate('classes.error_calls', 'counted.calls')} AS error_rate
  FROM (SELECT ${TRIED} AS calls,
               sum(s.api_error_calls)::bigint AS api_error,
               sum(s.timeout_calls)::bigint AS timeout,
               sum(s.rate_limited_calls)::bigint AS rate_limited,
               sum(s.lost_calls)::bigint AS lost
        FROM ${statsOf(grain, 'total')} AS s) AS counted
  CROSS JOIN LATERAL (VALUES ('api_error', api_error), ('timeout', timeout), ('rate_limited', rate_limited),
                             ('lost', lost)) AS classes (class, error_calls)
  WHERE classes.error_calls > 0
  ORDER BY classes.error_calls DESC`;

const agents = (grain: Grain) => `
  SELECT nullif(s.agent, '') AS agent,
         sum(s.requests)::bigint AS requests,
         trim_scale(sum(s.cost_usd)) AS cost_usd,
         sum(s.unpriced_calls)::bigint AS unpriced_calls,
         CASE WHEN sum(s.unpriced_calls) = 0
             THEN ${perOne('1000 * sum(s.cost_usd)', 'sum(s.requests)')} END AS cost_per_1000,
         ${FALLBACK_RATE} AS fallback_rate
  FROM ${statsOf(grain, 'agent')} AS s
  GROUP BY s.agent
  HAVING sum(s.requests) > 0
  ORDER BY sum(s.cost_usd) DESC, s.agent
  LIMIT 10`;

const BUDGETS = `
  SELECT budget, scope, subject, period, limit_usd, spent_usd, limit_tokens, spent_tokens, used_percent, action,
         state, resets_at
  FROM @extschema@.llm_budget_status
  ORDER BY used_percent DESC NULLS LAST, budget`;

const ENDPOINTS = `
  SELECT server, model, state, in_flight, held, requests_last_minute, error_rate, p50_ms, p95_ms, retry_at, last_error
  FROM @extschema@.llm_endpoint_status
  ORDER BY state <> 'closed' DESC, server, model`;

const WORK = `
  SELECT count(*) FILTER (WHERE state = 'running') AS workers,
         coalesce(sum(requests), 0)::bigint AS requests,
         coalesce(sum(calls_in_flight), 0)::bigint AS calls_in_flight,
         coalesce(sum(calls_held), 0)::bigint AS calls_held,
         max(queue_length) AS queue_length,
         round(1000 * extract(epoch FROM max(oldest_queued)))::bigint AS oldest_queued_ms,
         bool_and(enabled) AS enabled,
         bool_and(at_home) AS at_home,
         (array_agg(last_error ORDER BY last_error_at DESC NULLS LAST))[1] AS last_error,
         max(last_error_at) AS last_error_at
  FROM @extschema@.llm_workflow_status`;

/// What is counted over a span, and what is of now.
const COUNTED = { summary, series, savings, baseline, models, fallbacks, errors, agents };
const NOW = { budgets: BUDGETS, endpoints: ENDPOINTS, work: WORK };

interface PanelRequest {
  Params: { panel: string };
  Querystring: Span;
}

export function dashboardRoutes(app: FastifyInstance): void {
  app.get<PanelRequest>(
    '/api/dashboard/:panel',
    { schema: { querystring: spanSchema } },
    async ({ session, signal, params: { panel }, query: querystring }) => {
      if (!isCounted(panel)) throw new Refusal(404, `there is no panel ${panel}`);
      const { grain, first, last } = checkSpan(querystring);
      return session.read((query) => query<Panels[typeof panel]>(COUNTED[panel](grain), [first, last]), signal);
    },
  );
  for (const [panel, sql] of Object.entries(NOW))
    app.get(`/api/dashboard/${panel}`, ({ session, signal }) => session.read((query) => query(sql), signal));
}

function isCounted(panel: string): panel is keyof typeof COUNTED {
  return Object.hasOwn(COUNTED, panel);
}
