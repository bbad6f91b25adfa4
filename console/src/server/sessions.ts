// Who is signed in. A session is a role's connections and the secrets that its browser shows; it lives in
// the memory of this process only, and is gone when it ends, idles, or the console stops.

import { randomBytes, timingSafeEqual } from 'node:crypto';
import type pg from 'pg';
import type { SessionInfo } from '../shared/api.js';
import {
  type Credentials,
  type Extension,
  type Query,
  findExtension,
  inReadOnlyTransaction,
  inWritingTransaction,
  runAlone,
} from './database.js';
import { Refusal } from './errors.js';

const IDLE_MS = 30 * 60_000;
const LIFETIME_MS = 12 * 3_600_000;
const SWEEP_MS = 30_000;
const MAX_SESSIONS = 100;

export class Session {
  readonly id = newSecret();
  readonly csrfToken = newSecret();
  readonly endsAt: number;
  #idleAt: number;
  #pool: pg.Pool;
  #isOver = false;
  readonly #open: () => pg.Pool;

  constructor(
    readonly user: string,
    readonly database: string,
    readonly extension: Extension,
    readonly serverVersion: string,
    pool: pg.Pool,
    open: () => pg.Pool,
    now: number,
  ) {
    this.#pool = pool;
    this.#open = open;
    this.endsAt = now + LIFETIME_MS;
    this.#idleAt = now + IDLE_MS;
  }

  get info(): SessionInfo {
    return {
      user: this.user,
      database: this.database,
      serverVersion: this.serverVersion,
      extensionVersion: this.extension.version,
      csrfToken: this.csrfToken,
    };
  }

  /// For what only looks: several statements that see the database at one moment. With a request's signal they
  /// are cancelled when its browser has gone.
  read<Result>(work: (query: Query) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return inReadOnlyTransaction(this.#pool, this.extension.schema, work, signal);
  }

  /// For what changes something: all of it or nothing. `signal` as above.
  write<Result>(work: (query: Query) => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return inWritingTransaction(this.#pool, this.extension.schema, work, signal);
  }

  /// One statement outside of a transaction block.
  run<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]> {
    return runAlone<Row>(this.#pool, this.extension.schema, sql, values);
  }

  /// New connections, which see what ALTER DATABASE and ALTER ROLE ... SET have changed. None when the session
  /// has ended while they did.
  reconnect(): void {
    if (this.#isOver) return;
    void this.#pool.end();
    this.#pool = this.#open();
  }

  hasEnded(now: number): boolean {
    return now >= this.endsAt || now >= this.#idleAt;
  }

  touch(now: number): void {
    this.#idleAt = now + IDLE_MS;
  }

  isCsrfToken(token: string | undefined): boolean {
    const [ours, theirs] = [Buffer.from(this.csrfToken), Buffer.from(token ?? '')];
    return ours.length === theirs.length && timingSafeEqual(ours, theirs);
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await this.#pool.end();
  }
}

export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #sweeper: NodeJS.Timeout;

  constructor(
    private readonly openPool: (credentials: Credentials) => pg.Pool,
    private readonly now: () => number = Date.now,
  ) {
    this.#sweeper = setInterval(() => this.sweep(), SWEEP_MS).unref();
  }

  /// Throws what PostgreSQL says when it does not let the role in.
  async open(credentials: Credentials): Promise<Session> {
    if (this.#sessions.size >= MAX_SESSIONS)
      throw new Refusal(503, 'too many are signed in', 'Try again when a session has ended.');
    const openOne = () => this.openPool(credentials);
    const pool = openOne();
    try {
      const session = await this.#begin(credentials, pool, openOne);
      this.#sessions.set(session.id, session);
      return session;
    } catch (error) {
      await pool.end();
      throw error;
    }
  }

  async #begin(credentials: Credentials, pool: pg.Pool, openOne: () => pg.Pool): Promise<Session> {
    const extension = await findExtension(pool);
    if (extension === undefined)
      throw new Refusal(
        409,
        `database "${credentials.database}" does not have the extension llm_workflow`,
        'Choose another database, or run CREATE EXTENSION llm_workflow in this one.',
      );
    const { rows } = await pool.query<{ server_version: string }>('SHOW server_version');
    const serverVersion = rows[0]?.server_version ?? '';
    const { user, database } = credentials;
    return new Session(user, database, extension, serverVersion, pool, openOne, this.now());
  }

  /// The session of a cookie. `isActivity`: somebody did something, so it does not idle; a page that
  /// refreshes by itself does nothing.
  find(id: string | undefined, isActivity: boolean): Session | undefined {
    const session = id === undefined ? undefined : this.#sessions.get(id);
    if (session === undefined) return undefined;
    if (session.hasEnded(this.now())) {
      void this.end(session);
      return undefined;
    }
    if (isActivity) session.touch(this.now());
    return session;
  }

  /// From now on the session is not known; its connections close when their statement ends.
  async end(session: Session): Promise<void> {
    if (this.#sessions.delete(session.id)) await session.end();
  }

  sweep(): void {
    for (const session of this.#sessions.values())
      if (session.hasEnded(this.now())) void this.end(session);
  }

  async close(): Promise<void> {
    clearInterval(this.#sweeper);
    await Promise.all([...this.#sessions.values()].map((session) => this.end(session)));
  }
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}
