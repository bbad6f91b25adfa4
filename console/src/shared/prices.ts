// What the page Prices shows and changes. Prices are USD for a million tokens.

import type { Decimal, Timestamp } from './api.js';

export type PriceState = 'in force' | 'later' | 'past';
export type ServiceTier = 'standard' | 'batch' | 'flex' | 'priority';

export interface PriceRow {
  readonly model: string;
  readonly service_tier: ServiceTier;
  readonly above_input_tokens: number;
  readonly effective_from: Timestamp;
  readonly state: PriceState;
  readonly input_per_million: Decimal;
  readonly cached_input_per_million: Decimal | null;
  readonly cache_write_per_million: Decimal | null;
  readonly output_per_million: Decimal;
  readonly source: string | null;
}

/// A row of compare_model_costs().
export interface ModelCostRow {
  readonly model: string;
  readonly cost_usd: Decimal | null;
  readonly cost_per_1000: Decimal | null;
  readonly change_percent: Decimal | null;
}

export interface Prices {
  readonly models: readonly { readonly name: string; readonly server: string; readonly enabled: boolean }[];
  readonly prices: readonly PriceRow[];
}

export interface NewPrice {
  readonly model: string;
  readonly service_tier: string;
  readonly above_input_tokens: string;
  /// Empty: from now on.
  readonly effective_from: string;
  readonly input_per_million: string;
  readonly cached_input_per_million: string;
  readonly cache_write_per_million: string;
  readonly output_per_million: string;
  readonly source: string;
}

export type PriceKey = Pick<PriceRow, 'model' | 'service_tier' | 'above_input_tokens' | 'effective_from'>;

export interface PriceImport {
  /// JSON, as LiteLLM or Langfuse have it.
  readonly list: string;
  readonly source: string;
  readonly add_models: boolean;
  /// Only tells what would happen.
  readonly is_preview: boolean;
}

/// A row of import_model_prices().
export interface ImportedPriceRow {
  readonly entry: string;
  readonly model: string | null;
  readonly service_tier: string | null;
  readonly above_input_tokens: number | null;
  readonly action: 'added' | 'changed' | 'unchanged' | 'skipped';
  readonly reason: string | null;
}

export interface ImportedPrices {
  readonly rows: readonly ImportedPriceRow[];
  readonly unchanged: number;
  readonly skipped: number;
}
