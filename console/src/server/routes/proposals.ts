// Proposals of cheaper models: the evidence, what people decide, and what comes of it.

import type { FastifyInstance } from 'fastify';
import type { CandidateRow, Decision, ProposalRow, Proposals, TrackingRow } from '../../shared/proposals.js';
import { rightsTo, rowsIfAllowed } from '../rights.js';

const PROPOSALS = `
  SELECT proposal_id, created_at, created_by, subject, from_model, to_model, status, runs, failure_rate,
         failure_low, failure_high, retry_rate, coverage, stable_coverage, predicted_failure_rate,
         predicted_increase, increase_low, increase_high, cost_per_run_usd, predicted_cost_per_run_usd,
         expected_saving_usd, (replay ->> 'runs')::bigint AS seen_runs,
         (replay ->> 'replays')::bigint AS seen_replays, decided_at, decided_by, reason
  FROM @extschema@.llm_model_proposals
  ORDER BY status = 'proposed' DESC, coalesce(decided_at, created_at) DESC, proposal_id
  LIMIT 100`;

const TRACKING = `
  SELECT proposal_id, subject, tracked, runs, failure_rate_before, failure_rate, retry_rate_before, retry_rate,
         saved_usd, lost_usd, net_saving_usd, alarm_percent
  FROM @extschema@.llm_proposal_tracking`;

const CANDIDATES = `
  SELECT subject, from_model, to_model, runs, expected_saving_usd, missing
  FROM @extschema@.downgrade_candidates()
  ORDER BY cardinality(missing), expected_saving_usd DESC NULLS LAST`;

const PROPOSE = `SELECT proposal_id FROM @extschema@.propose_downgrades()`;

const DECISIONS: Record<Decision, string> = {
  approve: `SELECT @extschema@.approve_proposal($1)`,
  reject: `SELECT @extschema@.reject_proposal($1, $2)`,
  revert: `SELECT @extschema@.revert_proposal($1, $2)`,
};

const decisionSchema = {
  type: 'object',
  required: ['proposal_id', 'decision', 'why'],
  properties: {
    proposal_id: { type: 'string', format: 'uuid' },
    decision: { type: 'string', enum: ['approve', 'reject', 'revert'] },
    why: { type: 'string', maxLength: 2000 },
  },
};

const OBJECTS = [
  'llm_model_proposals',
  'llm_proposal_tracking',
  'propose_downgrades',
  'downgrade_candidates',
  'approve_proposal',
  'reject_proposal',
  'revert_proposal',
  'llmw_watched',
] as const;

export function proposalsRoutes(app: FastifyInstance): void {
  app.get(
    '/api/proposals',
    ({ session, signal }): Promise<Proposals> =>
      session.read(async (query) => {
        const may = await rightsTo(query, ...OBJECTS);
        const isTrackingReadable = may('llm_proposal_tracking') && may('llmw_watched');
        return {
          proposals: await rowsIfAllowed<ProposalRow>(query, may('llm_model_proposals'), PROPOSALS),
          tracking: isTrackingReadable ? await query<TrackingRow>(TRACKING) : null,
          may_propose: may('propose_downgrades') ?? false,
          may_see_candidates: may('downgrade_candidates') ?? false,
          may_approve: may('approve_proposal') ?? false,
          may_reject: may('reject_proposal') ?? false,
          may_revert: may('revert_proposal') ?? false,
        };
      }, signal),
  );

  app.get(
    '/api/proposals/candidates',
    ({ session, signal }): Promise<CandidateRow[]> =>
      session.read((query) => query<CandidateRow>(CANDIDATES), signal),
  );

  app.post('/api/proposals', async ({ session }): Promise<{ proposed: number }> => {
    return { proposed: (await session.run(PROPOSE)).length };
  });

  app.post<{ Body: { proposal_id: string; decision: Decision; why: string } }>(
    '/api/proposals/decisions',
    { schema: { body: decisionSchema } },
    async ({ session, body: { proposal_id, decision, why } }, reply) => {
      await session.run(DECISIONS[decision], decision === 'approve' ? [proposal_id] : [proposal_id, why]);
      return reply.status(204).send();
    },
  );
}
