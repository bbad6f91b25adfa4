#include "pg/rule_catalogue.hpp"

#include <map>
#include <span>
#include <utility>

#include "pg/table_cache.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

struct RuleBook {
  std::map<std::string, std::vector<LearnedRule>, std::less<>> active;  ///< by category
  std::map<std::string, std::string, std::less<>> categories;           ///< by id
};

/// A row as read: trivially destructible, so that an error of PostgreSQL may skip it.
struct RuleRow {
  const char* rule;
  const char* category;
  const char* text;
  const char* code;
  bool active;
};

constinit TableCache<RuleBook> cache{"llm_rules"};

RuleRow read_row(const RowReader& row) {
  return {row.text_or_null("rule"), row.text_or_null("category"), row.text_or_null("text"),
          row.text_or_null("code"), DatumGetBool(row.get("active"))};
}

RuleBook to_rule_book(std::span<const RuleRow> rows) {
  RuleBook book;
  for (const RuleRow& row : rows) {
    LearnedRule rule{to_utf8(row.rule), to_utf8(row.text), utf8_or_empty(row.code)};
    std::string category = to_utf8(row.category);
    book.categories.emplace(rule.id, category);
    if (row.active) book.active[std::move(category)].push_back(std::move(rule));
  }
  for (auto& [category, rules] : book.active) sort_rules(rules);
  return book;
}

}  // namespace

std::vector<LearnedRule> active_rules(std::string_view category) {
  const RuleBook& book = cache.current(read_row, to_rule_book);
  const auto found = book.active.find(category);
  return found == book.active.end() ? std::vector<LearnedRule>() : found->second;
}

std::optional<std::string> category_of_rule(std::string_view id) {
  const RuleBook& book = cache.current(read_row, to_rule_book);
  const auto found = book.categories.find(id);
  if (found == book.categories.end()) return std::nullopt;
  return found->second;
}

}  // namespace llmw
