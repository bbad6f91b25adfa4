// Prices of models: their history, new rows of it, lists of others, and what calls cost by them.

import type { FastifyInstance } from 'fastify';
import type {
  ImportedPriceRow,
  ImportedPrices,
  ModelCostRow,
  NewPrice,
  PriceImport,
  PriceKey,
  PriceRow,
  Prices,
} from '../../shared/prices.js';
import { Refusal } from '../errors.js';

const MODELS = `SELECT name, server, enabled FROM @extschema@.llm_models ORDER BY name`;

/// Each pair of tier and length has a history of its own.
const PRICES = `
  SELECT model, service_tier, above_input_tokens, effective_from,
         CASE WHEN effective_from > now() THEN 'later'
              WHEN effective_from = max(effective_from) FILTER (WHERE effective_from <= now()) OVER history
                  THEN 'in force'
              ELSE 'past' END AS state,
         trim_scale(input_per_million::numeric) AS input_per_million,
         trim_scale(cached_input_per_million::numeric) AS cached_input_per_million,
         trim_scale(cache_write_per_million::numeric) AS cache_write_per_million,
         trim_scale(output_per_million::numeric) AS output_per_million,
         source
  FROM @extschema@.llm_model_prices
  WINDOW history AS (PARTITION BY model, service_tier, above_input_tokens)
  ORDER BY model, service_tier <> 'standard', service_tier, above_input_tokens, effective_from DESC`;

const COSTS = `
  SELECT c.model, c.cost_usd, c.cost_per_1000, c.change_percent
  FROM @extschema@.compare_model_costs($1, $2, ARRAY(
      SELECT m.name FROM @extschema@.llm_models m
      WHERE m.enabled AND EXISTS (
          SELECT FROM @extschema@.llm_model_prices p
          WHERE p.model = m.name AND p.service_tier = 'standard' AND p.effective_from <= now())
      ORDER BY m.name = current_setting('llm_workflow.baseline_model') DESC, m.name)) c
  ORDER BY c.cost_usd DESC NULLS LAST, c.model`;

const ADD = `
  INSERT INTO @extschema@.llm_model_prices
      (model, service_tier, above_input_tokens, effective_from, input_per_million,
       cached_input_per_million, cache_write_per_million, output_per_million, source)
  VALUES ($1, $2, $3, coalesce(nullif($4, '')::timestamptz, now()), $5::text::numeric,
          nullif($6, '')::numeric, nullif($7, '')::numeric, $8::text::numeric, nullif($9, ''))`;

const REMOVE = `
  DELETE FROM @extschema@.llm_model_prices
  WHERE model = $1 AND service_tier = $2 AND above_input_tokens = $3 AND effective_from = $4
  RETURNING model`;

const IMPORT = `
  SELECT entry, model, service_tier, above_input_tokens, action, reason
  FROM @extschema@.import_model_prices($1::jsonb, $2, add_models => $3)`;

const MAX_LIST_BYTES = 16 * 1024 * 1024;
const MAX_ROWS = 500;

const text = { type: 'string', maxLength: 500 };
const amount = { type: 'string', maxLength: 30 };
const addSchema = {
  type: 'object',
  required: ['model', 'service_tier', 'above_input_tokens', 'input_per_million', 'output_per_million'],
  additionalProperties: false,
  properties: {
    model: text,
    service_tier: text,
    above_input_tokens: amount,
    effective_from: { ...amount, default: '' },
    input_per_million: amount,
    cached_input_per_million: { ...amount, default: '' },
    cache_write_per_million: { ...amount, default: '' },
    output_per_million: amount,
    source: { ...text, default: '' },
  },
};

const keySchema = {
  type: 'object',
  required: ['model', 'service_tier', 'above_input_tokens', 'effective_from'],
  properties: {
    model: text,
    service_tier: text,
    above_input_tokens: { type: 'integer' },
    effective_from: text,
  },
};

const importSchema = {
  type: 'object',
  required: ['list', 'source', 'add_models', 'is_preview'],
  properties: {
    list: { type: 'string', minLength: 2 },
    source: text,
    add_models: { type: 'boolean' },
    is_preview: { type: 'boolean' },
  },
};

const tokens = { type: 'integer', minimum: 0, maximum: 1_000_000_000 };
const costsSchema = {
  type: 'object',
  required: ['input_tokens', 'output_tokens'],
  properties: { input_tokens: tokens, output_tokens: tokens },
};

export function pricesRoutes(app: FastifyInstance): void {
  app.get(
    '/api/prices',
    ({ session, signal }): Promise<Prices> =>
      session.read(
        async (query) => ({ models: await query(MODELS), prices: await query<PriceRow>(PRICES) }),
        signal,
      ),
  );

  app.get<{ Querystring: { input_tokens: number; output_tokens: number } }>(
    '/api/prices/costs',
    { schema: { querystring: costsSchema } },
    ({ session, signal, query: { input_tokens, output_tokens } }): Promise<ModelCostRow[]> =>
      session.read((query) => query<ModelCostRow>(COSTS, [input_tokens, output_tokens]), signal),
  );

  app.post<{ Body: NewPrice }>('/api/prices', { schema: { body: addSchema } }, async ({ session, body }, reply) => {
    await session.run(ADD, [
      body.model,
      body.service_tier,
      body.above_input_tokens,
      body.effective_from,
      body.input_per_million,
      body.cached_input_per_million,
      body.cache_write_per_million,
      body.output_per_million,
      body.source,
    ]);
    return reply.status(204).send();
  });

  app.delete<{ Body: PriceKey }>('/api/prices', { schema: { body: keySchema } }, async ({ session, body }, reply) => {
    const { model, service_tier, above_input_tokens, effective_from } = body;
    const removed = await session.run(REMOVE, [model, service_tier, above_input_tokens, effective_from]);
    if (removed.length === 0) throw new Refusal(404, 'there is no such price any more');
    return reply.status(204).send();
  });

  app.post<{ Body: PriceImport }>(
    '/api/prices/import',
    { schema: { body: importSchema }, bodyLimit: MAX_LIST_BYTES },
    ({ session, body: { list, source, add_models, is_preview } }): Promise<ImportedPrices> =>
      session.write(async (query) => {
        await query('SAVEPOINT before_import');
        const rows = await query<ImportedPriceRow>(IMPORT, [list, source, add_models]);
        if (is_preview) await query('ROLLBACK TO SAVEPOINT before_import');
        return summaryOf(rows);
      }),
  );
}

/// A list has thousands of entries that are of no model of ours; what happens to the others is told in full.
function summaryOf(rows: readonly ImportedPriceRow[]): ImportedPrices {
  const having = (action: string) => rows.filter((row) => row.action === action);
  return {
    rows: [...having('changed'), ...having('added')].slice(0, MAX_ROWS),
    unchanged: having('unchanged').length,
    skipped: having('skipped').length,
  };
}
