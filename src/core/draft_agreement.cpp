// Whether a word at its place in a segment is the verb: commands, agreement with the subject,
// and what stands further on.

#include "core/draft_verb_finder.hpp"

namespace llmw {
namespace {

constexpr int kLookAhead = 14;  ///< words; keeps the work linear

bool is_pronoun(const Token& token) {
  return token.word_class == WordClass::subject || token.word_class == WordClass::object;
}

}  // namespace

bool opens_noun_phrase(const Token& token) {
  return token.word_class == WordClass::determiner || is_pronoun(token) ||
         token.kind == TokenKind::quote;
}

bool is_noun_like(const Token& token) {
  return opens_noun_phrase(token) || token.word_class == WordClass::none ||
         token.word_class == WordClass::actor || token.word_class == WordClass::noun;
}

bool is_strong_determiner(const Token& token) {
  return is_one_of(token.lower, {"the", "our", "all", "each", "every", "their", "your", "its",
                                 "these", "this", "those", "any", "my", "his", "her"});
}

bool VerbFinder::starts_list() const {
  return segment_.joint == Joint::start || segment_.joint == Joint::then ||
         segment_.joint == Joint::clause || mood_.form == 0;
}

bool VerbFinder::is_command(int i) const {
  const Token& t = token(i);
  const Token* next = next_token(i);
  const bool never = t.verb->verb.noun_use == NounUse::never;
  if (next && (next->word_class == WordClass::be || next->word_class == WordClass::modal))
    return false;
  if (never) return true;
  if (next && opens_noun_phrase(*next)) return true;
  if (next && is_clipped_passive(next_live(i))) return false;
  return t.verb->verb.noun_use == NounUse::rarely ? is_rare_noun_command(i, next)
                                                  : is_often_noun_command(i, next);
}

bool VerbFinder::is_clipped_passive(int i) const {
  const Token& t = token(i);
  if (!t.verb || !(t.verb->forms & kParticiple) || (t.verb->forms & kBase)) return false;
  const Token* next = next_token(i);
  return !next || next->word_class == WordClass::preposition;
}

bool VerbFinder::is_rare_noun_command(int i, const Token* next) const {
  const bool list = starts_list();
  const bool timed = i + 1 < end_ && token(i + 1).removed;  // "pack at 5am"
  if (!next && is_between_nouns()) return false;
  if (!next) return list || ((mood_.bare || timed) && is_parallel());
  const bool preposition = next->word_class == WordClass::preposition;
  if (preposition && (next->lower == "of" || next->lower == "from") && !list) return false;
  if (preposition || next->word_class == WordClass::to)
    return next->lower != "of" && (list || is_parallel());
  const Verb& verb = token(i).verb->verb;
  if (verb.role != VerbRole::ask && has_finite_ahead(i)) return false;
  return list || is_parallel();
}

bool VerbFinder::is_between_nouns() const {
  if (!next_segment_ || next_segment_->begin + 1 != next_segment_->end) return false;
  return !verb_of_noun(token(next_segment_->begin).lower).empty();
}

bool VerbFinder::is_rather_verb(int i) const {
  if (!is_one_of(token(i).verb->base,
                 {"report", "book", "bill", "answer", "order", "tag", "source", "staff", "issue"}))
    return false;
  const Token* last = nullptr;
  int words = 0;
  for (int j = next_live(i); j >= 0 && words < 3 && is_noun_like(token(j));
       j = next_live(j), ++words)
    last = &token(j);
  return last && looks_plural(last->lower) &&
         !is_one_of(last->lower, {"details", "numbers", "items", "forms", "lines", "totals",
                                  "dates", "confirmations", "updates", "records", "ids", "titles"});
}

bool VerbFinder::is_often_noun_command(int i, const Token* next) const {
  const bool list = starts_list();
  if (!next) return list ? is_followed_by_verb(kBase) : mood_.bare && is_parallel();
  if (token(i).lower == "report" && next->word_class == WordClass::to) return list || is_parallel();
  if (!is_noun_like(*next) || has_finite_ahead(i)) return false;
  if (list) return !is_noun_fragment(i);
  if (is_parallel() && is_rather_verb(i)) return true;
  return is_parallel() && next->word_class == WordClass::actor;
}

bool VerbFinder::is_followed_by_verb(unsigned form) const {
  if (!next_segment_ || next_segment_->subordinate != Subordinate::no) return false;
  if (next_segment_->begin >= next_segment_->end) return false;
  const Token& first = token(next_segment_->begin);
  if (!first.verb || !(first.verb->forms & form)) return false;
  if (first.verb->verb.noun_use == NounUse::never) return true;
  if (first.verb->verb.noun_use == NounUse::often) return false;
  return next_segment_->end == next_segment_->begin + 1 ||
         is_noun_like(token(next_segment_->begin + 1));
}

bool VerbFinder::is_noun_fragment(int i) const {
  int last = i;
  int words = 1;
  for (int j = next_live(i); j >= 0 && words < 6; j = next_live(j), ++words) {
    if (!is_noun_like(token(j)) || opens_noun_phrase(token(j))) return false;
    last = j;
  }
  const Token& t = token(last);
  if (words > 4) return false;
  const bool noun =
      t.verb && ((t.verb->forms & kIng) || ((t.verb->forms & kBase) && words == 2 &&
                                            t.verb->verb.noun_use == NounUse::rarely));
  return noun || !verb_of_noun(t.lower).empty();
}

bool VerbFinder::is_third_at_start(int i) const {
  const Token* next = next_token(i);
  const NounUse use = token(i).verb->verb.noun_use;
  if (use == NounUse::never) return true;
  if (!next) return mood_.form == kThird && mood_.bare && is_followed_by_verb(kThird);
  if (segment_.joint == Joint::start || mood_.form == 0)
    return opens_noun_phrase(*next) && !has_finite_ahead(i);
  if (mood_.form != kThird) return false;
  if (opens_noun_phrase(*next)) return true;
  const bool noun_next = is_noun_like(*next) || is_particle(next->lower);
  return use == NounUse::rarely
             ? noun_next
             : next->word_class == WordClass::actor || (noun_next && is_followed_by_verb(kThird));
}

bool VerbFinder::is_gerund(int i) const {
  if (token(i).verb->verb.role == VerbRole::light) return false;
  const Token* next = next_token(i);
  if (next && next->word_class == WordClass::be) return false;
  if (mood_.form == kIng) return true;
  if (starts_list() && segment_.joint != Joint::and_ && segment_.joint != Joint::comma_and)
    return !has_finite_ahead(i) && segment_.joint != Joint::comma;
  const bool adds = segment_.joint == Joint::comma && mood_.form != 0;
  if (!adds || token(i).verb->base == "ask" || token(i).verb->base == "follow") return false;
  return next && is_noun_like(*next);
}

bool VerbFinder::subject_is_plural() const {
  const Token& t = head();
  if (pronoun_) return !is_one_of(t.lower, {"it", "he", "she", "everyone", "someone", "anyone"});
  return looks_plural(t.lower);
}

bool VerbFinder::agrees_third(int i) const {
  const Verb& verb = token(i).verb->verb;
  if (wanted_) return true;
  if (pronoun_) return !subject_is_plural();
  if (verb.noun_use == NounUse::never) return true;
  if (has_finite_ahead(i)) return false;
  if (verb.role == VerbRole::light || verb.role == VerbRole::state) {
    const Token* next = next_token(i);
    return !looks_plural(head().lower) && next &&
           (is_noun_like(*next) || next->word_class == WordClass::to);
  }
  if (looks_plural(head().lower) && head().word_class != WordClass::actor) return false;
  const Token* next = next_token(i);
  if (!next) return is_followed_by_verb(kThird);
  if (opens_noun_phrase(*next)) return true;
  if (head().word_class != WordClass::actor) return false;
  return is_noun_like(*next) || (verb.noun_use == NounUse::rarely &&
                                 (is_particle(next->lower) || next->word_class == WordClass::to));
}

bool VerbFinder::may_be_third(int i, const Token* next) const {
  const Verb& verb = token(i).verb->verb;
  return verb.noun_use == NounUse::rarely && verb.role == VerbRole::act && next &&
         !looks_plural(head().lower) &&
         (is_noun_like(*next) || is_particle(next->lower) || next->word_class == WordClass::to);
}

bool VerbFinder::is_actor_plural(std::string_view word) {
  return word.ends_with('s') &&
         find_word_class(word.substr(0, word.size() - 1)) == WordClass::actor;
}

bool VerbFinder::is_compound_command(const Token* next) {
  const bool first =
      found_.subject_begin == segment_.begin && head_ < 0 && last_noun_ == found_.subject_begin;
  if (!first || !next || !is_strong_determiner(*next)) return false;
  if (head().word_class == WordClass::actor || looks_plural(head().lower)) return false;
  found_.subject_begin = -1;
  return true;
}

bool VerbFinder::agrees_base(int i) {
  const Verb& verb = token(i).verb->verb;
  const Token* next = next_token(i);
  if (wanted_) return looks_plural(token(last_noun_).lower);
  if (pronoun_) return subject_is_plural() && (verb.noun_use != NounUse::often || next);
  if (is_compound_command(next)) return true;
  const bool plural = looks_plural(head().lower);
  const bool collective = head().word_class == WordClass::actor;
  if (verb.noun_use == NounUse::never)
    return plural || collective || (next && opens_noun_phrase(*next));
  if (!next) return plural && is_followed_by_verb(kBase);
  if (!plural || has_finite_ahead(i)) return false;
  if (opens_noun_phrase(*next)) return true;
  if (is_particle(next->lower)) return verb.noun_use == NounUse::rarely;
  if (!is_noun_like(*next)) return false;
  return verb.noun_use == NounUse::rarely || is_actor_plural(head().lower);
}

bool VerbFinder::has_finite_ahead(int i) const {
  int seen = 0;
  const Token* before = &token(i);
  for (int j = next_live(i); j >= 0 && seen < kLookAhead; j = next_live(j), ++seen) {
    const Token& t = token(j);
    if (t.word_class == WordClass::be || t.word_class == WordClass::modal) return true;
    if (t.word_class == WordClass::negated_modal) return true;
    if (t.word_class == WordClass::relative || t.word_class == WordClass::complement ||
        t.word_class == WordClass::to || t.word_class == WordClass::subject)
      return false;
    if (is_certain_verb(t, *before)) return true;
    const Token* after = next_token(j);
    const bool third = t.verb && (t.verb->forms & kThird) && after && opens_noun_phrase(*after);
    if (third && before->word_class == WordClass::actor) return true;
    before = &t;
  }
  return false;
}

bool VerbFinder::is_certain_verb(const Token& t, const Token& before) {
  if (!t.verb || t.verb->verb.noun_use != NounUse::never) return false;
  if (t.verb->forms & kThird) return true;
  return (t.verb->forms & kBase) && looks_plural(before.lower);
}
}  // namespace llmw
