// Connections to PostgreSQL, each as the role that signed in: what it may see and do is PostgreSQL's to say.
//
//   const pool = openPool(options.database, { user, password, database });
//   const rows = await inReadOnlyTransaction(pool, (query) => query(COSTS, [from, to]));
//
// SQL names what the extension has as @extschema@.name, as its install script does: a database says in which
// schema that is when somebody signs in.

import pg from 'pg';
import { Refusal } from './errors.js';
import type { DatabaseAddress, Tls } from './options.js';

export interface Credentials {
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

export interface Extension {
  readonly schema: string;
  readonly version: string;
}

/// Runs one statement and gives its rows.
export type Query = <Row extends object>(sql: string, values?: readonly unknown[]) => Promise<Row[]>;

const MAX_CONNECTIONS = 4;
const STATEMENT_TIMEOUT_MS = 15_000;
const CONNECT_TIMEOUT_MS = 10_000;

/// ALTER DATABASE or ALTER ROLE ... SET is seen by new connections only, so none gets old.
const MAX_CONNECTION_AGE_S = 60;

/// Dates, times and numeric stay the text that PostgreSQL writes: a Date has no microseconds, and a float
/// no exact cents. Counts are numbers; those of ours stay far below 2^53.
const INT8 = 20;
const KEPT_AS_TEXT = new Set([1082 /* date */, 1114 /* timestamp */, 1184 /* timestamptz */, 1186 /* interval */]);

const types: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text') => {
    if (oid === INT8) return Number;
    if (KEPT_AS_TEXT.has(oid)) return (text: string) => text;
    return pg.types.getTypeParser(oid, format);
  }) as typeof pg.types.getTypeParser,
};

export function openPool(address: DatabaseAddress, credentials: Credentials): pg.Pool {
  const { user, database } = credentials;
  const pool = new pg.Pool({
    host: address.host,
    port: address.port,
    database,
    user,
    // As a function it is never looked for in PGPASSWORD or .pgpass, which are of whoever runs the console.
    password: () => credentials.password,
    ssl: tlsOptions(address.tls),
    types,
    max: MAX_CONNECTIONS,
    maxLifetimeSeconds: MAX_CONNECTION_AGE_S,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'llm_workflow console',
    statement_timeout: STATEMENT_TIMEOUT_MS,
    options: '-c search_path=pg_catalog -c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres',
  });
  // A connection that the server ends is no event for us: its statement fails, and the next one opens another.
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
  return pool;
}

/// A listener, for an event 'error' that has none ends the process.
function ignore(): void {}

function tlsOptions(tls: Tls): false | { rejectUnauthorized: boolean } {
  return tls === 'none' ? false : { rejectUnauthorized: tls === 'verified' };
}

/// The extension of the database, or undefined when it has none.
export async function findExtension(pool: pg.Pool): Promise<Extension | undefined> {
  const { rows } = await pool.query<Extension>(
    `SELECT n.nspname AS schema, e.extversion AS version
     FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
     WHERE e.extname = 'llm_workflow'`,
  );
  return rows[0];
}

/// All statements of `work` see the database at one moment, so the numbers of a page agree. `signal`: nobody
/// waits for the answer any more.
export function inReadOnlyTransaction<Result>(
  pool: pg.Pool,
  schema: string,
  work: (query: Query) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  return inTransaction(pool, schema, 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY', work, signal);
}

export function inWritingTransaction<Result>(
  pool: pg.Pool,
  schema: string,
  work: (query: Query) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  return inTransaction(pool, schema, 'BEGIN', work, signal);
}

async function inTransaction<Result>(
  pool: pg.Pool,
  schema: string,
  begin: string,
  work: (query: Query) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const client = await pool.connect();
  let broken = false;
  // The connection is not used again: the cancellation may reach it late.
  const cancel = () => {
    broken = true;
    void cancelStatement(pool, client);
  };
  signal?.addEventListener('abort', cancel);
  try {
    await client.query(begin);
    const result = await work(whileWaitedFor(queryOf(client, schema), signal));
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch(() => (broken = true));
    throw error;
  } finally {
    signal?.removeEventListener('abort', cancel);
    client.release(broken);
  }
}

/// No statement begins that nobody waits for: the wait for a connection may have been the longer one, and a
/// cancellation between two statements ends none.
function whileWaitedFor(query: Query, signal: AbortSignal | undefined): Query {
  return async (sql, values) => {
    if (signal?.aborted) throw new Refusal(503, 'nobody waits for the answer any more');
    return query(sql, values);
  };
}

/// By a connection beside the pool's, all of which may be busy. When that fails, statement_timeout ends it.
async function cancelStatement(pool: pg.Pool, client: pg.PoolClient): Promise<void> {
  const { processID } = client as pg.PoolClient & { processID: number };
  const canceller = new pg.Client({ ...pool.options, password: pool.options.password });
  canceller.on('error', ignore);
  try {
    await canceller.connect();
    await canceller.query('SELECT pg_catalog.pg_cancel_backend($1)', [processID]);
  } catch {
    // Then it goes on until its time is over.
  } finally {
    await canceller.end();
  }
}

/// A statement of its own, for those that cannot run in a transaction block, or must not hold one open.
export function runAlone<Row extends object>(
  pool: pg.Pool,
  schema: string,
  sql: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  return queryOf(pool, schema)<Row>(sql, values);
}

function queryOf(runner: Pick<pg.PoolClient, 'query'>, schema: string): Query {
  return async <Row extends object>(sql: string, values: readonly unknown[] = []) => {
    const { rows } = await runner.query<Row>(qualify(sql, schema), [...values]);
    return rows;
  };
}

export function qualify(sql: string, schema: string): string {
  return sql.replaceAll('@extschema@', () => pg.escapeIdentifier(schema));
}
