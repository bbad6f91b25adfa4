// Branches and the outcomes of decisions: E09 and E12.

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <utility>

#include "core/rules_flow.hpp"

namespace llmw {
namespace {

using Words = std::vector<std::string>;

constexpr std::array<std::string_view, 7> kElse = {"else",         "otherwise", "default", "*",
                                                   "in all cases", "any other", "other"};

/// Words of which one is the opposite of the other.
constexpr std::pair<std::string_view, std::string_view> kOpposites[] = {
    {"yes", "no"},
    {"true", "false"},
    {"pass", "fail"},
    {"passed", "failed"},
    {"approved", "rejected"},
    {"success", "failure"},
    {"accept", "reject"},
    {"accepted", "rejected"},
    {"approve", "reject"},
    {">", "<="},
    {">=", "<"},
    {"==", "!="},
    {"=", "!="},
    {"is", "isn't"},
    {"with", "without"},
    {"present", "missing"},
    {"present", "absent"},
    {"empty", "nonempty"},
};

constexpr std::array<std::string_view, 4> kNegatingPrefixes = {"un", "in", "non", "dis"};
constexpr std::array<std::string_view, 3> kNegations = {"not", "no", "never"};

bool is_else(std::string_view label) {
  return is_blank(label) || std::find(kElse.begin(), kElse.end(), fold(label)) != kElse.end();
}

/// Words and comparison signs of a folded label.
Words split(std::string_view label) {
  Words words(1);
  const auto is_sign = [](char c) { return c == '<' || c == '>' || c == '=' || c == '!'; };
  char before = ' ';
  for (const char c : fold(label)) {
    if (c == ' ' || is_sign(c) != is_sign(before)) words.emplace_back();
    if (c != ' ') words.back() += c;
    before = c;
  }
  words.erase(std::remove(words.begin(), words.end(), std::string()), words.end());
  return words;
}

bool is_opposite_word(const std::string& a, const std::string& b) {
  for (const auto& [left, right] : kOpposites) {
    if ((a == left && b == right) || (a == right && b == left)) return true;
  }
  return std::any_of(kNegatingPrefixes.begin(), kNegatingPrefixes.end(), [&](const auto prefix) {
    return a == std::string(prefix) + b || b == std::string(prefix) + a;
  });
}

/// Whether `longer` is `shorter` with a negation put in.
bool is_negated(const Words& shorter, const Words& longer) {
  if (longer.size() != shorter.size() + 1) return false;
  const auto [at, unused] = std::mismatch(longer.begin(), longer.end() - 1, shorter.begin());
  return std::find(kNegations.begin(), kNegations.end(), *at) != kNegations.end() &&
         std::equal(at + 1, longer.end(), shorter.begin() + (at - longer.begin()));
}

/// Whether one of the two labels always holds: "paid" and "not paid", "x > 5" and "x <= 5".
bool are_opposites(std::string_view a, std::string_view b) {
  const Words left = split(a);
  const Words right = split(b);
  if (left.size() != right.size()) return is_negated(left, right) || is_negated(right, left);
  int differences = 0;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (left[i] == right[i]) continue;
    if (!is_opposite_word(left[i], right[i])) return false;
    ++differences;
  }
  return differences == 1;
}

class BranchChecks {
 public:
  BranchChecks(const Workflow& workflow, FindingList& findings)
      : workflow_(workflow), rules_(workflow.rules()), findings_(findings) {}

  void run() {
    if (!workflow_.uses(rules_.branches)) return;
    const bool has_outcomes = workflow_.uses(rules_.outcomes);
    for (const Item& item : workflow_.items()) {
      const std::vector<std::string_view> labels = read_labels(item);
      const std::string_view type = read_text(*item.json, rules_.type);
      if (!rules_.conditional_type.empty() && type == rules_.conditional_type) {
        check_conditional(item, labels);
      } else if (labels.empty()) {
        continue;
      } else if (rules_.decision_type.empty() || type != rules_.decision_type) {
        error("E09", item, "only a conditional or a decision has branches",
              "Make the step a conditional, or leave the branches out.");
      } else if (has_outcomes) {
        check_outcomes(item, labels);
      }
    }
  }

 private:
  void error(const char* code, const Item& item, std::string message, std::string_view hint) {
    findings_.error(code, item.place, child_path(item.path, rules_.branches), std::move(message),
                    hint);
  }

  std::vector<std::string_view> read_labels(const Item& item) const {
    std::vector<std::string_view> labels;
    for (const JsonValue* branch : read_branches(workflow_, item))
      labels.push_back(read_text(*branch, rules_.branch_when));
    return labels;
  }

  void check_conditional(const Item& item, const std::vector<std::string_view>& labels) {
    std::set<std::string> distinct;
    for (const std::string_view label : labels) distinct.insert(fold(label));
    if (distinct.size() < 2) {
      findings_.error("E09", item.place, branches_place(item),
                      "the conditional has " + std::to_string(distinct.size()) +
                          (distinct.size() == 1 ? " branch" : " branches"),
                      "Give it two branches or more, the last of them for \"else\".");
    } else if (distinct.size() != labels.size()) {
      error("E09", item, "two branches are for the same case", "Give each case one branch.");
    } else if (std::none_of(labels.begin(), labels.end(), is_else) &&
               !(labels.size() == 2 && are_opposites(labels[0], labels[1]))) {
      error("E09", item, "the branches leave open what happens in all other cases",
            "Add a branch for \"else\".");
    }
  }

  /// That of the branches, or of the item when it has none.
  std::string branches_place(const Item& item) const {
    return item.json->find(rules_.branches) == nullptr ? item.path
                                                       : child_path(item.path, rules_.branches);
  }

  void check_outcomes(const Item& item, const std::vector<std::string_view>& labels) {
    std::set<std::string> cases;
    for (const std::string_view label : labels) {
      if (!is_else(label)) cases.insert(fold(label));
    }
    std::set<std::string> outcomes;
    for (const ListedText& outcome : read_list(*item.json, rules_.outcomes)) {
      if (!is_else(outcome.text)) outcomes.insert(fold(outcome.text));
    }
    if (cases == outcomes) return;
    const bool has_list = item.json->find(rules_.outcomes) != nullptr;
    findings_.error("E12", item.place,
                    has_list ? child_path(item.path, rules_.outcomes) : item.path,
                    "the outcomes of the decision are not the cases of its branches",
                    "List each case of the branches as an outcome, and no other.");
  }

  const Workflow& workflow_;
  const Rules& rules_;
  FindingList& findings_;
};

}  // namespace

void check_branches(const Workflow& workflow, FindingList& findings) {
  BranchChecks(workflow, findings).run();
}

}  // namespace llmw
