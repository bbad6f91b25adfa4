// Proposals that requests go to a cheaper model. Rates are in percent, increases in points.

import type { Decimal, Timestamp } from './api.js';
import type { Part } from './experiments.js';

export interface ProposalRow {
  readonly proposal_id: string;
  readonly created_at: Timestamp;
  readonly created_by: string;
  readonly subject: string;
  readonly from_model: string;
  readonly to_model: string;
  readonly status: 'proposed' | 'approved' | 'kept' | 'rejected' | 'reverted' | 'superseded';
  readonly runs: number;
  readonly failure_rate: Decimal;
  readonly failure_low: Decimal;
  readonly failure_high: Decimal;
  readonly retry_rate: Decimal;
  readonly coverage: Decimal;
  readonly stable_coverage: Decimal;
  readonly predicted_failure_rate: Decimal;
  readonly predicted_increase: Decimal;
  readonly increase_low: Decimal;
  readonly increase_high: Decimal;
  readonly cost_per_run_usd: Decimal | null;
  readonly predicted_cost_per_run_usd: Decimal | null;
  readonly expected_saving_usd: Decimal | null;
  readonly seen_runs: number | null;
  readonly seen_replays: number | null;
  readonly decided_at: Timestamp | null;
  readonly decided_by: string | null;
  readonly reason: string | null;
}

/// A row of llm_proposal_tracking.
export interface TrackingRow {
  readonly proposal_id: string;
  readonly subject: string;
  readonly tracked: '5' | '20' | 'all';
  readonly runs: number;
  readonly failure_rate_before: Decimal;
  readonly failure_rate: Decimal | null;
  readonly retry_rate_before: Decimal;
  readonly retry_rate: Decimal | null;
  readonly saved_usd: Decimal | null;
  readonly lost_usd: Decimal | null;
  readonly net_saving_usd: Decimal | null;
  readonly alarm_percent: Decimal | null;
}

/// A row of downgrade_candidates().
export interface CandidateRow {
  readonly subject: string;
  readonly from_model: string;
  readonly to_model: string;
  readonly runs: number;
  readonly expected_saving_usd: Decimal | null;
  readonly missing: readonly string[];
}

export interface Proposals {
  readonly proposals: Part<readonly ProposalRow[]>;
  /// null: the role may not read it.
  readonly tracking: readonly TrackingRow[] | null;
  readonly may_propose: boolean;
  readonly may_see_candidates: boolean;
  readonly may_approve: boolean;
  readonly may_reject: boolean;
  readonly may_revert: boolean;
}

export type Decision = 'approve' | 'reject' | 'revert';
