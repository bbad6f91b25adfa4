// The calls of a request, each a bar on one axis of time, with what it cost and what is wrong with it.

import type { ComponentChildren } from 'preact';
import type { Call, CodeMeaning } from '../../shared/requests.js';
import { count, duration, money, words } from '../format.js';
import { CallBadge } from './status.js';

/// Where a call lies on the axis, in thousandths of it.
export interface Span {
  readonly x: number;
  readonly width: number;
}

const AXIS = 1000;
const LEAST_WIDTH = 6;

/// From the start of the first call to the end of the last one; parts of a large document overlap.
export function spansOf(calls: readonly Pick<Call, 'starts_after_ms' | 'latency_ms'>[]): Span[] {
  const end = Math.max(1, ...calls.map((call) => call.starts_after_ms + call.latency_ms));
  return calls.map((call) => {
    const width = Math.max(LEAST_WIDTH, (call.latency_ms / end) * AXIS);
    return { x: Math.min(AXIS - width, (call.starts_after_ms / end) * AXIS), width };
  });
}

export function CallTimeline({ calls, codes = [] }: { calls: readonly Call[]; codes?: readonly CodeMeaning[] }) {
  const spans = spansOf(calls);
  const meanings = new Map(codes.map(({ code, meaning }) => [code, meaning]));
  return (
    <ol class="calls">
      {calls.map((call, n) => (
        <li key={call.call_id}>
          <CallHead call={call} />
          <TimingBar call={call} span={spans[n]!} />
          <CallFaults call={call} meanings={meanings} />
          <CallFacts call={call} />
        </li>
      ))}
    </ol>
  );
}

function CallHead({ call }: { call: Call }) {
  return (
    <p class="call-head">
      <span class="call-name">
        <strong>{call.model}</strong> <span class="quiet">{call.purpose}</span>
      </span>
      <CallBadge outcome={call.outcome} />
      <span class="call-figures">
        {duration(call.latency_ms)} · {callCost(call)}
      </span>
    </p>
  );
}

/// What was not reported by the provider says so.
function callCost({ cost_usd, cost_source }: Call): string {
  if (cost_source === 'unbilled') return 'not billed';
  if (cost_source === 'unknown_price') return 'price unknown';
  return cost_source === 'estimated' ? `${money(cost_usd)} estimated` : money(cost_usd);
}

function TimingBar({ call, span }: { call: Call; span: Span }) {
  const label = `Began ${duration(call.starts_after_ms)} after the first call and took ${duration(call.latency_ms)}`;
  return (
    <svg class="timing" viewBox={`0 0 ${AXIS} 8`} preserveAspectRatio="none" role="img" aria-label={label}>
      <title>{label}</title>
      <rect class="timing-axis" width={AXIS} height="8" />
      <rect class={call.outcome === 'ok' ? 'timing-ok' : 'timing-fault'} x={span.x} width={span.width} height="8" />
    </svg>
  );
}

function CallFaults({ call, meanings }: { call: Call; meanings: ReadonlyMap<string, string> }) {
  if (call.validation_codes.length === 0 && call.error_message === null) return null;
  return (
    <ul class="findings">
      {call.error_message !== null && (
        <li>
          {call.error_code && <code>{call.error_code}</code>} {call.error_message}
        </li>
      )}
      {call.validation_codes.map((code) => (
        <li key={code}>
          <code>{code}</code> {meanings.get(code)}
        </li>
      ))}
    </ul>
  );
}

function CallFacts({ call }: { call: Call }) {
  return (
    <details class="call-facts">
      <summary>
        {count(call.input_tokens)} tokens in, {count(call.output_tokens)} out
      </summary>
      <dl class="request-facts">
        <Fact name="Server">{call.server}</Fact>
        <Fact name="Cached input">{count(call.cached_input_tokens)} tokens</Fact>
        <Fact name="Reasoning">{count(call.reasoning_tokens)} tokens</Fact>
        <Fact name="Cost">
          {money(call.cost_usd)}, {words(call.cost_source)}
        </Fact>
        <Fact name="HTTP status">{call.http_status ?? 'none'}</Fact>
        <Fact name="Ended because">{words(call.finish_reason)}</Fact>
        {call.mends.length > 0 && <Fact name="Mended in its JSON">{call.mends.map(words).join(', ')}</Fact>}
        <Fact name="Call">
          <code>{call.call_id}</code>
        </Fact>
      </dl>
    </details>
  );
}

export function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
