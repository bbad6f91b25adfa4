// The ways that requests and calls went.

import type { FastifyInstance } from 'fastify';
import type { Flow, FlowEdge, FlowNow } from '../../shared/flow.js';
import type { Span } from '../../shared/period.js';
import { Refusal } from '../errors.js';
import { checkSpan, spanSchema } from '../span.js';

const EDGES = `
  WITH edges AS (
      SELECT source, target, sum(passes)::bigint AS passes, trim_scale(sum(cost_usd)) AS cost_usd,
             sum(unpriced_passes)::bigint AS unpriced_passes
      FROM @extschema@.workflow_flow
      WHERE day BETWEEN $1::date AND $2::date
      GROUP BY source, target
  ), entered AS (
      SELECT target AS node, sum(passes) AS passes FROM edges GROUP BY target
  )
  SELECT edges.*, round(100.0 * edges.passes / nullif(entered.passes, 0), 2) AS rate
  FROM edges LEFT JOIN entered ON entered.node = edges.source`;

const NOW = `
  SELECT purpose, sum(calls_in_flight)::bigint AS calls
  FROM @extschema@.workflow_progress
  WHERE calls_in_flight > 0
  GROUP BY purpose`;

export function flowRoutes(app: FastifyInstance): void {
  app.get<{ Querystring: Span }>('/api/flow', { schema: { querystring: spanSchema } }, (request): Promise<Flow> => {
    const { grain, first, last } = checkSpan(request.query);
    if (grain !== 'day') throw new Refusal(400, 'the flow is counted by days');
    return request.session.read(
      async (query) => ({
        edges: await query<FlowEdge>(EDGES, [first, last]),
        now: await query<FlowNow>(NOW),
      }),
      request.signal,
    );
  });
}
