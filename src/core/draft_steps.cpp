#include <algorithm>
#include <array>

#include "core/draft_actions.hpp"

namespace llmw {
namespace {

constexpr std::size_t kMaxOperation = 160;
constexpr std::size_t kMaxObject = 80;
constexpr std::size_t kMaxActor = 60;

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

std::string capitalized(std::string text) {
  if (!text.empty() && is_lower(text[0])) text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

/// Undoes the capital of a sentence's first word; acronyms and names like "GitHub" keep theirs.
std::string uncapitalized(std::string text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const bool plain =
      end > 0 && is_upper(text[0]) &&
      std::none_of(text.begin() + 1, text.begin() + static_cast<long>(end), is_upper);
  const bool single = end == 1 && text[0] != 'A';
  if (plain && !single) text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

void append_words(std::string& text, std::string_view more) {
  if (more.empty()) return;
  if (!text.empty()) text += ' ';
  text += more;
}

/// Verbs that need no object: they neither lend nor borrow one.
bool is_intransitive(std::string_view verb) {
  return is_one_of(verb, {"wait", "pause", "reply", "respond", "follow", "repeat", "communicate",
                          "vote", "listen", "negotiate", "arrive", "apologize", "meet", "talk"});
}

class StepMaker {
 public:
  StepMaker(DraftText& text, std::vector<Action>& actions, Referents& referents)
      : text_(text), actions_(actions), referents_(referents), phrases_(actions.size()) {}

  std::vector<PlanStep> run() {
    for (std::size_t i = 0; i < actions_.size(); ++i) read_phrases(i);
    for (std::size_t i = actions_.size(); i > 1; --i) lend_object(i - 2, i - 1);
    std::vector<PlanStep> steps;
    for (std::size_t i = 0; i < actions_.size(); ++i) steps.push_back(make_step(i));
    return steps;
  }

 private:
  /// Texts of one action.
  struct Phrases {
    std::string particle;
    std::string object;  ///< up to the first preposition
    std::string tail;    ///< the rest
    std::string actor;
  };

  Token& token(int i) { return text_.tokens()[static_cast<std::size_t>(i)]; }

  int skip_to_live(int i, int end) {
    while (i < end && !token(i).is_live_word()) ++i;
    return i;
  }

  void read_phrases(std::size_t index) {
    Action& action = actions_[index];
    Phrases& phrases = phrases_[index];
    if (action.opens >= 0) return remember_condition(action.object);
    if (action.passive || action.is_event) return read_passive(index);
    if (!action.actor.empty())
      phrases.actor = actor_text(action.actor);
    else if (action.form != kIng || !action.is_noun)
      phrases.actor = active_actor(index);
    Range rest = action.object;
    phrases.particle = take_particle(rest);
    split_object(rest, index);
  }

  void read_passive(std::size_t index) {
    Action& action = actions_[index];
    Phrases& phrases = phrases_[index];
    if (action.shares_subject && index > 0 && action.subject.empty()) {
      phrases.object = phrases_[index - 1].object;
    } else {
      phrases.object = object_of_subject(action.subject);
    }
    Range rest = action.object;
    phrases.particle = take_particle(rest);
    if (!action.is_event) phrases.actor = take_agent(rest);
    phrases.tail = text_.render(rest.begin, rest.end);
  }

  std::string object_of_subject(Range subject) {
    const int first = skip_to_live(subject.begin, subject.end);
    if (first >= subject.end) return {};
    std::string object = shorten_text(text_.render(first, subject.end), kMaxObject);
    if (token(first).word_class == WordClass::subject) return referent(object);
    const bool sentence_start = first == 0 || token(first - 1).kind >= TokenKind::stop ||
                                token(first).word_class == WordClass::determiner;
    return sentence_start ? uncapitalized(std::move(object)) : object;
  }

  std::string active_actor(std::size_t index) {
    const Action& action = actions_[index];
    if (action.shares_subject && action.subject.empty() && index > 0)
      return phrases_[index - 1].actor;
    return actor_text(action.subject);
  }

  std::string actor_text(Range range) {
    int begin = skip_to_live(range.begin, range.end);
    if (begin >= range.end) return {};
    if (token(begin).word_class == WordClass::subject ||
        token(begin).word_class == WordClass::object)
      return is_one_of(token(begin).lower, {"he", "she"}) ? referents_.actor : std::string();
    while (begin < range.end && (token(begin).word_class == WordClass::determiner ||
                                 token(begin).word_class == WordClass::adverb))
      ++begin;
    int end = begin;
    while (end < range.end && !ends_actor(token(end))) ++end;
    const int last = end - 1;
    if (last < begin || !names_actor(token(last))) return {};
    std::string actor = text_.render(begin, end);
    if (actor.size() > kMaxActor) return {};
    if (is_common_actor(token(begin))) actor = uncapitalized(std::move(actor));
    return referents_.actor = actor;
  }

  static bool is_common_actor(const Token& t) {
    return t.word_class == WordClass::actor ||
           (t.lower.ends_with('s') &&
            find_word_class(t.lower.substr(0, t.lower.size() - 1)) == WordClass::actor);
  }

  static bool ends_actor(const Token& t) {
    return t.word_class == WordClass::relative || t.word_class == WordClass::modal ||
           t.word_class == WordClass::adverb || t.kind == TokenKind::comma ||
           (t.word_class == WordClass::preposition && t.lower != "of");
  }

  static bool names_actor(const Token& t) {
    return t.kind == TokenKind::word &&
           !is_one_of(t.lower, {"workflow", "process", "automation", "step", "goal", "procedure",
                                "pipeline", "flow", "task", "aim", "idea"}) &&
           (t.word_class == WordClass::actor || t.word_class == WordClass::none ||
            t.word_class == WordClass::noun);
  }

  /// Takes "up" of "pick up the parts" and "is picked up by ..." out of `rest`.
  std::string take_particle(Range& rest) {
    const int first = skip_to_live(rest.begin, rest.end);
    if (first >= rest.end || !is_particle(token(first).lower)) return {};
    const int second = skip_to_live(first + 1, rest.end);
    const bool preposition =
        is_one_of(token(first).lower, {"in", "on", "over", "through", "along"});
    if (preposition && second < rest.end) {
      const Token& next = token(second);
      const bool noun = next.word_class == WordClass::none || next.word_class == WordClass::noun ||
                        next.word_class == WordClass::actor ||
                        next.word_class == WordClass::determiner;
      if (noun) return {};
    }
    rest.begin = first + 1;
    return std::string(token(first).text);
  }

  /// Takes "by the finance team" out of `rest`; means and dates ("by email") stay.
  std::string take_agent(const Range& rest) {
    for (int i = rest.begin; i < rest.end; ++i) {
      if (!token(i).is_live_word() || token(i).lower != "by") continue;
      const int first = skip_to_live(i + 1, rest.end);
      if (first >= rest.end || !names_agent(first, rest.end)) continue;
      int end = first + 1;
      while (end < rest.end && continues_agent(token(end), token(end - 1))) ++end;
      std::string actor = actor_text({first, end});
      for (int j = i; j < end; ++j) token(j).removed = true;
      return actor;
    }
    return {};
  }

  bool names_agent(int first, int end) {
    const Token& t = token(first);
    if (t.word_class == WordClass::actor) return true;
    if (t.word_class == WordClass::determiner)
      return first + 1 < end && !is_one_of(token(first + 1).lower,
                                           {"end", "day", "date", "time", "deadline", "close"});
    const bool means = is_one_of(
        t.lower, {"email",     "e-mail",   "mail",   "post",     "phone",  "hand",   "fax",
                  "card",      "default",  "date",   "name",     "type",   "monday", "tuesday",
                  "wednesday", "thursday", "friday", "saturday", "sunday", "noon",   "tomorrow",
                  "sms",       "priority", "amount", "region"});
    const bool verb = t.verb && (t.verb->forms & kIng);
    return t.word_class == WordClass::none && !means && !verb &&
           (is_upper(t.text[0]) || looks_plural(t.lower));
  }

  static bool continues_agent(const Token& t, const Token& before) {
    if (before.word_class == WordClass::determiner && t.is_live_word()) return true;
    if (t.kind != TokenKind::word || t.removed) return false;
    const bool participle =
        t.verb && (t.verb->forms & (kParticiple | kIng)) && !(t.verb->forms & kBase);
    return !participle && (t.word_class == WordClass::none || t.word_class == WordClass::actor ||
                           t.word_class == WordClass::noun || t.lower == "of" ||
                           t.word_class == WordClass::determiner);
  }

  /// Cuts `rest` into the object and what follows it.
  void split_object(Range rest, std::size_t index) {
    Phrases& phrases = phrases_[index];
    int cut = skip_to_live(rest.begin, rest.end);
    const bool pronoun = cut < rest.end && is_one_of(token(cut).lower, {"it", "them"});
    if (pronoun) ++cut;
    while (!pronoun && cut < rest.end && !ends_object(token(cut))) ++cut;
    phrases.object = text_.render(rest.begin, cut);
    phrases.tail = text_.render(cut, rest.end);
    if (actions_[index].is_noun) phrases.object = uncapitalized(std::move(phrases.object));
  }

  /// What `object` stands for when it is a pronoun that is known; else `object`.
  std::string referent(const std::string& object) const {
    if ((object == "it" || object == "It") && !referents_.thing.empty()) return referents_.thing;
    const bool plural = object == "them" || object == "They" || object == "they";
    if (!plural) return object;
    return referents_.things.empty() ? "them" : referents_.things;
  }

  /// "draft the article, get feedback, revise and publish": what is gotten is not what is revised.
  std::string shared_object(std::size_t i) const {
    std::size_t from = i - 1;
    while (from > 0 && is_one_of(actions_[from].reading.base, {"get", "ask", "notify", "wait"}))
      --from;
    return phrases_[from].object;
  }

  /// "send them the handbook", "notify them": people, not the last things that were named.
  static bool may_mean_people(std::string_view verb, const Phrases& phrases) {
    if (phrases.object != "them") return false;
    if (is_one_of(verb, {"ask", "email", "give", "mail", "offer", "send", "show", "teach", "tell",
                         "text"}))
      return !phrases.tail.empty() && !phrases.tail.starts_with("to ");
    return is_one_of(verb, {"call", "contact", "greet", "hire", "inform", "interview", "invite",
                            "notify", "onboard", "remind", "thank", "train", "welcome"});
  }

  /// Keeps `object` as what a later pronoun means; people are never "it".
  void remember(std::string_view object) {
    if (object.empty() || object.size() > kMaxObject) return;
    std::string_view noun = object;  // "invoices" of "invoices that exceed $5,000"
    for (const std::string_view end : {" that ", " which ", " who ", " of ", " over ", " under "})
      noun = noun.substr(0, std::min(noun.find(end), noun.size()));
    const std::size_t blank = noun.rfind(' ');
    std::string last(noun.substr(blank == std::string_view::npos ? 0 : blank + 1));
    for (char& c : last)
      if (is_upper(c)) c = static_cast<char>(c - 'A' + 'a');
    const WordClass word_class = find_word_class(last);
    if (word_class == WordClass::object || word_class == WordClass::subject) return;
    const bool several = looks_plural(last) || object.find(" and ") != std::string_view::npos;
    if (several)
      referents_.things = object;
    else if (word_class != WordClass::actor)
      referents_.thing = definite(object);
  }

  /// "a new invoice" is "the new invoice" when it is named again.
  static std::string definite(std::string_view object) {
    for (const std::string_view article : {"a ", "an ", "A ", "An ", "any ", "each ", "every "})
      if (object.starts_with(article)) return "the " + std::string(object.substr(article.size()));
    return std::string(object);
  }

  static bool is_measure(std::string_view word) {
    return is_one_of(word,
                     {"amount", "answer", "balance", "budget",   "cost",  "date",   "deadline",
                      "level",  "limit",  "number",  "price",    "score", "status", "stock",
                      "sum",    "total",  "value",   "quantity", "size",  "weight", "result"});
  }

  /// The subject of "if an order is late" is what "it" means afterwards, unless it is a measure.
  void remember_condition(const Range& range) {
    if (range.empty()) return;
    int end = range.begin;
    while (end < range.end && token(end).is_live_word() && token(end).word_class != WordClass::be &&
           token(end).word_class != WordClass::modal && !is_finite(end, range.begin) &&
           token(end).word_class != WordClass::preposition &&
           token(end).word_class != WordClass::negated_modal)
      ++end;
    const bool pronoun = token(range.begin).word_class == WordClass::subject;
    const bool measure = end > range.begin && is_measure(token(end - 1).lower);
    if (end > range.begin && end < range.end && !pronoun && !measure)
      remember(uncapitalized(text_.render(range.begin, end)));
  }

  bool is_finite(int i, int begin) {
    const Token& t = token(i);
    return i > begin + 1 && t.verb && (t.verb->forms & (kThird | kPast));
  }

  static bool ends_object(const Token& t) {
    if (!t.is_live_word()) return false;
    return (t.word_class == WordClass::preposition && t.lower != "of") ||
           t.word_class == WordClass::to || t.word_class == WordClass::relative ||
           t.word_class == WordClass::complement || t.word_class == WordClass::be ||
           t.lower == "until" || t.lower == "because" || t.lower == "since" ||
           t.word_class == WordClass::modal;
  }

  /// "review and approve the invoice": the first verb has the object of the second.
  void lend_object(std::size_t to, std::size_t from) {
    const Action& a = actions_[to];
    const Action& b = actions_[from];
    Phrases& borrower = phrases_[to];
    if (!borrows(to) || b.opens >= 0 || b.is_noun || b.passive || a.form != b.form) return;
    const bool joined = b.joint == Joint::and_ || b.joint == Joint::comma ||
                        b.joint == Joint::comma_and || b.joint == Joint::then;
    if (!joined) return;
    borrower.object = phrases_[from].object;
    if (is_intransitive(b.reading.base)) borrower.object.clear();
  }

  bool borrows(std::size_t i) const {
    const Action& a = actions_[i];
    return a.opens < 0 && a.verb >= 0 && !a.is_noun && !a.passive && !a.is_event &&
           phrases_[i].object.empty() && phrases_[i].tail.empty() && a.form != 0 &&
           !is_intransitive(a.reading.base);
  }

  PlanStep make_step(std::size_t i) {
    Action& action = actions_[i];
    PlanStep step;
    step.opens = action.opens;
    step.under = action.under;
    step.in_else = action.in_else;
    step.parallel = action.parallel;
    step.constraint = action.constraint;
    if (action.opens >= 0) {
      step.kind = StepKind::conditional;
      step.operation = shorten_text(action.extra, kMaxOperation);
      step.condition = action.condition;
      return step;
    }
    step.condition = action.condition;
    step.verb = action.is_event ? "receive" : action.reading.base;
    step.kind = kind_of(action);
    step.actor = phrases_[i].actor;
    step.operation = operation_of(i);
    return step;
  }

  StepKind kind_of(const Action& action) {
    if (action.is_event || action.reading.base == "let") return StepKind::api_call;
    if (action.object.begin < action.object.end && token(action.object.begin).lower == "sure")
      return StepKind::llm_decision;
    const bool carry_out = action.reading.base == "carry" || action.reading.base == "get";
    if (action.reading.verb.role == VerbRole::act && !carry_out) return action.reading.verb.kind;
    if (action.reading.verb.role == VerbRole::ask) return action.reading.verb.kind;
    for (int i = action.object.begin; i < action.object.end; ++i) {
      const Token& t = token(i);
      const std::string_view named = verb_of_noun(t.lower);
      if (!named.empty()) return find_verb(named).value_or(Verb{}).kind;
      if (action.reading.base == "get") continue;
      if (t.verb && t.verb->verb.role == VerbRole::act) return t.verb->verb.kind;
      if (t.verb && t.verb->verb.role == VerbRole::ask) return t.verb->verb.kind;
    }
    return action.reading.verb.role == VerbRole::light ? StepKind::api_call
                                                       : action.reading.verb.kind;
  }

  std::string operation_of(std::size_t i) {
    const Action& action = actions_[i];
    Phrases& phrases = phrases_[i];
    if (!may_mean_people(action.reading.base, phrases)) phrases.object = referent(phrases.object);
    const bool can_share =
        borrows(i) && i > 0 && action.joint != Joint::start && action.subject.empty();
    if (can_share) phrases.object = shared_object(i);
    std::string text = capitalized(action.is_event ? "receive" : action.reading.base);
    text += action.alternative;
    append_words(text, action.is_event ? std::string() : phrases.particle);
    append_words(text, phrases.object);
    append_words(text, phrases.tail);
    append_words(text, action.extra);
    if (!phrases.object.empty())
      remember(phrases.object);
    else if (phrases.tail.starts_with("to "))
      remember(std::string_view(phrases.tail).substr(3));
    return shorten_text(text, kMaxOperation);
  }

  DraftText& text_;
  std::vector<Action>& actions_;
  Referents& referents_;
  std::vector<Phrases> phrases_;
};

}  // namespace

std::vector<PlanStep> make_steps(DraftText& text, std::vector<Action>& actions,
                                 Referents& referents) {
  return StepMaker(text, actions, referents).run();
}

}  // namespace llmw
