#include "sql_api/statement_cost.hpp"

#include <algorithm>
#include <optional>

#include "core/error.hpp"
#include "core/money.hpp"
#include "pg/postgres.hpp"
#include "pg/settings.hpp"

namespace llmw {

namespace {

/// `spent` counts only while the statement that began at `statement` runs.
struct StatementSpending {
  TimestampTz statement;
  Money spent;
};

constinit StatementSpending spending{0, {}};

Money& spent_by_statement() {
  const TimestampTz statement = GetCurrentStatementStartTimestamp();
  if (spending.statement != statement) spending = {statement, {}};
  return spending.spent;
}

/// An equal share for each request of what llm_workflow.max_statement_cost leaves.
std::optional<Money> share_of_statement(int requests) {
  const std::optional<Money> limit = parse_money(settings.max_statement_cost);
  if (!limit) return std::nullopt;
  const Money spent = spent_by_statement();
  // Nothing spent under a limit of 0: what is free may still be asked.
  if (spent > Money() && spent >= *limit)
    throw Error(sqlstate::kBudget, "the statement has reached llm_workflow.max_statement_cost",
                "Spent " + spent.to_string() + " USD, limit " + limit->to_string() + " USD.",
                "Raise llm_workflow.max_statement_cost, or take fewer rows at a time.");
  return Money::from_units((spent < *limit ? *limit - spent : Money()).units() / requests);
}

}  // namespace

void add_statement_cost(std::string_view cost_or_empty) {
  spent_by_statement() += parse_money(cost_or_empty).value_or(Money());
}

std::string request_cost_limit(int requests) {
  const std::optional<Money> share = share_of_statement(requests);
  const std::optional<Money> own = parse_money(settings.max_request_cost);
  const std::optional<Money> limit = share && own ? std::min(*share, *own) : share ? share : own;
  return limit ? limit->to_string() : "";
}

}  // namespace llmw
