// What the page Agents and plans shows and does.

import type { Decimal, Timestamp } from './api.js';

export interface AgentRow {
  readonly agent: string;
  readonly description: string | null;
  readonly task_kind: 'mechanical' | 'reasoning';
  readonly model: string | null;
  readonly fallback_models: readonly string[] | null;
  readonly max_tokens: number | null;
  readonly max_output_tokens: number | null;
  readonly format: string | null;
  readonly category: string | null;
  readonly enabled: boolean;
}

export interface PlanRow {
  readonly plan: string;
  readonly description: string | null;
  readonly agents: number;
  readonly created_at: Timestamp;
  readonly created_by: string;
  /// Its models and budgets are those that the agents have now.
  readonly is_in_effect: boolean;
}

interface ModelAndBudget {
  readonly model: string | null;
  readonly max_tokens: number | null;
}

export interface AppliedPlanRow {
  readonly application: number;
  readonly plan: string;
  readonly applied_at: Timestamp;
  readonly applied_by: string;
  /// before is null when the plan added the agent.
  readonly changes: readonly { agent: string; before: ModelAndBudget | null; after: ModelAndBudget }[];
  readonly reverted_at: Timestamp | null;
  readonly reverted_by: string | null;
}

export interface Agents {
  readonly agents: readonly AgentRow[];
  readonly plans: readonly PlanRow[];
  readonly applied: readonly AppliedPlanRow[];
  readonly may_apply: boolean;
  readonly may_revert: boolean;
}

/// A row of compare_plans().
export interface PlanComparisonRow {
  readonly section: 'agent' | 'model' | 'run' | 'year';
  readonly item: string | null;
  readonly direction: 'input' | 'output' | null;
  readonly model_before: string | null;
  readonly model_after: string | null;
  readonly tokens_before: Decimal;
  readonly tokens_after: Decimal;
  readonly tokens_saved_percent: Decimal | null;
  readonly cost_before: Decimal | null;
  readonly cost_after: Decimal | null;
  readonly cost_saved: Decimal | null;
  readonly cost_saved_percent: Decimal | null;
}

/// A row of plan_usage().
export interface PlanUsageRow {
  readonly agent: string;
  readonly model: string | null;
  readonly max_tokens: number | null;
  readonly requests: number;
  readonly p95_tokens: number | null;
  readonly used_percent: Decimal | null;
  readonly cut_requests: number;
  readonly planned_cost_usd: Decimal | null;
  readonly observed_cost_usd: Decimal | null;
  readonly advice: string;
  readonly suggested_max_tokens: number | null;
}

export interface ChangedAgents {
  readonly changed: number;
}
