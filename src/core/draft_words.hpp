#pragma once
// Reading single words for the built-in draft: which verb a word may be, and in which forms.
//
// Pure functions of the word; nothing here looks at the sentence around it.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "core/draft_lexicon.hpp"

namespace llmw {

/// A word read as a verb.
struct VerbReading {
  Verb verb;
  std::string base;    ///< base form as the writer would spell it: "summarise" stays British
  unsigned forms = 0;  ///< kBase | kThird | ...: every form that this spelling can be
};

/// Whether `word` is among `words`.
bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words);

/// `word` (lower case) as a form of a verb of the tables, prefixes such as "auto-" allowed;
/// nothing when it is none.
std::optional<VerbReading> read_verb(std::string_view word);

/// `word` as a base form that the tables do not have, by its ending ("-ize", "-ify"); the step
/// type is transform. Nothing when the ending says nothing.
std::optional<VerbReading> guess_verb(std::string_view word);

/// The word class, where possessives count as determiners and numbers as determiners or nouns.
WordClass classify_word(std::string_view word);

/// Whether the noun `word` is a plural, by its ending.
bool looks_plural(std::string_view word);

}  // namespace llmw
