#include "pg/budget_catalogue.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "pg/table_cache.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

using Budgets = std::vector<Budget>;

/// A row as read: trivially destructible, so that an error of PostgreSQL may skip it.
struct ReadRow {
  const char* name;
  const char* scope;
  const char* tag_key;
  const char* subject;
  const char* period;
  const char* limit_usd;
  std::int64_t limit_tokens;
  bool has_limit_tokens;
  const char* action;
  bool enabled;
};

constinit TableCache<Budgets> cache{"llm_budgets"};

ReadRow read_row(const RowReader& row) {
  return {row.text_or_null("budget"),         row.text_or_null("scope"),
          row.text_or_null("tag_key"),        row.text_or_null("subject"),
          row.text_or_null("period"),         row.numeric_or_null("limit_usd"),
          row.bigint_or_zero("limit_tokens"), !row.is_null("limit_tokens"),
          row.text_or_null("action"),         DatumGetBool(row.get("enabled"))};
}

/// The table's checks let no other value in.
template <typename Value>
Value known(const std::optional<Value>& value, const ReadRow& row, const char* text) {
  if (value) return *value;
  throw Error(sqlstate::kInternalError,
              "\"" + to_utf8(text) + "\" of budget \"" + to_utf8(row.name) + "\" cannot be used");
}

Budget to_budget(const ReadRow& row) {
  Budget budget;
  budget.name = to_utf8(row.name);
  budget.scope = known(parse_budget_scope(row.scope), row, row.scope);
  budget.tag_key = utf8_or_empty(row.tag_key);
  budget.subject = utf8_or_empty(row.subject);
  budget.period = known(parse_budget_period(row.period), row, row.period);
  if (row.limit_usd != nullptr)
    budget.limit_cost = known(parse_money(row.limit_usd), row, row.limit_usd);
  if (row.has_limit_tokens) budget.limit_tokens = row.limit_tokens;
  budget.action = known(parse_budget_action(row.action), row, row.action);
  return budget;
}

Budgets to_budgets(std::span<const ReadRow> rows) {
  Budgets budgets;
  for (const ReadRow& row : rows)
    if (row.enabled) budgets.push_back(to_budget(row));
  std::sort(budgets.begin(), budgets.end(),
            [](const Budget& a, const Budget& b) { return a.name < b.name; });
  return budgets;
}

}  // namespace

std::span<const Budget> enabled_budgets() { return cache.current(read_row, to_budgets); }

}  // namespace llmw
