#include "core/draft_verbs.hpp"

#include "core/draft_verb_finder.hpp"

namespace llmw {

using What = FoundVerb::What;

FoundVerb VerbFinder::run(int begin) {
  for (int i = begin; i < end_; ++i) {
    if (!token(i).is_live_word()) continue;
    if (visit(i)) return found_;
  }
  finish();
  return found_;
}

int VerbFinder::next_live(int i) const {
  for (++i; i < end_; ++i)
    if (token(i).is_live_word()) return i;
  return -1;
}

const Token* VerbFinder::next_token(int i) const {
  const int next = next_live(i);
  return next < 0 ? nullptr : &token(next);
}

bool VerbFinder::visit(int i) {
  const Token& t = token(i);
  if (t.kind == TokenKind::quote) return noun(i), false;
  switch (t.word_class) {
    case WordClass::adverb: return false;
    case WordClass::negation: found_.negated = true; return false;
    case WordClass::negated_modal: found_.negated = true; return end_subject(i), modal(), false;
    case WordClass::modal: return end_subject(i), modal(), false;
    case WordClass::be: return end_subject(i), be(), false;
    case WordClass::relative: return relative(i), false;
    case WordClass::complement: return complement(i);
    case WordClass::determiner: return determiner(i), false;
    case WordClass::subject:
    case WordClass::object: return pronoun(i), false;
    case WordClass::preposition: return preposition(i), false;
    case WordClass::to: return to(i);
    case WordClass::coordinator:
    case WordClass::alternative: return false;
    default: return word(i);
  }
}

void VerbFinder::modal() {
  if (place_ == Place::relative && relative_words_ == 0) return;
  place_ = Place::modal;
}

void VerbFinder::end_subject(int i) {
  if (place_ == Place::relative || place_ == Place::relative_be) return;
  if (found_.subject_begin >= 0 && found_.subject_end < 0) found_.subject_end = i;
}

void VerbFinder::set_subject(int i) {
  head_ = -1;
  found_.subject_begin = i;
  found_.subject_end = -1;
}

void VerbFinder::be() {
  if (place_ == Place::relative && relative_words_ == 0) {
    place_ = Place::relative_be;
  } else {
    after_be_ = true;
    place_ = Place::be;
  }
}

void VerbFinder::relative(int i) {
  if (place_ == Place::light) {
    if (is_one_of(token(found_.light).verb->base, {"let", "help", "try", "start", "begin"})) return;
    found_.subject_begin = found_.subject_end = -1;
    last_noun_ = i - 1;
    place_ = Place::subject;
    wanted_ = true;
  } else if (place_ == Place::subject) {
    place_ = Place::relative;
    relative_words_ = 0;
  } else if (place_ == Place::start) {
    go_on_from(i);
  }
}

void VerbFinder::go_on_from(int i) {
  const bool goes_on = mood_.form != 0 && token(i).lower != "that" && i > 0;
  if (!goes_on) return determiner(i);
  last_noun_ = i - 1;
  place_ = Place::subject;
  wanted_ = true;
}

void VerbFinder::determiner(int i) {
  if (place_ == Place::light) return;
  if (place_ == Place::relative || place_ == Place::relative_be) {
    place_ = Place::relative;
    return;
  }
  if (place_ == Place::be) {
    place_ = Place::copula;
    return;
  }
  if (place_ == Place::modal) question_ = true;
  if (place_ != Place::noun_phrase || found_.subject_begin < 0) set_subject(i);
  pronoun_ = false;
  place_ = Place::noun_phrase;
}

void VerbFinder::pronoun(int i) {
  if (place_ == Place::light || place_ == Place::be || place_ == Place::copula) return;
  if (place_ == Place::relative || place_ == Place::relative_be) return;
  if (place_ == Place::modal) question_ = true;
  set_subject(i);
  last_noun_ = i;
  pronoun_ = true;
  place_ = Place::subject;
}

void VerbFinder::preposition(int i) {
  const Token& t = token(i);
  if (place_ == Place::light || place_ == Place::relative) return;
  if (place_ == Place::be || place_ == Place::copula) {
    place_ = Place::copula;
    return;
  }
  if (place_ == Place::modal && t.lower == "like") return;  // "we would like to"
  if (place_ == Place::start)
    set_subject(i);
  else if (place_ == Place::subject && head_ < 0)
    head_ = last_noun_;
  place_ = Place::noun_phrase;
}

bool VerbFinder::to(int i) {
  const Token* next = next_token(i);
  const bool verb =
      next && ((next->verb && (next->verb->forms & kBase)) || next->word_class == WordClass::be ||
               (place_ == Place::light && next->word_class == WordClass::none));
  if (!verb || place_ == Place::relative) {
    if (place_ == Place::light || place_ == Place::copula || place_ == Place::be) return false;
    place_ = Place::noun_phrase;
    return false;
  }
  if (place_ == Place::light) {
    found_.light_end = i;
    place_ = Place::modal;
  } else if (place_ == Place::be || place_ == Place::copula) {
    if (place_ == Place::be || !obliged_) found_.subject_begin = -1;
    place_ = Place::modal;
  } else if (place_ == Place::start) {
    purpose_ = mood_.form == 0;
    place_ = Place::modal;
  } else if (place_ != Place::modal) {
    place_ = Place::noun_phrase;
  }
  return false;
}

bool VerbFinder::word(int i) {
  if (is_auxiliary_do(i)) return end_subject(i), modal(), false;
  if (is_perfect(i)) {
    end_subject(i);
    found_.light = i;
    place_ = Place::light;
    return false;
  }
  switch (place_) {
    case Place::start: return at_start(i) || (noun(i), false);
    case Place::subject: return after_subject(i) || (noun(i), false);
    case Place::modal: return after_modal(i);
    case Place::be: return after_be(i);
    case Place::copula: return after_copula(i);
    case Place::light: return after_light(i);
    case Place::relative:
      if (token(i).verb) place_ = Place::subject;
      ++relative_words_;
      return false;
    case Place::relative_be: place_ = Place::subject; return false;
    case Place::noun_phrase: return noun(i), false;
  }
  return false;
}

bool VerbFinder::is_auxiliary_do(int i) const {
  const Token& t = token(i);
  if (t.lower != "do" && t.lower != "does" && t.lower != "did") return false;
  const Token* next = next_token(i);
  return next &&
         (next->word_class == WordClass::negation || next->word_class == WordClass::subject);
}

bool VerbFinder::is_perfect(int i) const {
  const Token& t = token(i);
  if (!t.verb || t.verb->base != "have" || place_ == Place::relative) return false;
  if (place_ != Place::subject && place_ != Place::modal) return false;
  const Token* next = next_token(i);
  if (!next) return false;
  const bool participle = next->verb && (next->verb->forms & kParticiple);
  return participle || next->word_class == WordClass::be || next->word_class == WordClass::to ||
         next->word_class == WordClass::negation;
}

void VerbFinder::noun(int i) {
  if (place_ == Place::light || place_ == Place::copula || place_ == Place::modal) return;
  if (place_ == Place::be) {
    place_ = Place::copula;
    return;
  }
  if (found_.subject_begin < 0) found_.subject_begin = i;
  last_noun_ = i;
  pronoun_ = false;
  place_ = Place::subject;
}

bool VerbFinder::accept(int i, unsigned form, bool passive) {
  const Token& t = token(i);
  const VerbRole role = t.verb ? t.verb->verb.role : VerbRole::act;
  if (found_.subject_begin >= 0 && found_.subject_end < 0)
    found_.subject_end = found_.light >= 0 ? found_.light : i;
  if (role == VerbRole::light && !passive && !(form & kIng && found_.light >= 0)) {
    if (found_.subject_begin >= 0) found_.subject_end = i;
    commands_ = found_.subject_begin < 0 || place_ == Place::modal;
    found_.light = i;
    light_form_ = form;
    place_ = Place::light;
    return false;
  }
  found_.verb = i;
  found_.form = form;
  found_.passive = passive;
  found_.what = role == VerbRole::state   ? What::state
                : role == VerbRole::event ? What::event
                : role == VerbRole::light ? What::light
                : purpose_                ? What::purpose
                                          : What::action;
  return true;
}

bool VerbFinder::after_modal(int i) {
  const Token& t = token(i);
  if (t.verb && (t.verb->forms & kBase)) return accept(i, kBase);
  if (t.verb && (t.verb->forms & kParticiple) && found_.light >= 0) return accept(i, kPast);
  if (t.verb || t.word_class != WordClass::none) return false;
  const Token* next = next_token(i);
  return next && is_noun_like(*next) && accept(i, kBase);
}

bool VerbFinder::after_be(int i) {
  const Token& t = token(i);
  if (t.verb && (t.verb->forms & kParticiple)) {
    if (t.verb->verb.role != VerbRole::light) return accept(i, kParticiple, true);
    found_.light = i;  // "is required to"
    place_ = Place::light;
    return false;
  }
  if (t.verb && (t.verb->forms & kIng)) return accept(i, kIng);
  return after_copula(i);
}

bool VerbFinder::after_copula(int i) {
  const Token& t = token(i);
  place_ = Place::copula;
  if (is_one_of(t.lower, {"able", "responsible", "charge", "supposed", "ready", "due"}))
    obliged_ = true;
  return obliged_ && t.verb && (t.verb->forms & kIng) && accept(i, kIng);
}

bool VerbFinder::after_light(int i) {
  const Token& t = token(i);
  if (!t.verb) return false;
  const std::string_view light = token(found_.light).verb->verb.base;
  const bool adjacent = i == next_live(found_.light);
  if (light == "let" && t.lower == "know") return inform();
  if ((t.verb->forms & kIng) &&
      is_one_of(light, {"start", "begin", "continue", "keep", "help", "try", "commence", "cease"}))
    return accept(i, kIng);
  if (is_one_of(light, {"have", "get"}) && !adjacent && commands_ &&
      (t.verb->forms & kParticiple) && !(t.verb->forms & kBase)) {
    take_causer(found_.light, i);  // "have the mails sorted"
    return accept(i, kParticiple, true);
  }
  if (light == "have" && adjacent && (t.verb->forms & kParticiple)) return accept(i, kPast);
  if (!(t.verb->forms & kBase) || !is_one_of(light, {"have", "help", "let"})) return false;
  if (adjacent && light != "help") return false;
  const Token* next = next_token(i);
  const bool certain = t.verb->verb.noun_use == NounUse::never;
  if (!certain && !(next && opens_noun_phrase(*next))) return false;
  if (!adjacent) take_causer(found_.light, i);
  return accept(i, kBase);
}

bool VerbFinder::inform() {
  found_.verb = found_.light;
  found_.light = -1;
  found_.form = kBase;
  found_.what = What::action;
  return true;
}

void VerbFinder::take_causer(int light, int verb) {
  found_.subject_begin = next_live(light);
  found_.subject_end = verb;
}

bool VerbFinder::at_start(int i) {
  const Token& t = token(i);
  if (!t.verb) return unknown_command(i);
  if (t.verb->verb.role == VerbRole::state || t.verb->verb.role == VerbRole::event)
    return (t.verb->forms & kThird) && mood_.form != 0 && accept(i, kThird);
  const unsigned forms = t.verb->forms;
  const bool goes_on = segment_.joint != Joint::start && segment_.joint != Joint::clause;
  if ((forms & kParticiple) && mood_.form == kParticiple && mood_.passive && goes_on &&
      !has_finite_ahead(i))
    return accept(i, kParticiple, true);
  if ((forms & kPast) && mood_.form == kPast && segment_.joint != Joint::start)
    return accept(i, kPast);
  if ((forms & kBase) && is_command(i)) return accept(i, kBase);
  if ((forms & kThird) && is_third_at_start(i)) return accept(i, kThird);
  return (forms & kIng) && is_gerund(i) && accept(i, kIng);
}

bool VerbFinder::unknown_command(int i) {
  const Token& t = token(i);
  if (t.word_class != WordClass::none || t.kind != TokenKind::word) return false;
  const Token* next = next_token(i);
  if (!next) return false;
  if (guess_verb(t.lower) && is_noun_like(*next)) return accept(i, kBase);
  const bool form = t.lower.ends_with('s') || t.lower.ends_with("ed") || t.lower.ends_with("ing");
  return !form && t.lower.size() > 2 && is_strong_determiner(*next) && accept(i, kBase);
}

bool VerbFinder::after_subject(int i) {
  const Token& t = token(i);
  if (!t.verb) return unknown_after_subject(i);
  const unsigned forms = t.verb->forms;
  if (question_ && (forms & kBase)) return accept(i, kBase);
  if ((forms & kThird) && agrees_third(i)) return accept(i, kThird);
  if ((forms & kBase) && agrees_base(i)) return accept(i, kBase);
  const Token* next = next_token(i);
  if (forms & kPast) {
    if (pronoun_ || (next && opens_noun_phrase(*next) && next->lower != "this"))
      return accept(i, kPast);
  }
  if ((forms & kParticiple) && weak_ < 0) weak_ = i;
  if ((forms & kThird) && weak_third_ < 0 && may_be_third(i, next)) weak_third_ = i;
  return false;
}

bool VerbFinder::unknown_after_subject(int i) {
  const Token& t = token(i);
  if (t.word_class != WordClass::none || t.kind != TokenKind::word || t.lower.size() < 4)
    return false;
  const Token* next = next_token(i);
  if (!next || !is_strong_determiner(*next)) return false;
  const bool third = t.lower.ends_with('s');
  if (subject_is_plural() == third) return false;
  return accept(i, third ? kThird : kBase);
}

void VerbFinder::finish() {
  const bool alone = mood_.form == 0 || (mood_.form == kParticiple && mood_.passive) ||
                     segment_.joint == Joint::then || segment_.joint == Joint::clause;
  const bool clause = found_.light < 0 && !after_be_ && weak_ >= 0 && alone;
  if (clause && !token(weak_).verb) return;
  if (clause && token(weak_).verb->verb.role != VerbRole::light) {
    accept(weak_, kParticiple, true);
    return;
  }
  if (found_.light < 0 && !after_be_ && weak_third_ >= 0 &&
      (mood_.form == 0 || mood_.form == kThird || segment_.joint == Joint::then ||
       segment_.joint == Joint::clause)) {
    accept(weak_third_, kThird);
    return;
  }
  if (found_.light >= 0 && is_action_after_all()) {
    found_.verb = found_.light;
    found_.form = light_form_;
    found_.light = -1;
    found_.what = What::action;
    return;
  }
  if (found_.light >= 0)
    found_.what = What::light;
  else if (after_be_)
    found_.what = What::state;
}

bool VerbFinder::is_action_after_all() const {
  const Token& t = token(found_.light);
  if (!t.verb || light_form_ == 0 || !next_token(found_.light)) return false;
  if (is_one_of(t.verb->base, {"look", "get", "keep"})) return true;
  return commands_ &&
         is_one_of(t.verb->base, {"run", "start", "begin", "help", "operate", "continue", "try",
                                  "offer", "provide", "stop", "use"});
}

FoundVerb find_segment_verb(const DraftText& text, const Segment& segment, int begin,
                            const Segment* next, const Mood& mood) {
  return VerbFinder(text, segment, next, mood).run(begin);
}

}  // namespace llmw
