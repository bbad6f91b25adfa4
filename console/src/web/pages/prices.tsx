// What models cost, since when and according to whom.

import { useState } from 'preact/hooks';
import type { ModelCostRow, PriceRow, PriceState, Prices as Data } from '../../shared/prices.js';
import { send, withQuery } from '../api.js';
import { Badge, Card, type Tone } from '../components/card.js';
import { ConfirmButton } from '../components/confirm.js';
import { Select, TextField } from '../components/field.js';
import { Empty, Load } from '../components/states.js';
import { DataTable } from '../components/table.js';
import { UNKNOWN, count, money, percent, time } from '../format.js';
import { useApi, useTitle } from '../hooks.js';
import { NewPriceForm } from './prices/form.js';
import { PriceImportForm } from './prices/import.js';

export default function Prices() {
  useTitle('Prices');
  const loaded = useApi<Data>('/api/prices');
  return (
    <>
      <h1>Prices</h1>
      <Load from={loaded}>
        {(data) => (
          <div class="stack">
            <PriceList data={data} onChanged={loaded.reload} />
            <Costs />
            <div class="grid">
              <NewPriceForm models={data.models.map(({ name }) => name)} onAdded={loaded.reload} />
              <PriceImportForm onImported={loaded.reload} />
            </div>
          </div>
        )}
      </Load>
    </>
  );
}

const TONES: Record<PriceState, Tone> = { 'in force': 'good', later: 'warn', past: 'quiet' };

function PriceList({ data, onChanged }: { data: Data; onChanged: () => void }) {
  const [model, setModel] = useState('');
  const isShown = (row: PriceRow) => (model === '' ? row.state !== 'past' : row.model === model);
  return (
    <Card
      title={model === '' ? 'In force, and later' : `History of ${model}`}
      aside={
        <Select
          label="Show"
          value={model}
          options={[
            { value: '', text: 'all models' },
            ...data.models.map(({ name }) => ({ value: name, text: `history of ${name}` })),
          ]}
          onChange={(event) => setModel(event.currentTarget.value)}
        />
      }
    >
      <div class="as-cards">
        <DataTable
          caption="USD for a million tokens"
          rows={data.prices.filter(isShown)}
          rowKey={(row) => `${row.model} ${row.service_tier} ${row.above_input_tokens} ${row.effective_from}`}
          columns={[
            { title: 'Model', cell: (row) => <code>{row.model}</code> },
            { title: 'Calls', cell: callsOf },
            { title: 'Input', cell: (row) => perMillion(row.input_per_million), isFigure: true },
            { title: 'Cached input', cell: (row) => perMillion(row.cached_input_per_million), isFigure: true },
            { title: 'Cache write', cell: (row) => perMillion(row.cache_write_per_million), isFigure: true },
            { title: 'Output', cell: (row) => perMillion(row.output_per_million), isFigure: true },
            { title: 'From', cell: (row) => sinceOf(row) },
            { title: 'Source', cell: (row) => row.source ?? UNKNOWN },
            { title: 'State', cell: (row) => <PriceStateCell row={row} onChanged={onChanged} /> },
          ]}
          empty={
            <Empty title="There is no price">
              <p>Calls of a model without a price have no known cost. Add one below.</p>
            </Empty>
          }
        />
      </div>
    </Card>
  );
}

function callsOf({ service_tier, above_input_tokens }: PriceRow): string {
  return above_input_tokens === 0 ? service_tier : `${service_tier}, above ${count(above_input_tokens)} input tokens`;
}

/// As it stands in the list: no digit is dropped.
function perMillion(price: string | null): string {
  return price === null ? UNKNOWN : `$${price}`;
}

function sinceOf({ effective_from }: PriceRow): string {
  return effective_from.startsWith('2020-01-01') ? 'the beginning' : time(effective_from);
}

function PriceStateCell({ row, onChanged }: { row: PriceRow; onChanged: () => void }) {
  const { model, service_tier, above_input_tokens, effective_from } = row;
  return (
    <div class="row-actions">
      <Badge tone={TONES[row.state]}>{row.state}</Badge>
      {row.state === 'later' && (
        <ConfirmButton
          label="Remove"
          title={`Remove the price of ${model} from ${time(effective_from)} on?`}
          isDanger
          onConfirm={() =>
            send('DELETE', '/api/prices', { model, service_tier, above_input_tokens, effective_from }).then(onChanged)
          }
        >
          <p>It is not in force yet. Prices that were in force stay, so that old costs can be computed again.</p>
        </ConfirmButton>
      )}
    </div>
  );
}

/// What a call costs with each model, the dearest first.
function Costs() {
  const [input, setInput] = useState('2000');
  const [output, setOutput] = useState('1500');
  const isNumber = (text: string) => /^\d{1,9}$/.test(text);
  const path =
    isNumber(input) && isNumber(output)
      ? withQuery('/api/prices/costs', { input_tokens: input, output_tokens: output })
      : undefined;
  const loaded = useApi<ModelCostRow[]>(path);
  return (
    <Card title="What a call costs">
      <div class="fields">
        <TextField
          label="Input tokens"
          inputMode="numeric"
          value={input}
          onInput={(event) => setInput(event.currentTarget.value)}
        />
        <TextField
          label="Output tokens"
          inputMode="numeric"
          value={output}
          onInput={(event) => setOutput(event.currentTarget.value)}
        />
      </div>
      {path === undefined ? (
        <p class="quiet">Tokens are whole numbers.</p>
      ) : (
        <Load from={loaded}>
          {(rows) => (
            <DataTable
              caption="At the standard prices of now"
              rows={rows}
              rowKey={(row) => row.model}
              columns={[
                { title: 'Model', cell: (row) => <code>{row.model}</code> },
                { title: 'A call', cell: (row) => money(row.cost_usd), isFigure: true },
                { title: '1,000 calls', cell: (row) => money(row.cost_per_1000), isFigure: true },
                { title: 'Against the baseline', cell: (row) => percent(row.change_percent), isFigure: true },
              ]}
              empty={<Empty title="No enabled model has a price" />}
            />
          )}
        </Load>
      )}
    </Card>
  );
}
