// What the page Experiments and proposals shows and does. Rates are in percent.

import type { Decimal, Timestamp } from './api.js';

export interface ExperimentRow {
  readonly experiment: string;
  readonly category: string | null;
  readonly agent: string | null;
  readonly control_model: string;
  readonly candidate_model: string;
  readonly share: Decimal;
  readonly assignment_key: string;
  readonly metric: string;
  readonly minimum_sample: number;
  readonly status: 'running' | 'stopped' | 'adopted' | 'halted';
  readonly created_at: Timestamp;
  readonly created_by: string;
  readonly ended_at: Timestamp | null;
  readonly ended_by: string | null;
  readonly verdict: string | null;
}

export interface Verdict {
  readonly verdict: 'adopt' | 'keep' | 'wait';
  readonly reason: string;
  readonly gain: Decimal | null;
  readonly gain_low: Decimal | null;
  readonly gain_high: Decimal | null;
  readonly time_ratio: Decimal | null;
  readonly required_gain: Decimal | null;
}

/// A row of experiment_results().
export interface ArmRow {
  readonly arm: string;
  readonly model: string;
  readonly requests: number;
  readonly success_rate: Decimal | null;
  readonly validation_success_rate: Decimal | null;
  readonly retry_rate: Decimal | null;
  readonly fallback_rate: Decimal | null;
  readonly outcome_success_rate: Decimal | null;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly cost_usd: Decimal | null;
  readonly cost_per_accepted_usd: Decimal | null;
}

/// A row of experiment_comparison().
export interface MeasureRow {
  readonly measure: string;
  readonly is_metric: boolean;
  readonly control: Decimal | null;
  readonly candidate: Decimal | null;
  readonly difference: Decimal | null;
  readonly difference_low: Decimal | null;
  readonly difference_high: Decimal | null;
  readonly finding: string | null;
}

export interface ExperimentDetails {
  readonly verdict: Verdict;
  readonly arms: readonly ArmRow[];
  readonly measures: readonly MeasureRow[];
}

export interface NewExperiment {
  readonly experiment: string;
  readonly category: string;
  readonly agent: string;
  readonly control_model: string;
  readonly candidate_model: string;
  readonly share: string;
  readonly metric: string;
  readonly minimum_sample: string;
  readonly assignment_key: string;
}

/// What there is: the rows, or why there are none.
export type Part<Rows> = Rows | 'not installed' | 'not allowed';

export interface Experiments {
  readonly experiments: Part<readonly ExperimentRow[]>;
  readonly models: readonly string[];
  readonly may_create: boolean;
  readonly may_stop: boolean;
  readonly may_adopt: boolean;
}
