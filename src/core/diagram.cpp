#include "core/diagram.hpp"

#include <algorithm>

#include "core/diagram_model.hpp"
#include "core/error.hpp"
#include "core/markup.hpp"
#include "core/rules_checks.hpp"

namespace llmw {
namespace {

JsonValue schema_of(const Format& format) {
  JsonValue schema;
  read_json_value(format.row().json_schema, schema);
  return schema;
}

bool has_items(const Rules& rules) { return rules.kind != RuleKind::none && !rules.items.empty(); }

/// The top-level properties of the format's schema, in their order.
std::vector<std::string> topics_of(const Format& format) {
  std::vector<std::string> topics;
  const JsonValue schema = schema_of(format);
  const JsonValue* properties = schema.find("properties");
  if (properties == nullptr) return topics;
  for (const auto& [key, value] : properties->members) topics.push_back(key);
  return topics;
}

}  // namespace

bool looks_like(const Format& format, const JsonValue& document) {
  if (has_items(format.rules())) {
    const JsonValue* items = find_field(document, format.rules().items);
    return items != nullptr && items->is_array();
  }
  const JsonValue schema = schema_of(format);
  const std::vector<ListedText> required = read_list(schema, "required");
  return !required.empty() &&
         std::all_of(required.begin(), required.end(),
                     [&](const ListedText& key) { return document.find(key.text) != nullptr; });
}

DiagramTexts draw_diagram(const Format& format, const JsonValue& document) {
  if (has_items(format.rules())) {
    const Diagram diagram = read_diagram(format.rules(), document);
    return {to_mermaid(diagram), to_svg(diagram)};
  }
  const DiagramOutline outline = read_outline(topics_of(format), document);
  if (outline.topics.empty())
    throw Error(sqlstate::kInvalidParameterValue, "the document has nothing to draw",
                "It has none of the properties of its format, and the format names no steps.",
                "Give a document of the format, or the result of generate_workflow().");
  return {to_mermaid(outline), to_svg(outline)};
}

DiagramTexts in_ascii(const DiagramTexts& texts) {
  return {in_ascii(texts.mermaid, "#"), in_ascii(texts.svg, "&#")};
}

}  // namespace llmw
