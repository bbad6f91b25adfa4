#pragma once
// The actions of one sentence while it is read: token ranges that become texts at its end.

#include <string>
#include <vector>

#include "core/draft_clauses.hpp"
#include "core/draft_plan.hpp"
#include "core/draft_text.hpp"

namespace llmw {

struct Range {
  int begin = 0;
  int end = 0;
  bool empty() const { return begin >= end; }
};

/// An action or a condition of the sentence being read.
struct Action {
  int verb = -1;  ///< token of the verb; -1 for a condition and for an action named by a noun
  VerbReading reading;
  unsigned form = 0;
  bool passive = false;
  bool bare = false;  ///< nothing stands between the verb and the next one
  bool parallel = false;
  bool is_event = false;        ///< "an order arrives": becomes "Receive an order"
  bool is_noun = false;         ///< named by a noun: `object` stands before or after it
  bool shares_subject = false;  ///< the subject is that of the action before
  Joint joint = Joint::start;
  Range subject;
  Range object;
  Range actor;              ///< when it is known to be somebody else than the subject
  std::string alternative;  ///< " or reject": stands after the verb
  std::string extra;        ///< text that belongs at the end of the operation
  std::string constraint;
  int opens = -1;  ///< as in PlanStep
  int under = -1;
  bool in_else = false;
  std::string condition;  ///< text of a condition
};

/// What "it", "them" and "she" stand for.
struct Referents {
  std::string thing;   ///< the last single object that is no person
  std::string things;  ///< the last objects in the plural
  std::string actor;
};

/// Turns the actions of one sentence into steps: operations with objects shared between verbs
/// ("review and approve the invoice"), pronouns replaced by what they stand for, actors of the
/// passive taken out of the text. `referents` is what the pronouns mean at the start of the
/// sentence; it is updated.
std::vector<PlanStep> make_steps(DraftText& text, std::vector<Action>& actions,
                                 Referents& referents);

/// Actions that `range` names by nouns: "cutting, sewing and order approval". A verb's -ing form
/// counts, and so does a noun of the tables; with `plain` also a noun like a verb ("credit check").
std::vector<Action> find_named_actions(const DraftText& text, Range range, bool plain);

}  // namespace llmw
