#pragma once
// Reads a description sentence by sentence into a plan: which actions there are, in which order,
// under which conditions. The steps are not linked yet: see link_plan().

#include "core/draft_plan.hpp"
#include "core/draft_text.hpp"

namespace llmw {

/// The steps that `text` names; none when it names no action. Marks tokens of `text` as removed.
Plan read_plan(DraftText& text);

}  // namespace llmw
