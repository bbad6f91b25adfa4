#include "core/draft_plan.hpp"

#include <algorithm>
#include <array>

#include "core/draft_text.hpp"

namespace llmw {
namespace {

constexpr std::size_t kMergedBytes = 400;

void drop_idle_conditionals(Plan& plan) {
  std::vector<char> used(static_cast<std::size_t>(plan.conditions), 0);
  for (const PlanStep& step : plan.steps)
    if (step.under >= 0) used[static_cast<std::size_t>(step.under)] = 1;
  std::erase_if(plan.steps, [&](const PlanStep& step) {
    return step.opens >= 0 && !used[static_cast<std::size_t>(step.opens)];
  });
}

/// The step type of most steps from `first` on; a conditional among others does not count.
StepKind most_common_kind(const std::vector<PlanStep>& steps, std::size_t first) {
  std::array<int, 4> counts{};
  for (std::size_t i = first; i < steps.size(); ++i)
    if (steps[i].kind != StepKind::conditional) ++counts[static_cast<std::size_t>(steps[i].kind)];
  const auto most = std::max_element(counts.begin(), counts.end());
  return static_cast<StepKind>(most - counts.begin());
}

void merge_beyond(Plan& plan, std::size_t limit) {
  if (plan.steps.size() <= limit) return;
  const std::size_t first = limit - 1;
  PlanStep rest;
  rest.verb = "complete";
  rest.kind = most_common_kind(plan.steps, first);
  std::string list;
  for (std::size_t i = first; i < plan.steps.size() && list.size() < kMergedBytes; ++i) {
    if (!list.empty()) list += "; ";
    list += plan.steps[i].operation;
  }
  rest.operation = shorten_text(
      "Complete the remaining " + std::to_string(plan.steps.size() - first) + " actions: " + list,
      kMergedBytes);
  plan.steps.resize(first);
  plan.steps.push_back(std::move(rest));
}

/// Walks over the steps and keeps the ends of what has been done so far.
class Linker {
 public:
  explicit Linker(Plan& plan)
      : plan_(plan), conditional_(static_cast<std::size_t>(plan.conditions), -1) {}

  void run() {
    for (std::size_t i = 0; i < plan_.steps.size(); ++i) link(static_cast<int>(i));
  }

 private:
  int conditional_of(int condition) const {
    return condition < 0 ? -1 : conditional_[static_cast<std::size_t>(condition)];
  }

  void link(int index) {
    PlanStep& step = plan_.steps[static_cast<std::size_t>(index)];
    const int conditional = conditional_of(step.under);
    if (step.in_else && conditional >= 0 && !in_else_of(step.under)) {
      enter_else(step.under, conditional);
    } else if (!step.in_else && step.opens < 0 && step.under != under_) {
      join_branches();
    } else if (step.opens >= 0 && !step.in_else) {
      join_branches();
    }
    std::vector<int> waits = step.parallel ? previous_waits_ : frontier_;
    previous_waits_ = waits;
    if (conditional >= 0) waits.push_back(conditional);
    std::sort(waits.begin(), waits.end());
    waits.erase(std::unique(waits.begin(), waits.end()), waits.end());
    step.depends_on = std::move(waits);
    advance(step, index);
  }

  bool in_else_of(int condition) const { return else_ && else_of_ == condition; }

  void enter_else(int condition, int conditional) {
    ends_.insert(ends_.end(), frontier_.begin(), frontier_.end());
    frontier_ = {conditional};
    else_ = true;
    else_of_ = condition;
  }

  void join_branches() {
    frontier_.insert(frontier_.end(), ends_.begin(), ends_.end());
    ends_.clear();
    else_ = false;
  }

  void advance(const PlanStep& step, int index) {
    if (step.opens >= 0) {
      conditional_[static_cast<std::size_t>(step.opens)] = index;
      under_ = step.opens;
      else_ = false;
    } else {
      under_ = step.under;
    }
    if (!step.parallel) frontier_.clear();
    frontier_.push_back(index);
  }

  Plan& plan_;
  std::vector<int> conditional_;  ///< step index of each condition's conditional
  std::vector<int> frontier_;     ///< ends of the current branch
  std::vector<int> ends_;         ///< ends of the branches left behind
  std::vector<int> previous_waits_;
  int under_ = -1;
  int else_of_ = -1;
  bool else_ = false;
};

}  // namespace

int find_step(const Plan& plan, const std::string& verb) {
  for (std::size_t i = plan.steps.size(); i > 0; --i)
    if (!verb.empty() && plan.steps[i - 1].verb == verb) return static_cast<int>(i - 1);
  return -1;
}

void link_plan(Plan& plan, int limit) {
  drop_idle_conditionals(plan);
  merge_beyond(plan, static_cast<std::size_t>(limit));
  Linker(plan).run();
}

}  // namespace llmw
