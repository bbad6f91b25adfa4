// Any JSON against the rules of the built-in formats, and its limbo zones: bounded findings, no
// crash, and what the zones were added to holds all of them.

#include <cstdint>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "core/builtin_formats.hpp"
#include "core/json_value.hpp"
#include "core/rules.hpp"

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

void check_findings(const Rules& rules, const JsonValue& document, std::string_view text) {
  const RuleContext context = {{"google-mail"}, std::string(text.substr(0, 200))};
  const std::vector<Finding> findings = check_rules(rules, document, context);
  require(findings.size() <= 100);
  bool has_warning = false;
  for (const Finding& finding : findings) {
    const bool is_warning = finding.severity == Severity::warning;
    require(is_warning || !has_warning);
    has_warning = is_warning;
    require(!finding.message.empty() && !finding.hint.empty());
    require(finding.path.empty() || finding.path[0] == '/');
  }
  require(check_rules(rules, document, context) == findings);
}

void check_zones(const Rules& rules, const JsonValue& document) {
  const std::vector<LimboZone> zones = derive_limbo_zones(rules, document);
  std::set<std::pair<std::string, std::string>> edges;
  for (const LimboZone& zone : zones) {
    require(!zone.id.empty() && !zone.from.empty() && !zone.to.empty());
    require(edges.emplace(zone.from, zone.to).second);
  }
  const JsonValue complete = complete_limbo_zones(rules, document);
  require(derive_limbo_zones(rules, complete) == zones);
  require(count_items(rules, complete) == count_items(rules, document));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  JsonValue document;
  if (read_json_value(text, document).fault != JsonFault::none) return 0;
  for (const BuiltinFormat& format : builtin_formats()) {
    const Rules rules = rules_of(format);
    check_findings(rules, document, text);
    check_zones(rules, document);
  }
  return 0;
}
