#include "core/schema_canonical.hpp"

#include <algorithm>

#include "core/json_value.hpp"
#include "core/schema_decimal.hpp"

namespace llmw {
namespace {

void append_value(CanonicalBuilder& builder, const JsonValue& value);

std::string append_container(CanonicalBuilder& builder, const JsonValue& value) {
  builder.begin(value.is_object());
  for (const JsonValue& item : value.items) append_value(builder, item);
  for (const auto& [key, member] : value.members) {
    builder.key(key);
    append_value(builder, member);
  }
  return builder.end();
}

void append_value(CanonicalBuilder& builder, const JsonValue& value) {
  if (value.is_array() || value.is_object()) {
    append_container(builder, value);
  } else {
    builder.add(canonical_value(value));
  }
}

}  // namespace

std::string canonical_string(std::string_view value) { return json_quote(value); }

std::string canonical_number(std::string_view literal) { return Decimal(literal).canonical(); }

std::string canonical_value(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::null: return "null";
    case JsonValue::Kind::boolean: return value.boolean ? "true" : "false";
    case JsonValue::Kind::number: return canonical_number(value.text);
    case JsonValue::Kind::string: return canonical_string(value.text);
    case JsonValue::Kind::array:
    case JsonValue::Kind::object: break;
  }
  CanonicalBuilder builder;
  return append_container(builder, value);
}

bool CanonicalBuilder::has_equal_items() const {
  std::vector<std::string_view> items;
  for (const auto& [key, text] : open_.back().parts) items.emplace_back(text);
  std::sort(items.begin(), items.end());
  return std::adjacent_find(items.begin(), items.end()) != items.end();
}

std::string CanonicalBuilder::end() {
  Open open = std::move(open_.back());
  open_.pop_back();
  if (open.object) std::stable_sort(open.parts.begin(), open.parts.end());
  std::string text(1, open.object ? '{' : '[');
  for (const auto& [key, part] : open.parts) {
    if (open.object) (text += canonical_string(key)) += ':';
    (text += part) += ',';
  }
  text += open.object ? '}' : ']';
  if (active()) add(text);
  return text;
}

}  // namespace llmw
