#pragma once
// The steps of a draft before they become JSON: in order, with conditions and branches.
//
// draft_reader fills a plan sentence by sentence; link_plan() then works out who waits for whom.

#include <string>
#include <vector>

#include "core/draft_lexicon.hpp"

namespace llmw {

struct PlanStep {
  std::string verb;       ///< base form; empty for a conditional
  std::string operation;  ///< "Send summary emails"
  StepKind kind = StepKind::api_call;
  std::string actor;
  std::string condition;        ///< as written: "if the total is over $500", "otherwise"
  std::string schedule;         ///< "every Monday at 9am"
  std::string constraint;       ///< what must not be done: "do not email customers"
  int opens = -1;               ///< number of the condition that this conditional step decides
  int under = -1;               ///< number of the condition under which this step is done
  bool in_else = false;         ///< in the `otherwise` branch of `under`
  bool parallel = false;        ///< starts together with the step before it
  std::vector<int> depends_on;  ///< indexes of steps; set by link_plan
};

struct Plan {
  std::vector<PlanStep> steps;
  int conditions = 0;  ///< conditions numbered so far
};

/// Index of the last step whose verb is `verb`; -1 when there is none.
int find_step(const Plan& plan, const std::string& verb);

/// Drops conditionals that nothing depends on, merges what goes beyond `limit` steps into the last
/// one and sets depends_on: each step waits for the one before it unless it is parallel, steps
/// under a condition also wait for its conditional, and what follows both branches waits for both.
void link_plan(Plan& plan, int limit);

}  // namespace llmw
