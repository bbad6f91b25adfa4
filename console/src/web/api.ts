// How pages talk to the server: `get` for rows, `send` for what changes something. Both throw an ApiFailure,
// which has PostgreSQL's words.

import type { ApiError } from '../shared/api.js';

export class ApiFailure extends Error implements ApiError {
  readonly sqlstate: string | undefined;
  readonly detail: string | undefined;
  readonly hint: string | undefined;

  constructor(
    readonly status: number,
    { message, sqlstate, detail, hint }: ApiError,
  ) {
    super(message);
    this.sqlstate = sqlstate;
    this.detail = detail;
    this.hint = hint;
  }
}

let csrfToken = '';
let onSignedOut = () => {};

export function setCsrfToken(token: string): void {
  csrfToken = token;
}

/// Called when the server no longer knows the session.
export function whenSignedOut(callback: () => void): void {
  onSignedOut = callback;
}

export interface GetOptions {
  readonly signal?: AbortSignal;
  /// The page asks by itself: the session does not count as used.
  readonly refresh?: boolean;
}

export function get<Result>(path: string, { signal, refresh }: GetOptions = {}): Promise<Result> {
  return ask<Result>(path, {
    ...(signal ? { signal } : {}),
    headers: refresh ? { 'x-refresh': '1' } : {},
  });
}

export function send<Result = void>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<Result> {
  return ask<Result>(path, {
    method,
    headers: {
      'x-csrf-token': csrfToken,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
}

/// '/api/requests?state=failed': without what is empty or undefined.
export function withQuery(path: string, values: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== undefined && value !== '') query.set(name, String(value));
  return query.size === 0 ? path : `${path}?${query}`;
}

async function ask<Result>(path: string, init: RequestInit): Promise<Result> {
  const response = await fetch(path, init).catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    throw new ApiFailure(0, { message: 'the console does not answer', hint: 'Is it still running?' });
  });
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as Result;
  const failure = new ApiFailure(response.status, await errorOf(response));
  if (failure.status === 401 && failure.sqlstate === undefined) onSignedOut();
  throw failure;
}

async function errorOf(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => undefined)) as ApiError | undefined;
  return body?.message ? body : { message: `the console answered with status ${response.status}` };
}
