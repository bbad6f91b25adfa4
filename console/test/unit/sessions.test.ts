import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import type { FastifyInstance } from 'fastify';
import type pg from 'pg';
import { buildApp } from '../../src/server/app.js';
import type { Options } from '../../src/server/options.js';
import { Sessions } from '../../src/server/sessions.js';

const MINUTE = 60_000;

/// In place of PostgreSQL: lets everybody in, has the extension, and counts what is open.
class FakePool {
  static open = 0;
  #hasEnded = false;

  constructor() {
    FakePool.open += 1;
  }

  async query(sql: string) {
    return { rows: sql.startsWith('SHOW') ? [{ server_version: '15' }] : [{ schema: 'public', version: '0.1.0' }] };
  }

  async end() {
    if (this.#hasEnded) throw new Error('Called end on pool more than once');
    this.#hasEnded = true;
    FakePool.open -= 1;
  }
}

let now: number;
let sessions: Sessions;
let app: FastifyInstance;

async function start(options: Partial<Options> = {}) {
  now = 0;
  FakePool.open = 0;
  sessions = new Sessions(() => new FakePool() as unknown as pg.Pool, () => now);
  const database = { host: 'db', port: 5432, database: 'workflow', tls: 'none' } as const;
  app = await buildApp({ host: '127.0.0.1', port: 0, tlsProxy: false, database, ...options }, sessions);
}

beforeEach(() => start());
afterEach(() => app.close());

async function signIn(headers: Record<string, string> = {}) {
  const answer = await app.inject({
    method: 'POST',
    url: '/api/session',
    headers: { host: 'localhost:8080', ...headers },
    payload: { user: 'alice', password: 'secret' },
  });
  assert.equal(answer.statusCode, 200, answer.body);
  const [cookie] = answer.cookies;
  return { cookie: cookie!, csrfToken: answer.json<{ csrfToken: string }>().csrfToken };
}

type Cookie = { name: string; value: string };

function ask(method: 'GET' | 'DELETE', url: string, cookie: Cookie, headers = {}) {
  return app.inject({
    method,
    url,
    cookies: { [cookie.name]: cookie.value },
    headers: { host: 'localhost:8080', ...headers },
  });
}

const signOut = (cookie: Cookie, headers = {}) => ask('DELETE', '/api/session', cookie, headers);
const isSignedIn = (cookie: Cookie) => sessions.find(cookie.value, false) !== undefined;

test('a session that nobody uses ends after half an hour, with its connections', async () => {
  const { cookie } = await signIn();
  now = 30 * MINUTE - 1;
  sessions.sweep();
  assert(isSignedIn(cookie));
  now += 1;
  sessions.sweep();
  assert.equal(FakePool.open, 0);
  assert(!isSignedIn(cookie));
});

test('a page that refreshes by itself does not keep a session alive', async () => {
  const { cookie } = await signIn();
  now = 20 * MINUTE;
  sessions.find(cookie.value, false);
  now = 31 * MINUTE;
  assert(!isSignedIn(cookie));
});

test('a session in use ends after twelve hours all the same', async () => {
  const { cookie } = await signIn();
  for (; now < 12 * 60 * MINUTE; now += 20 * MINUTE) assert(sessions.find(cookie.value, true));
  assert(!isSignedIn(cookie));
});

test('signing out ends the session at once', async () => {
  const { cookie, csrfToken } = await signIn();
  assert.equal((await signOut(cookie, { 'x-csrf-token': csrfToken })).statusCode, 204);
  assert(!isSignedIn(cookie));
  assert.equal(FakePool.open, 0);
});

test('a setting that is changed while its session ends leaves the console running', async () => {
  const { cookie } = await signIn();
  const session = sessions.find(cookie.value, true)!;
  await sessions.end(session);
  session.reconnect();
  assert.equal(FakePool.open, 0);
});

test('an address that is written in another way is no way around the session', async () => {
  for (const [method, url] of [['DELETE', '/%61pi/session'], ['GET', '/%61pi/flow'], ['PUT', '/ap%69/settings']] as const) {
    const answer = await app.inject({ method, url, headers: { host: 'localhost' } });
    assert.equal(answer.statusCode, 401, url);
    assert.equal(answer.headers['cache-control'], 'no-store');
  }
});

test('what changes something needs the token of this very session', async () => {
  const first = await signIn();
  const second = await signIn();
  assert.equal((await signOut(first.cookie)).statusCode, 403);
  assert.equal((await signOut(first.cookie, { 'x-csrf-token': second.csrfToken })).statusCode, 403);
  assert(isSignedIn(first.cookie));
});

test('what a page of another site asks for is not done', async () => {
  const { cookie, csrfToken } = await signIn();
  const answer = await signOut(cookie, { 'x-csrf-token': csrfToken, 'sec-fetch-site': 'cross-site' });
  assert.equal(answer.statusCode, 403);
  assert(isSignedIn(cookie));
});

test('a name that another site leads to this machine is not ours', async () => {
  const answer = await app.inject({ method: 'GET', url: '/api/server', headers: { host: 'evil.example:8080' } });
  assert.equal(answer.statusCode, 403);
});

test('the cookie is for the server alone, and behind TLS for https alone', async () => {
  const { cookie } = await signIn();
  assert.deepEqual([cookie.httpOnly, cookie.sameSite, cookie.path], [true, 'Strict', '/']);
  await app.close();
  await start({ tlsProxy: true });
  const { cookie: secure } = await signIn({ host: 'console.example' });
  assert.deepEqual([secure.name, secure.secure], ['__Host-llm_workflow', true]);
});

test('guessing a password from one address is slow, whatever the client says it came through', async () => {
  await app.close();
  await start({ tlsProxy: true });
  const statuses = [];
  for (let attempt = 0; attempt < 6; attempt += 1) {
    const answer = await app.inject({
      method: 'POST',
      url: '/api/session',
      headers: { host: 'console.example', 'x-forwarded-for': `10.0.0.${attempt}, 192.0.2.1` },
      payload: { user: 'alice', password: 'guess' },
    });
    statuses.push(answer.statusCode);
  }
  assert.equal(statuses.at(-1), 429);
});

test('nothing under /api but signing in answers to strangers', async () => {
  for (const url of ['/api/dashboard/summary', '/api/flow', '/api/nothing'])
    assert.equal((await app.inject({ method: 'GET', url, headers: { host: 'localhost' } })).statusCode, 401, url);
});

test('pages run scripts of ours only, and in no frame', async () => {
  const { headers } = await app.inject({ method: 'GET', url: '/flow', headers: { host: 'localhost' } });
  const policy = String(headers['content-security-policy']);
  assert.match(policy, /default-src 'self'/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert.doesNotMatch(policy, /unsafe/);
});

test('what was asked of the database is kept by no cache', async () => {
  const { cookie } = await signIn();
  assert.equal((await ask('GET', '/api/session', cookie)).headers['cache-control'], 'no-store');
});
