// The period at a glance.

import type { SavingsRow, SummaryRow } from '../../../shared/dashboard.js';
import { Tile, Tiles } from '../../components/card.js';
import { Load } from '../../components/states.js';
import { count, day, duration, money, percent, shortCount } from '../../format.js';
import type { Period } from '../../period.js';
import { usePanel } from './panels.js';

export function Summary({ period }: { period: Period }) {
  const summary = usePanel('summary', period);
  const savings = usePanel('savings', period);
  return (
    <Load from={summary}>{([row]) => row && <Figures row={row} saved={savings.data?.[0]} period={period} />}</Load>
  );
}

function Figures({ row, saved, period }: { row: SummaryRow; saved: SavingsRow | undefined; period: Period }) {
  return (
    <Tiles>
      <Tile
        label="Requests"
        value={count(row.requests)}
        note={`${count(row.cached_requests)} from the ledger, ${count(row.failed_requests)} failed`}
      />
      <Tile
        label="Cost"
        value={money(row.cost_usd)}
        note={
          row.unpriced_calls > 0
            ? `without ${count(row.unpriced_calls)} calls of unknown price`
            : `${money(row.cost_per_accepted)} for each workflow`
        }
      />
      {saved && <Saved row={saved} period={period} />}
      <Tile
        label="Fallback rate"
        value={percent(row.fallback_rate)}
        note={`${count(row.fallback_requests)} of ${count(row.generated_requests)} generated`}
      />
      <Tile
        label="Error rate"
        value={percent(row.error_rate)}
        note={`${count(row.error_calls)} of ${count(row.calls)} calls`}
      />
      <Tile
        label="Half are done within"
        value={duration(row.p50_ms)}
        note={`95 % within ${duration(row.p95_ms)}, 99 % ${duration(row.p99_ms)}`}
      />
      <Tile
        label="Tokens"
        value={shortCount(row.input_tokens + row.output_tokens)}
        note={`${shortCount(row.input_tokens)} in, ${shortCount(row.output_tokens)} out`}
      />
    </Tiles>
  );
}

function Saved({ row, period }: { row: SavingsRow; period: Period }) {
  const against = row.baseline_model ? `against ${row.baseline_model}` : 'no baseline model is set';
  const since = period.name === '24h' && row.first ? `, since ${day(row.first)} UTC` : '';
  const note = row.unknown_days > 0 ? `not known for ${count(row.unknown_days)} days` : against + since;
  return (
    <Tile
      label={row.saved_percent === null ? 'Saved' : `Saved (${percent(row.saved_percent)})`}
      value={money(row.saved_usd)}
      note={note}
    />
  );
}
