// The way from the primary model over validation and repair to the fallback, with counts, rates and cost.

import { Link } from 'wouter-preact';
import type { Flow as Data, FlowEdge } from '../../shared/flow.js';
import { withQuery } from '../api.js';
import { Card } from '../components/card.js';
import { PeriodPicker } from '../components/period_picker.js';
import { Empty, Load } from '../components/states.js';
import { DataTable } from '../components/table.js';
import { count, day, moneyKnown, percent } from '../format.js';
import { useApi, useTitle } from '../hooks.js';
import { daysOf, usePeriod } from '../period.js';
import { EDGES, nameOf } from './flow/layout.js';
import { Picture } from './flow/picture.js';

/// The view reads the ledger: a long period is asked for less often.
const REFRESH_MS = 10_000;
const SLOW_REFRESH_MS = 60_000;
const SHORT = new Set(['24h', '7d']);

export default function Flow() {
  useTitle('Flow');
  const [period, setPeriod] = usePeriod();
  const span = daysOf(period, Date.now());
  const every = SHORT.has(period.name) ? REFRESH_MS : SLOW_REFRESH_MS;
  const flow = useApi<Data>(withQuery('/api/flow', { ...span }), every);
  return (
    <>
      <div class="page-head">
        <h1>Flow</h1>
        <PeriodPicker period={period} onChange={setPeriod} />
      </div>
      <Load from={flow}>
        {(data) => (
          <>
            <Card title="Which way requests go" aside={<Days first={span.first} last={span.last} />}>
              {data.edges.length === 0 ? <NothingYet /> : <Picture flow={data} />}
            </Card>
            {data.edges.length > 0 && <Edges edges={data.edges} />}
          </>
        )}
      </Load>
    </>
  );
}

function Days({ first, last }: { first: string; last: string }) {
  return (
    <span class="updated">
      {first === last ? day(first) : `${day(first)} to ${day(last)}`}, whole days in UTC
    </span>
  );
}

function NothingYet() {
  return (
    <Empty title="No request and no call in these days">
      <p>
        <Link href="/generate">Generate a workflow</Link>, or choose a longer period.
      </p>
    </Empty>
  );
}

function Edges({ edges }: { edges: readonly FlowEdge[] }) {
  return (
    <Card title="The same in figures">
      <DataTable
        caption="Each way, with how often it was gone and what that cost"
        rows={inOrder(edges)}
        rowKey={(row) => `${row.source} ${row.target}`}
        columns={[
          { title: 'From and to', cell: (row) => `${nameOf(row.source)} → ${nameOf(row.target)}` },
          { title: 'Count', cell: (row) => count(row.passes), isFigure: true },
          { title: 'Rate', cell: (row) => percent(row.rate), isFigure: true, hint: 'Of all that come to the first' },
          { title: 'Cost', cell: (row) => moneyKnown(row.cost_usd, row.unpriced_passes), isFigure: true },
        ]}
      />
    </Card>
  );
}

/// As the picture is read, from left to right; what is not drawn at the end.
function inOrder(edges: readonly FlowEdge[]): FlowEdge[] {
  const place = ({ source, target }: FlowEdge) => {
    if (source === 'caller') return -1;
    const index = EDGES.findIndex((edge) => edge.source === source && edge.target === target);
    return index < 0 ? EDGES.length : index;
  };
  return [...edges].sort((a, b) => place(a) - place(b));
}
