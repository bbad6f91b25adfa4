// Requests that have not ended.

import { Link } from 'wouter-preact';
import type { Progress } from '../../shared/requests.js';
import { duration, money } from '../format.js';
import { Badge, Card } from './card.js';

export function UnderWay({ rows }: { rows: readonly Progress[] }) {
  return (
    <Card title="Under way">
      <ul class="under-way">
        {rows.map((row) => (
          <li key={row.request_id}>
            <Badge tone={row.state === 'calling' ? 'good' : 'quiet'}>{row.state}</Badge>
            <Link href={`/generate/${row.request_id}`}>{stateInWords(row)}</Link>
            <span class="quiet">
              {row.role_name} · {duration(row.elapsed_ms)} · {money(row.cost_usd)} so far
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/// What happens now: "asking gpt-4o-mini", "waits for its turn".
export function stateInWords({ state, model, purpose, calls_in_flight: calls }: Progress): string {
  const doing: Record<string, string> = {
    repair: `asking ${model} to repair its document`,
    retry: `asking ${model} again`,
    fallback: `asking ${model} instead`,
    batch: `asking ${model} for ${calls > 1 ? `${calls} parts at once` : 'a part'}`,
  };
  switch (state) {
    case 'scheduled':
      return `waits until it is due, then asks ${model}`;
    case 'queued':
      return `waits for its turn with ${model}`;
    case 'waiting':
      return model ? `between two calls, last to ${model}` : 'is about to begin';
    case 'calling':
      return doing[purpose ?? ''] ?? `asking ${model}`;
  }
}
