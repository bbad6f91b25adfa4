// Settings: what is in force and where it comes from, and changes of it. Who may change what is PostgreSQL's
// to say: set_workflow_setting() runs ALTER DATABASE and ALTER ROLE as the role that signed in.

import type { FastifyInstance } from 'fastify';
import type {
  SettingChange,
  SettingChangeRow,
  SettingRow,
  SettingValueRow,
  Settings,
} from '../../shared/settings.js';
import { enabledModels } from '../models.js';
import { rightsTo } from '../rights.js';

/// Without a role: what a role has that nothing was set for.
const SETTINGS = `
  SELECT setting, value, source, default_value, kind, unit, lowest, highest, choices, can_be_set, description
  FROM @extschema@.workflow_settings($1)`;

const VALUES = `
  SELECT setting, scope, role, value
  FROM @extschema@.workflow_setting_values()
  ORDER BY setting, place, role`;

const ROLES = `SELECT rolname AS role FROM pg_roles WHERE NOT starts_with(rolname, 'pg_') ORDER BY rolname`;

const CHANGES = `
  SELECT e.event_id, e."timestamp", e.actor, change.*,
         change.value IS NOT DISTINCT FROM present.value AS is_present
  FROM @extschema@.audit_logs e
  CROSS JOIN LATERAL jsonb_to_record(e.details)
      AS change (setting text, scope text, role text, value text, former text)
  LEFT JOIN @extschema@.workflow_setting_values() present
      ON (present.setting, present.scope) = (change.setting, change.scope)
         AND present.role IS NOT DISTINCT FROM change.role::name
  WHERE e.request_id IS NULL AND e.action = 'SETTING_CHANGED'
  ORDER BY e."timestamp" DESC
  LIMIT 20`;

const SET = `SELECT @extschema@.set_workflow_setting($1, $2, $3, $4)`;

const USE_STRONG_MODEL = `
  SELECT @extschema@.set_workflow_setting('llm_workflow.primary_model', s.value)
  FROM @extschema@.workflow_settings(NULL) s
  WHERE s.setting = 'llm_workflow.baseline_model'`;

const changeSchema = {
  type: 'object',
  required: ['setting', 'value', 'scope', 'role'],
  additionalProperties: false,
  properties: {
    setting: { type: 'string', maxLength: 63 },
    value: { type: 'string', nullable: true, maxLength: 1000 },
    scope: { type: 'string', enum: ['database', 'role', 'role in database'] },
    role: { type: 'string', nullable: true, maxLength: 63 },
  },
};

export function settingsRoutes(app: FastifyInstance): void {
  app.get<{ Querystring: { role?: string } }>(
    '/api/settings',
    ({ session, signal, query: { role } }): Promise<Settings> =>
      session.read(async (query) => {
        const may = await rightsTo(query, 'llm_models', 'audit_logs');
        return {
          settings: await query<SettingRow>(SETTINGS, [role ?? null]),
          values: await query<SettingValueRow>(VALUES),
          roles: (await query<{ role: string }>(ROLES)).map((row) => row.role),
          models: may('llm_models') ? await enabledModels(query) : null,
          changes: may('audit_logs') ? await query<SettingChangeRow>(CHANGES) : null,
        };
      }, signal),
  );

  app.put<{ Body: SettingChange }>(
    '/api/settings',
    { schema: { body: changeSchema } },
    async ({ session, body: { setting, value, scope, role } }, reply) => {
      await session.run(SET, [setting, value, scope, role]);
      session.reconnect();
      return reply.status(204).send();
    },
  );

  app.post('/api/settings/strong-model', async ({ session }, reply) => {
    await session.run(USE_STRONG_MODEL);
    session.reconnect();
    return reply.status(204).send();
  });
}
