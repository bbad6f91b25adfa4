#pragma once
// Learned rules: what requests of a category are told beyond their format's own prompt.
//
// Their texts go to the model once, as a legend in the system message: behind what the format says,
// which all categories share, and before the prompt, so that a provider's prompt cache finds the
// same beginning again. All else that the model is told names a rule by its id.
//
//   Keep to these rules:
//   R1 Amounts are in EUR.
//   R2 Whoever pays does not approve.

#include <string>
#include <string_view>
#include <vector>

namespace llmw {

/// A row of llm_rules.
struct LearnedRule {
  std::string id;
  std::string text;  ///< one line
  std::string code;  ///< of the finding whose hint it stands in for; empty: none

  bool operator==(const LearnedRule&) const = default;
};

/// Puts rules into the order of the legend: shorter ids first, so that R10 comes after R9 and a
/// rule that is added changes no line before it.
void sort_rules(std::vector<LearnedRule>& rules);

std::vector<std::string> ids_of(const std::vector<LearnedRule>& rules);

/// What the system message says of `rules`; nothing when there are none.
std::string write_rule_legend(const std::vector<LearnedRule>& rules);

/// What was found wrong with a document: a row of llm_issues.
struct DocumentIssue {
  std::string rule;  ///< the id of the rule that speaks of it; empty: none
  std::string description;
};

/// A line for each issue, the first 20: "R2: the clerk approves". An id that is not in the legend
/// of `rules` would say nothing to the model, so it is left out.
std::string write_issue_lines(const std::vector<DocumentIssue>& issues,
                              const std::vector<LearnedRule>& rules);

/// The rule that stands in for the hint of `code`, or nullptr.
const LearnedRule* rule_for_code(const std::vector<LearnedRule>& rules, std::string_view code);

}  // namespace llmw
