// Actions that are named by nouns: "cutting", "order approval", "credit check".

#include <algorithm>

#include "core/draft_actions.hpp"

namespace llmw {
namespace {

/// Collects actions that are named by nouns.
class NounReader {
 public:
  NounReader(const DraftText& text, Range range, bool plain)
      : text_(text), range_(range), plain_(plain) {}

  std::vector<Action> run() {
    for (int i = range_.begin; i < range_.end; ++i) visit(i);
    return std::move(actions_);
  }

 private:
  const Token& token(int i) const { return text_.tokens()[static_cast<std::size_t>(i)]; }

  bool is_plain_noun(int i) const {
    if (i < range_.begin || i >= range_.end) return false;
    const Token& t = token(i);
    return t.is_live_word() && t.kind == TokenKind::word && !is_name(i) &&
           (t.word_class == WordClass::none || t.word_class == WordClass::noun ||
            t.word_class == WordClass::actor);
  }

  /// The verb that the noun at `i` names.
  std::optional<VerbReading> named_verb(int i) const {
    const Token& t = token(i);
    if (!t.is_live_word() || t.kind != TokenKind::word) return std::nullopt;
    std::string_view base = verb_of_noun(t.lower);
    if (base.empty() && t.lower.ends_with('s'))
      base = verb_of_noun(t.lower.substr(0, t.lower.size() - 1));
    if (!base.empty())
      return VerbReading{find_verb(base).value_or(Verb{}), std::string(base), kBase};
    if (!t.verb) return std::nullopt;
    const bool act = t.verb->verb.role == VerbRole::act || t.verb->verb.role == VerbRole::ask;
    if (act && (t.verb->forms & kIng)) return t.verb;
    const bool noun = plain_ && act && (t.verb->forms & kBase) && i > range_.begin &&
                      t.verb->verb.noun_use == NounUse::rarely && ends_phrase(i + 1) &&
                      token(i - 1).word_class != WordClass::determiner;
    return noun ? t.verb : std::nullopt;
  }

  bool ends_phrase(int i) const {
    return i >= range_.end || !token(i).is_live_word() || token(i).lower == "and" ||
           token(i).word_class == WordClass::preposition;
  }

  bool is_name(int i) const { return named_verb(i).has_value(); }

  void visit(int i) {
    const auto verb = named_verb(i);
    if (!verb || is_modifier(i)) return;
    Action action;
    action.is_noun = true;
    action.verb = i;
    action.reading = *verb;
    action.form = kIng;
    action.object = object_of(i);
    const int after = std::max(action.object.end, i + 1);
    if (after < range_.end && token(after).lower == "by")
      action.actor = {after + 1, phrase_end(after + 1)};
    action.joint = actions_.empty() ? Joint::start : Joint::comma;
    used_ = std::max(action.object.end, i + 1);
    actions_.push_back(std::move(action));
  }

  /// "shipping label": here the word only describes the noun after it.
  bool is_modifier(int i) const {
    if (i < used_) return true;
    const Token& t = token(i);
    const bool after_determiner =
        i > range_.begin && token(i - 1).word_class == WordClass::determiner;
    const bool ing = t.verb && (t.verb->forms & kIng);
    return ing && after_determiner && is_plain_noun(i + 1);
  }

  Range object_of(int i) const {
    int begin = i;
    while (begin > std::max(range_.begin, used_) && is_plain_noun(begin - 1) && i - begin < 4)
      --begin;
    if (begin < i) return {begin, i};
    if (i + 1 < range_.end && token(i + 1).is_live_word() && token(i + 1).lower == "of")
      return {i + 2, phrase_end(i + 2)};
    int end = i + 1;
    if (end < range_.end && token(end).word_class == WordClass::determiner) ++end;
    const int nouns = end;
    while (is_plain_noun(end) && end - nouns < 4) ++end;
    return end > nouns ? Range{i + 1, end} : Range{i + 1, i + 1};
  }

  int phrase_end(int i) const {
    while (i < range_.end && token(i).kind == TokenKind::word && token(i).lower != "and") ++i;
    return i;
  }

  const DraftText& text_;
  Range range_;
  bool plain_;
  int used_ = 0;
  std::vector<Action> actions_;
};

}  // namespace

std::vector<Action> find_named_actions(const DraftText& text, Range range, bool plain) {
  return NounReader(text, range, plain).run();
}

}  // namespace llmw
