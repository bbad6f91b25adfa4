#pragma once
// Word tables of the built-in draft: English verbs with the step type that they give, irregular
// forms, nouns that name an action, and the small words that hold a sentence together.
//
// All tables are constant data, sorted and searched by halving. Words are lower case ASCII. A verb
// stands in the tables once, with its American spelling; draft_words finds the other spellings.

#include <cstdint>
#include <optional>
#include <string_view>

namespace llmw {

/// Values of "step_type" in a pilot document.
enum class StepKind : std::uint8_t { llm_decision, transform, conditional, api_call };

/// How often the verb's base form is a noun (or an adjective) instead: "approve", "check", "order".
enum class NounUse : std::uint8_t { never, rarely, often };

enum class VerbRole : std::uint8_t {
  act,      ///< an action of its own
  ask,      ///< an action that takes a clause: "check whether ...", "ensure that ..."
  support,  ///< an action whose meaning is in its object: "perform a review"
  light,    ///< announces another action or none: "we use", "need to", "start"
  state,    ///< no action: "contain", "exceed"
  event,    ///< happens by itself: "arrive"
};

struct Verb {
  std::string_view base;  ///< points into the tables: lives for ever
  StepKind kind = StepKind::api_call;
  NounUse noun_use = NounUse::never;
  VerbRole role = VerbRole::act;
};

/// Forms of a verb that one spelling can be; combined with |.
inline constexpr unsigned kBase = 1;
inline constexpr unsigned kThird = 2;       ///< "sends"
inline constexpr unsigned kPast = 4;        ///< "sent"
inline constexpr unsigned kParticiple = 8;  ///< "written"
inline constexpr unsigned kIng = 16;        ///< "sending"

struct IrregularForm {
  std::string_view form;
  std::string_view base;
  unsigned forms = 0;
};

struct NounOfAction {
  std::string_view noun;
  std::string_view verb;
};

enum class WordClass : std::uint8_t {
  none,  ///< not in the tables: a noun, an adjective or a verb
  determiner,
  subject,  ///< pronoun as subject
  object,   ///< pronoun as object
  modal,
  negated_modal,
  be,
  negation,
  preposition,
  to,
  coordinator,
  alternative,
  relative,
  complement,  ///< opens a clause that is an object: "whether"
  adverb,
  actor,  ///< a noun for somebody or something that acts
  noun,   ///< a noun or adjective that looks like a form of a verb
};

/// The verb with this base form; nothing when the tables do not have it.
std::optional<Verb> find_verb(std::string_view base);

/// The irregular form `form`; nullptr when it is none. The pointer is valid for ever.
const IrregularForm* find_irregular(std::string_view form);

/// The base form of the verb that `noun` names ("approval": "approve"); empty when none.
std::string_view verb_of_noun(std::string_view noun);

/// The class of `word`; WordClass::none when the tables do not have it.
WordClass find_word_class(std::string_view word);

/// Whether `word` may follow a verb as part of it: "up", "out".
bool is_particle(std::string_view word);

}  // namespace llmw
