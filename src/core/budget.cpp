#include "core/budget.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "core/tags.hpp"
#include "core/text.hpp"

namespace llmw {
namespace {

// Each in the order of its enumeration.
constexpr std::array<std::string_view, 6> kScopes{"database", "role",   "agent",
                                                  "model",    "server", "tag"};
constexpr std::array<std::string_view, 5> kPeriods{"hour", "day", "week", "month", "total"};
constexpr std::array<std::string_view, 4> kActions{"block", "warn", "fallback_only",
                                                   "primary_only"};

template <typename Enum>
std::optional<Enum> parse_word(std::span<const std::string_view> words, std::string_view word) {
  const auto found = std::find(words.begin(), words.end(), word);
  if (found == words.end()) return std::nullopt;
  return static_cast<Enum>(found - words.begin());
}

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::months;
using std::chrono::sys_days;
using std::chrono::weeks;
using Instant = std::chrono::sys_time<microseconds>;

constexpr Instant kEpoch =
    sys_days{std::chrono::year{2000} / std::chrono::January / std::chrono::day{1}};

constexpr Instant to_instant(std::int64_t time) { return kEpoch + microseconds{time}; }
constexpr std::int64_t to_time(Instant instant) { return (instant - kEpoch).count(); }

constexpr sys_days first_of_month(Instant instant) {
  const std::chrono::year_month_day date{std::chrono::floor<days>(instant)};
  return sys_days{date.year() / date.month() / std::chrono::day{1}};
}

constexpr sys_days monday_of(Instant instant) {
  const sys_days day = std::chrono::floor<days>(instant);
  return day - (std::chrono::weekday{day} - std::chrono::Monday);
}

std::string utc(std::int64_t time) {
  const Instant instant = to_instant(time);
  const sys_days day = std::chrono::floor<days>(instant);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(instant - day)};
  std::array<char, 48> text{};
  const int length = std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02u %02d:%02d:%02d UTC", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(length)};
}

bool counts(const Budget& budget, const BudgetSubject& subject, RequestTags& tags) {
  switch (budget.scope) {
    case BudgetScope::database: return true;
    case BudgetScope::role: return subject.role == budget.subject;
    case BudgetScope::agent: return subject.agent == budget.subject;
    case BudgetScope::model: return subject.model == budget.subject;
    case BudgetScope::server: return subject.server == budget.subject;
    case BudgetScope::tag: return tags.value(budget.tag_key) == budget.subject;
  }
  return false;
}

bool exceeds_cost(const Budget& budget, const BudgetUsage& usage, const WorstCase& worst) {
  if (!budget.limit_cost) return false;
  if (!worst.cost) return true;
  return *worst.cost > Money() && usage.spent + usage.reserved + *worst.cost > *budget.limit_cost;
}

/// Written so that no sum can overflow, whatever limit somebody sets.
bool exceeds_tokens(const Budget& budget, const BudgetUsage& usage, const WorstCase& worst) {
  if (!budget.limit_tokens || worst.tokens == 0) return false;
  return worst.tokens > *budget.limit_tokens - usage.spent_tokens - usage.reserved_tokens;
}

bool may_pass(BudgetAction action, bool is_primary) {
  switch (action) {
    case BudgetAction::warn: return true;
    case BudgetAction::primary_only: return is_primary;
    case BudgetAction::fallback_only: return !is_primary;
    case BudgetAction::block: break;
  }
  return false;
}

Money money_difference(Money from, Money amount) { return from < amount ? Money() : from - amount; }

std::string usd(Money amount) { return amount.to_string() + " USD"; }
std::string tokens(std::int64_t count) { return std::to_string(count) + " tokens"; }

std::string most_of(const std::optional<Money>& worst) {
  return worst ? "the call may take up to " + usd(*worst) : "no price of the call is known";
}

std::string in_quotes(std::string_view name) {
  constexpr std::size_t kMaxShownBytes = 64;
  return '"' + printable(name, kMaxShownBytes) + '"';
}

/// What is at odds: "spent 9 USD, reserved 1 USD, limit 10 USD; the call may take up to 0.5 USD".
/// Of the limit that the call exceeds; of both, the one in USD.
std::string account_of(const Budget& budget, const BudgetUsage& usage, const WorstCase& worst) {
  if (!exceeds_cost(budget, usage, worst))
    return "spent " + tokens(usage.spent_tokens) + ", reserved " + tokens(usage.reserved_tokens) +
           ", limit " + tokens(budget.limit_tokens.value_or(0)) + "; the call may take up to " +
           tokens(worst.tokens);
  return "spent " + usd(usage.spent) + ", reserved " + usd(usage.reserved) + ", limit " +
         usd(budget.limit_cost.value_or(Money())) + "; " + most_of(worst.cost);
}

std::string sentence(std::string text) {
  text.front() = static_cast<char>(text.front() - 'a' + 'A');
  return text + '.';
}

std::string reset_of(const Budget& budget, std::int64_t now) {
  if (budget.period == BudgetPeriod::total) return "The budget never resets.";
  return "The budget resets at " + utc(period_end(budget.period, now)) + '.';
}

std::string who_may_pass(BudgetAction action) {
  switch (action) {
    case BudgetAction::primary_only: return " Only the primary model may still be asked.";
    case BudgetAction::fallback_only: return " Only fallback models may still be asked.";
    case BudgetAction::block:
    case BudgetAction::warn: break;
  }
  return {};
}

}  // namespace

std::optional<BudgetScope> parse_budget_scope(std::string_view word) {
  return parse_word<BudgetScope>(kScopes, word);
}

std::optional<BudgetPeriod> parse_budget_period(std::string_view word) {
  return parse_word<BudgetPeriod>(kPeriods, word);
}

std::optional<BudgetAction> parse_budget_action(std::string_view word) {
  return parse_word<BudgetAction>(kActions, word);
}

std::vector<const Budget*> budgets_that_count(std::span<const Budget> budgets,
                                              const BudgetSubject& subject) {
  RequestTags tags(subject.tags);
  std::vector<const Budget*> counting;
  for (const Budget& budget : budgets)
    if (counts(budget, subject, tags)) counting.push_back(&budget);
  return counting;
}

std::int64_t period_begin(BudgetPeriod period, std::int64_t now) {
  const Instant instant = to_instant(now);
  switch (period) {
    case BudgetPeriod::hour: return to_time(std::chrono::floor<hours>(instant));
    case BudgetPeriod::day: return to_time(std::chrono::floor<days>(instant));
    case BudgetPeriod::week: return to_time(monday_of(instant));
    case BudgetPeriod::month: return to_time(first_of_month(instant));
    case BudgetPeriod::total: break;
  }
  return 0;
}

std::int64_t period_end(BudgetPeriod period, std::int64_t now) {
  const Instant begin = to_instant(period_begin(period, now));
  switch (period) {
    case BudgetPeriod::hour: return to_time(begin + hours{1});
    case BudgetPeriod::day: return to_time(begin + days{1});
    case BudgetPeriod::week: return to_time(begin + weeks{1});
    case BudgetPeriod::month: {
      const std::chrono::year_month_day first{std::chrono::floor<days>(begin)};
      return to_time(sys_days{first + months{1}});
    }
    case BudgetPeriod::total: break;
  }
  return 0;
}

void BudgetUsage::reserve(const WorstCase& worst) {
  reserved += worst.cost.value_or(Money());
  reserved_tokens += worst.tokens;
}

// Never below zero: somebody may have deleted the row with the reservation in it.
void BudgetUsage::settle(const WorstCase& worst, const WorstCase& actual) {
  reserved = money_difference(reserved, worst.cost.value_or(Money()));
  reserved_tokens = std::max<std::int64_t>(0, reserved_tokens - worst.tokens);
  spent += actual.cost.value_or(Money());
  spent_tokens += actual.tokens;
}

BudgetVerdict judge(const Budget& budget, const BudgetUsage& usage, const WorstCase& worst,
                    bool is_primary) {
  if (!exceeds_cost(budget, usage, worst) && !exceeds_tokens(budget, usage, worst))
    return BudgetVerdict::fits;
  return may_pass(budget.action, is_primary) ? BudgetVerdict::exceeds_and_passes
                                             : BudgetVerdict::refused;
}

bool may_fit_later(const Budget& budget, const BudgetUsage& usage, const WorstCase& worst) {
  BudgetUsage settled = usage;
  settled.reserved = Money();
  settled.reserved_tokens = 0;
  return !exceeds_cost(budget, settled, worst) && !exceeds_tokens(budget, settled, worst);
}

BudgetRefusal refusal_of(const Budget& budget, const BudgetUsage& usage, const WorstCase& worst,
                         std::string_view model, std::int64_t now) {
  const bool unpriced = budget.limit_cost && !worst.cost;
  BudgetRefusal refusal;
  refusal.budget = budget.name;
  refusal.message = "budget " + in_quotes(budget.name) + " does not allow the call";
  refusal.detail = sentence(account_of(budget, usage, worst)) + ' ' + reset_of(budget, now) +
                   who_may_pass(budget.action);
  refusal.hint =
      unpriced ? "Add a price: a row of llm_model_prices for model " + in_quotes(model) + '.'
      : budget.period == BudgetPeriod::total
          ? "Raise the limit in the budget's row of llm_budgets."
          : "Wait until it resets, or raise the limit in the budget's row of llm_budgets.";
  refusal.resets_at = period_end(budget.period, now);
  return refusal;
}

std::string warning_of(const Budget& budget, const BudgetUsage& usage, const WorstCase& worst) {
  return "budget " + in_quotes(budget.name) + " is exceeded: " + account_of(budget, usage, worst);
}

std::optional<BudgetRefusal> over_request_cost(Money max, Money spent, std::optional<Money> worst) {
  if (worst && (*worst == Money() || spent + *worst <= max)) return std::nullopt;
  BudgetRefusal refusal;
  refusal.message = "the call could exceed the cost limit of the request";
  refusal.detail = sentence("spent " + usd(spent) + ", limit " + usd(max) + "; " + most_of(worst));
  refusal.hint = worst ? "Lower max_output_tokens, or raise llm_workflow.max_request_cost or "
                         "llm_workflow.max_statement_cost."
                       : "Add a price: a row of llm_model_prices for the model.";
  return refusal;
}

/// Written so that no sum can overflow, as exceeds_tokens() is.
std::optional<BudgetRefusal> over_request_tokens(std::string_view agent, std::int64_t max,
                                                 std::int64_t used, std::int64_t worst) {
  if (worst <= max - used) return std::nullopt;
  BudgetRefusal refusal;
  refusal.message =
      "the call could exceed the token limit of a request of agent " + in_quotes(agent);
  refusal.detail = sentence("agent " + in_quotes(agent) + ": used " + tokens(used) + ", limit " +
                            tokens(max) + "; the call may take up to " + tokens(worst));
  refusal.hint = "Lower max_output_tokens, or raise max_tokens in the agent's row of llm_agents.";
  return refusal;
}

}  // namespace llmw
