#pragma once
// The statements by which the worker reads and writes llm_budget_usage.
//
// Rows come as one array per column (pg/columns.hpp). Whoever runs one of these statements holds
// the lock of the book (lock_budget_book), and so never meets another worker in them.

#include <span>

#include "pg/postgres.hpp"

namespace llmw {

inline constexpr Oid kBudgetShareTypes[] = {TEXTOID, TIMESTAMPTZOID};
inline constexpr Oid kBudgetUsageTypes[] = {TEXTOID, TIMESTAMPTZOID, TEXTOID,
                                            TEXTOID, INT8OID,        INT8OID};

inline constexpr const char* kAddBudgetUsage =
    "INSERT INTO @extschema@.llm_budget_usage (budget, period_start)"
    " SELECT budget, period_start FROM unnest($1, $2) AS t (budget, period_start)"
    " ON CONFLICT (budget, period_start) DO NOTHING";

/// Locked against people who change rows by hand.
inline constexpr const char* kLockBudgetUsage =
    "SELECT t.place, u.spent_usd, u.reserved_usd, u.spent_tokens, u.reserved_tokens"
    " FROM unnest($1, $2) WITH ORDINALITY AS t (budget, period_start, place)"
    " JOIN @extschema@.llm_budget_usage u"
    "  ON u.budget = t.budget AND u.period_start = t.period_start"
    " FOR NO KEY UPDATE OF u";

inline constexpr const char* kWriteBudgetUsage =
    "UPDATE @extschema@.llm_budget_usage u SET spent_usd = t.spent_usd::numeric,"
    " reserved_usd = t.reserved_usd::numeric, spent_tokens = t.spent_tokens,"
    " reserved_tokens = t.reserved_tokens"
    " FROM unnest($1, $2, $3, $4, $5, $6)"
    " AS t (budget, period_start, spent_usd, reserved_usd, spent_tokens, reserved_tokens)"
    " WHERE u.budget = t.budget AND u.period_start = t.period_start";

/// What a crash left: the worst case of the calls $1 (uuid[] of call_id) of llm_call_intents is
/// spent and no longer reserved. To be run before the intents are deleted. What somebody deleted of
/// the usage is made anew: the money may be gone all the same.
inline constexpr const char* kSettleLostReservations =
    "INSERT INTO @extschema@.llm_budget_usage AS u (budget, period_start, spent_usd, spent_tokens)"
    " SELECT s.budget, s.period_start, COALESCE(sum(i.worst_case_cost_usd), 0),"
    " sum(i.input_tokens_estimate + i.max_output_tokens)::int8"
    " FROM @extschema@.llm_call_intents i,"
    " unnest(i.reserved_budgets, i.reserved_periods) AS s (budget, period_start)"
    " WHERE i.call_id = ANY ($1)"
    " GROUP BY s.budget, s.period_start"
    " ON CONFLICT (budget, period_start) DO UPDATE SET"
    " spent_usd = u.spent_usd + excluded.spent_usd,"
    " reserved_usd = GREATEST(0, u.reserved_usd - excluded.spent_usd),"
    " spent_tokens = u.spent_tokens + excluded.spent_tokens,"
    " reserved_tokens = GREATEST(0, u.reserved_tokens - excluded.spent_tokens)";

}  // namespace llmw
