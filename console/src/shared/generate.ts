// What the page Generate sends and shows.

import type { Decimal } from './api.js';
import type { Call, CodeMeaning, Finding, Progress } from './requests.js';

/// The arguments of submit_workflow() and preview_workflow(). What is left out is as the settings say.
export interface GenerateForm {
  readonly prompt: string;
  readonly services: readonly string[];
  readonly format?: string;
  readonly agent?: string;
  readonly responseMode?: string;
  readonly maxOutputTokens?: number;
}

/// With a key, so that sending it again after an answer was lost does not make and pay for it twice.
export interface Submission extends GenerateForm {
  readonly idempotencyKey: string;
}

export interface Choice {
  readonly name: string;
  readonly description: string | null;
}

export interface GenerateOptions {
  /// null: the role may not read them, so it has to know them.
  readonly formats: readonly Choice[] | null;
  readonly agents: readonly Choice[] | null;
  readonly default_format: string;
  readonly may_generate: boolean;
}

/// A row of preview_workflow(): the first call to a model.
export interface PreviewRow {
  readonly model: string;
  readonly server: string;
  readonly input_tokens: number | null;
  readonly input_exact: boolean | null;
  readonly answer_tokens: number | null;
  readonly worst_case_cost_usd: Decimal | null;
  /// Why it would not be asked; null: it would be.
  readonly obstacle: string | null;
}

export interface Preview {
  readonly models: readonly PreviewRow[];
  /// When each model is asked once; null: a price is not known.
  readonly all_models_usd: Decimal | null;
  /// llm_workflow.max_request_cost; null: no limit.
  readonly limit_usd: Decimal | null;
}

/// Where a request is that was sent from here.
export interface GenerationState {
  /// null: it has ended.
  readonly progress: Progress | null;
  /// What workflow_result() gives; null: it has not ended.
  readonly result: Result | null;
  /// Of those that have ended; null: the role may not read them.
  readonly calls: readonly Call[] | null;
  /// What the codes in `calls` mean.
  readonly codes: readonly CodeMeaning[];
}

/// The result's own keys; those of the document stand beside them.
export interface Result {
  readonly request_id: string;
  readonly format: string;
  readonly generator_used?: string;
  readonly validation_passed: boolean;
  readonly generation_time_ms: number;
  readonly tokens_used: { readonly input: number; readonly output: number; readonly total: number };
  readonly cost_usd: number | null;
  readonly warnings: readonly Finding[];
  readonly fallback_reason?: string;
  readonly cached?: boolean;
  readonly error?: {
    readonly code: string;
    readonly message: string;
    readonly detail?: string;
    readonly hint?: string;
  };
}
