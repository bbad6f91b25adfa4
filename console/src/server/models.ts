// Models of the catalogue, for pages on which one is chosen.

import type { Query } from './database.js';

const ENABLED = `SELECT name FROM @extschema@.llm_models WHERE enabled ORDER BY name`;

/// The names of those that requests can be sent to.
export async function enabledModels(query: Query): Promise<string[]> {
  return (await query<{ name: string }>(ENABLED)).map(({ name }) => name);
}
