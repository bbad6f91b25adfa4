// What a role may do with the extension's objects, so that pages leave out what it may not, and say so, instead
// of failing as a whole. PostgreSQL decides all the same when it is tried.

import type { Part } from '../shared/experiments.js';
import type { Query } from './database.js';

const RIGHTS = `
  SELECT objects.name, bool_or(objects.allowed) AS allowed
  FROM pg_extension e
  CROSS JOIN LATERAL (
      SELECT c.relname AS name, has_table_privilege(c.oid, 'SELECT') AS allowed
      FROM pg_class c WHERE c.relnamespace = e.extnamespace AND c.relname = ANY ($1::text[])
      UNION ALL
      SELECT p.proname, has_function_privilege(p.oid, 'EXECUTE')
      FROM pg_proc p WHERE p.pronamespace = e.extnamespace AND p.proname = ANY ($1::text[])) AS objects
  WHERE e.extname = 'llm_workflow'
  GROUP BY objects.name`;

/// Of tables and views whether the role may read them, of functions whether it may call them; undefined when
/// this version of the extension does not have them.
export type Rights<Name extends string> = (name: Name) => boolean | undefined;

///   const may = await rightsTo(query, 'llm_calls', 'submit_workflow');
///   if (may('llm_calls')) ...
export async function rightsTo<Name extends string>(query: Query, ...names: Name[]): Promise<Rights<Name>> {
  const rows = await query<{ name: string; allowed: boolean }>(RIGHTS, [names]);
  const rights = new Map(rows.map(({ name, allowed }) => [name, allowed]));
  return (name) => rights.get(name);
}

/// The rows, or why there are none. `allowed` is what rightsTo() said of the table.
export async function rowsIfAllowed<Row extends object>(
  query: Query,
  allowed: boolean | undefined,
  sql: string,
): Promise<Part<readonly Row[]>> {
  if (allowed === undefined) return 'not installed';
  return allowed ? query<Row>(sql) : 'not allowed';
}
