// Generate: what a request would cost, sending it as a job, watching it, and cancelling it.

import type { FastifyInstance } from 'fastify';
import type {
  Choice,
  GenerateForm,
  GenerateOptions,
  GenerationState,
  Preview,
  PreviewRow,
  Result,
  Submission,
} from '../../shared/generate.js';
import type { Progress } from '../../shared/requests.js';
import type { Query } from '../database.js';
import { rightsTo } from '../rights.js';
import { idSchema, readCalls } from './requests.js';
import { PROGRESS_OF, RESULT } from './requests_sql.js';

interface ById {
  Params: { id: string };
}

const FORMATS = `
  SELECT DISTINCT ON (name) name, description
  FROM @extschema@.workflow_formats WHERE enabled
  ORDER BY name, version DESC`;

const AGENTS = `
  SELECT agent AS name, description FROM @extschema@.llm_agents WHERE enabled ORDER BY agent`;

const DEFAULT_FORMAT = `SELECT current_setting('llm_workflow.format') AS default_format`;

const MODELS = `
  SELECT asked_model AS model, server, input_tokens, input_exact, answer_tokens,
         trim_scale(worst_case_cost_usd) AS worst_case_cost_usd, obstacle
  FROM @extschema@.preview_workflow($1, $2, $3, $4, $5, $6)
  ORDER BY "position"`;

/// Sums are PostgreSQL's: of exact decimals, and unknown as soon as a part of it is.
const TOTALS = `
  SELECT CASE WHEN count(*) = count(cost) THEN trim_scale(sum(cost)) END AS all_models_usd,
         nullif(current_setting('llm_workflow.max_request_cost', true), '')::numeric AS limit_usd
  FROM unnest($1::numeric[]) AS costs (cost)`;

const SUBMIT = `
  SELECT @extschema@.submit_workflow($1, $2, $3, $4, $5, $6, idempotency_key => $7) AS request_id`;

const CANCEL = 'SELECT @extschema@.cancel_workflow($1) AS was_under_way';

const formSchema = {
  type: 'object',
  required: ['prompt'],
  additionalProperties: false,
  properties: {
    prompt: { type: 'string', minLength: 1 },
    services: { type: 'array', items: { type: 'string', maxLength: 200 }, maxItems: 200, default: [] },
    format: { type: 'string', maxLength: 64 },
    agent: { type: 'string', maxLength: 200 },
    responseMode: { enum: ['machine', 'human_debug'] },
    maxOutputTokens: { type: 'integer', minimum: 1, maximum: 1_000_000 },
  },
};

const submissionSchema = {
  ...formSchema,
  required: ['prompt', 'idempotencyKey'],
  properties: { ...formSchema.properties, idempotencyKey: { type: 'string', minLength: 16, maxLength: 100 } },
};

export function generateRoutes(app: FastifyInstance): void {
  app.get('/api/generate', ({ session, signal }) => session.read(readOptions, signal));

  app.post<{ Body: GenerateForm }>('/api/generate/preview', { schema: { body: formSchema } }, ({ session, body }) =>
    session.read((query) => preview(query, body)),
  );

  app.post<{ Body: Submission }>(
    '/api/generate',
    { schema: { body: submissionSchema } },
    async ({ session, body }, reply) => {
      const [row] = await session.run<{ request_id: string }>(SUBMIT, [...argumentsOf(body), body.idempotencyKey]);
      return reply.status(201).send(row);
    },
  );

  app.get<ById>('/api/generate/:id', { schema: { params: idSchema } }, ({ session, signal, params }) =>
    session.read((query) => readState(query, params.id), signal),
  );

  app.delete<ById>('/api/generate/:id', { schema: { params: idSchema } }, async ({ session, params }) => {
    const [row] = await session.run<{ was_under_way: boolean }>(CANCEL, [params.id]);
    return row;
  });
}

/// In the order in which preview_workflow() and submit_workflow() have them.
function argumentsOf({ prompt, services, format, agent, responseMode, maxOutputTokens }: GenerateForm) {
  return [prompt, services, format || null, agent || null, responseMode ?? null, maxOutputTokens ?? null];
}

async function readOptions(query: Query): Promise<GenerateOptions> {
  const may = await rightsTo(query, 'workflow_formats', 'llm_agents', 'submit_workflow');
  const [settings] = await query<{ default_format: string }>(DEFAULT_FORMAT);
  return {
    formats: may('workflow_formats') ? await query<Choice>(FORMATS) : null,
    agents: may('llm_agents') ? await query<Choice>(AGENTS) : null,
    default_format: settings!.default_format,
    may_generate: may('submit_workflow') ?? false,
  };
}

async function preview(query: Query, form: GenerateForm): Promise<Preview> {
  const models = await query<PreviewRow>(MODELS, argumentsOf(form));
  const asked = models.filter(({ obstacle }) => obstacle === null);
  const costs = asked.map((model) => model.worst_case_cost_usd);
  const [totals] = await query<Omit<Preview, 'models'>>(TOTALS, [costs]);
  return { models, ...totals! };
}

async function readState(query: Query, id: string): Promise<GenerationState> {
  const [progress] = await query<Progress>(PROGRESS_OF, [id]);
  const [ended] = progress ? [] : await query<{ result: Result | null }>(RESULT, [id]);
  const calls = await readCalls(query, id);
  return { progress: progress ?? null, result: ended?.result ?? null, ...calls };
}
