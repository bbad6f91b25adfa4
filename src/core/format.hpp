#pragma once
// A format ready for use: a row of workflow_formats with its schema and rules compiled.
//
// Immutable; one per version and process, shared by the requests that use it.

#include <memory>
#include <string>
#include <vector>

#include "core/answer_form.hpp"
#include "core/finding.hpp"
#include "core/json_value.hpp"
#include "core/rules.hpp"
#include "core/schema.hpp"

namespace llmw {

inline constexpr std::size_t kMaxFindings = 100;  ///< of one document

/// A row of workflow_formats.
struct FormatRow {
  std::string name;
  int version = 1;
  std::string system_prompt;
  std::string json_schema;    ///< JSON text
  std::string rules;          ///< JSON text, see core/rules.hpp; empty: schema checks only
  int max_output_tokens = 0;  ///< 0: as the setting says

  bool operator==(const FormatRow&) const = default;
};

class Format {
 public:
  /// Throws llmw::Error 22023 when schema or rules cannot be used.
  explicit Format(FormatRow row);

  const FormatRow& row() const { return row_; }
  const Rules& rules() const { return rules_; }
  const Schema& schema() const { return *schema_; }
  const AnswerForm& form(bool compact, ResponseMode mode) const;

  /// Errors first, each group in document order. A violation of the schema has the code
  /// "schema_" and the keyword ("schema_required"); where a rule found something at the same path,
  /// the rule's finding stands for both.
  std::vector<Finding> validate(const JsonValue& document, const RuleContext& context) const;
  /// The same for a document that is known to hold to the schema.
  std::vector<Finding> validate_fitting(const JsonValue& document,
                                        const RuleContext& context) const;
  /// The same for JSON text; text that cannot be read is one finding, json_unreadable.
  std::vector<Finding> validate(std::string_view json, const RuleContext& context) const;

 private:
  std::vector<Finding> merge(const std::vector<SchemaViolation>& violations,
                             const JsonValue& document, const RuleContext& context) const;

  FormatRow row_;
  Rules rules_;
  std::shared_ptr<const Schema> schema_;
  std::vector<AnswerForm> forms_;  ///< plain and compact, machine and human_debug
};

}  // namespace llmw
