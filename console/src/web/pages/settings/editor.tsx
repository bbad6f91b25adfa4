// The dialog in which a setting is set for the database, for a role, or for a role in the database.

import { useId, useRef, useState } from 'preact/hooks';
import type { Scope, SettingRow, Settings } from '../../../shared/settings.js';
import { send } from '../../api.js';
import { type Option, Select, TextField } from '../../components/field.js';
import { ErrorNotice } from '../../components/states.js';
import { useSubmit } from '../../hooks.js';
import { useSession } from '../../session.js';

export function nameOf(setting: string): string {
  return setting.replace(/^llm_workflow\./, '');
}

export function placeOf({ scope, role }: { scope: string; role: string | null }): string {
  switch (scope) {
    case 'database':
      return 'the database';
    case 'role':
      return `role ${role}`;
    case 'role in database':
      return `role ${role} in the database`;
    default:
      return scope;
  }
}

const SCOPES: readonly { value: Scope; text: string }[] = [
  { value: 'database', text: 'this database' },
  { value: 'role', text: 'a role, in every database' },
  { value: 'role in database', text: 'a role in this database' },
];

interface EditorProps {
  readonly row: SettingRow;
  readonly data: Settings;
  readonly onChanged: () => void;
}

export function SettingEditor({ row, data, onChanged }: EditorProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  const open = () => {
    setOpen(true);
    dialog.current?.showModal();
  };
  const titleId = useId();
  const close = () => dialog.current?.close();
  return (
    <>
      <button type="button" onClick={open} aria-label={`Change ${nameOf(row.setting)}`}>
        Change
      </button>
      <dialog ref={dialog} aria-labelledby={titleId} onClose={() => setOpen(false)}>
        <h2 id={titleId}>{nameOf(row.setting)}</h2>
        <p>{row.description}</p>
        {isOpen && (
          <SettingForm
            row={row}
            data={data}
            onBack={close}
            onSaved={() => {
              close();
              onChanged();
            }}
          />
        )}
      </dialog>
    </>
  );
}

function SettingForm({
  row,
  data,
  onBack,
  onSaved,
}: {
  row: SettingRow;
  data: Settings;
  onBack: () => void;
  onSaved: () => void;
}) {
  const { user } = useSession();
  const [scope, setScope] = useState<Scope>('database');
  const [role, setRole] = useState(user);
  const [value, setValue] = useState(row.value ?? '');
  const save = useSubmit(async () => {
    const roleOfScope = scope === 'database' ? null : role;
    await send('PUT', '/api/settings', { setting: row.setting, value, scope, role: roleOfScope });
    onSaved();
  });
  return (
    <form onSubmit={save.onSubmit}>
      <ValueField row={row} models={data.models} value={value} onValue={setValue} />
      <Select
        label="For"
        value={scope}
        options={SCOPES}
        onChange={(event) => setScope(event.currentTarget.value as Scope)}
        help="Sessions that begin from now on have it. A role goes before the database."
      />
      {scope !== 'database' && (
        <Select
          label="Role"
          value={role}
          options={data.roles.map((name) => ({ value: name, text: name }))}
          onChange={(event) => setRole(event.currentTarget.value)}
        />
      )}
      {save.error && <ErrorNotice error={save.error} />}
      <div class="buttons">
        <button type="button" onClick={onBack}>
          Back
        </button>
        <button class="primary" disabled={save.isBusy}>
          Save
        </button>
      </div>
    </form>
  );
}

interface ValueProps {
  readonly row: SettingRow;
  readonly models: readonly string[] | null;
  readonly value: string;
  readonly onValue: (value: string) => void;
}

/// PostgreSQL checks what is typed; a list only saves typing what is known.
function ValueField({ row, models, value, onValue }: ValueProps) {
  const choices = choicesOf(row, models);
  if (choices !== undefined)
    return (
      <Select
        label="Value"
        value={value}
        options={asOptions(choices.includes(value) ? choices : [value, ...choices])}
        onChange={(event) => onValue(event.currentTarget.value)}
      />
    );
  return (
    <TextField
      label="Value"
      value={value}
      maxLength={1000}
      autoFocus
      onInput={(event) => onValue(event.currentTarget.value)}
      help={limitsOf(row, models)}
    />
  );
}

function choicesOf({ setting, kind, choices }: SettingRow, models: readonly string[] | null) {
  if (['primary_model', 'baseline_model'].includes(nameOf(setting))) return models ?? undefined;
  if (kind === 'bool') return ['on', 'off'];
  return choices ?? undefined;
}

function asOptions(values: readonly string[]): Option[] {
  return values.map((value) => ({ value, text: value }));
}

function limitsOf({ setting, lowest, highest, unit, default_value }: SettingRow, models: readonly string[] | null) {
  if (nameOf(setting) === 'fallback_models') {
    const known = models ? ` There are ${models.join(', ')}.` : '';
    return `Models in the order in which they are asked, separated by commas.${known}`;
  }
  const unitText = unit ? ` ${unit}` : '';
  const range = lowest !== null && highest !== null ? `${lowest} to ${highest}${unitText}. ` : '';
  return `${range}The default is ${default_value ? `${default_value}${unitText}` : 'empty'}.`;
}
