// The ways that requests and calls went: rows of the view workflow_flow over a span of days.

import type { Decimal } from './api.js';

export type FlowNode =
  | 'caller'
  | 'request'
  | 'ledger'
  | 'primary'
  | 'retry'
  | 'batch'
  | 'repair'
  | 'fallback'
  | 'validation'
  | 'no_answer'
  | 'accepted'
  | 'failed'
  | 'cancelled';

export interface FlowEdge {
  readonly source: FlowNode;
  readonly target: FlowNode;
  readonly passes: number;
  /// In percent of all that enter `source`; NULL for what callers ask.
  readonly rate: Decimal | null;
  readonly cost_usd: Decimal;
  readonly unpriced_passes: number;
}

/// Calls that are on the wire now, by purpose.
export interface FlowNow {
  readonly purpose: FlowNode;
  readonly calls: number;
}

export interface Flow {
  readonly edges: readonly FlowEdge[];
  readonly now: readonly FlowNow[];
}
