#pragma once
// Reads one sentence: walks over its segments and collects actions, conditions and their order.
//
// The reader keeps nothing between sentences but what SentenceState carries.

#include <string>
#include <vector>

#include "core/draft_actions.hpp"
#include "core/draft_plan.hpp"
#include "core/draft_verbs.hpp"

namespace llmw {

/// What one sentence leaves for the next.
struct SentenceState {
  int last_condition = -1;
  std::string last_condition_text;  ///< "if ...", also when it was said with "unless"
};

/// What a sentence says.
struct SentenceActions {
  std::vector<Action> actions;
  std::string constraint;  ///< a prohibition that belongs to no action of the sentence
  int insert_before =
      -1;  ///< index of the plan's step before which the actions come; -1: at the end
};

/// Reads sentence [begin, end) of `text`. Conditions are numbered on in `plan`, which is otherwise
/// only looked at to find what "once X is done" refers to.
SentenceActions read_sentence(DraftText& text, int begin, int end, Plan& plan,
                              SentenceState& state);

}  // namespace llmw
