// What the page Settings shows and changes.

import type { Timestamp } from './api.js';

export type Scope = 'database' | 'role' | 'role in database';

/// A row of workflow_settings(): what the next session of a role begins with.
export interface SettingRow {
  readonly setting: string;
  /// null: the server's configuration has it, and a setting of this session hides it.
  readonly value: string | null;
  readonly source: Scope | 'all roles' | 'server' | 'default';
  readonly default_value: string | null;
  readonly kind: 'bool' | 'integer' | 'real' | 'string' | 'enum';
  readonly unit: string | null;
  readonly lowest: string | null;
  readonly highest: string | null;
  readonly choices: readonly string[] | null;
  readonly can_be_set: boolean;
  readonly description: string;
}

/// A row of workflow_setting_values(): where a setting is set.
export interface SettingValueRow {
  readonly setting: string;
  readonly scope: Scope | 'all roles';
  readonly role: string | null;
  readonly value: string;
}

/// An event SETTING_CHANGED. Without a value it was removed there.
export interface SettingChangeRow {
  readonly event_id: string;
  readonly timestamp: Timestamp;
  readonly actor: string;
  readonly setting: string;
  readonly scope: Scope;
  readonly role: string | null;
  readonly value: string | null;
  readonly former: string | null;
  /// It is still as this change left it.
  readonly is_present: boolean;
}

export interface Settings {
  readonly settings: readonly SettingRow[];
  readonly values: readonly SettingValueRow[];
  readonly roles: readonly string[];
  /// null: the role may not read the catalogue.
  readonly models: readonly string[] | null;
  /// null: the role may not read the events.
  readonly changes: readonly SettingChangeRow[] | null;
}

/// value null: remove it there.
export interface SettingChange {
  readonly setting: string;
  readonly value: string | null;
  readonly scope: Scope;
  readonly role: string | null;
}
