// Which tables, views and functions of the extension a role may use: pages leave out what it may not see,
// and say so, instead of failing as a whole. What is not installed is undefined, not false.

import type { Part } from '../../shared/experiments.js';
import type { Query } from '../database.js';

type Access<Name extends string> = Record<Name, boolean | undefined>;

const TABLES = `
  SELECT name, has_table_privilege(to_regclass('@extschema@.' || quote_ident(name)), 'SELECT') AS may
  FROM unnest($1::text[]) AS name`;

const FUNCTIONS = `
  SELECT p.proname AS name, bool_or(has_function_privilege(p.oid, 'EXECUTE')) AS may
  FROM pg_proc p JOIN pg_extension e ON p.pronamespace = e.extnamespace
  WHERE e.extname = 'llm_workflow' AND p.proname = ANY ($1)
  GROUP BY p.proname`;

export function readable<Name extends string>(query: Query, tables: readonly Name[]): Promise<Access<Name>> {
  return accessTo(query, TABLES, tables);
}

export function callable<Name extends string>(query: Query, functions: readonly Name[]): Promise<Access<Name>> {
  return accessTo(query, FUNCTIONS, functions);
}

async function accessTo<Name extends string>(query: Query, sql: string, names: readonly Name[]) {
  const rows = await query<{ name: Name; may: boolean | null }>(sql, [names]);
  return Object.fromEntries(rows.map(({ name, may }) => [name, may ?? undefined])) as Access<Name>;
}

/// The rows, or why there are none. `may` is what readable() said of the table.
export async function rowsIfReadable<Row extends object>(
  query: Query,
  may: boolean | undefined,
  sql: string,
): Promise<Part<readonly Row[]>> {
  if (may === undefined) return 'not installed';
  return may ? query<Row>(sql) : 'not allowed';
}
