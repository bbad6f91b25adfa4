// A PostgreSQL of its own for a test: on a free port of loopback, with the extension in the database
// "workflow" and its models answered by the simulated providers.

import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Program, freePort, startProgram, waitForProgram } from './processes.js';

export const DATABASE = 'workflow';

/// Roles that sign in, each with its name as password.
///   admin   superuser
///   editor  may generate, as an application does
///   nobody1 may sign in, and nothing else
export type Role = 'admin' | 'editor' | 'nobody1';

const ROLES = `
  CREATE ROLE admin SUPERUSER LOGIN PASSWORD 'admin';
  CREATE ROLE editor LOGIN PASSWORD 'editor';
  CREATE ROLE nobody1 LOGIN PASSWORD 'nobody1';`;

export interface Postgres {
  readonly port: number;
  /// One statement as the superuser; gives its rows.
  readonly sql: <Row extends object = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Row[]>;
  /// A session of a role, as any program has one.
  readonly connectAs: (role: Role) => Promise<pg.Client>;
  readonly end: () => Promise<void>;
}

export async function startPostgres(folder: string): Promise<Postgres> {
  const bin = await binaries();
  const data = join(folder, 'data');
  const port = await freePort();
  await promisify(execFile)(join(bin, 'initdb'), [
    '-D', data, '-U', 'postgres', '--auth-local=trust', '--auth-host=scram-sha-256',
    '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync',
  ]);
  appendFileSync(join(data, 'postgresql.conf'), configuration(folder, port));
  const server = startProgram(join(bin, 'postgres'), ['-D', data], join(folder, 'postgres.log'));
  await waitForProgram(server, 'PostgreSQL', () => isReady(data));

  const simulator = await startSimulator(folder);
  await createDatabase(folder, port);
  const client = await connect(folder, port, DATABASE);
  await client.query(ROLES);
  await sendToSimulator(client, simulator.url);
  return {
    port,
    sql: async <Row extends object>(text: string, values: unknown[] = []) =>
      (await client.query<Row>(text, values)).rows,
    connectAs: (role) => connect(folder, port, DATABASE, role),
    end: async () => {
      await client.end();
      await server.end('SIGINT');
      await simulator.program.end();
    },
  };
}

async function binaries(): Promise<string> {
  const pgConfig = process.env.PG_CONFIG ?? 'pg_config';
  const { stdout } = await promisify(execFile)(pgConfig, ['--bindir']);
  return stdout.trim();
}

function configuration(folder: string, port: number): string {
  return `
    shared_preload_libraries = 'llm_workflow'
    listen_addresses = '127.0.0.1'
    port = ${port}
    unix_socket_directories = '${folder}'
    max_worker_processes = 16
    fsync = off
    jit = off
    timezone = 'UTC'\n`;
}

function isReady(data: string): boolean {
  const pidFile = join(data, 'postmaster.pid');
  return existsSync(pidFile) && readFileSync(pidFile, 'utf8').split('\n')[7]?.trim() === 'ready';
}

async function connect(host: string, port: number, database: string, user = 'postgres'): Promise<pg.Client> {
  const client = new pg.Client({ host, port, database, user });
  await client.connect();
  return client;
}

async function createDatabase(folder: string, port: number): Promise<void> {
  const client = await connect(folder, port, 'postgres');
  await client.query(`CREATE DATABASE ${DATABASE}`);
  await client.end();
}

async function startSimulator(folder: string): Promise<{ program: Program; url: string }> {
  const path = process.env.LLM_PROVIDER_SIM;
  if (!path) throw new Error('LLM_PROVIDER_SIM does not name the simulated providers');
  const files = join(folder, 'simulator');
  mkdirSync(files);
  const portFile = join(files, 'port');
  const program = startProgram(
    path,
    ['--port-file', portFile, '--bill', join(files, 'bill'), '--parent-pid', String(process.pid)],
    join(files, 'log'),
  );
  const port = await waitForProgram(program, 'the simulated providers', () =>
    existsSync(portFile) ? readFileSync(portFile, 'utf8').trim() || undefined : undefined,
  );
  return { program, url: `http://127.0.0.1:${port}` };
}

async function sendToSimulator(client: pg.Client, url: string): Promise<void> {
  await client.query(`
    CREATE EXTENSION llm_workflow SCHEMA public;
    GRANT EXECUTE ON FUNCTION generate_workflow TO editor`);
  for (const protocol of ['openai', 'anthropic'])
    await client.query(`
      CREATE SERVER sim_${protocol} FOREIGN DATA WRAPPER llm_provider
        OPTIONS (protocol '${protocol}', base_url '${url}/v1', adaptive 'false');
      CREATE USER MAPPING FOR PUBLIC SERVER sim_${protocol} OPTIONS (api_key 'simulated-key');
      GRANT USAGE ON FOREIGN SERVER sim_${protocol} TO editor;
      UPDATE llm_models SET server = 'sim_${protocol}' WHERE server = '${protocol}'`);
}
