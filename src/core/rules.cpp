#include "core/rules.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "core/error.hpp"
#include "core/rules_checks.hpp"
#include "core/text.hpp"

namespace llmw {
namespace {

/// Items that a format may allow; keeps the graphs of hostile documents small.
constexpr int kLargestMaxItems = 500;
static_assert(kLargestMaxItems <= kMaxGraphNodes);
constexpr std::size_t kMaxShownBytes = 60;

struct NameKey {
  std::string_view key;
  std::string Rules::*member;
};

constexpr NameKey kNameKeys[] = {
    {"items", &Rules::items},
    {"id", &Rules::id},
    {"text", &Rules::text},
    {"type", &Rules::type},
    {"depends_on", &Rules::depends_on},
    {"next", &Rules::next},
    {"branches", &Rules::branches},
    {"branch_when", &Rules::branch_when},
    {"branch_next", &Rules::branch_next},
    {"condition", &Rules::condition},
    {"outcomes", &Rules::outcomes},
    {"max_iterations", &Rules::max_iterations},
    {"inputs", &Rules::inputs},
    {"outputs", &Rules::outputs},
    {"service", &Rules::service},
    {"timeout", &Rules::timeout},
    {"retry", &Rules::retry},
    {"conditional_type", &Rules::conditional_type},
    {"decision_type", &Rules::decision_type},
    {"call_type", &Rules::call_type},
    {"sequence", &Rules::sequence},
    {"parallel_with", &Rules::parallel_with},
    {"team", &Rules::team},
    {"zones", &Rules::zones},
    {"zone_id", &Rules::zone_id},
    {"zone_from", &Rules::zone_from},
    {"zone_to", &Rules::zone_to},
    {"zone_payload", &Rules::zone_payload},
    {"zone_join", &Rules::zone_join},
    {"zone_entry", &Rules::zone_entry},
    {"zone_exit", &Rules::zone_exit},
    {"zone_max_wait", &Rules::zone_max_wait},
    {"zone_owner", &Rules::zone_owner},
};

std::string quoted(std::string_view text) { return '"' + printable(text, kMaxShownBytes) + '"'; }

[[noreturn]] void refuse(std::string message, std::string hint) {
  throw Error(sqlstate::kInvalidParameterValue, std::move(message), {}, std::move(hint));
}

std::string read_name(const std::string& key, const JsonValue& value) {
  if (!value.is_string() || value.text.empty())
    refuse("rule " + quoted(key) + " is not a name",
           "Give the name of a field of the format as a string.");
  return value.text;
}

std::vector<std::string> read_names(const std::string& key, const JsonValue& value) {
  std::vector<std::string> names;
  for (const JsonValue& item : value.items) {
    if (item.is_string()) names.push_back(item.text);
  }
  if (!value.is_array() || names.size() != value.items.size())
    refuse("rule " + quoted(key) + " is not an array of strings", "Write [\"a\", \"b\"].");
  return names;
}

RuleKind read_kind(const JsonValue& value) {
  if (value.is_string()) {
    if (value.text == "none") return RuleKind::none;
    if (value.text == "steps") return RuleKind::steps;
    if (value.text == "stages") return RuleKind::stages;
  }
  refuse("unknown kind of rules", "The kinds are \"steps\", \"stages\" and \"none\".");
}

int read_max_items(const JsonValue& value) {
  int max_items = 0;
  const char* end = value.text.data() + value.text.size();
  const auto read = std::from_chars(value.text.data(), end, max_items);
  if (value.kind != JsonValue::Kind::number || read.ec != std::errc() || read.ptr != end ||
      max_items < 1 || max_items > kLargestMaxItems)
    refuse("rule \"max_items\" is out of range",
           "Give an integer from 1 to " + std::to_string(kLargestMaxItems) + ".");
  return max_items;
}

void read_rule(const JsonValue::Member& rule, Rules& rules) {
  const auto& [key, value] = rule;
  const auto* const name =
      std::find_if(std::begin(kNameKeys), std::end(kNameKeys),
                   [&key = key](const NameKey& candidate) { return candidate.key == key; });
  if (name != std::end(kNameKeys)) {
    rules.*name->member = read_name(key, value);
  } else if (key == "kind") {
    rules.kind = read_kind(value);
  } else if (key == "max_items") {
    rules.max_items = read_max_items(value);
  } else if (key == "types") {
    rules.types = read_names(key, value);
  } else if (key == "teams") {
    rules.teams = read_names(key, value);
  } else if (key == "other_keys") {
    rules.other_keys = read_names(key, value);
  } else {
    refuse("unknown rule " + quoted(key), "docs/validation.md lists the rules of a format.");
  }
}

}  // namespace

Rules parse_rules(const JsonValue& json) {
  Rules rules;
  if (json.is_null()) return rules;
  if (!json.is_object())
    refuse("the rules of a format are not a JSON object",
           R"(Write e.g. {"kind": "steps", "items": "tasks", "id": "id"}.)");
  for (const JsonValue::Member& rule : json.members) read_rule(rule, rules);
  if (rules.kind == RuleKind::none) {
    if (json.find("kind") == nullptr && !json.members.empty())
      refuse("the rules of a format have no \"kind\"",
             "The kinds are \"steps\", \"stages\" and \"none\".");
    return Rules();
  }
  if (rules.items.empty() || rules.id.empty())
    refuse("the rules of a format do not name \"items\" and \"id\"",
           "Name the array of steps or stages and the field that identifies each.");
  return rules;
}

namespace {

int count_elements(const JsonValue& document, const std::string& key) {
  const JsonValue* array = find_field(document, key);
  return array != nullptr && array->is_array() ? static_cast<int>(array->items.size()) : 0;
}

}  // namespace

std::optional<int> count_items(const Rules& rules, const JsonValue& document) {
  if (rules.kind == RuleKind::none) return std::nullopt;
  return count_elements(document, rules.items);
}

std::optional<int> count_zones(const Rules& rules, const JsonValue& document) {
  if (rules.zones.empty()) return std::nullopt;
  return count_elements(document, rules.zones);
}

std::vector<Finding> check_rules(const Rules& rules, const JsonValue& document,
                                 const RuleContext& context) {
  FindingList findings;
  if (rules.kind == RuleKind::none) return {};
  const Workflow workflow(rules, document);
  check_items(workflow, findings);
  check_texts(workflow, context, findings);
  if (rules.kind == RuleKind::steps) {
    check_steps(workflow, context, findings);
  } else {
    check_stages(workflow, findings);
  }
  check_limbo_zones(workflow, findings);
  check_coverage(workflow, context, findings);
  return findings.take();
}

}  // namespace llmw
