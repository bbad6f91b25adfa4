#pragma once
// Finds the action of a segment: which of its words is the verb, who acts, whether it is denied.
//
// English does not mark verbs, so a word is judged by its place: at the start of a command, after
// "to" or "must", after a subject that agrees with it, after "is". A word that is more often a noun
// ("order") needs stronger signs than one that never is ("approve").

#include <cstdint>

#include "core/draft_clauses.hpp"
#include "core/draft_text.hpp"

namespace llmw {

/// The last action found in the same sentence: what follows "and" must be parallel to it.
struct Mood {
  unsigned form = 0;  ///< of the verb: kBase, ...; 0 when there is no action yet
  bool passive = false;
  bool bare = false;  ///< nothing but the verb stood in its segment
};

struct FoundVerb {
  enum class What : std::uint8_t {
    nothing,
    action,
    purpose,  ///< "to onboard an employee": what the sentence is for
    light,    ///< a verb that names no action, such as "have"
    state,
    event,
  };
  What what = What::nothing;
  bool negated = false;
  bool passive = false;
  unsigned form = 0;
  int verb = -1;           ///< token of the verb
  int subject_begin = -1;  ///< tokens of who acts (passive: of what is acted upon); -1: none
  int subject_end = -1;
  int light = -1;      ///< token of the light verb on the way, such as "use" in "use X to do Y"
  int light_end = -1;  ///< end of the tokens that belong to it
};

/// The verb of `segment`. `begin` is where its clause starts: before segment.begin when words
/// without a verb stand before it. `next` is the segment after it or nullptr.
FoundVerb find_segment_verb(const DraftText& text, const Segment& segment, int begin,
                            const Segment* next, const Mood& mood);

}  // namespace llmw
