// What the dashboard shows: a type for the rows of each of its panels.

import type { Day, Decimal, Timestamp } from './api.js';

/// All of the span in one row. Percentiles are within 2.5 % of the true ones.
export interface SummaryRow {
  readonly requests: number;
  readonly generated_requests: number;
  readonly cached_requests: number;
  readonly failed_requests: number;
  readonly fallback_requests: number;
  readonly fallback_rate: Decimal | null;
  readonly calls: number;
  readonly error_calls: number;
  readonly error_rate: Decimal | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_usd: Decimal;
  readonly cost_per_accepted: Decimal | null;
  readonly unpriced_calls: number;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
}

/// A row for each hour or day of the span, also for those without requests.
export interface SeriesRow {
  readonly at: Timestamp;
  readonly generated_requests: number;
  readonly cached_requests: number;
  readonly failed_requests: number;
  readonly cancelled_requests: number;
  readonly fallback_rate: Decimal | null;
  readonly error_rate: Decimal | null;
  readonly cost_usd: Decimal;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
}

/// Against the baseline model, by whole days.
export interface SavingsRow {
  readonly first: Day | null;
  readonly last: Day | null;
  readonly saved_usd: Decimal | null;
  readonly baseline_cost_usd: Decimal | null;
  readonly saved_percent: Decimal | null;
  readonly baseline_model: string | null;
  readonly unknown_days: number;
}

/// What the baseline model alone would have cost, day by day; NULL where that is not known.
export interface BaselineRow {
  readonly at: Timestamp;
  readonly baseline_cost_usd: Decimal | null;
}

export interface ModelRow {
  readonly model: string;
  readonly calls: number;
  readonly cost_usd: Decimal;
  readonly cost_share: Decimal | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly unpriced_calls: number;
  readonly valid_rate: Decimal | null;
  readonly p95_ms: number | null;
}

export interface FallbackRow {
  readonly reason: string;
  readonly fallback_requests: number;
  readonly fallback_rate: Decimal | null;
  readonly failed_requests: number;
}

export interface ErrorRow {
  readonly class: string;
  readonly error_calls: number;
  readonly error_rate: Decimal | null;
}

export interface AgentRow {
  readonly agent: string | null;
  readonly requests: number;
  readonly cost_usd: Decimal;
  readonly unpriced_calls: number;
  /// null: a price is not known.
  readonly cost_per_1000: Decimal | null;
  readonly fallback_rate: Decimal | null;
}

export interface BudgetRow {
  readonly budget: string;
  readonly scope: string;
  readonly subject: string | null;
  readonly period: string;
  readonly limit_usd: Decimal | null;
  readonly spent_usd: Decimal;
  readonly limit_tokens: number | null;
  readonly spent_tokens: number;
  readonly used_percent: Decimal | null;
  readonly action: string;
  readonly state: 'ok' | 'warning' | 'exhausted' | 'disabled';
  readonly resets_at: Timestamp | null;
}

export interface EndpointRow {
  readonly server: string;
  readonly model: string;
  readonly state: 'closed' | 'open' | 'half_open';
  readonly in_flight: number;
  readonly held: number;
  readonly requests_last_minute: number;
  readonly error_rate: Decimal | null;
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly retry_at: Timestamp | null;
  readonly last_error: string | null;
}

/// One row: what all workers of the database do now.
export interface WorkRow {
  readonly workers: number;
  readonly requests: number;
  readonly calls_in_flight: number;
  readonly calls_held: number;
  readonly queue_length: number;
  readonly oldest_queued_ms: number | null;
  readonly enabled: boolean;
  readonly at_home: boolean;
  readonly last_error: string | null;
  readonly last_error_at: Timestamp | null;
}

/// The panels of /api/dashboard/PANEL and their rows.
export interface Panels {
  summary: SummaryRow;
  series: SeriesRow;
  savings: SavingsRow;
  baseline: BaselineRow;
  models: ModelRow;
  fallbacks: FallbackRow;
  errors: ErrorRow;
  agents: AgentRow;
  budgets: BudgetRow;
  endpoints: EndpointRow;
  work: WorkRow;
}
