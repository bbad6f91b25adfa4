// The period by hours or days.

import { Link } from 'wouter-preact';
import type { BaselineRow, SeriesRow } from '../../../shared/dashboard.js';
import { Card } from '../../components/card.js';
import { type Series, TimeChart } from '../../components/chart.js';
import { Empty, Load } from '../../components/states.js';
import { duration, money, percent, shortCount } from '../../format.js';
import type { Loaded } from '../../hooks.js';
import { type Period, spanOf } from '../../period.js';
import { usePanel } from './panels.js';

interface Chart {
  readonly title: string;
  readonly format: (value: string | number | null) => string;
  readonly isWhole?: boolean;
  readonly lines: readonly (Pick<Series, 'label' | 'colour' | 'isDashed'> & { readonly column: keyof Point })[];
}

type Point = SeriesRow & Pick<BaselineRow, 'baseline_cost_usd'>;

const CHARTS: readonly Chart[] = [
  {
    title: 'Requests',
    format: shortCount,
    isWhole: true,
    lines: [
      { label: 'Generated', column: 'generated_requests', colour: 1 },
      { label: 'From the ledger', column: 'cached_requests', colour: 3 },
      { label: 'Failed', column: 'failed_requests', colour: 2 },
      { label: 'Cancelled', column: 'cancelled_requests', colour: 4, isDashed: true },
    ],
  },
  {
    title: 'Cost',
    format: money,
    lines: [
      { label: 'Cost', column: 'cost_usd', colour: 1 },
      { label: 'With the baseline model alone', column: 'baseline_cost_usd', colour: 3, isDashed: true },
    ],
  },
  {
    title: 'Fallbacks and errors',
    format: percent,
    lines: [
      { label: 'Fallback rate', column: 'fallback_rate', colour: 2 },
      { label: 'Error rate', column: 'error_rate', colour: 4, isDashed: true },
    ],
  },
  {
    title: 'How long requests take',
    format: duration,
    isWhole: true,
    lines: [
      { label: 'Half within', column: 'p50_ms', colour: 1 },
      { label: '95 % within', column: 'p95_ms', colour: 5 },
      { label: '99 % within', column: 'p99_ms', colour: 4, isDashed: true },
    ],
  },
];

export function Charts({ period }: { period: Period }) {
  const series = usePanel('series', period);
  const baseline = usePanel('baseline', period);
  const { grain } = spanOf(period, Date.now());
  if (series.data === undefined || series.data.every(isEmpty)) return <WithoutCharts series={series} />;
  const points = withBaseline(series.data, grain === 'day' ? (baseline.data ?? []) : []);
  return (
    <>
      {CHARTS.map(({ title, format, isWhole, lines }) => (
        <Card key={title} title={title} aside={<span class="updated">by {grain}, UTC</span>}>
          <TimeChart
            label={`${title} by ${grain}`}
            times={points.map(({ at }) => at)}
            grain={grain}
            format={format}
            isWhole={isWhole ?? false}
            series={lines.flatMap((line) => seriesOf(points, line))}
          />
        </Card>
      ))}
    </>
  );
}

/// The baseline is known by whole days only.
function withBaseline(rows: readonly SeriesRow[], baseline: readonly BaselineRow[]): Point[] {
  const costs = new Map(baseline.map(({ at, baseline_cost_usd }) => [at, baseline_cost_usd]));
  return rows.map((row) => ({ ...row, baseline_cost_usd: costs.get(row.at) ?? null }));
}

/// Nothing for a baseline that is not known at all.
function seriesOf(points: readonly Point[], { column, ...line }: Chart['lines'][number]): Series[] {
  const values = points.map((point) => point[column]);
  return column === 'baseline_cost_usd' && values.every((value) => value === null) ? [] : [{ ...line, values }];
}

function isEmpty(row: SeriesRow): boolean {
  return row.generated_requests + row.cached_requests + row.failed_requests + row.cancelled_requests === 0;
}

/// One box in place of all charts: they load, they failed, or there is nothing to draw.
function WithoutCharts({ series }: { series: Loaded<SeriesRow[]> }) {
  return (
    <div class="wide">
      <Card title="By time">
        <Load from={series}>
          {() => (
            <Empty title="No request ended in this period">
              <p>
                <Link href="/generate">Generate a workflow</Link>, or choose a longer period.
              </p>
            </Empty>
          )}
        </Load>
      </Card>
    </div>
  );
}
