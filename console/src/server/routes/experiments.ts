// Experiments: which run, what their arms show, and how they end.

import type { FastifyInstance } from 'fastify';
import type {
  ArmRow,
  ExperimentDetails,
  ExperimentRow,
  Experiments,
  MeasureRow,
  NewExperiment,
  Verdict,
} from '../../shared/experiments.js';
import { enabledModels } from '../models.js';
import { rightsTo, rowsIfAllowed } from '../rights.js';

const EXPERIMENTS = `
  SELECT experiment, category, agent, control_model, candidate_model, share, assignment_key, metric,
         minimum_sample, status, created_at, created_by, ended_at, ended_by, verdict
  FROM @extschema@.llm_experiments
  ORDER BY status = 'running' DESC, coalesce(ended_at, created_at) DESC, experiment
  LIMIT 100`;

const VERDICT = `
  SELECT verdict, reason, gain, gain_low, gain_high, time_ratio, required_gain
  FROM @extschema@.experiment_verdict($1)`;

const ARMS = `
  SELECT arm, model, requests, success_rate, validation_success_rate, retry_rate, fallback_rate,
         outcome_success_rate, p50_ms, p95_ms, cost_usd, cost_per_accepted_usd
  FROM @extschema@.experiment_results($1)`;

const MEASURES = `
  SELECT measure, is_metric, control, candidate, difference, difference_low, difference_high, finding
  FROM @extschema@.experiment_comparison($1)`;

const CREATE = `
  SELECT @extschema@.create_experiment($1, nullif($2, ''), nullif($3, ''), $4, $5, share => $6, metric => $7,
                                       minimum_sample => $8, assignment_key => $9)`;
const STOP = `SELECT @extschema@.stop_experiment($1, nullif($2, ''))`;
const ADOPT = `SELECT @extschema@.adopt_experiment($1, force => $2)`;

const text = { type: 'string', maxLength: 500 };
const number = { type: 'string', maxLength: 30 };
const createSchema = {
  type: 'object',
  required: ['experiment', 'control_model', 'candidate_model', 'share', 'metric', 'minimum_sample', 'assignment_key'],
  additionalProperties: false,
  properties: {
    experiment: text,
    category: { ...text, default: '' },
    agent: { ...text, default: '' },
    control_model: text,
    candidate_model: text,
    share: number,
    metric: text,
    minimum_sample: number,
    assignment_key: text,
  },
};
const nameSchema = { type: 'object', required: ['experiment'], properties: { experiment: text } };
const stopSchema = { type: 'object', required: ['experiment', 'why'], properties: { experiment: text, why: text } };
const adoptSchema = {
  type: 'object',
  required: ['experiment', 'force'],
  properties: { experiment: text, force: { type: 'boolean' } },
};

const OBJECTS = [
  'llm_experiments',
  'llm_models',
  'create_experiment',
  'stop_experiment',
  'adopt_experiment',
] as const;

export function experimentsRoutes(app: FastifyInstance): void {
  app.get(
    '/api/experiments',
    ({ session, signal }): Promise<Experiments> =>
      session.read(async (query) => {
        const may = await rightsTo(query, ...OBJECTS);
        return {
          experiments: await rowsIfAllowed<ExperimentRow>(query, may('llm_experiments'), EXPERIMENTS),
          models: may('llm_models') ? await enabledModels(query) : [],
          may_create: may('create_experiment') ?? false,
          may_stop: may('stop_experiment') ?? false,
          may_adopt: may('adopt_experiment') ?? false,
        };
      }, signal),
  );

  app.get<{ Querystring: { experiment: string } }>(
    '/api/experiments/details',
    { schema: { querystring: nameSchema } },
    ({ session, signal, query: { experiment } }): Promise<ExperimentDetails> =>
      session.read(async (query) => {
        const [verdict] = await query<Verdict>(VERDICT, [experiment]);
        return {
          verdict: verdict!,
          arms: await query<ArmRow>(ARMS, [experiment]),
          measures: await query<MeasureRow>(MEASURES, [experiment]),
        };
      }, signal),
  );

  app.post<{ Body: NewExperiment }>(
    '/api/experiments',
    { schema: { body: createSchema } },
    async ({ session, body }, reply) => {
      await session.run(CREATE, [
        body.experiment,
        body.category,
        body.agent,
        body.control_model,
        body.candidate_model,
        body.share,
        body.metric,
        body.minimum_sample,
        body.assignment_key,
      ]);
      return reply.status(204).send();
    },
  );

  app.post<{ Body: { experiment: string; why: string } }>(
    '/api/experiments/stop',
    { schema: { body: stopSchema } },
    async ({ session, body: { experiment, why } }, reply) => {
      await session.run(STOP, [experiment, why]);
      return reply.status(204).send();
    },
  );

  app.post<{ Body: { experiment: string; force: boolean } }>(
    '/api/experiments/adopt',
    { schema: { body: adoptSchema } },
    async ({ session, body: { experiment, force } }, reply) => {
      await session.run(ADOPT, [experiment, force]);
      return reply.status(204).send();
    },
  );
}
