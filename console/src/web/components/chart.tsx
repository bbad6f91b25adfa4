// Lines or bars over time, by uPlot, with the same figures as a table for those who do not see them.
//
//   <TimeChart label="Cost" times={rows.map((row) => row.at)} format={money}
//     series={[{ label: 'Cost', values: rows.map((row) => row.cost_usd), colour: 1 }]} />

import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import type { Timestamp } from '../../shared/api.js';
import type { Grain } from '../../shared/period.js';
import { parseTime } from '../format.js';
import { DataTable } from './table.js';

type Value = string | number | null;

export interface Series {
  readonly label: string;
  readonly values: readonly Value[];
  /// --series-1 to --series-6
  readonly colour: 1 | 2 | 3 | 4 | 5 | 6;
  readonly isDashed?: boolean;
}

export interface TimeChartProps {
  readonly label: string;
  readonly times: readonly Timestamp[];
  readonly grain: Grain;
  readonly series: readonly Series[];
  readonly format: (value: Value) => string;
  /// The axis counts by whole numbers.
  readonly isWhole?: boolean;
}

const WHOLE_STEPS = Array.from({ length: 12 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

const HEIGHT = 220;

export function TimeChart(props: TimeChartProps) {
  const { label, times, grain, series, format } = props;
  const rows = times.map((at, index) => ({ at, index }));
  return (
    <figure class="chart" aria-label={label}>
      <Plot {...props} />
      <details>
        <summary>Figures</summary>
        <DataTable
          caption={label}
          hideCaption
          rows={rows.reverse()}
          rowKey={(row) => row.at}
          columns={[
            { title: grain === 'hour' ? 'Hour (UTC)' : 'Day (UTC)', cell: (row) => timeLabel(row.at, grain) },
            ...series.map(({ label: title, values }) => ({
              title,
              cell: ({ index }: { index: number }) => format(values[index] ?? null),
              isFigure: true,
            })),
          ]}
        />
      </details>
    </figure>
  );
}

function timeLabel(at: Timestamp, grain: Grain): string {
  return parseTime(at).toLocaleString('en-GB', {
    timeZone: 'UTC',
    day: 'numeric',
    month: 'short',
    ...(grain === 'hour' ? { hour: '2-digit', minute: '2-digit' } : { year: 'numeric' }),
  });
}

/// Days on the axis, and hours between them.
function tickOf(seconds: number, grain: Grain): string {
  const at = new Date(seconds * 1000);
  const isMidnight = seconds % 86_400 === 0;
  return at.toLocaleString('en-GB', {
    timeZone: 'UTC',
    ...(grain === 'hour' && !isMidnight
      ? { hour: '2-digit', minute: '2-digit' }
      : { day: 'numeric', month: 'short' }),
  });
}

/// What the shape of a plot depends on; figures alone are put into the plot that is there.
function shapeOf({ series, grain }: TimeChartProps): string {
  return JSON.stringify([grain, series.map(({ label, colour, isDashed }) => [label, colour, isDashed])]);
}

function dataOf({ times, series }: TimeChartProps): uPlot.AlignedData {
  const numberOf = (value: Value | undefined) => (value === null || value === undefined ? null : Number(value));
  return [times.map((at) => parseTime(at).getTime() / 1000), ...series.map(({ values }) => values.map(numberOf))];
}

function Plot(props: TimeChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>();
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const element = place.current!;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsOf(latest.current, element), dataOf(latest.current), element);
    };
    const resize = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    draw();
    resize.observe(element);
    document.addEventListener('themechange', draw);
    scheme.addEventListener('change', draw);
    return () => {
      resize.disconnect();
      document.removeEventListener('themechange', draw);
      scheme.removeEventListener('change', draw);
      plot.current?.destroy();
    };
  }, [shapeOf(props)]);

  useEffect(() => plot.current?.setData(dataOf(props)), [props.times, props.series]);
  return <div class="plot" ref={place} aria-hidden="true" />;
}

/// As it is now: the property itself says light and dark, which a canvas does not understand.
function colourOf(element: HTMLElement, name: string): string {
  element.style.color = `var(--${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = '';
  return color;
}

function optionsOf({ series, format, grain, isWhole }: TimeChartProps, element: HTMLElement): uPlot.Options {
  const colour = (name: string) => colourOf(element, name);
  const axis: uPlot.Axis = {
    stroke: colour('text-quiet'),
    grid: { stroke: colour('line'), width: 1 },
    ticks: { stroke: colour('line'), width: 1 },
    font: `12px ${getComputedStyle(element).fontFamily}`,
  };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    // Days and hours are in UTC, as the roll-ups count them.
    tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), 'Etc/UTC'),
    scales: { x: { time: true }, y: { range: (_, min, max) => [Math.min(0, min), max > 0 ? max * 1.08 : 1] } },
    axes: [
      { ...axis, space: 70, values: (_, splits) => splits.map((seconds) => tickOf(seconds, grain)) },
      {
        ...axis,
        size: 70,
        values: (_, splits) => splits.map((split) => format(split)),
        ...(isWhole ? { incrs: WHOLE_STEPS } : {}),
      },
    ],
    series: [
      { value: (_, seconds) => (seconds === null ? '' : timeLabel(new Date(seconds * 1000).toISOString(), grain)) },
      ...series.map(
        (one): uPlot.Series => ({
          label: one.label,
          stroke: colour(`series-${one.colour}`),
          width: 2,
          value: (_, value) => format(value),
          points: { size: 5 },
          ...(one.isDashed ? { dash: [5, 4] } : {}),
        }),
      ),
    ],
    cursor: { drag: { x: false, y: false } },
  };
}
