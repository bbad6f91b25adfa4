#include "core/report_data.hpp"

#include "core/report_numbers.hpp"
#include "core/text.hpp"

namespace llmw {
namespace {

constexpr std::size_t kLongestName = 100;

/// The number at `row[key]` as it was written; empty when it is none.
std::string_view literal_of(const JsonValue& row, std::string_view key) {
  const JsonValue* value = row.find(key);
  if (value == nullptr || value->kind != JsonValue::Kind::number) return {};
  return value->text;
}

}  // namespace

std::string_view field(const JsonValue& row, std::string_view key) {
  const JsonValue* value = row.find(key);
  if (value == nullptr) return {};
  const bool has_text = value->is_string() || value->kind == JsonValue::Kind::number;
  return has_text ? std::string_view(value->text) : std::string_view();
}

std::string name_field(const JsonValue& row, std::string_view key) {
  return excerpt(field(row, key), kLongestName);
}

std::string excerpt(std::string_view text, std::size_t max_bytes) {
  const std::string_view cut = cut_utf8(text, max_bytes);
  return std::string(cut) + (cut.size() < text.size() ? "\u2026" : "");
}

std::span<const JsonValue> rows_of(const JsonValue& data, std::string_view key) {
  const JsonValue* value = data.find(key);
  if (value == nullptr || !value->is_array()) return {};
  return value->items;
}

const JsonValue& object_of(const JsonValue& data, std::string_view key) {
  static const JsonValue& empty = *new JsonValue(JsonValue::make_object());
  const JsonValue* value = data.find(key);
  return value != nullptr && value->is_object() ? *value : empty;
}

ReportValue count_field(const JsonValue& row, std::string_view key) {
  const std::string_view literal = literal_of(row, key);
  return {number_of(literal), shown_count(literal), {}};
}

ReportValue money_field(const JsonValue& row, std::string_view key) {
  const std::string_view literal = literal_of(row, key);
  return {number_of(literal), shown_money(literal), exact_money(literal)};
}

ReportValue percent_field(const JsonValue& row, std::string_view key) {
  const std::string_view literal = literal_of(row, key);
  return {number_of(literal), shown_percent(literal), {}};
}

ReportValue duration_field(const JsonValue& row, std::string_view key) {
  const std::string_view literal = literal_of(row, key);
  return {number_of(literal), shown_duration(literal), {}};
}

std::string shown_size(const ReportValue& value) {
  return value.shown.substr(value.shown.starts_with(kMinus) ? kMinus.size() : 0);
}

bool has_some(const JsonValue& row, std::string_view key) {
  return number_of(literal_of(row, key)).value_or(0) != 0;
}

}  // namespace llmw
