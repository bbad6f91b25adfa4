// What requests are made with, where that comes from, and changes of it.

import { useState } from 'preact/hooks';
import type { SettingRow, Settings as Data } from '../../shared/settings.js';
import { send, withQuery } from '../api.js';
import { Badge, Card, Described, type Tone } from '../components/card.js';
import { ConfirmButton } from '../components/confirm.js';
import { Select } from '../components/field.js';
import { Empty, Load } from '../components/states.js';
import { DataTable } from '../components/table.js';
import { time } from '../format.js';
import { useApi, useTitle } from '../hooks.js';
import { SettingEditor, nameOf, placeOf } from './settings/editor.js';

const MODELS = ['primary_model', 'fallback_models', 'enable_fallback', 'baseline_model'];

export default function Settings() {
  useTitle('Settings');
  const [role, setRole] = useState('');
  const loaded = useApi<Data>(withQuery('/api/settings', { role }));
  return (
    <Load from={loaded}>
      {(data) => (
        <>
          <div class="page-head">
            <h1>Settings</h1>
            <Select
              label="In force for"
              value={role}
              options={[
                { value: '', text: 'roles without settings of their own' },
                ...data.roles.map((name) => ({ value: name, text: `role ${name}` })),
              ]}
              onChange={(event) => setRole(event.currentTarget.value)}
            />
          </div>
          <div class="stack">
            <StrongModel data={data} onChanged={loaded.reload} />
            <Group title="Models" of={data} includes={isOfModels} onChanged={loaded.reload} />
            <Group title="Requests" of={data} includes={isOfRequests} onChanged={loaded.reload} />
            <Places data={data} onChanged={loaded.reload} />
            <Changes data={data} onChanged={loaded.reload} />
            <Group title="The server" of={data} includes={(row) => !row.can_be_set} onChanged={loaded.reload} />
          </div>
        </>
      )}
    </Load>
  );
}

/// The models in the order in which they are asked; what is no model, by its name.
function orderOf({ setting }: SettingRow): number {
  return MODELS.indexOf(nameOf(setting));
}

function isOfModels({ setting, can_be_set }: SettingRow): boolean {
  return can_be_set && MODELS.includes(nameOf(setting));
}

function isOfRequests({ setting, can_be_set }: SettingRow): boolean {
  return can_be_set && !MODELS.includes(nameOf(setting));
}

interface PartProps {
  readonly data: Data;
  readonly onChanged: () => void;
}

/// The way back when the cheap model turns out not to be good enough.
function StrongModel({ data, onChanged }: PartProps) {
  const valueOf = (name: string) => data.settings.find(({ setting }) => nameOf(setting) === name)?.value ?? '?';
  const [primary, strong] = [valueOf('primary_model'), valueOf('baseline_model')];
  return (
    <Card title="Back to the strong model">
      <p>
        Requests go to <b>{primary}</b> first. The strong model is <b>{strong}</b>, the baseline of the savings.
      </p>
      <ConfirmButton
        label="Use the strong model"
        title={`Ask ${strong} first?`}
        isDanger
        disabled={primary === strong}
        onConfirm={() => send('POST', '/api/settings/strong-model').then(onChanged)}
      >
        <p>
          This sets the primary model of the database to its baseline model, for new sessions at once. Roles, agents and
          routes with a model of their own keep it. The change is an event, and can be set back below.
        </p>
      </ConfirmButton>
    </Card>
  );
}

interface GroupProps {
  readonly title: string;
  readonly of: Data;
  readonly includes: (row: SettingRow) => boolean;
  readonly onChanged: () => void;
}

function Group({ title, of: data, includes, onChanged }: GroupProps) {
  const rows = data.settings.filter(includes).sort((a, b) => orderOf(a) - orderOf(b));
  const canBeSet = rows.some((row) => row.can_be_set);
  return (
    <Card title={title}>
      {!canBeSet && <p>These are set in the configuration of the server.</p>}
      <div class="as-list">
        <DataTable
          caption={title}
          hideCaption
          rows={rows}
          rowKey={(row) => row.setting}
          columns={[
            {
              title: 'Setting',
              cell: (row) => <Described name={<code>{nameOf(row.setting)}</code>} description={row.description} />,
            },
            { title: 'In force', cell: (row) => <SettingValue value={row.value} /> },
            { title: 'From', cell: (row) => <Badge tone={toneOf(row)}>{row.source}</Badge> },
            ...(canBeSet
              ? [{ title: 'Change', cell: (row: SettingRow) => <SettingEditor {...{ row, data, onChanged }} /> }]
              : []),
          ]}
        />
      </div>
    </Card>
  );
}

function SettingValue({ value }: { value: string | null }) {
  if (value === null) return <span class="quiet">hidden by a setting of your role</span>;
  return value === '' ? <span class="quiet">empty</span> : <code class="value">{value}</code>;
}

function toneOf({ source }: SettingRow): Tone {
  return source === 'default' || source === 'server' ? 'quiet' : 'good';
}

/// Everything that is set somewhere, for whomever.
function Places({ data, onChanged }: PartProps) {
  return (
    <Card title="Set for the database and for roles">
      <div class="as-cards">
        <DataTable
          caption="Set for the database and for roles"
          hideCaption
          rows={data.values}
          rowKey={(row) => `${row.setting} ${placeOf(row)}`}
          columns={[
            { title: 'Setting', cell: (row) => <code>{nameOf(row.setting)}</code> },
            { title: 'For', cell: placeOf },
            { title: 'Value', cell: (row) => <SettingValue value={row.value} /> },
            {
              title: 'Remove',
              cell: ({ setting, scope, role, ...row }) =>
                scope !== 'all roles' && (
                  <ConfirmButton
                    label="Remove"
                    title={`Remove ${nameOf(setting)} for ${placeOf({ scope, role })}?`}
                    isDanger
                    onConfirm={() =>
                      send('PUT', '/api/settings', { setting, scope, role, value: null }).then(onChanged)
                    }
                  >
                    <p>It is {row.value || 'empty'} there. What is set in a wider place will be in force.</p>
                  </ConfirmButton>
                ),
            },
          ]}
          empty={
            <Empty title="Nothing is set for this database or its roles">
              <p>The configuration of the server is in force. Change a setting above to set it for some.</p>
            </Empty>
          }
        />
      </div>
    </Card>
  );
}

function Changes({ data, onChanged }: PartProps) {
  if (data.changes === null) return null;
  return (
    <Card title="Changes">
      <div class="as-cards">
        <DataTable
          caption="Changes, the latest first"
          hideCaption
          rows={data.changes}
          rowKey={(row) => row.event_id}
          columns={[
            { title: 'When', cell: (row) => time(row.timestamp) },
            { title: 'By', cell: (row) => row.actor },
            { title: 'Setting', cell: (row) => <code>{nameOf(row.setting)}</code> },
            { title: 'For', cell: placeOf },
            { title: 'From', cell: ({ former }) => (former === null ? 'not set' : <SettingValue value={former} />) },
            { title: 'To', cell: ({ value }) => (value === null ? 'not set' : <SettingValue value={value} />) },
            {
              title: 'Undo',
              cell: ({ setting, scope, role, former, is_present }) =>
                is_present && (
                  <ConfirmButton
                    label="Set back"
                    title={`Set ${nameOf(setting)} back for ${placeOf({ scope, role })}?`}
                    onConfirm={() =>
                      send('PUT', '/api/settings', { setting, scope, role, value: former }).then(onChanged)
                    }
                  >
                    <p>{former === null ? 'It was not set there before.' : `It was ${former || 'empty'} before.`}</p>
                  </ConfirmButton>
                ),
            },
          ]}
          empty={
            <Empty title="No changes yet">
              <p>Each change made here, or with set_workflow_setting(), is listed with who made it.</p>
            </Empty>
          }
        />
      </div>
    </Card>
  );
}
