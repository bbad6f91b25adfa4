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
  bool all_known;  ///< false: some request cost what is not known
};

constinit StatementSpending spending{0, {}, true};

StatementSpending& spent_by_statement() {
  const TimestampTz statement = GetCurrentStatementStartTimestamp();
  if (spending.statement != statement) spending = {statement, {}, true};
  return spending;
}

/// An equal share for each request of what llm_workflow.max_statement_cost leaves.
std::optional<Money> share_of_statement(int requests) {
  const std::optional<Money> limit = parse_money(settings.max_statement_cost);
  if (!limit) return std::nullopt;
  if (!spent_by_statement().all_known)
    throw Error(sqlstate::kBudget, "what the statement has cost is not known, and it has a limit",
                "A call of it has no known price; llm_workflow.max_statement_cost is " +
                    limit->to_string() + " USD.",
                "Add a price: workflow_requests and llm_calls name the model and service tier.");
  const Money spent = spent_by_statement().spent;
  // Nothing spent under a limit of 0: what is free may still be asked.
  if (spent > Money() && spent >= *limit)
    throw Error(sqlstate::kBudget, "the statement has reached llm_workflow.max_statement_cost",
                "Spent " + spent.to_string() + " USD, limit " + limit->to_string() + " USD.",
                "Raise llm_workflow.max_statement_cost, or take fewer rows at a time.");
  return Money::from_units((spent < *limit ? *limit - spent : Money()).units() / requests);
}

}  // namespace

void add_statement_cost(std::string_view cost_or_empty) {
  const std::optional<Money> cost = parse_money(cost_or_empty);
  if (cost)
    spent_by_statement().spent += *cost;
  else
    spent_by_statement().all_known = false;
}

std::string request_cost_limit(int requests) {
  const std::optional<Money> share = share_of_statement(requests);
  const std::optional<Money> own = parse_money(settings.max_request_cost);
  const std::optional<Money> limit = share && own ? std::min(*share, *own) : share ? share : own;
  return limit ? limit->to_string() : "";
}

}  // namespace llmw
