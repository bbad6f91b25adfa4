// Requests: the list by pages, what is under way, and one request with its calls and events.

import type { FastifyInstance, FastifyReply } from 'fastify';
import pg from 'pg';
import type {
  Call,
  CodeMeaning,
  Diagram,
  Progress,
  RawResult,
  RequestDetail,
  RequestEvent,
  RequestFilter,
  RequestInFull,
  RequestList,
  RequestRow,
} from '../../shared/requests.js';
import type { Query } from '../database.js';
import { Refusal } from '../errors.js';
import { rightsTo } from '../rights.js';
import type { Session } from '../sessions.js';
import * as sql from './requests_sql.js';

const PAGE_ROWS = 50;
const REGENERATION_TIMEOUT = '30min';

interface ById {
  Params: { id: string };
}

type ListQuery = Omit<RequestFilter, 'days'> & { days?: number; older?: string };

const text = { type: 'string', maxLength: 200 } as const;

const listSchema = {
  type: 'object',
  properties: {
    search: { type: 'string', maxLength: 1000 },
    days: { type: 'integer', minimum: 1, maximum: 3650 },
    status: { enum: ['queued', 'running', 'succeeded', 'failed', 'cancelled'] },
    format: text,
    model: text,
    agent: text,
    role: { type: 'string', maxLength: 63 },
    fallback: { enum: ['only'] },
    older: { type: 'string', pattern: '^[0-9 :.+-]{19,40}/[0-9a-f-]{36}$' },
  },
};

export const idSchema = {
  type: 'object',
  required: ['id'],
  properties: { id: { type: 'string', format: 'uuid' } },
};

const outcomeSchema = {
  type: 'object',
  required: ['succeeded'],
  additionalProperties: false,
  properties: { succeeded: { type: 'boolean' }, note: { type: 'string', maxLength: 10_000 } },
};

const feedbackSchema = {
  type: 'object',
  required: ['feedback'],
  additionalProperties: false,
  properties: { feedback: { type: 'string', minLength: 1, maxLength: 100_000 } },
};

const documentSchema = {
  type: 'object',
  required: ['document'],
  additionalProperties: false,
  properties: { document: { type: 'object' }, format: text },
};

export function requestRoutes(app: FastifyInstance): void {
  app.get<{ Querystring: ListQuery }>(
    '/api/requests',
    { schema: { querystring: listSchema } },
    ({ session, signal, query }): Promise<RequestList> =>
      session.read((ask) => listRequests(ask, query), signal).catch(sayWhatHelps),
  );

  app.get('/api/requests/under-way', ({ session, signal }): Promise<Progress[]> =>
    session.read((query) => query<Progress>(sql.UNDER_WAY), signal),
  );

  app.get<ById>('/api/requests/:id', { schema: { params: idSchema } }, ({ session, signal, params }) =>
    session.read((query) => findRequest(query, params.id), signal),
  );

  app.get<ById>(
    '/api/requests/:id/result',
    { schema: { params: idSchema } },
    async ({ session, params }): Promise<RawResult> => {
      const [row] = await session.run<RawResult>(sql.RAW_RESULT, [params.id]);
      return row!;
    },
  );

  app.post<ById & { Body: { succeeded: boolean; note?: string } }>(
    '/api/requests/:id/outcome',
    { schema: { params: idSchema, body: outcomeSchema } },
    async ({ session, params, body }, reply) => {
      const details = body.note ? { note: body.note } : {};
      await session.run(sql.OUTCOME, [params.id, body.succeeded, JSON.stringify(details)]);
      return reply.status(204).send();
    },
  );

  app.post<ById & { Body: { feedback: string } }>(
    '/api/requests/:id/regenerate',
    { schema: { params: idSchema, body: feedbackSchema } },
    ({ session, params, body }, reply) => regenerate(session, params.id, body.feedback, whenLeft(reply)),
  );

  /// A POST because documents are large; nothing is kept.
  app.post<{ Body: { document: object; format?: string } }>(
    '/api/diagram',
    { schema: { body: documentSchema } },
    async ({ session, body }): Promise<Diagram> => {
      const values = [JSON.stringify(body.document), body.format ?? null];
      const [diagram] = await session.run<Diagram>(sql.DIAGRAM, values);
      return diagram!;
    },
  );
}

async function listRequests(query: Query, filter: ListQuery): Promise<RequestList> {
  const [time, id] = filter.older?.split('/') ?? [];
  const rows = await query<RequestRow>(sql.LIST, [
    time ?? null,
    id ?? null,
    filter.days ?? null,
    filter.search ? `%${escapeLike(filter.search)}%` : null,
    filter.status ?? null,
    filter.format ?? null,
    filter.model ?? null,
    filter.agent ?? null,
    filter.role ?? null,
    filter.fallback === 'only',
    PAGE_ROWS + 1,
  ]);
  const shown = rows.slice(0, PAGE_ROWS);
  const last = rows.length > PAGE_ROWS ? shown.at(-1) : undefined;
  return { rows: shown, older: last ? `${last.submitted_at}/${last.request_id}` : null };
}

const QUERY_CANCELED = '57014';

/// A word that hardly any prompt has is looked for in all of the period.
function sayWhatHelps(error: unknown): never {
  if (error instanceof pg.DatabaseError && error.code === QUERY_CANCELED)
    throw new Refusal(504, 'looking for this takes too long', 'Choose a shorter period.');
  throw error;
}

/// What is looked for is text, not a pattern.
export function escapeLike(search: string): string {
  return search.replaceAll(/[\\%_]/g, (character) => `\\${character}`);
}

async function findRequest(query: Query, id: string): Promise<RequestDetail> {
  const [row] = await query<Omit<RequestInFull, 'may_regenerate'>>(sql.ONE, [id]);
  if (row === undefined)
    throw new Refusal(404, `there is no request ${id}`, 'It may not have begun yet, or its month was let go.');
  const may = await rightsTo(query, 'audit_logs', 'regenerate_workflow');
  const calls = await readCalls(query, id);
  const events = may('audit_logs') ? await query<RequestEvent>(sql.EVENTS, [id]) : null;
  const children = await query<RequestDetail['children'][number]>(sql.CHILDREN, [id, row.submitted_at]);
  const request = { ...row, may_regenerate: may('regenerate_workflow') ?? false };
  return { request, ...calls, events, children };
}

/// The calls of a request as far as the role may read them, and what the codes of their faults mean.
export async function readCalls(query: Query, id: string): Promise<Pick<RequestDetail, 'calls' | 'codes'>> {
  const may = await rightsTo(query, 'llm_calls');
  if (!may('llm_calls')) return { calls: null, codes: [] };
  const calls = await query<Call>(sql.CALLS, [id]);
  const found = calls.flatMap((call) => call.validation_codes);
  return { calls, codes: found.length > 0 ? await query<CodeMeaning>(sql.CODES, [found]) : [] };
}

/// Aborts when the browser goes before it has its answer. The signal of a request is no help here: it aborts
/// as soon as a body has been read.
function whenLeft(reply: FastifyReply): AbortSignal {
  const controller = new AbortController();
  reply.raw.once('close', () => reply.raw.writableFinished || controller.abort());
  return controller.signal;
}

/// Waits for the models. When the browser leaves, the statement is cancelled, and with it what is on the wire.
function regenerate(session: Session, id: string, feedback: string, signal: AbortSignal) {
  return session.write(async (query) => {
    await query(`SET LOCAL statement_timeout = '${REGENERATION_TIMEOUT}'`);
    const [row] = await query<{ result: { request_id: string } }>(sql.REGENERATE, [id, feedback]);
    return { request_id: row!.result.request_id };
  }, signal);
}
