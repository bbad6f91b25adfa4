// What one plan saves against another when all budgets are used.

import { useState } from 'preact/hooks';
import type { PlanComparisonRow } from '../../../shared/agents.js';
import { withQuery } from '../../api.js';
import { Card } from '../../components/card.js';
import { Select, TextField } from '../../components/field.js';
import { Load } from '../../components/states.js';
import { type Column, DataTable } from '../../components/table.js';
import { UNKNOWN, count, money, percent } from '../../format.js';
import { useApi } from '../../hooks.js';

export function PlanComparison({ plans }: { plans: readonly string[] }) {
  const [before, setBefore] = useState(plans[0]!);
  const [after, setAfter] = useState(plans.at(-1)!);
  const [inputShare, setInputShare] = useState('0.5');
  const [runs, setRuns] = useState('50');
  const options = plans.map((plan) => ({ value: plan, text: plan }));
  const loaded = useApi<PlanComparisonRow[]>(
    withQuery('/api/plans/comparison', {
      before,
      after,
      input_share: inputShare || '0.5',
      runs_per_year: runs || '50',
    }),
  );
  return (
    <Card title="Two plans compared">
      <div class="fields">
        <Select label="Before" value={before} options={options} onChange={(e) => setBefore(e.currentTarget.value)} />
        <Select label="After" value={after} options={options} onChange={(e) => setAfter(e.currentTarget.value)} />
        <TextField
          label="Share of input"
          inputMode="decimal"
          value={inputShare}
          onChange={(event) => setInputShare(event.currentTarget.value)}
        />
        <TextField
          label="Runs a year"
          inputMode="numeric"
          value={runs}
          onChange={(event) => setRuns(event.currentTarget.value)}
        />
      </div>
      <Load from={loaded}>{(rows) => <Tables rows={rows} runs={runs} />}</Load>
    </Card>
  );
}

const TOKENS_AND_COSTS: readonly Column<PlanComparisonRow>[] = [
  { title: 'Tokens before', cell: (row) => count(row.tokens_before), isFigure: true },
  { title: 'Tokens after', cell: (row) => count(row.tokens_after), isFigure: true },
  { title: 'Tokens saved', cell: (row) => percent(row.tokens_saved_percent), isFigure: true },
  { title: 'Cost before', cell: (row) => money(row.cost_before), isFigure: true },
  { title: 'Cost after', cell: (row) => money(row.cost_after), isFigure: true },
  { title: 'Cost saved', cell: (row) => savedOf(row), isFigure: true },
];

function savedOf({ cost_saved, cost_saved_percent }: PlanComparisonRow): string {
  return cost_saved === null ? UNKNOWN : `${money(cost_saved)}, ${percent(cost_saved_percent)}`;
}

function Tables({ rows, runs }: { rows: readonly PlanComparisonRow[]; runs: string }) {
  const having = (...sections: string[]) => rows.filter(({ section }) => sections.includes(section));
  return (
    <div class="stack">
      <DataTable
        caption="All agents together, each with one request"
        rows={having('run', 'year')}
        rowKey={(row) => `${row.section} ${row.direction}`}
        columns={[{ title: 'What', cell: (row) => totalOf(row, runs) }, ...TOKENS_AND_COSTS]}
      />
      <DataTable
        caption="By agent"
        rows={having('agent')}
        rowKey={(row) => row.item ?? ''}
        columns={[
          { title: 'Agent', cell: (row) => <code>{row.item}</code> },
          { title: 'Model', cell: modelsOf },
          ...TOKENS_AND_COSTS,
        ]}
      />
      <DataTable
        caption="By model"
        rows={having('model')}
        rowKey={(row) => `${row.item} ${row.direction}`}
        columns={[
          { title: 'Model', cell: (row) => <code>{row.item}</code> },
          { title: 'Direction', cell: (row) => row.direction ?? 'both' },
          ...TOKENS_AND_COSTS,
        ]}
      />
    </div>
  );
}

function totalOf({ section, direction }: PlanComparisonRow, runs: string): string {
  if (section === 'year') return `${runs} runs`;
  return direction === null ? 'a run' : `a run, ${direction}`;
}

function modelsOf({ model_before, model_after }: PlanComparisonRow) {
  if (model_before === model_after) return model_before;
  return (
    <>
      {model_before ?? 'not in the plan'} <b>to {model_after ?? 'not in the plan'}</b>
    </>
  );
}
