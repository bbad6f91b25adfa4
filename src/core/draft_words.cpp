#include "core/draft_words.hpp"

#include <algorithm>
#include <array>

namespace llmw {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The verb of the tables for `base`, whatever its spelling; nothing for none.
std::optional<Verb> find_any_spelling(std::string_view base) {
  if (auto verb = find_verb(base)) return verb;
  if (base.size() < 5 || (!base.ends_with("ise") && !base.ends_with("yse"))) return std::nullopt;
  std::string american(base);
  american[american.size() - 2] = 'z';
  return find_verb(american);
}

/// Takes off "auto-", "re-" and the like: "auto-approve" is read as "approve".
std::string_view without_prefix(std::string_view word) {
  constexpr std::array<std::string_view, 9> kPrefixes = {
      "auto-", "batch-", "bulk-", "co-", "cross-", "double-", "pre-", "re-", "self-"};
  for (const std::string_view prefix : kPrefixes)
    if (word.starts_with(prefix)) return word.substr(prefix.size());
  return word;
}

/// Collects the readings of one spelling: the first base found wins, forms add up.
class Collector {
 public:
  Collector(std::string_view prefix, std::optional<VerbReading>& out)
      : prefix_(prefix), out_(out) {}

  bool offer(std::string_view base, unsigned forms) {
    const auto verb = find_any_spelling(base);
    if (!verb) return false;
    if (!out_) out_ = VerbReading{*verb, std::string(prefix_).append(base), 0};
    out_->forms |= forms;
    return true;
  }

  /// Tries the stems that could have taken the ending: "send", "approv(e)", "shipp" -> "ship".
  void offer_stems(std::string_view stem, unsigned forms) {
    if (stem.size() < 2) return;
    if (offer(stem, forms) || offer(std::string(stem) + "e", forms)) return;
    const std::size_t last = stem.size() - 1;
    if (stem[last] == stem[last - 1]) offer(stem.substr(0, last), forms);
  }

 private:
  std::string_view prefix_;
  std::optional<VerbReading>& out_;
};

void read_regular(std::string_view word, Collector& collector) {
  const std::size_t size = word.size();
  if (word.ends_with("ing") && size > 4) collector.offer_stems(word.substr(0, size - 3), kIng);
  if (word.ends_with("ied"))
    collector.offer(std::string(word.substr(0, size - 3)) + "y", kPast | kParticiple);
  else if (word.ends_with("ed") && size > 3)
    collector.offer_stems(word.substr(0, size - 2), kPast | kParticiple);
  if (!word.ends_with('s') || word.ends_with("ss") || size < 3) return;
  if (collector.offer(word.substr(0, size - 1), kThird)) return;
  if (word.ends_with("ies"))
    collector.offer(std::string(word.substr(0, size - 3)) + "y", kThird);
  else if (word.ends_with("es"))
    collector.offer(word.substr(0, size - 2), kThird);
}

}  // namespace

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<VerbReading> read_verb(std::string_view word) {
  std::optional<VerbReading> reading;
  if (word.size() < 2 || word.size() > 40) return reading;
  Collector whole("", reading);
  if (const IrregularForm* irregular = find_irregular(word))
    whole.offer(irregular->base, irregular->forms);
  whole.offer(word, kBase);
  read_regular(word, whole);
  if (reading) return reading;
  const std::string_view rest = without_prefix(word);
  if (rest.size() == word.size()) return reading;
  Collector prefixed(word.substr(0, word.size() - rest.size()), reading);
  if (const IrregularForm* irregular = find_irregular(rest))
    prefixed.offer(irregular->base, irregular->forms);
  prefixed.offer(rest, kBase);
  read_regular(rest, prefixed);
  return reading;
}

std::optional<VerbReading> guess_verb(std::string_view word) {
  constexpr std::array<std::string_view, 4> kEndings = {"ify", "ise", "ize", "yze"};
  if (word.size() < 6 || word.size() > 40) return std::nullopt;
  for (const std::string_view ending : kEndings)
    if (word.ends_with(ending))
      return VerbReading{Verb{"", StepKind::transform, NounUse::never, VerbRole::act},
                         std::string(word), kBase};
  return std::nullopt;
}

WordClass classify_word(std::string_view word) {
  const WordClass known = find_word_class(word);
  if (known != WordClass::none || word.empty()) return known;
  if (word.ends_with("'s") || word.ends_with("s'")) return WordClass::determiner;
  if (word.ends_with("n't")) return WordClass::negated_modal;
  if (is_digit(word.front())) {
    const bool plain = is_digit(word.back());
    return plain ? WordClass::determiner : WordClass::noun;
  }
  if (word.ends_with("ly") && word.size() > 4 && !read_verb(word) && word != "family")
    return WordClass::adverb;
  return WordClass::none;
}

bool looks_plural(std::string_view word) {
  if (word == "people" || word == "staff" || word == "everyone") return word != "everyone";
  return word.size() > 2 && word.ends_with('s') && !word.ends_with("ss") && !word.ends_with("us") &&
         !word.ends_with("is") && !word.ends_with("ics");
}

}  // namespace llmw
