#pragma once
// Fixed phrases of the draft's sentences: schedules ("every Monday at 9am") and words that say that
// things happen side by side ("at the same time"). Both are taken out of the sentence.

#include <string>
#include <string_view>

#include "core/draft_text.hpp"

namespace llmw {

/// Number of live tokens from `at` on that spell `phrase` (words separated by single blanks), as
/// the count of tokens that it spans; 0 when they do not. Looks no further than `end`.
int match_phrase(const DraftText& text, int at, int end, std::string_view phrase);

/// Takes the schedule phrases of sentence [begin, end) out of it and returns them as one text;
/// empty when there is none.
std::string take_schedule(DraftText& text, int begin, int end);

/// Takes phrases such as "in parallel" out of sentence [begin, end); their tokens are marked.
void take_parallel_phrases(DraftText& text, int begin, int end);

}  // namespace llmw
