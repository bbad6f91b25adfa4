#include "core/draft_lexicon.hpp"

#include <algorithm>
#include <iterator>

#include "core/draft_tables.hpp"

namespace llmw {
namespace {

using namespace tables;

bool contains(Words words, std::string_view word) {
  return std::binary_search(words.begin(), words.end(), word);
}

}  // namespace

std::optional<Verb> find_verb(std::string_view base) {
  for (const VerbGroup& group : kVerbGroups) {
    const auto found = std::lower_bound(group.words.begin(), group.words.end(), base);
    if (found != group.words.end() && *found == base)
      return Verb{*found, group.kind, group.noun_use, group.role};
  }
  return std::nullopt;
}

const IrregularForm* find_irregular(std::string_view form) {
  const auto found = std::lower_bound(
      std::begin(kIrregular), std::end(kIrregular), form,
      [](const IrregularForm& entry, std::string_view key) { return entry.form < key; });
  return found != std::end(kIrregular) && found->form == form ? found : nullptr;
}

std::string_view verb_of_noun(std::string_view noun) {
  const auto found = std::lower_bound(
      std::begin(kNounsOfAction), std::end(kNounsOfAction), noun,
      [](const NounOfAction& entry, std::string_view key) { return entry.noun < key; });
  return found != std::end(kNounsOfAction) && found->noun == noun ? found->verb
                                                                  : std::string_view();
}

WordClass find_word_class(std::string_view word) {
  for (const ClassGroup& group : kClassGroups)
    if (contains(group.words, word)) return group.word_class;
  return WordClass::none;
}

bool is_particle(std::string_view word) { return contains(kParticleWords, word); }

}  // namespace llmw
