#include "core/format.hpp"

#include <algorithm>
#include <map>

#include "core/error.hpp"

namespace llmw {

namespace {

JsonValue read_or_throw(const std::string& text, const char* what) {
  JsonValue value;
  const JsonRead read = read_json_value(text, value, DuplicateKeys::refuse);
  if (read.fault == JsonFault::none) return value;
  throw Error(sqlstate::kInvalidParameterValue,
              std::string("the ") + what + " of the format is not valid JSON", read.message);
}

Rules read_rules(const std::string& text) {
  return text.empty() ? Rules{} : parse_rules(read_or_throw(text, "rules"));
}

/// What to do about a violation: a model that repairs its document is told this and no message.
std::string remedy(const SchemaViolation& violation) {
  const std::string& message = violation.message;
  if (message.starts_with("the key ")) return 'T' + message.substr(1) + ": leave it out.";
  return "The value " + message + '.';
}

/// Violations as findings, without those that a rule has already told at the same place: each
/// finding of a rule stands for one.
std::vector<Finding> findings_of(const std::vector<SchemaViolation>& violations,
                                 const std::vector<Finding>& told) {
  std::map<std::string_view, int> told_at;
  for (const Finding& finding : told)
    if (finding.severity == Severity::error) ++told_at[finding.path];
  std::vector<Finding> findings;
  for (const SchemaViolation& violation : violations) {
    const auto at = told_at.find(violation.path);
    if (at != told_at.end() && at->second-- > 0) continue;
    findings.push_back({"schema_" + violation.keyword, Severity::error, violation.path,
                        violation.message, remedy(violation)});
  }
  return findings;
}

}  // namespace

Format::Format(FormatRow row)
    : row_(std::move(row)),
      rules_(read_rules(row_.rules)),
      schema_(Schema::compile(row_.json_schema)) {
  const JsonValue schema = read_or_throw(row_.json_schema, "schema");
  for (const bool compact : {false, true})
    for (const ResponseMode mode : {ResponseMode::machine, ResponseMode::human_debug})
      forms_.emplace_back(schema, compact, mode);
}

const AnswerForm& Format::form(bool compact, ResponseMode mode) const {
  return forms_[(compact ? 2 : 0) + (mode == ResponseMode::human_debug ? 1 : 0)];
}

std::vector<Finding> Format::validate(const JsonValue& document, const RuleContext& context) const {
  return merge(check_schema(*schema_, document, kMaxFindings), document, context);
}

std::vector<Finding> Format::validate_fitting(const JsonValue& document,
                                              const RuleContext& context) const {
  return merge({}, document, context);
}

std::vector<Finding> Format::validate(std::string_view json, const RuleContext& context) const {
  JsonValue document;
  const JsonRead read = read_json_value(json, document);
  if (read.fault != JsonFault::none)
    return {{"json_unreadable", Severity::error, "", "the document cannot be read: " + read.message,
             "Write plain JSON, nested at most " + std::to_string(kMaxJsonDepth) + " deep."}};
  return validate(document, context);
}

std::vector<Finding> Format::merge(const std::vector<SchemaViolation>& violations,
                                   const JsonValue& document, const RuleContext& context) const {
  std::vector<Finding> rule_findings = check_rules(rules_, document, context);
  if (violations.empty()) return rule_findings;  // sorted and bounded like the result
  std::vector<Finding> findings = findings_of(violations, rule_findings);
  findings.insert(findings.end(), rule_findings.begin(), rule_findings.end());
  std::stable_partition(findings.begin(), findings.end(),
                        [](const Finding& finding) { return finding.severity == Severity::error; });
  if (findings.size() > kMaxFindings) findings.resize(kMaxFindings);
  return findings;
}

}  // namespace llmw
