// Prices from a list of others: first what would happen, then it.

import { useRef, useState } from 'preact/hooks';
import type { ImportedPrices, PriceImport } from '../../../shared/prices.js';
import { send } from '../../api.js';
import { Badge, Card } from '../../components/card.js';
import { TextField } from '../../components/field.js';
import { ErrorNotice } from '../../components/states.js';
import { DataTable } from '../../components/table.js';
import { count } from '../../format.js';
import { useAction, useSubmit } from '../../hooks.js';

interface Told {
  readonly wish: PriceImport;
  readonly answer: ImportedPrices;
}

export function PriceImportForm({ onImported }: { onImported: () => void }) {
  const form = useRef<HTMLFormElement>(null);
  const [told, setTold] = useState<Told>();
  const ask = async (wish: PriceImport) => {
    setTold({ wish, answer: await send<ImportedPrices>('POST', '/api/prices/import', wish) });
    if (!wish.is_preview) onImported();
  };
  const preview = useSubmit(async () => ask(await wishOf(form.current!)));
  const commit = useAction(ask);
  return (
    <Card title="Import a list">
      <p>
        LiteLLM's <code>model_prices_and_context_window.json</code> or Langfuse's{' '}
        <code>default-model-prices.json</code>, as downloaded.
      </p>
      <form ref={form} onSubmit={preview.onSubmit} onInput={() => setTold(undefined)}>
        <TextField label="File" name="file" type="file" accept=".json,application/json" required />
        <TextField
          label="Source of the list"
          name="source"
          required
          maxLength={500}
          placeholder="LiteLLM, 2026-11-26"
        />
        <label class="check">
          <input type="checkbox" name="add_models" /> Add models that are not there, where their server is
        </label>
        {preview.error && <ErrorNotice error={preview.error} />}
        {commit.error && <ErrorNotice error={commit.error} />}
        <div class="buttons">
          <button disabled={preview.isBusy || commit.isBusy}>Show what would change</button>
          {told?.wish.is_preview && (
            <button
              type="button"
              class="primary"
              disabled={commit.isBusy || told.answer.rows.length === 0}
              onClick={() => commit.run({ ...told.wish, is_preview: false })}
            >
              Import
            </button>
          )}
        </div>
      </form>
      {told && <Answer told={told} />}
    </Card>
  );
}

async function wishOf(form: HTMLFormElement): Promise<PriceImport> {
  const values = new FormData(form);
  return {
    list: await (values.get('file') as File).text(),
    source: String(values.get('source')),
    add_models: values.has('add_models'),
    is_preview: true,
  };
}

function Answer({ told: { wish, answer } }: { told: Told }) {
  return (
    <div role="status">
      <p>
        {wish.is_preview ? 'It would change' : 'Imported:'} {count(answer.rows.length)} prices;{' '}
        {count(answer.unchanged)} are as they were, {count(answer.skipped)} entries are of no use here.
      </p>
      {answer.rows.length > 0 && (
        <DataTable
          caption="Prices that change"
          hideCaption
          rows={answer.rows}
          rowKey={(row) => `${row.entry} ${row.service_tier} ${row.above_input_tokens}`}
          columns={[
            { title: 'Entry', cell: (row) => <code>{row.entry}</code> },
            { title: 'Model', cell: (row) => row.model },
            { title: 'Tier', cell: (row) => row.service_tier },
            {
              title: 'What',
              cell: (row) => <Badge tone={row.action === 'changed' ? 'warn' : 'good'}>{row.action}</Badge>,
            },
            { title: 'Why', cell: (row) => row.reason },
          ]}
        />
      )}
    </div>
  );
}
