// Generate: says what a request would cost, sends it as a job, and leads to where it can be watched.

import { useMemo, useState } from 'preact/hooks';
import { Link, useLocation } from 'wouter-preact';
import type { GenerateForm, GenerateOptions, Submission } from '../../shared/generate.js';
import { send } from '../api.js';
import { Card } from '../components/card.js';
import { Select, TextArea, TextField } from '../components/field.js';
import { ErrorNotice, Load } from '../components/states.js';
import { useApi, useSubmit, useTitle } from '../hooks.js';
import { CostPreview } from './generate/preview.js';

export default function Generate() {
  useTitle('Generate');
  const options = useApi<GenerateOptions>('/api/generate');
  return (
    <>
      <h1>Generate</h1>
      <Load from={options}>{(data) => <GenerateWith options={data} />}</Load>
    </>
  );
}

interface Fields {
  readonly prompt: string;
  readonly services: string;
  readonly format: string;
  readonly agent: string;
  readonly responseMode: string;
  readonly maxOutputTokens: string;
}

const NO_FIELDS: Fields = { prompt: '', services: '', format: '', agent: '', responseMode: '', maxOutputTokens: '' };

/// What is left empty is left out: the settings say it then.
export function formOf(fields: Fields): GenerateForm {
  return {
    prompt: fields.prompt,
    services: fields.services
      .split(',')
      .map((service) => service.trim())
      .filter(Boolean),
    ...(fields.format && { format: fields.format }),
    ...(fields.agent.trim() && { agent: fields.agent.trim() }),
    ...(fields.responseMode && { responseMode: fields.responseMode }),
    ...(fields.maxOutputTokens && { maxOutputTokens: Number(fields.maxOutputTokens) }),
  };
}

function GenerateWith({ options }: { options: GenerateOptions }) {
  const [fields, setFields] = useState(NO_FIELDS);
  const [, go] = useLocation();
  const form = formOf(fields);
  const idempotencyKey = useKeyOf(JSON.stringify(form));
  const submit = useSubmit(async () => {
    const submission: Submission = { ...form, idempotencyKey };
    const { request_id } = await send<{ request_id: string }>('POST', '/api/generate', submission);
    go(`/generate/${request_id}`);
  });
  return (
    <form class="generate" onSubmit={submit.onSubmit}>
      <Card title="What shall it do?">
        <FormFields options={options} fields={fields} onChange={(changed) => setFields({ ...fields, ...changed })} />
      </Card>
      <Card title="Before you send it">
        <CostPreview form={form} />
        {submit.error && <ErrorNotice error={submit.error} />}
        {!options.may_generate && (
          <p class="notice">
            Your role may not call submit_workflow(). Ask the owner of the extension to grant EXECUTE on it.
          </p>
        )}
        <div class="buttons">
          <button class="primary" disabled={!options.may_generate || submit.isBusy || form.prompt.trim() === ''}>
            Generate
          </button>
        </div>
        <p class="quiet">
          It runs as a job, also when you leave this page. <Link href="/requests">Requests</Link> shows it.
        </p>
      </Card>
    </form>
  );
}

/// The same for as long as the same is asked for: when the answer to the first try is lost, the second one
/// gets the request that was made.
function useKeyOf(text: string): string {
  return useMemo(() => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  }, [text]);
}

interface FieldsProps {
  readonly options: GenerateOptions;
  readonly fields: Fields;
  readonly onChange: (changed: Partial<Fields>) => void;
}

function FormFields({ options, fields, onChange }: FieldsProps) {
  const on = (name: keyof Fields) => ({
    value: fields[name],
    onInput: (event: { currentTarget: { value: string } }) => onChange({ [name]: event.currentTarget.value }),
  });
  return (
    <>
      <TextArea
        label="Prompt"
        help="In your own words: what happens, in which order, and who or what takes part."
        placeholder="When an order comes in, check the stock and confirm by mail"
        rows={8}
        required
        autoFocus
        {...on('prompt')}
      />
      <TextField
        label="Services"
        help="Those that steps may use, separated by commas."
        placeholder="google-mail, google-sheets"
        {...on('services')}
      />
      <FormatField options={options} {...on('format')} />
      <details>
        <summary>More</summary>
        <AgentField options={options} {...on('agent')} />
        <Select
          label="Response"
          options={[
            { value: '', text: 'As the settings say' },
            { value: 'machine', text: 'Document only' },
            { value: 'human_debug', text: 'Document with an explanation' },
          ]}
          {...on('responseMode')}
        />
        <TextField
          label="Output tokens at most"
          type="number"
          min={1}
          max={1000000}
          placeholder="as the format or the settings say"
          {...on('maxOutputTokens')}
        />
      </details>
    </>
  );
}

interface ChoiceProps {
  readonly options: GenerateOptions;
  readonly value: string;
  readonly onInput: (event: { currentTarget: { value: string } }) => void;
}

function FormatField({ options: { formats, default_format: standard }, ...field }: ChoiceProps) {
  if (formats === null)
    return <TextField label="Format" placeholder={standard} help="Empty: the one in grey." {...field} />;
  const chosen = formats.find(({ name }) => name === (field.value || standard));
  return (
    <Select
      label="Format"
      help={chosen?.description ?? undefined}
      options={[
        { value: '', text: `${standard} (default)` },
        ...formats.filter(({ name }) => name !== standard).map(({ name }) => ({ value: name, text: name })),
      ]}
      {...field}
    />
  );
}

function AgentField({ options: { agents }, ...field }: ChoiceProps) {
  if (agents === null || agents.length === 0)
    return <TextField label="Agent" help="For whom it is: a name in the ledger." {...field} />;
  return (
    <Select
      label="Agent"
      help={agents.find(({ name }) => name === field.value)?.description ?? 'Brings its own models and limits.'}
      options={[{ value: '', text: 'None' }, ...agents.map(({ name }) => ({ value: name, text: name }))]}
      {...field}
    />
  );
}
