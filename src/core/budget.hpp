#pragma once
// Budgets: what may be spent in a period, on what, and what happens when a call could exceed it.
//
// A call is reserved at its worst case before it is made and settled at its cost when it has ended.
// It must fit: spent + reserved + worst case <= limit, in USD, in tokens, or in both. A call that
// adds nothing to a limited quantity never exceeds that limit, so calls at a price of zero pass a
// limit in USD and still count against one in tokens. A call without a known price could cost
// anything: under a limit in USD it never fits.
//
// Times are microseconds since 2000-01-01 00:00:00 UTC, as PostgreSQL counts them. Periods are
// those of UTC.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/money.hpp"

namespace llmw {

enum class BudgetScope { database, role, agent, model, server, tag };
enum class BudgetPeriod { hour, day, week, month, total };
enum class BudgetAction {
  block,          ///< no call may exceed the limit
  warn,           ///< every call may, and it is said
  fallback_only,  ///< the primary model may not
  primary_only,   ///< fallback models may not
};

/// The words of llm_budgets. Nothing for any other.
std::optional<BudgetScope> parse_budget_scope(std::string_view word);
std::optional<BudgetPeriod> parse_budget_period(std::string_view word);
std::optional<BudgetAction> parse_budget_action(std::string_view word);

/// A row of llm_budgets. It has a limit in USD, in tokens, or both.
struct Budget {
  std::string name;
  BudgetScope scope = BudgetScope::database;
  std::string tag_key;  ///< scope tag: the key whose value must be `subject`
  std::string subject;  ///< which role, agent, model, server or value; empty for scope database
  BudgetPeriod period = BudgetPeriod::total;
  std::optional<Money> limit_cost;
  std::optional<std::int64_t> limit_tokens;
  BudgetAction action = BudgetAction::block;
};

/// What a call is counted by.
struct BudgetSubject {
  std::string_view role;
  std::string_view agent;
  std::string_view model;
  std::string_view server;
  std::string_view tags;  ///< JSON object
};

/// Those of `budgets` that count the call. A tag's value is compared as text: a string by its
/// characters, a number or boolean as it is written.
std::vector<const Budget*> budgets_that_count(std::span<const Budget> budgets,
                                              const BudgetSubject& subject);

/// Begin and end of the period that holds `now`: [begin, end). Weeks begin on Monday. The period
/// `total` begins at 0 and has the end 0: it never ends.
std::int64_t period_begin(BudgetPeriod period, std::int64_t now);
std::int64_t period_end(BudgetPeriod period, std::int64_t now);

/// The worst case of a call.
struct WorstCase {
  std::optional<Money> cost;  ///< nothing: no price is known
  std::int64_t tokens = 0;
};

/// What was used in a period: a row of llm_budget_usage.
struct BudgetUsage {
  Money spent;
  Money reserved;
  std::int64_t spent_tokens = 0;
  std::int64_t reserved_tokens = 0;

  void reserve(const WorstCase& worst);
  /// What was reserved for a call becomes what it took. An actual cost that is not known adds none.
  void settle(const WorstCase& worst, const WorstCase& actual);
};

enum class BudgetVerdict { fits, exceeds_and_passes, refused };

/// Whether a call may be made. `is_primary`: it goes to the request's primary model.
BudgetVerdict judge(const Budget& budget, const BudgetUsage& usage, const WorstCase& worst,
                    bool is_primary);

/// Whether a call that was refused would fit if what is reserved for others came to nothing: their
/// worst cases are in the way, which mostly are many times what calls cost.
bool may_fit_later(const Budget& budget, const BudgetUsage& usage, const WorstCase& worst);

/// Why a call may not be made: the parts of an error LW010.
struct BudgetRefusal {
  std::string budget;  ///< its name; empty: a limit of the request or the statement
  std::string message;
  std::string detail;
  std::string hint;
  std::int64_t resets_at = 0;  ///< when the period ends; 0: never
};

/// The refusal of a call to `model` that judge() refused.
BudgetRefusal refusal_of(const Budget& budget, const BudgetUsage& usage, const WorstCase& worst,
                         std::string_view model, std::int64_t now);

/// One line for the log and the event of a call that exceeds and passes.
std::string warning_of(const Budget& budget, const BudgetUsage& usage, const WorstCase& worst);

/// A request's own limit: nothing when a call with the worst case `worst` fits into what is left
/// of `max` after `spent`.
std::optional<BudgetRefusal> over_request_cost(Money max, Money spent, std::optional<Money> worst);

/// The same in tokens, for a request of `agent`: a call may take up to `worst` of what is left of
/// `max` after `used`.
std::optional<BudgetRefusal> over_request_tokens(std::string_view agent, std::int64_t max,
                                                 std::int64_t used, std::int64_t worst);

}  // namespace llmw
