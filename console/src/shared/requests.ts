// What the pages of requests show: the list, what is under way, and one request with all of it.

import type { Decimal, Timestamp } from './api.js';

export type Status = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled';

/// One line of the list.
export interface RequestRow {
  readonly request_id: string;
  readonly submitted_at: Timestamp;
  readonly status: Status;
  /// Its beginning; null: it was not stored.
  readonly prompt: string | null;
  readonly format: string;
  readonly agent: string | null;
  readonly role_name: string;
  readonly generator_used: string | null;
  readonly fallback_reason: string | null;
  readonly error_code: string | null;
  readonly cost_usd: Decimal | null;
  readonly total_time_ms: number | null;
  readonly outcome_succeeded: boolean | null;
  readonly is_cached: boolean;
  readonly is_regenerated: boolean;
}

export interface RequestList {
  readonly rows: readonly RequestRow[];
  /// Where the older ones begin; null: there are none.
  readonly older: string | null;
}

/// What narrows the list, as the server takes it and the page's address has it.
export interface RequestFilter {
  readonly search?: string;
  readonly days?: string;
  readonly status?: string;
  readonly format?: string;
  readonly model?: string;
  readonly agent?: string;
  readonly role?: string;
  readonly fallback?: string;
}

/// A row of workflow_progress.
export interface Progress {
  readonly request_id: string;
  readonly role_name: string;
  readonly state: 'scheduled' | 'queued' | 'waiting' | 'calling';
  readonly model: string | null;
  readonly purpose: string | null;
  readonly attempt: number;
  readonly calls_in_flight: number;
  readonly submitted_at: Timestamp;
  readonly run_at: Timestamp | null;
  readonly elapsed_ms: number;
  readonly call_elapsed_ms: number | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_usd: Decimal | null;
  readonly worst_case_cost_usd: Decimal | null;
}

export interface RequestInFull extends Omit<RequestRow, 'is_cached' | 'is_regenerated'> {
  readonly finished_at: Timestamp | null;
  readonly parent_request_id: string | null;
  readonly cached_from: string | null;
  readonly format_version: number;
  readonly services: readonly string[];
  readonly tags: Readonly<Record<string, unknown>>;
  readonly validation_passed: boolean | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly queue_time_ms: number | null;
  readonly generation_time_ms: number | null;
  readonly items_generated: number | null;
  readonly zones_generated: number | null;
  readonly document: object | null;
  readonly warnings: readonly Finding[] | null;
  readonly explanation: string | null;
  readonly error_message: string | null;
  /// For whom the buttons are there.
  readonly may_regenerate: boolean;
}

export interface Finding {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly path: string;
  readonly message: string;
  readonly hint: string;
}

export interface Call {
  readonly call_id: string;
  readonly attempt: number;
  readonly purpose: string;
  readonly model: string;
  readonly server: string;
  readonly outcome: string;
  readonly http_status: number | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly finish_reason: string | null;
  /// From the start of the first call to the start of this one.
  readonly starts_after_ms: number;
  readonly latency_ms: number;
  readonly input_tokens: number;
  readonly cached_input_tokens: number;
  readonly output_tokens: number;
  readonly reasoning_tokens: number;
  readonly cost_usd: Decimal | null;
  readonly cost_source: string;
  readonly validation_codes: readonly string[];
  readonly mends: readonly string[];
}

export interface CodeMeaning {
  readonly code: string;
  readonly meaning: string;
}

export interface RequestEvent {
  readonly event_id: string;
  readonly timestamp: Timestamp;
  readonly action: string;
  readonly severity: 'info' | 'warning' | 'error';
  readonly actor: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export interface RequestDetail {
  readonly request: RequestInFull;
  /// null: the role may not read them.
  readonly calls: readonly Call[] | null;
  readonly events: readonly RequestEvent[] | null;
  /// What the codes in `calls` mean.
  readonly codes: readonly CodeMeaning[];
  /// Those that regenerate this one.
  readonly children: readonly { readonly request_id: string; readonly status: Status }[];
}

/// What generate_workflow() returned, as text; null: it has not ended.
export interface RawResult {
  readonly result: string | null;
}

export interface Diagram {
  readonly mermaid: string;
  readonly svg: string;
}
