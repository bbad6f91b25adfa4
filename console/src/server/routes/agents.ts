// Agents and plans: what agents take, plans compared, applied and reverted, and held against the ledger.

import type { FastifyInstance } from 'fastify';
import type {
  AgentRow,
  Agents,
  AppliedPlanRow,
  ChangedAgents,
  PlanComparisonRow,
  PlanRow,
  PlanUsageRow,
} from '../../shared/agents.js';
import { rightsTo } from '../rights.js';

const AGENTS = `
  SELECT agent, description, task_kind, model, fallback_models, max_tokens, max_output_tokens, format,
         category, enabled
  FROM @extschema@.llm_agents
  ORDER BY agent`;

const PLANS = `
  SELECT p.plan, p.description, p.created_at, p.created_by, count(a.agent) AS agents,
         count(a.agent) > 0 AND count(a.agent) = count(now_has.agent) AS is_in_effect
  FROM @extschema@.llm_plans p
  LEFT JOIN @extschema@.llm_plan_agents a ON a.plan = p.plan
  LEFT JOIN @extschema@.llm_agents now_has
      ON (now_has.agent, now_has.model, now_has.max_tokens) = (a.agent, a.model, a.max_tokens)
  GROUP BY p.plan
  ORDER BY p.created_at, p.plan`;

const APPLIED = `
  SELECT application, plan, applied_at, applied_by, changes, reverted_at, reverted_by
  FROM @extschema@.llm_applied_plans
  ORDER BY application DESC
  LIMIT 50`;

const COMPARE = `
  SELECT section, item, direction, model_before, model_after, tokens_before, tokens_after,
         tokens_saved_percent, cost_before, cost_after, cost_saved, cost_saved_percent
  FROM @extschema@.compare_plans($1, $2, $3, $4)`;

const USAGE = `
  SELECT agent, model, max_tokens, requests, p95_tokens, used_percent, cut_requests, planned_cost_usd,
         observed_cost_usd, advice, suggested_max_tokens
  FROM @extschema@.plan_usage(nullif($1, ''))`;

const APPLY = `SELECT @extschema@.apply_plan($1) AS changed`;
const REVERT = `SELECT @extschema@.revert_plan(force => $1) AS changed`;

interface Comparison {
  before: string;
  after: string;
  input_share: string;
  runs_per_year: number;
}

const name = { type: 'string', maxLength: 500 };
const comparisonSchema = {
  type: 'object',
  required: ['before', 'after', 'input_share', 'runs_per_year'],
  properties: {
    before: name,
    after: name,
    input_share: { type: 'string', maxLength: 30 },
    runs_per_year: { type: 'integer' },
  },
};
const usageSchema = { type: 'object', properties: { plan: { ...name, default: '' } } };
const applySchema = { type: 'object', required: ['plan'], properties: { plan: name } };
const revertSchema = { type: 'object', required: ['force'], properties: { force: { type: 'boolean' } } };

export function agentsRoutes(app: FastifyInstance): void {
  app.get(
    '/api/agents',
    ({ session, signal }): Promise<Agents> =>
      session.read(async (query) => {
        const may = await rightsTo(query, 'apply_plan', 'revert_plan');
        return {
          agents: await query<AgentRow>(AGENTS),
          plans: await query<PlanRow>(PLANS),
          applied: await query<AppliedPlanRow>(APPLIED),
          may_apply: may('apply_plan') ?? false,
          may_revert: may('revert_plan') ?? false,
        };
      }, signal),
  );

  app.get<{ Querystring: Comparison }>(
    '/api/plans/comparison',
    { schema: { querystring: comparisonSchema } },
    ({ session, signal, query: { before, after, input_share, runs_per_year } }): Promise<PlanComparisonRow[]> =>
      session.read((query) => query<PlanComparisonRow>(COMPARE, [before, after, input_share, runs_per_year]), signal),
  );

  app.get<{ Querystring: { plan: string } }>(
    '/api/plans/usage',
    { schema: { querystring: usageSchema } },
    ({ session, signal, query: { plan } }): Promise<PlanUsageRow[]> =>
      session.read((query) => query<PlanUsageRow>(USAGE, [plan]), signal),
  );

  app.post<{ Body: { plan: string } }>(
    '/api/plans/apply',
    { schema: { body: applySchema } },
    async ({ session, body: { plan } }): Promise<ChangedAgents> => {
      const [row] = await session.run<ChangedAgents>(APPLY, [plan]);
      return row!;
    },
  );

  app.post<{ Body: { force: boolean } }>(
    '/api/plans/revert',
    { schema: { body: revertSchema } },
    async ({ session, body: { force } }): Promise<ChangedAgents> => {
      const [row] = await session.run<ChangedAgents>(REVERT, [force]);
      return row!;
    },
  );
}
