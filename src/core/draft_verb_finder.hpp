#pragma once
// The finder behind find_segment_verb(): a walk over the words of a segment that keeps in mind what
// kind of place the next word stands in. Internal to draft_verbs.cpp (the walk) and
// draft_agreement.cpp (whether a word at its place is a verb).

#include "core/draft_verbs.hpp"

namespace llmw {

/// Words that open a noun phrase for certain: after a verb, not after a noun of the same phrase.
bool opens_noun_phrase(const Token& token);

/// Words that can stand where a noun phrase is expected.
bool is_noun_like(const Token& token);

/// "the", "our", ...: words that a verb must precede when nothing else does.
bool is_strong_determiner(const Token& token);

class VerbFinder {
 public:
  VerbFinder(const DraftText& text, const Segment& segment, const Segment* next, const Mood& mood)
      : text_(text), segment_(segment), next_segment_(next), mood_(mood), end_(segment.end) {}

  FoundVerb run(int begin);

 private:
  enum class Place { start, noun_phrase, subject, modal, be, copula, light, relative, relative_be };

  const Token& token(int i) const { return text_.tokens()[static_cast<std::size_t>(i)]; }

  /// Index of the next live word of the segment after `i`; -1 when there is none.
  int next_live(int i) const;
  const Token* next_token(int i) const;

  /// Looks at word `i`; true when the verb is settled.
  bool visit(int i);

  void modal();

  void end_subject(int i);

  void set_subject(int i);

  void be();

  // "a bot that answers": after a light verb the relative clause is what is wanted.
  void relative(int i);

  // ", which drafts a reply": goes on with what the sentence was about.
  void go_on_from(int i);

  // "decide whether ...": what follows is an object. "How do we ...": a question goes on.
  bool complement(int i) { return i > segment_.begin && place_ != Place::start; }

  void determiner(int i);

  void pronoun(int i);

  void preposition(int i);

  /// The noun that the verb agrees with: "reports" in "reports over $100 require approval".
  const Token& head() const { return token(head_ >= 0 ? head_ : last_noun_); }

  // "to" before a verb makes it an action after light verbs and "is"; else it is a preposition.
  bool to(int i);

  bool word(int i);

  /// "do not send", "does not reply", "do we send"
  bool is_auxiliary_do(int i) const;

  /// "have been checked", "has approved", "have to"
  bool is_perfect(int i) const;

  void noun(int i);

  /// Settles on word `i` as the verb; false when it is light and the search goes on.
  bool accept(int i, unsigned form, bool passive = false);

  bool after_modal(int i);

  bool after_be(int i);

  // "is able to", "is responsible for sending", "is in charge of sending"
  bool after_copula(int i);

  bool after_light(int i);

  /// "let the customer know": an action of its own.
  bool inform();

  /// "have the manager review it": the manager acts.
  void take_causer(int light, int verb);

  bool starts_list() const;

  bool at_start(int i);

  // An unknown word before "the", "our", ... can only be a verb.
  bool unknown_command(int i);

  bool is_command(int i) const;

  /// "order received": the participle at `i` is all that follows the noun.
  bool is_clipped_passive(int i) const;

  bool is_parallel() const { return mood_.form == 0 || (mood_.form & kBase) != 0; }

  bool is_rare_noun_command(int i, const Token* next) const;

  /// "intake, review, approval": a list of nouns.
  bool is_between_nouns() const;

  bool is_often_noun_command(int i, const Token* next) const;

  /// "Email and call the customer": the next segment starts with a verb in the same form.
  bool is_followed_by_verb(unsigned form) const;

  /// "Order intake", "Invoice approval": a title, not a command.
  bool is_noun_fragment(int i) const;

  bool is_third_at_start(int i) const;

  bool is_gerund(int i) const;

  bool subject_is_plural() const;

  bool after_subject(int i);

  bool agrees_third(int i) const;

  /// "our law firm drafts contracts": a verb unless a better one comes.
  bool may_be_third(int i, const Token* next) const;

  static bool is_actor_plural(std::string_view word);

  bool agrees_base(int i);

  /// "quality check every batch": a command of two words, no subject. Drops the subject.
  bool is_compound_command(const Token* next);

  /// "report results", "issue credit notes": verbs that are often nouns, before a plural.
  bool is_rather_verb(int i) const;

  // "we anodize the parts", "the robot deburrs the edges"
  bool unknown_after_subject(int i);

  /// Whether a finite verb follows word `i` in the segment: then `i` belongs to its subject.
  bool has_finite_ahead(int i) const;

  static bool is_certain_verb(const Token& t, const Token& before);

  // "order received": a passive without "is", when nothing else in the sentence acts.
  void finish();

  /// "Look up the customer", "get the forecast": nothing else came that the verb could announce.
  bool is_action_after_all() const;

  const DraftText& text_;
  const Segment& segment_;
  const Segment* next_segment_;
  const Mood& mood_;
  int end_;
  FoundVerb found_;
  Place place_ = Place::start;
  int last_noun_ = -1;
  int head_ = -1;           ///< the subject's last noun before its first preposition
  int relative_words_ = 0;  ///< seen since "who"
  int weak_third_ = -1;     ///< what may be a verb after a noun
  int weak_ = -1;           ///< a participle after a noun
  bool pronoun_ = false;
  bool question_ = false;
  bool after_be_ = false;
  bool obliged_ = false;
  bool purpose_ = false;
  unsigned light_form_ = 0;
  bool commands_ = false;  ///< the light verb has no subject or stands after a modal
  bool wanted_ = false;    ///< in the relative clause after a light verb
};

}  // namespace llmw
