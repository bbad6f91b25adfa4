// Subordinate clauses of a sentence: conditions and their branches, order, reasons.

#include <algorithm>

#include "core/draft_sentence_reader.hpp"

namespace llmw {

using What = FoundVerb::What;

bool SentenceReader::is_trailing(std::size_t at, std::size_t end) const {
  const Segment& segment = segments_[at];
  if (actions_empty() || out_.actions.back().opens >= 0) return false;
  if (segment.joint == Joint::none) return true;
  return segment.joint == Joint::comma && !has_later_action(end);
}

std::size_t SentenceReader::clause_end(std::size_t at) {
  const bool leading = segments_[at].joint != Joint::none || actions_empty();
  if (leading) split_inner_command(at);
  std::size_t i = at + 1;
  while (i < segments_.size() && !ends_clause(at, i, leading)) ++i;
  return i;
}

bool SentenceReader::ends_clause(std::size_t at, std::size_t i, bool leading) const {
  const Segment& segment = segments_[i];
  if (segment.subordinate != Subordinate::no) return true;
  if (is_one_of_joints(segment.joint)) return true;
  const FoundVerb found = find(segment, segment.begin, Mood{});
  const bool verb = found.what != What::nothing;
  if (leading) return segment.joint == Joint::comma ? verb || !is_adjective(at, i) : false;
  if (segment.joint == Joint::comma_and) return true;
  if (!verb || segment.joint == Joint::or_) return false;
  if (segment.joint != Joint::and_) return true;
  return found.form == kBase && found.what == What::action && found.subject_begin < 0;
}

bool SentenceReader::is_one_of_joints(Joint joint) {
  return joint == Joint::then || joint == Joint::clause || joint == Joint::start;
}

bool SentenceReader::is_adjective(std::size_t at, std::size_t i) const {
  const Token& first = token(segments_[i].begin);
  const bool word = first.kind == TokenKind::word &&
                    (first.word_class == WordClass::none || first.word_class == WordClass::noun);
  return word && i + 1 < segments_.size() && segments_[at].begin < segments_[at].end;
}

void SentenceReader::split_inner_command(std::size_t at) {
  const int command = find_inner_command(segments_[at]);
  if (command < 0) return;
  Segment rest = segments_[at];
  rest.lead = rest.begin = command;
  rest.joint = Joint::then;
  rest.subordinate = Subordinate::no;
  segments_[at].end = command;
  segments_.insert(segments_.begin() + static_cast<long>(at) + 1, rest);
}

bool SentenceReader::starts_with_duration(const Segment& segment) const {
  if (segment.subordinate != Subordinate::after || segment.begin + 1 >= segment.end) return false;
  return token(segment.begin).word_class == WordClass::determiner &&
         is_one_of(token(segment.begin + 1).lower,
                   {"minutes", "hours", "days", "weeks", "months", "years", "minute", "hour", "day",
                    "week", "month", "year"});
}

int SentenceReader::find_inner_command(const Segment& segment) const {
  bool finite = starts_with_duration(segment);
  const Token* before = nullptr;
  for (int i = segment.begin; i < segment.end; ++i) {
    const Token& t = token(i);
    if (!t.is_live_word()) continue;
    if (finite && before && can_end_clause(*before) && starts_command(i, segment.end)) return i;
    const bool third = t.verb && (t.verb->forms & (kThird | kPast)) && before &&
                       before->word_class != WordClass::determiner;
    finite = finite || t.word_class == WordClass::be || third ||
             t.word_class == WordClass::negated_modal;
    before = &t;
  }
  return -1;
}

bool SentenceReader::can_end_clause(const Token& t) {
  if (t.verb && (t.verb->forms & (kThird | kBase)) && t.verb->verb.noun_use == NounUse::never)
    return false;
  return t.word_class == WordClass::none || t.word_class == WordClass::noun ||
         t.word_class == WordClass::actor || t.word_class == WordClass::object ||
         t.word_class == WordClass::adverb || t.lower == "it" || t.lower == "in" ||
         (t.lower[0] >= '0' && t.lower[0] <= '9');
}

bool SentenceReader::starts_command(int i, int end) const {
  const Token& t = token(i);
  if (i + 1 >= end) return false;
  const Token& next = token(i + 1);
  const bool base = t.verb && (t.verb->forms & kBase) && t.verb->verb.role != VerbRole::state;
  if (is_one_of(t.lower, {"we", "i", "please", "you", "they"}) && next.verb &&
      (next.verb->forms & kBase))
    return true;
  if (t.word_class == WordClass::subject)
    return next.word_class == WordClass::be || next.word_class == WordClass::modal ||
           (next.verb && (next.verb->forms & kThird));
  const bool noun_next = next.word_class == WordClass::determiner ||
                         next.word_class == WordClass::object ||
                         next.word_class == WordClass::subject;
  return base && (noun_next || t.verb->verb.noun_use == NounUse::never) &&
         t.verb->verb.role != VerbRole::event && t.verb->verb.role != VerbRole::light;
}

std::string SentenceReader::clause_text(std::size_t at, std::size_t end) const {
  return shorten_text(text_.render(segments_[at].begin, segments_[end - 1].end),
                      kMaxConditionBytes);
}

std::string SentenceReader::clause_with_lead(std::size_t at, std::size_t end) const {
  return shorten_text(text_.render(segments_[at].lead, segments_[end - 1].end), kMaxConditionBytes);
}

std::vector<Action> SentenceReader::read_clause(std::size_t at, std::size_t end) {
  std::vector<Action> outer = std::move(out_.actions);
  const Mood mood = mood_;
  const bool closed = closed_;
  out_.actions.clear();
  mood_ = Mood{};
  for (std::size_t i = at; i < end; ++i) {
    if (i == at) segments_[i].joint = Joint::start;
    read_main(i);
  }
  std::vector<Action> inner = std::move(out_.actions);
  out_.actions = std::move(outer);
  mood_ = mood;
  closed_ = closed;
  carried_ = -1;
  listing_ = false;
  return inner;
}

std::size_t SentenceReader::read_condition(std::size_t at) {
  if (starts_with_gerund(segments_[at])) return read_after(at);
  const std::size_t end = clause_end(at);
  const bool trailing = is_trailing(at, end);
  Action condition = make_condition(at, end);
  if (condition.condition.empty()) return end;
  if (trailing) {
    put_before_last(condition, lower_first(clause_with_lead(at, end)));
  } else {
    if (pending_else_) {
      condition.under = state_.last_condition;
      condition.in_else = true;
      pending_else_ = false;
    }
    open_condition(condition, clause_with_lead(at, end));
    actions().push_back(std::move(condition));
  }
  return end;
}

bool SentenceReader::starts_with_gerund(const Segment& segment) const {
  if (segment.begin >= segment.end) return false;
  const Token& first = token(segment.begin);
  return first.verb && first.word_class == WordClass::none && (first.verb->forms & kIng) &&
         first.verb->verb.role == VerbRole::act;
}

Action SentenceReader::make_condition(std::size_t at, std::size_t end) {
  Action condition;
  condition.condition = clause_text(at, end);
  condition.opens = plan_.conditions++;
  condition.object = {segments_[at].begin, segments_[at].end};
  const bool of = segments_[at].begin > 0 && token(segments_[at].begin - 1).lower == "of";
  if (of) condition.condition.insert(0, "there is ");  // "in case of a delay"
  const bool clipped = !of && is_clipped(at);
  condition.extra = "Check whether " + std::string(clipped ? "it is " : "") + condition.condition;
  return condition;
}

bool SentenceReader::is_clipped(std::size_t at) const {
  const Segment& segment = segments_[at];
  int words = 0;
  for (int i = segment.begin; i < segment.end; ++i) {
    const Token& t = token(i);
    if (!t.is_live_word()) continue;
    ++words;
    const bool finite = t.word_class == WordClass::be || t.word_class == WordClass::modal ||
                        t.word_class == WordClass::subject ||
                        t.word_class == WordClass::negated_modal ||
                        t.word_class == WordClass::determiner ||
                        (t.verb && (t.verb->forms & (kThird | kBase)) && words > 1);
    if (finite) return false;
    if (words > 1 && t.verb && words == 2 && !(token(segment.begin).verb)) return false;
  }
  return words > 0 && words <= 6;
}

void SentenceReader::open_condition(const Action& condition, const std::string& text) {
  under_ = condition.opens;
  under_text_ = lower_first(text);
  in_else_ = false;
  state_.last_condition = condition.opens;
  state_.last_condition_text = "if " + condition.condition;
  mood_ = Mood{};
  carried_ = -1;
  closed_ = true;
}

void SentenceReader::put_before_last(Action& condition, const std::string& text) {
  std::size_t i = actions().size() - 1;
  while (i > 0 && actions()[i - 1].bare && actions()[i - 1].opens < 0) --i;
  condition.under = -1;
  for (std::size_t j = i; j < actions().size(); ++j) {
    actions()[j].under = condition.opens;
    actions()[j].in_else = false;
    actions()[j].condition = text;
  }
  state_.last_condition = condition.opens;
  state_.last_condition_text = "if " + condition.condition;
  actions().insert(actions().begin() + static_cast<long>(i), condition);
  closed_ = true;
}

std::size_t SentenceReader::read_answer(std::size_t at) {
  Segment& segment = segments_[at];
  const bool otherwise = segment.subordinate == Subordinate::otherwise;
  if (state_.last_condition >= 0) {
    under_ = state_.last_condition;
    under_text_ = state_.last_condition_text;
    in_else_ = otherwise;
  }
  mood_ = Mood{};
  closed_ = true;
  segment.subordinate = Subordinate::no;
  segment.joint = Joint::clause;
  const bool condition_next = at + 1 < segments_.size() &&
                              segments_[at + 1].subordinate == Subordinate::condition &&
                              segment.begin >= segment.end;
  pending_else_ = otherwise && condition_next && state_.last_condition >= 0;
  if (segment.begin >= segment.end || !has_words(segment)) {
    if (at + 1 < segments_.size() && segments_[at + 1].subordinate == Subordinate::no)
      segments_[at + 1].joint = Joint::clause;
    return at + 1;
  }
  return at;
}

std::size_t SentenceReader::read_after(std::size_t at) {
  const std::size_t end = clause_end(at);
  const bool trailing = is_trailing(at, end);
  const bool once = segments_[at].subordinate != Subordinate::after;
  if (refers_to_done(at)) return end;
  const FoundVerb found = find(segments_[at], segments_[at].begin, Mood{});
  const bool happens = found.what == What::event || found.what == What::state || found.negated ||
                       (found.what == What::nothing && once);
  if (happens) return read_condition_of(at, end, trailing);
  const std::string phrase = clause_with_lead(at, end);
  std::vector<Action> first;
  if (found.what == What::action) first = read_clause(at, end);
  std::erase_if(first, [&](const Action& a) { return is_known(a); });
  if (found.what != What::action && !names_known_action(segments_[at])) {
    if (trailing)
      append(actions().back().extra, phrase);
    else
      lead_in_ = phrase;
  }
  const auto where = trailing ? actions().end() - 1 : actions().end();
  actions().insert(where, first.begin(), first.end());
  if (!trailing) mood_ = Mood{};
  closed_ = true;
  return end;
}

std::size_t SentenceReader::read_condition_of(std::size_t at, std::size_t end, bool trailing) {
  Action condition = make_condition(at, end);
  if (condition.condition.empty()) return end;
  if (trailing) {
    put_before_last(condition, lower_first(clause_with_lead(at, end)));
    return end;
  }
  open_condition(condition, clause_with_lead(at, end));
  actions().push_back(std::move(condition));
  return end;
}

bool SentenceReader::refers_to_done(std::size_t at) const {
  const Segment& segment = segments_[at];
  if (actions_empty() && plan_.steps.empty()) return false;
  bool done = false;
  bool negated = false;
  for (int i = segment.begin; i < segment.end; ++i) {
    done = done || is_one_of(token(i).lower, {"done", "complete", "completed", "finished"});
    negated = negated || token(i).word_class == WordClass::negation ||
              token(i).word_class == WordClass::negated_modal;
  }
  return (done && !negated) || names_known_participle(segment);
}

bool SentenceReader::names_known_participle(const Segment& segment) const {
  bool negated = false;
  for (int i = segment.begin; i < segment.end; ++i) {
    const Token& t = token(i);
    negated = negated || t.word_class == WordClass::negation;
    const bool participle = t.verb && (t.verb->forms & kParticiple);
    if (participle && !negated && is_known_verb(t.verb->base)) return true;
  }
  return false;
}

bool SentenceReader::is_known_verb(const std::string& base) const {
  for (const Action& action : out_.actions)
    if (action.opens < 0 && action.reading.base == base) return true;
  return find_step(plan_, base) >= 0;
}

bool SentenceReader::is_known(const Action& action) const {
  return action.opens < 0 && is_known_verb(action.reading.base);
}

bool SentenceReader::names_known_action(const Segment& segment) const {
  for (int i = segment.begin; i < segment.end; ++i) {
    const std::string base(verb_of_noun(token(i).lower));
    if (!base.empty() && is_known_verb(base)) return true;
    if (token(i).verb && (token(i).verb->forms & kBase) && is_known_verb(token(i).verb->base))
      return true;
  }
  return false;
}

std::size_t SentenceReader::read_before(std::size_t at) {
  const std::size_t end = clause_end(at);
  const bool trailing = is_trailing(at, end);
  std::vector<Action> later = read_clause(at, end);
  if (later.empty()) {
    const std::string phrase = clause_with_lead(at, end);
    if (trailing)
      append(actions().back().extra, phrase);
    else
      lead_in_ = phrase;
    return end;
  }
  const int known = find_step(plan_, later.front().reading.base);
  if (known >= 0) {
    out_.insert_before = known;
  } else if (trailing) {
    actions().insert(actions().end(), later.begin(), later.end());
  } else {
    held_.insert(held_.end(), later.begin(), later.end());
  }
  closed_ = true;
  if (!trailing) mood_ = Mood{};
  return end;
}

std::size_t SentenceReader::read_before_that(std::size_t at) {
  if (actions_empty() && !plan_.steps.empty())
    out_.insert_before = static_cast<int>(plan_.steps.size()) - 1;
  Segment& segment = segments_[at];
  segment.subordinate = Subordinate::no;
  segment.joint = Joint::clause;
  if (!has_words(segment)) {
    if (at + 1 < segments_.size()) segments_[at + 1].joint = Joint::clause;
    return at + 1;
  }
  return at;
}

std::size_t SentenceReader::read_during(std::size_t at) {
  const std::size_t end = clause_end(at);
  const bool trailing = is_trailing(at, end);
  std::vector<Action> inner = read_clause(at, end);
  if (inner.empty()) return end;
  if (trailing)
    inner.front().parallel = true;
  else
    parallel_next_ = true;
  actions().insert(actions().end(), inner.begin(), inner.end());
  closed_ = true;
  return end;
}

std::size_t SentenceReader::read_reason(std::size_t at) {
  const std::size_t end = clause_end(at);
  if (actions_empty() || actions().back().opens >= 0) return end;
  append(actions().back().extra, clause_with_lead(at, end));
  closed_ = true;
  return end;
}

void SentenceReader::mark_parallel() {
  for (int i = begin_; i < end_; ++i) {
    if (!token(i).parallel) continue;
    int last = i;
    while (last + 1 < end_ && token(last + 1).parallel) ++last;
    mark_parallel_at(last);
    i = last;
  }
}

void SentenceReader::mark_parallel_at(int position) {
  std::vector<Action>& all = actions();
  std::size_t next = 0;
  while (next < all.size() && (all[next].opens >= 0 || all[next].verb < position)) ++next;
  const bool inside = next > 0 && all[next - 1].object.end > position;
  if (next < all.size() && !inside) {
    all[next].parallel = true;
    return;
  }
  if (all.size() == 1 && !names_several(all[0].object)) all[0].parallel = true;
  for (std::size_t i = 1; i < next; ++i)
    if (all[i].opens < 0 && all[i - 1].opens < 0) all[i].parallel = true;
}

bool SentenceReader::names_several(const Range& range) const {
  for (int i = range.begin; i < range.end; ++i)
    if (token(i).lower == "and") return true;
  return false;
}
}  // namespace llmw
