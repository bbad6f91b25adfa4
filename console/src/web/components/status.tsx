// What became of a request or a call, in a word and a colour.

import type { Status } from '../../shared/requests.js';
import { words } from '../format.js';
import { Badge } from './card.js';

const TONES = { queued: 'quiet', running: 'quiet', succeeded: 'good', failed: 'bad', cancelled: 'warn' } as const;

export function StatusBadge({ status }: { status: Status }) {
  return <Badge tone={TONES[status]}>{status}</Badge>;
}

export function FallbackBadge({ reason }: { reason: string }) {
  return <Badge tone="warn">fallback: {words(reason)}</Badge>;
}

export function OutcomeBadge({ succeeded }: { succeeded: boolean }) {
  return <Badge tone={succeeded ? 'good' : 'bad'}>{succeeded ? 'run succeeded' : 'run failed'}</Badge>;
}

/// ok, or why the document of a call did not count.
export function CallBadge({ outcome }: { outcome: string }) {
  const tone = outcome === 'ok' ? 'good' : outcome === 'cancelled' ? 'warn' : 'bad';
  return <Badge tone={tone}>{words(outcome)}</Badge>;
}
