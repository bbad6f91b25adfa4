#include "core/draft_sentence.hpp"

#include <algorithm>

#include "core/draft_phrases.hpp"
#include "core/draft_sentence_reader.hpp"

namespace llmw {

namespace {

constexpr int kMaxCarried = 40;  ///< tokens of a subject spread over segments; keeps work linear

}  // namespace

using What = FoundVerb::What;

SentenceActions SentenceReader::run(int begin, int end) {
  begin_ = begin;
  end_ = end;
  take_parallel_phrases(text_, begin, end);
  segments_ = split_segments(text_, begin, end);
  for (std::size_t at = 0; at < segments_.size();) at = step(at);
  out_.actions.insert(out_.actions.end(), held_.begin(), held_.end());
  mark_parallel();
  return std::move(out_);
}

std::size_t SentenceReader::step(std::size_t at) {
  switch (segments_[at].subordinate) {
    case Subordinate::condition:
    case Subordinate::unless: return read_condition(at);
    case Subordinate::after:
    case Subordinate::once: return read_after(at);
    case Subordinate::before: return read_before(at);
    case Subordinate::before_that: return read_before_that(at);
    case Subordinate::during: return read_during(at);
    case Subordinate::until: return read_reason(at);
    case Subordinate::otherwise:
    case Subordinate::so: return read_answer(at);
    case Subordinate::no: break;
  }
  read_main(at);
  return at + 1;
}

FoundVerb SentenceReader::find(const Segment& segment, int begin, const Mood& mood) const {
  const auto index = static_cast<std::size_t>(&segment - segments_.data());
  const Segment* next = index + 1 < segments_.size() ? &segments_[index + 1] : nullptr;
  return find_segment_verb(text_, segment, begin, next, mood);
}

void SentenceReader::read_main(std::size_t at) {
  const Segment& segment = segments_[at];
  if (segment.begin >= segment.end) return;  // "before." and the like
  if (segment.joint == Joint::or_ && !actions().empty() && !closed_) return extend(segment);
  if (segment.joint == Joint::clause || segment.joint == Joint::then) carried_ = -1;
  const int begin = carried_ >= 0 ? std::max(carried_, segment.begin - kMaxCarried) : segment.begin;
  const FoundVerb found = find(segment, begin, mood_);
  if (found.what == What::nothing) return read_verbless(at, begin);
  carried_ = -1;
  if (found.negated) return add_constraint(segment);
  switch (found.what) {
    case What::action: return add_found(segment, found);
    case What::purpose:
      if (!has_later_action(at + 1)) add_found(segment, found);
      return;
    case What::event:
      if (found.subject_begin >= 0) add_event(segment, found);
      return;
    case What::light: return read_light(segment, found);
    default: closed_ = true;
  }
}

bool SentenceReader::has_later_action(std::size_t at) const {
  constexpr std::size_t kSegments = 8;
  for (std::size_t i = at; i < std::min(segments_.size(), at + kSegments); ++i) {
    const Segment& segment = segments_[i];
    if (segment.subordinate == Subordinate::no &&
        find(segment, segment.begin, Mood{}).what == What::action)
      return true;
  }
  return false;
}

void SentenceReader::read_verbless(std::size_t at, int begin) {
  const Segment& segment = segments_[at];
  if (listing_) return add_named({segment.begin, segment.end});
  if (!actions().empty() && !closed_ && segment.joint != Joint::clause &&
      segment.joint != Joint::then)
    return extend(segment);
  const bool joined =
      at + 1 < segments_.size() &&
      (segments_[at + 1].joint == Joint::and_ || segments_[at + 1].joint == Joint::or_ ||
       segments_[at + 1].joint == Joint::comma_and) &&
      segments_[at + 1].subordinate == Subordinate::no;
  carried_ = joined ? begin : -1;
  if (joined) return;
  const Token& first = token(segment.begin);
  const bool adds = segment.joint == Joint::and_ || segment.joint == Joint::or_;
  if (first.word_class == WordClass::preposition && !adds)
    lead_in_ = text_.render(begin, segment.end);
  else if (under_ >= 0 && !actions().empty() && actions().back().opens >= 0)
    add_named({segment.begin, segment.end});
}

void SentenceReader::extend(const Segment& segment) {
  Action& last = actions().back();
  if (last.opens >= 0) return;
  if (segment.joint == Joint::or_ && add_alternative(segment, last)) return;
  if (last.is_noun) return add_named({segment.begin, segment.end});
  last.object.end = std::max(last.object.end, segment.end);
  mood_.bare = false;
}

bool SentenceReader::add_alternative(const Segment& segment, Action& last) {
  Token& verb = text_.tokens()[static_cast<std::size_t>(segment.begin)];
  if (!verb.is_live_word() || !verb.verb || !(verb.verb->forms & last.form)) return false;
  if (!mood_.bare && !last.passive) {
    verb.text = verb.verb->base;
    last.object.end = segment.end;
    return true;
  }
  last.alternative += " or " + verb.verb->base;
  if (last.object.empty() || mood_.bare) last.object = {segment.begin + 1, segment.end};
  mood_.bare = false;
  return true;
}

void SentenceReader::add_found(const Segment& segment, const FoundVerb& found) {
  if (add_wanted(segment, found)) return;
  Action action = action_of(segment, found);
  if (found.passive) name_support(action);
  const bool first = says_first(segment, found) && !actions().empty();
  if (first)
    actions().insert(actions().begin(), std::move(action));
  else
    actions().push_back(std::move(action));
  mood_ = Mood{found.form, found.passive, is_bare(segment, found)};
  closed_ = false;
  listing_ = false;
}

Action SentenceReader::action_of(const Segment& segment, const FoundVerb& found) {
  Action action;
  const Token& verb = token(found.verb);
  action.verb = found.verb;
  action.reading = verb.verb ? *verb.verb : unknown_verb(verb.lower, found.form);
  action.form = found.form;
  action.passive = found.passive;
  action.joint = segment.joint;
  action.object = {found.verb + 1, segment.end};
  if (found.subject_begin >= 0) action.subject = {found.subject_begin, found.subject_end};
  action.shares_subject = shares_subject(segment, found);
  take_light(found, action);
  put_under(action);
  if (!lead_in_.empty()) {
    append(action.extra, lead_in_text());
    lead_in_.clear();
  }
  action.parallel = parallel_next_;
  parallel_next_ = false;
  return action;
}

VerbReading SentenceReader::unknown_verb(std::string_view word, unsigned form) {
  if (form == kThird && word.ends_with('s')) word.remove_suffix(1);
  VerbReading reading;
  reading.verb.kind = guess_verb(word) ? StepKind::transform : StepKind::api_call;
  reading.base = word;
  reading.forms = kBase;
  return reading;
}

bool SentenceReader::shares_subject(const Segment& segment, const FoundVerb& found) const {
  const bool joined = segment.joint == Joint::and_ || segment.joint == Joint::comma ||
                      segment.joint == Joint::comma_and || segment.joint == Joint::then;
  return joined && found.subject_begin < 0 && !actions_empty() && !caused_ &&
         (mood_.form == found.form || found.form == kThird) && mood_.passive == found.passive;
}

void SentenceReader::take_light(const FoundVerb& found, Action& action) {
  caused_ = found.light >= 0 && found.light_end < 0 && found.subject_begin > found.light;
  if (found.light < 0 || !token(found.light).verb) return;
  const int end = found.light_end;
  if (end <= found.light + 1) return;
  const std::string_view base = token(found.light).verb->base;
  if (base == "use") append(action.extra, "using " + text_.render(found.light + 1, end));
  if (is_one_of(base, {"want", "need", "expect", "allow", "prefer", "require"}) &&
      token(found.light).word_class != WordClass::be)
    action.actor = {found.light + 1, end};
}

void SentenceReader::put_under(Action& action) const {
  action.under = under_;
  action.in_else = in_else_;
  if (under_ < 0) return;
  action.condition = in_else_ ? "otherwise" : under_text_;
}

std::string SentenceReader::lead_in_text() const {
  std::string text = lead_in_;
  const std::size_t blank = std::min(text.find(' '), text.size());
  if (blank > 1 && text[0] >= 'A' && text[0] <= 'Z' && !(text[1] >= 'A' && text[1] <= 'Z'))
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

void SentenceReader::append(std::string& text, const std::string& more) {
  if (more.empty()) return;
  if (!text.empty()) text += ' ';
  text += more;
}

bool SentenceReader::says_first(const Segment& segment, const FoundVerb& found) const {
  if (segment.joint == Joint::start || segment.joint == Joint::clause) return false;
  for (int i = segment.begin; i < found.verb; ++i)
    if (token(i).lower == "first") return true;
  return false;
}

bool SentenceReader::is_bare(const Segment& segment, const FoundVerb& found) const {
  for (int i = found.verb + 1; i < segment.end; ++i)
    if (token(i).is_live_word() && token(i).word_class != WordClass::adverb) return false;
  return true;
}

void SentenceReader::add_event(const Segment& segment, const FoundVerb& found) {
  Action action = action_of(segment, found);
  action.is_event = true;
  action.object = {segment.end, segment.end};
  actions().push_back(std::move(action));
  mood_ = Mood{};
  closed_ = true;
}

bool SentenceReader::add_wanted(const Segment& segment, const FoundVerb& found) {
  if (found.passive || !token(found.verb).verb) return false;
  if (!is_one_of(token(found.verb).verb->base,
                 {"build", "create", "set", "design", "generate", "make", "develop", "write",
                  "draft", "implement", "propose", "give", "plan", "automate"}))
    return false;
  const int goal = find_goal(found.verb + 1, segment.end);
  if (goal < 0) return false;
  Segment inner = segment;
  inner.begin = goal + 1;
  inner.joint = token(goal).word_class == WordClass::relative && token(goal).lower != "where"
                    ? Joint::and_
                    : Joint::start;
  const Mood mood{inner.joint == Joint::and_ ? kThird : 0U, false, false};
  const FoundVerb wanted = find_segment_verb(text_, inner, inner.begin, nullptr, mood);
  if (wanted.what != What::action) return false;
  lead_in_.clear();
  add_found(inner, wanted);
  return true;
}

int SentenceReader::find_goal(int begin, int end) const {
  bool named = false;
  for (int i = begin; i < std::min(end, begin + 8); ++i) {
    const Token& t = token(i);
    named = named || is_one_of(t.lower, {"workflow", "agent", "bot", "automation", "process",
                                         "pipeline", "system", "flow", "assistant", "tool",
                                         "script", "app", "procedure", "solution", "routine"});
    const bool goal = t.word_class == WordClass::relative || t.word_class == WordClass::to ||
                      t.lower == "for" || t.lower == "where";
    if (goal) return named ? i : -1;
  }
  return -1;
}

void SentenceReader::name_support(Action& action) {
  if (!is_one_of(action.reading.base, {"do", "perform", "conduct", "handle", "carry", "complete",
                                       "manage", "undertake"}))
    return;
  std::vector<Action> named = find_named_actions(text_, action.subject, true);
  if (named.empty()) return;
  action.reading = named.back().reading;
  action.subject = named.back().object;
}

void SentenceReader::read_light(const Segment& segment, const FoundVerb& found) {
  const auto index = static_cast<std::size_t>(&segment - segments_.data());
  const bool heading = index + 1 < segments_.size() &&
                       segments_[index + 1].joint == Joint::clause && has_later_action(index + 1);
  if (heading) return;
  listing_ = true;
  if (found.light < 0 || !token(found.light).verb) return;
  const std::string_view base = token(found.light).verb->base;
  const Range object{found.light + 1, segment.end};
  const std::size_t before = actions().size();
  add_named(object);
  const bool need = is_one_of(base, {"need", "require", "get"});
  if (need && actions().size() == before + 1) return take_needed(found);
  if (actions().size() == before && is_one_of(base, {"use", "work", "rely", "employ"}))
    add_coordination(object);
}

void SentenceReader::take_needed(const FoundVerb& found) {
  Action& action = actions().back();
  if (found.subject_begin < 0 || token(found.subject_begin).word_class == WordClass::subject)
    return;
  int end = action.object.end;
  while (end > action.object.begin && !token(end - 1).is_live_word()) --end;
  if (!action.object.empty() && token(end - 1).word_class == WordClass::actor)
    action.actor = action.object;
  action.object = {found.subject_begin, found.light};
}

void SentenceReader::add_coordination(Range object) {
  int begin = object.begin;
  while (begin < object.end &&
         (!token(begin).is_live_word() || token(begin).word_class == WordClass::preposition))
    ++begin;
  for (int i = begin; i < object.end; ++i) {
    if (!token(i).is_live_word()) break;
    const std::string_view word = token(i).lower;
    const bool actor = find_word_class(word.ends_with('s') ? word.substr(0, word.size() - 1)
                                                           : word) == WordClass::actor;
    if (!actor || !looks_plural(word)) continue;
    Action action;
    action.reading = *read_verb("coordinate");
    action.verb = i;
    action.is_noun = true;
    action.object = {begin, i + 1};
    put_under(action);
    actions().push_back(std::move(action));
    return;
  }
}

void SentenceReader::add_named(Range range) {
  for (Action& action : find_named_actions(text_, range, false)) {
    put_under(action);
    actions().push_back(std::move(action));
  }
}

void SentenceReader::add_constraint(const Segment& segment) {
  closed_ = true;
  const std::string text =
      shorten_text(text_.render(segment.begin, segment.end), kMaxConditionBytes);
  if (actions_empty() || actions().back().opens >= 0)
    append(out_.constraint, text);
  else
    append(actions().back().constraint, text);
}

std::string SentenceReader::lower_first(std::string text) {
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z')
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

bool SentenceReader::has_words(const Segment& segment) const {
  for (int i = segment.begin; i < segment.end; ++i)
    if (token(i).is_live_word()) return true;
  return false;
}

SentenceActions read_sentence(DraftText& text, int begin, int end, Plan& plan,
                              SentenceState& state) {
  return SentenceReader(text, plan, state).run(begin, end);
}

}  // namespace llmw
