// What goes on at the moment: workers and queue, endpoints, budgets.

import type { BudgetRow, EndpointRow, WorkRow } from '../../../shared/dashboard.js';
import { Badge, Card } from '../../components/card.js';
import { Empty, Load } from '../../components/states.js';
import { DataTable } from '../../components/table.js';
import { count, duration, money, percent, time, words } from '../../format.js';
import { usePanelOfNow } from './panels.js';

export function Work() {
  const work = usePanelOfNow('work');
  return (
    <section class="card now" aria-label="Now">
      <Load from={work}>{([row]) => row && <WorkFigures row={row} />}</Load>
    </section>
  );
}

function WorkFigures({ row }: { row: WorkRow }) {
  const oldest = row.oldest_queued_ms === null ? '' : `, the oldest for ${duration(row.oldest_queued_ms)}`;
  return (
    <>
      {!row.enabled && <Badge tone="bad">llm_workflow.enabled is off: no calls are made</Badge>}
      {!row.at_home && <Badge tone="bad">a copy of a database: no calls before llm_workflow_allow_here()</Badge>}
      <dl>
        <Fact name="Requests under way" value={count(row.requests)} />
        <Fact name="Calls on the wire" value={count(row.calls_in_flight)} />
        <Fact name="Calls that wait for a limit" value={count(row.calls_held)} />
        <Fact name="Jobs in the queue" value={count(row.queue_length) + oldest} />
        <Fact name="Workers" value={row.workers === 0 ? 'none is needed' : count(row.workers)} />
        <Fact name="As of" value={new Date().toLocaleTimeString('en-GB')} />
        {row.last_error && <Fact name="Latest error" value={`${row.last_error} (${time(row.last_error_at)})`} />}
      </dl>
    </>
  );
}

function Fact({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const CIRCUITS = {
  closed: { tone: 'good', text: 'up' },
  half_open: { tone: 'warn', text: 'probing' },
  open: { tone: 'bad', text: 'down' },
} as const;

export function Endpoints() {
  const endpoints = usePanelOfNow('endpoints');
  return (
    <Card title="Endpoints">
      <Load from={endpoints}>
        {(rows) => (
          <DataTable<EndpointRow>
            caption="Endpoints"
            hideCaption
            rows={rows}
            rowKey={(row) => `${row.server} ${row.model}`}
            columns={[
              { title: 'Model', cell: (row) => <span title={row.last_error ?? undefined}>{row.model}</span> },
              { title: 'Server', cell: (row) => row.server },
              { title: 'State', cell: (row) => <Circuit row={row} /> },
              { title: 'Calls', cell: (row) => count(row.in_flight), isFigure: true, hint: 'On the wire now' },
              { title: 'Held', cell: (row) => count(row.held), isFigure: true, hint: 'Wait for a limit' },
              { title: 'Errors', cell: (row) => percent(row.error_rate), isFigure: true, hint: 'Of the last minute' },
              { title: '95 % within', cell: (row) => duration(row.p95_ms), isFigure: true },
            ]}
            empty={<Empty title="No endpoint was called since the server started" />}
          />
        )}
      </Load>
    </Card>
  );
}

function Circuit({ row: { state, retry_at } }: { row: EndpointRow }) {
  const { tone, text } = CIRCUITS[state];
  return (
    <Badge tone={tone}>
      {text}
      {state === 'open' && retry_at && <>, next try {time(retry_at)}</>}
    </Badge>
  );
}

const TONES = { ok: 'good', warning: 'warn', exhausted: 'bad', disabled: 'quiet' } as const;

export function Budgets() {
  const budgets = usePanelOfNow('budgets');
  return (
    <Card title="Budgets">
      <Load from={budgets}>
        {(rows) => (
          <DataTable<BudgetRow>
            caption="Budgets"
            hideCaption
            rows={rows}
            rowKey={(row) => row.budget}
            columns={[
              { title: 'Budget', cell: (row) => row.budget },
              { title: 'Of', cell: (row) => (row.subject ? `${row.scope} ${row.subject}` : row.scope) },
              { title: 'Each', cell: (row) => row.period },
              { title: 'Used', cell: (row) => <Used row={row} />, isFigure: true },
              { title: 'Limit', cell: limit, isFigure: true },
              { title: 'State', cell: (row) => <Badge tone={TONES[row.state]}>{row.state}</Badge> },
              { title: 'Then', cell: (row) => words(row.action), hint: 'What happens to a call beyond the limit' },
            ]}
            empty={
              <Empty title="There is no budget">
                <p>
                  A row of <code>llm_budgets</code> bounds what a day, a role or a model may spend.
                </p>
              </Empty>
            }
          />
        )}
      </Load>
    </Card>
  );
}

function Used({ row: { used_percent, budget } }: { row: BudgetRow }) {
  return (
    <>
      {percent(used_percent)}
      <meter
        min={0}
        max={100}
        low={80}
        high={99.9}
        optimum={0}
        value={Number(used_percent ?? 0)}
        aria-label={`Used of ${budget}`}
      />
    </>
  );
}

function limit({ limit_usd, limit_tokens }: BudgetRow) {
  const limits = [
    limit_usd !== null && money(limit_usd),
    limit_tokens !== null && `${count(limit_tokens)} tokens`,
  ];
  return limits.filter(Boolean).join(', ');
}
