// Any JSON as a document of each built-in format: drawn or refused in bounded time, and whatever is
// drawn is well-formed and keeps text in its place. Texts and fonts of any kind fit their frames.

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/builtin_formats.hpp"
#include "core/diagram_model.hpp"
#include "core/diagram_text.hpp"
#include "core/error.hpp"
#include "unit/diagram_sound.hpp"

namespace {

using namespace llmw;

void require(bool holds) {
  if (!holds) std::abort();
}

Rules rules_of(const BuiltinFormat& format) {
  JsonValue json;
  require(read_json_value(format.rules, json).fault == JsonFault::none);
  return parse_rules(json);
}

void check_texts(const std::string& mermaid, const std::string& svg) {
  require(mermaid_fault(mermaid).empty());
  require(svg_fault(svg).empty());
}

void check_diagram(const Rules& rules, const JsonValue& document) {
  try {
    const Diagram diagram = read_diagram(rules, document);
    require(diagram.items <= kMaxDiagramItems);
    check_texts(to_mermaid(diagram), to_svg(diagram));
  } catch (const Error& error) {
    require(!error.hint().empty());
  }
}

void check_outline(const JsonValue& document) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : document.members) keys.push_back(key);
  const DiagramOutline outline = read_outline(keys, document);
  check_texts(to_mermaid(outline), to_svg(outline));
}

void check_wrapping(std::string_view text) {
  const std::string line = one_line(text, 400);
  constexpr double kWidth = 120;
  constexpr double kSize = 12;
  require(one_line(line, 500) == line);
  const std::vector<std::string> lines = wrap_text(line, {kWidth, kSize, 4});
  require(lines.size() <= 4);
  for (const std::string& wrapped : lines) require(text_width(wrapped, kSize) <= kWidth + 1e-9);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_wrapping(text);
  JsonValue document;
  if (read_json_value(text, document).fault != JsonFault::none) return 0;
  for (const BuiltinFormat& format : builtin_formats()) {
    const Rules rules = rules_of(format);
    if (rules.kind != RuleKind::none) check_diagram(rules, document);
  }
  check_outline(document);
  return 0;
}
