// What a role may do with the extension's objects, so that pages leave out what it may not. PostgreSQL
// decides all the same when it is tried.

import type { Query } from './database.js';

const RIGHTS = `
  SELECT c.relname AS name, has_table_privilege(c.oid, 'SELECT') AS allowed
  FROM pg_class c JOIN pg_extension e ON e.extnamespace = c.relnamespace
  WHERE e.extname = 'llm_workflow' AND c.relname = ANY ($1::text[])
  UNION ALL
  SELECT p.proname, has_function_privilege(p.oid, 'EXECUTE')
  FROM pg_proc p JOIN pg_extension e ON e.extnamespace = p.pronamespace
  WHERE e.extname = 'llm_workflow' AND p.proname = ANY ($1::text[])`;

/// Of tables and views whether the role may read them, of functions whether it may call them.
///
///   const may = await rightsTo(query, 'llm_calls', 'submit_workflow');
///   if (may.has('llm_calls')) ...
export async function rightsTo(query: Query, ...names: string[]): Promise<ReadonlySet<string>> {
  const rows = await query<{ name: string; allowed: boolean }>(RIGHTS, [names]);
  return new Set(rows.filter(({ allowed }) => allowed).map(({ name }) => name));
}
