// Errors as the browser gets them: in words, with PostgreSQL's SQLSTATE, detail and hint where it has them.

import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import pg from 'pg';
import type { ApiError } from '../shared/api.js';

/// What this server itself refuses.
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint?: string,
  ) {
    super(message);
  }
}

/// The HTTP status for a SQLSTATE: who asks wrongly gets 4xx, what is not our caller's doing 5xx.
export function statusOf(sqlstate: string | undefined): number {
  if (sqlstate === undefined) return 502;
  const known: Record<string, number> = {
    '28P01': 401, // wrong password
    '28000': 401, // no such role, or pg_hba.conf does not let it in
    '3D000': 401, // no such database
    '42501': 403, // no right
    '02000': 404,
    '53300': 503, // too many connections
    '57014': 504, // statement_timeout
    '23505': 409,
    '55000': 409, // not in the state for it
    '55006': 409,
    '55P03': 409,
  };
  const serversOwn = /^(08|53|57|58|XX)/;
  return known[sqlstate] ?? (serversOwn.test(sqlstate) ? 500 : 400);
}

export function describeError(error: unknown): { status: number; body: ApiError } {
  if (error instanceof Refusal)
    return { status: error.status, body: { message: error.message, hint: error.hint } };
  if (error instanceof pg.DatabaseError) {
    const { code: sqlstate, message, detail, hint = hintFor(error.code) } = error;
    return { status: statusOf(sqlstate), body: { sqlstate, message, detail, hint } };
  }
  const { statusCode, code, message } = error as FastifyError;
  if (typeof statusCode === 'number' && statusCode < 500) return { status: statusCode, body: { message } };
  const known = describeDriverError(code, message);
  if (known !== undefined) return known;
  return { status: 500, body: { message: 'an error of the console itself; its log says more' } };
}

/// What the driver says before PostgreSQL can: by its words, where it has no code.
function describeDriverError(code: string | undefined, message: string): ReturnType<typeof describeError> | undefined {
  if (isConnectionError(code) || message.startsWith('Connection terminated'))
    return {
      status: 502,
      body: { message: `cannot reach PostgreSQL: ${message}`, hint: 'Is the server running?' },
    };
  if (message.endsWith('client password must be a non-empty string'))
    return { status: 401, body: { sqlstate: '28P01', message: 'this role needs a password' } };
  if (message === 'timeout exceeded when trying to connect')
    return {
      status: 503,
      body: { message: 'all connections of your session are busy', hint: 'Try again when an answer has come.' },
    };
  return undefined;
}

/// PostgreSQL has none for a right that is missing.
function hintFor(sqlstate: string | undefined): string | undefined {
  if (sqlstate !== '42501') return undefined;
  return 'The role that you signed in with lacks this right. Its owner can GRANT it.';
}

function isConnectionError(code: string | undefined): boolean {
  return code !== undefined && /^(ECONN|ENOTFOUND|ENOENT|EHOST|ENET|ETIMEDOUT|EPIPE|EAI_)/.test(code);
}

/// For fastify.setErrorHandler. Only what is our own fault is logged: PostgreSQL logs what is its.
export function replyWithError(error: unknown, request: FastifyRequest, reply: FastifyReply) {
  const { status, body } = describeError(error);
  if (status === 500 && !(error instanceof pg.DatabaseError)) request.log.error(error);
  return reply.status(status).send(body);
}
