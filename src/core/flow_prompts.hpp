#pragma once
// What the flow says to models beyond the format's own prompt. Every word is paid for on every
// call.
//
// `noun` is what the format's items are called: "steps" or "stages".

#include <string>
#include <string_view>
#include <vector>

#include "core/finding.hpp"
#include "core/learned_rules.hpp"

namespace llmw {

/// An entry of an outline: an item of the document to be, in order.
struct OutlineItem {
  std::string id;
  std::string title;
};

/// The user message: the caller's prompt and, when given, the services that steps may name.
std::string generation_prompt(std::string_view prompt, const std::vector<std::string>& services);

/// After an answer whose document has errors: codes, paths and hints only, or in place of a hint
/// the id of the rule that says as much.
std::string repair_reply(const std::vector<Finding>& findings,
                         const std::vector<LearnedRule>& rules = {});

/// After an answer in which no document could be read; `why` is one line.
std::string unreadable_reply(std::string_view why);

/// After the document of an earlier request: its findings (one line each, may be empty) and what
/// should be different.
std::string regeneration_reply(std::string_view findings, std::string_view feedback);

/// After an answer that was cut: asks for the items that follow those with `ids`.
std::string remaining_reply(std::string_view noun, const std::vector<std::string>& ids);

/// Asks for the outline of a large document.
std::string outline_prompt(std::string_view prompt, std::string_view noun);
/// JSON Schema of an outline, in the subset that providers take.
std::string_view outline_schema();

/// Asks for the items `ids` of the document that `outline` lists.
std::string part_prompt(std::string_view prompt, std::string_view noun,
                        const std::vector<OutlineItem>& outline,
                        const std::vector<std::string>& ids);

/// How many steps, stages, phases or tasks `prompt` asks for by number ("25 steps", "at least
/// twenty stages", "30+ detailed steps"); 0 when it names none. The largest one counts.
int asked_items(std::string_view prompt);

}  // namespace llmw
