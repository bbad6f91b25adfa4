// What the command line and the environment ask for.

import { parseArgs } from 'node:util';

export interface Options {
  readonly host: string;
  readonly port: number;
  /// A proxy before us speaks TLS: cookies are Secure, and the address of a client is what it says.
  readonly tlsProxy: boolean;
  readonly database: DatabaseAddress;
}

/// Where PostgreSQL is; who signs in says with which role.
export interface DatabaseAddress {
  readonly host: string;
  readonly port: number;
  readonly database: string | undefined;
  readonly tls: Tls;
}

/// Encrypted: as libpq's sslmode=require, whoever the server is. Verified: its certificate is checked.
export type Tls = 'none' | 'encrypted' | 'verified';

export const USAGE = `Shows and steers llm_workflow in a browser. Sign in with a role of the database.

usage: llm-workflow-console [OPTION]... [postgres://HOST[:PORT][/DATABASE]]

  --host ADDRESS   where to listen (default 127.0.0.1)
  --port PORT      on which port (default 8080; 0: any that is free)
  --tls-proxy      a proxy that speaks TLS is in front: cookies are for https only
  --help           this text

Without a URL: PGHOST, PGPORT, PGDATABASE and PGSSLMODE, as for psql. With a URL, ?sslmode=verify-full
asks for TLS to the database and checks its certificate.
`;

/// What is wrong with the command line, in words.
export class UsageError extends Error {}

export function parseOptions(args: readonly string[], env: NodeJS.ProcessEnv): Options | 'help' {
  const { values, positionals } = parseCommandLine(args);
  if (values.help) return 'help';
  if (positionals.length > 1) throw new UsageError('more than one URL of a database');
  return {
    host: values.host ?? '127.0.0.1',
    port: parsePort(values.port ?? '8080'),
    tlsProxy: values['tls-proxy'] ?? false,
    database: positionals[0] === undefined ? addressOfEnvironment(env) : addressOfUrl(positionals[0], env),
  };
}

function parseCommandLine(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        host: { type: 'string' },
        port: { type: 'string' },
        'tls-proxy': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function addressOfEnvironment(env: NodeJS.ProcessEnv): DatabaseAddress {
  return {
    host: env.PGHOST || 'localhost',
    port: parsePort(env.PGPORT || '5432'),
    database: env.PGDATABASE || undefined,
    tls: parseSslMode(env.PGSSLMODE),
  };
}

function addressOfUrl(text: string, env: NodeJS.ProcessEnv): DatabaseAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^postgres(ql)?:$/.test(url.protocol))
    throw new UsageError(`not a URL of a database: ${text.replace(/\/\/.*@/, '//')}`);
  if (url.username || url.password)
    throw new UsageError('the URL names a role: leave it out, whoever signs in says it');
  return {
    // A folder with a Unix socket is given as ?host=/folder, as libpq has it.
    host: url.searchParams.get('host') ?? (hostOf(url) || env.PGHOST || 'localhost'),
    port: parsePort(url.port || url.searchParams.get('port') || env.PGPORT || '5432'),
    database: decodeURIComponent(url.pathname.slice(1)) || env.PGDATABASE || undefined,
    tls: parseSslMode(url.searchParams.get('sslmode') ?? env.PGSSLMODE),
  };
}

function hostOf(url: URL): string {
  return decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65535) throw new UsageError(`not a port: ${text}`);
  return port;
}

function parseSslMode(mode: string | undefined): Tls {
  switch (mode || 'prefer') {
    case 'disable':
    case 'allow':
    case 'prefer':
      return 'none';
    case 'require':
      return 'encrypted';
    case 'verify-ca':
    case 'verify-full':
      return 'verified';
    default:
      throw new UsageError(`not an sslmode: ${mode}`);
  }
}
