// The period by model, reason, class of error, and agent.

import type { Panels } from '../../../shared/dashboard.js';
import { Card } from '../../components/card.js';
import { Empty, Load } from '../../components/states.js';
import { type Column, DataTable } from '../../components/table.js';
import { count, duration, money, moneyKnown, percent, words } from '../../format.js';
import type { Period } from '../../period.js';
import { usePanel } from './panels.js';

function Panel<Name extends 'models' | 'fallbacks' | 'errors' | 'agents'>({
  name,
  title,
  period,
  empty,
  rowKey,
  columns,
}: {
  name: Name;
  title: string;
  period: Period;
  empty: string;
  rowKey: (row: Panels[Name]) => string;
  columns: readonly Column<Panels[Name]>[];
}) {
  const panel = usePanel(name, period);
  return (
    <Card title={title}>
      <Load from={panel}>
        {(rows) => (
          <DataTable
            caption={title}
            hideCaption
            rows={rows}
            rowKey={rowKey}
            columns={columns}
            empty={<Empty title={empty} />}
          />
        )}
      </Load>
    </Card>
  );
}

export function Models({ period }: { period: Period }) {
  return (
    <Panel
      name="models"
      title="Models"
      period={period}
      empty="No calls in this period"
      rowKey={(row) => row.model}
      columns={[
        { title: 'Model', cell: (row) => row.model },
        { title: 'Calls', cell: (row) => count(row.calls), isFigure: true },
        { title: 'Cost', cell: (row) => moneyKnown(row.cost_usd, row.unpriced_calls), isFigure: true },
        { title: 'Share', cell: (row) => percent(row.cost_share), isFigure: true, hint: 'Of the cost of all models' },
        {
          title: 'Valid',
          cell: (row) => percent(row.valid_rate),
          isFigure: true,
          hint: 'Documents that were accepted, in percent of those that were checked',
        },
        { title: '95 % within', cell: (row) => duration(row.p95_ms), isFigure: true },
      ]}
    />
  );
}

export function Fallbacks({ period }: { period: Period }) {
  return (
    <Panel
      name="fallbacks"
      title="Why the primary model was left"
      period={period}
      empty="It was never left in this period"
      rowKey={(row) => row.reason}
      columns={[
        { title: 'Reason', cell: (row) => words(row.reason) },
        { title: 'Answered by another', cell: (row) => count(row.fallback_requests), isFigure: true },
        { title: 'Rate', cell: (row) => percent(row.fallback_rate), isFigure: true, hint: 'Of all generated requests' },
        { title: 'Failed all the same', cell: (row) => count(row.failed_requests), isFigure: true },
      ]}
    />
  );
}

export function Errors({ period }: { period: Period }) {
  return (
    <Panel
      name="errors"
      title="Calls without an answer"
      period={period}
      empty="No call went without an answer"
      rowKey={(row) => row.class}
      columns={[
        { title: 'Error', cell: (row) => words(row.class) },
        { title: 'Calls', cell: (row) => count(row.error_calls), isFigure: true },
        { title: 'Rate', cell: (row) => percent(row.error_rate), isFigure: true, hint: 'Of all calls' },
      ]}
    />
  );
}

export function Agents({ period }: { period: Period }) {
  return (
    <Panel
      name="agents"
      title="The ten agents that cost most"
      period={period}
      empty="No requests in this period"
      rowKey={(row) => row.agent ?? ''}
      columns={[
        { title: 'Agent', cell: (row) => row.agent ?? '(none)' },
        { title: 'Requests', cell: (row) => count(row.requests), isFigure: true },
        { title: 'Cost', cell: (row) => moneyKnown(row.cost_usd, row.unpriced_calls), isFigure: true },
        { title: 'For 1,000', cell: (row) => money(row.cost_per_1000), isFigure: true },
        { title: 'Fallback', cell: (row) => percent(row.fallback_rate), isFigure: true },
      ]}
    />
  );
}
