#include "core/learned_rules.hpp"

#include <algorithm>
#include <span>
#include <tuple>

#include "core/text.hpp"

namespace llmw {

namespace {

constexpr std::size_t kMaxIssues = 20;
constexpr std::size_t kMaxIssueBytes = 500;

}  // namespace

void sort_rules(std::vector<LearnedRule>& rules) {
  std::sort(rules.begin(), rules.end(), [](const LearnedRule& a, const LearnedRule& b) {
    return std::forward_as_tuple(a.id.size(), a.id) < std::forward_as_tuple(b.id.size(), b.id);
  });
}

std::vector<std::string> ids_of(const std::vector<LearnedRule>& rules) {
  std::vector<std::string> ids;
  ids.reserve(rules.size());
  for (const LearnedRule& rule : rules) ids.push_back(rule.id);
  return ids;
}

std::string write_rule_legend(const std::vector<LearnedRule>& rules) {
  if (rules.empty()) return {};
  std::string legend = "Keep to these rules:\n";
  for (const LearnedRule& rule : rules) legend += rule.id + ' ' + rule.text + '\n';
  return legend;
}

std::string write_issue_lines(const std::vector<DocumentIssue>& issues,
                              const std::vector<LearnedRule>& rules) {
  std::string lines;
  for (const DocumentIssue& issue : std::span(issues).first(std::min(issues.size(), kMaxIssues))) {
    const bool is_told = std::any_of(
        rules.begin(), rules.end(), [&](const LearnedRule& rule) { return rule.id == issue.rule; });
    if (is_told) lines += issue.rule + ": ";
    lines += printable(issue.description, kMaxIssueBytes) + '\n';
  }
  return lines;
}

const LearnedRule* rule_for_code(const std::vector<LearnedRule>& rules, std::string_view code) {
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const LearnedRule& rule) { return rule.code == code; });
  return found == rules.end() || code.empty() ? nullptr : &*found;
}

}  // namespace llmw
