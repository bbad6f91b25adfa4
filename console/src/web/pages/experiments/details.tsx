// What the arms of an experiment show, and what follows from it.

import type { ArmRow, ExperimentDetails, MeasureRow, Verdict } from '../../../shared/experiments.js';
import { withQuery } from '../../api.js';
import { Badge, Card, type Tone } from '../../components/card.js';
import { Load } from '../../components/states.js';
import { DataTable } from '../../components/table.js';
import { UNKNOWN, count, duration, money, percent, words } from '../../format.js';
import { useApi } from '../../hooks.js';

export function ExperimentCard({ experiment }: { experiment: string }) {
  const loaded = useApi<ExperimentDetails>(withQuery('/api/experiments/details', { experiment }));
  return (
    <Card title={`Figures of ${experiment}`}>
      <Load from={loaded}>
        {({ verdict, arms, measures }) => (
          <div class="stack">
            <VerdictLine verdict={verdict} />
            <Arms arms={arms} />
            <Measures measures={measures} />
          </div>
        )}
      </Load>
    </Card>
  );
}

const TONES: Record<Verdict['verdict'], Tone> = { adopt: 'good', keep: 'warn', wait: 'quiet' };

function VerdictLine({ verdict: { verdict, reason, gain, gain_low, gain_high, required_gain } }: { verdict: Verdict }) {
  return (
    <p>
      <Badge tone={TONES[verdict]}>{verdict}</Badge> {reason}.
      {gain !== null && ` The gain is ${points(gain)}, between ${points(gain_low)} and ${points(gain_high)};`}
      {gain !== null && ` being slower costs ${points(required_gain)}.`}
    </p>
  );
}

function points(value: string | null): string {
  return value === null ? UNKNOWN : `${Number(value).toLocaleString('en-US')} points`;
}

function Arms({ arms }: { arms: readonly ArmRow[] }) {
  return (
    <DataTable
      caption="Requests of each arm"
      rows={arms}
      rowKey={(row) => row.arm}
      columns={[
        { title: 'Arm', cell: (row) => row.arm },
        { title: 'Model', cell: (row) => <code>{row.model}</code> },
        { title: 'Requests', cell: (row) => count(row.requests), isFigure: true },
        { title: 'Workflow', cell: (row) => percent(row.success_rate), isFigure: true },
        { title: 'At once', cell: (row) => percent(row.validation_success_rate), isFigure: true },
        { title: 'Retried', cell: (row) => percent(row.retry_rate), isFigure: true },
        { title: 'Fallback', cell: (row) => percent(row.fallback_rate), isFigure: true },
        { title: 'Ran well', cell: (row) => percent(row.outcome_success_rate), isFigure: true },
        { title: 'Half within', cell: (row) => duration(row.p50_ms), isFigure: true },
        { title: '95 % within', cell: (row) => duration(row.p95_ms), isFigure: true },
        { title: 'Cost', cell: (row) => money(row.cost_usd), isFigure: true },
        { title: 'Of a workflow', cell: (row) => money(row.cost_per_accepted_usd), isFigure: true },
      ]}
    />
  );
}

function Measures({ measures }: { measures: readonly MeasureRow[] }) {
  return (
    <DataTable
      caption="Candidate against control, with intervals that hold at 95 % however often one looks"
      rows={measures}
      rowKey={(row) => row.measure}
      columns={[
        {
          title: 'Measure',
          cell: (row) => (row.is_metric ? <b>{words(row.measure)}, decides</b> : words(row.measure)),
        },
        { title: 'Control', cell: (row) => figureOf(row, row.control), isFigure: true },
        { title: 'Candidate', cell: (row) => figureOf(row, row.candidate), isFigure: true },
        { title: 'Difference', cell: (row) => plain(row.difference), isFigure: true },
        {
          title: 'Between',
          cell: ({ difference_low: low, difference_high: high }) =>
            low === null || high === null ? UNKNOWN : `${plain(low)} and ${plain(high)}`,
          isFigure: true,
        },
        { title: 'Finding', cell: (row) => <Badge tone={findingTone(row)}>{row.finding ?? UNKNOWN}</Badge> },
      ]}
    />
  );
}

function figureOf({ measure }: MeasureRow, value: string | null): string {
  return measure.endsWith('_ms') ? duration(value) : percent(value);
}

function plain(value: string | null): string {
  return value === null ? UNKNOWN : Number(value).toLocaleString('en-US', { maximumFractionDigits: 2 });
}

function findingTone({ finding }: MeasureRow): Tone {
  if (finding === 'better' || finding === 'faster') return 'good';
  return finding === 'worse' || finding === 'slower' ? 'bad' : 'quiet';
}
