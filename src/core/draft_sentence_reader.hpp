#pragma once
// The reader behind read_sentence(). Internal to draft_sentence.cpp (main clauses) and
// draft_subordinate.cpp (conditions, "before" and "after", what is done side by side).

#include "core/draft_sentence.hpp"

namespace llmw {

inline constexpr std::size_t kMaxConditionBytes = 140;

class SentenceReader {
 public:
  SentenceReader(DraftText& text, Plan& plan, SentenceState& state)
      : text_(text), plan_(plan), state_(state) {}

  SentenceActions run(int begin, int end);

 private:
  std::vector<Action>& actions() { return out_.actions; }
  const Token& token(int i) const { return text_.tokens()[static_cast<std::size_t>(i)]; }

  std::size_t step(std::size_t at);

  FoundVerb find(const Segment& segment, int begin, const Mood& mood) const;

  void read_main(std::size_t at);

  bool has_later_action(std::size_t at) const;

  void read_verbless(std::size_t at, int begin);

  /// The segment belongs to the object of the last action: "orders and invoices".
  void extend(const Segment& segment);

  /// "approve or reject the request" is one step; its verbs all become base forms.
  bool add_alternative(const Segment& segment, Action& last);

  void add_found(const Segment& segment, const FoundVerb& found);

  Action action_of(const Segment& segment, const FoundVerb& found);

  static VerbReading unknown_verb(std::string_view word, unsigned form);

  bool shares_subject(const Segment& segment, const FoundVerb& found) const;
  bool actions_empty() const { return out_.actions.empty(); }

  /// "use Slack to notify the team": the means goes to the end; "we want finance to pay": finance
  /// acts.
  void take_light(const FoundVerb& found, Action& action);

  void put_under(Action& action) const;

  std::string lead_in_text() const;

  static void append(std::string& text, const std::string& more);

  /// "but first check it"
  bool says_first(const Segment& segment, const FoundVerb& found) const;

  bool is_bare(const Segment& segment, const FoundVerb& found) const;

  void add_event(const Segment& segment, const FoundVerb& found);

  /// "Build a bot that answers mails": what counts is what the bot does.
  bool add_wanted(const Segment& segment, const FoundVerb& found);

  /// Token of "that", "to", "for" or "where" after "a workflow"; -1 when there is none.
  int find_goal(int begin, int end) const;

  /// "Packing is done by the warehouse": the action is to pack.
  void name_support(Action& action);

  /// "We have cutting and sewing", "we use subcontractors", "refunds need approval"
  void read_light(const Segment& segment, const FoundVerb& found);

  void take_needed(const FoundVerb& found);

  void add_coordination(Range object);

  void add_named(Range range);

  void add_constraint(const Segment& segment);

  bool is_trailing(std::size_t at, std::size_t end) const;

  /// First segment after the subordinate clause that starts at `at`.
  std::size_t clause_end(std::size_t at);

  bool ends_clause(std::size_t at, std::size_t i, bool leading) const;

  static bool is_one_of_joints(Joint joint);

  /// "late, damaged or lost": the segment goes on with the adjectives of the condition.
  bool is_adjective(std::size_t at, std::size_t i) const;

  /// "If the order is late call the customer": cuts the segment where the command starts.
  void split_inner_command(std::size_t at);

  /// "after three days ..."
  bool starts_with_duration(const Segment& segment) const;

  int find_inner_command(const Segment& segment) const;

  static bool can_end_clause(const Token& t);

  bool starts_command(int i, int end) const;

  std::string clause_text(std::size_t at, std::size_t end) const;
  std::string clause_with_lead(std::size_t at, std::size_t end) const;

  /// Actions of the subordinate clause [at, end), read as a sentence of its own.
  std::vector<Action> read_clause(std::size_t at, std::size_t end);

  std::size_t read_condition(std::size_t at);

  bool starts_with_gerund(const Segment& segment) const;

  Action make_condition(std::size_t at, std::size_t end);

  /// "if approved", "if urgent": the subject and "is" are left out.
  bool is_clipped(std::size_t at) const;

  void open_condition(const Action& condition, const std::string& text);

  static std::string lower_first(std::string text);

  /// "Send a reminder if ...": the conditional comes before the action (and before those that share
  /// its object).
  void put_before_last(Action& condition, const std::string& text);

  /// "Otherwise, ...", "if so, ..."
  std::size_t read_answer(std::size_t at);

  bool has_words(const Segment& segment) const;

  std::size_t read_after(std::size_t at);

  std::size_t read_condition_of(std::size_t at, std::size_t end, bool trailing);

  /// "once done", "after the packing is complete": only the order matters.
  bool refers_to_done(std::size_t at) const;

  /// "once approved", "after it is approved", when there is a step that approves.
  bool names_known_participle(const Segment& segment) const;

  bool is_known_verb(const std::string& base) const;
  bool is_known(const Action& action) const;

  bool names_known_action(const Segment& segment) const;

  std::size_t read_before(std::size_t at);

  std::size_t read_before_that(std::size_t at);

  std::size_t read_during(std::size_t at);

  /// A reason or a limit ("until it is paid") goes with the action before it.
  std::size_t read_reason(std::size_t at);

  void mark_parallel();

  void mark_parallel_at(int position);

  /// "notify sales and support in parallel": it is the objects that are side by side.
  bool names_several(const Range& range) const;

  DraftText& text_;
  Plan& plan_;
  SentenceState& state_;
  SentenceActions out_;
  std::vector<Segment> segments_;
  std::vector<Action> held_;  ///< of "before X, ...": they come after the rest
  Mood mood_;
  std::string lead_in_;  ///< "for each order": goes with the next action
  std::string under_text_;
  int begin_ = 0;
  int end_ = 0;
  int carried_ = -1;  ///< where the subject of the next segment starts
  int under_ = -1;
  bool in_else_ = false;
  bool pending_else_ = false;
  bool closed_ = false;  ///< what follows does not belong to the last action
  bool listing_ = false;
  bool parallel_next_ = false;
  bool caused_ = false;  ///< the last action's subject was only made to act: "have X do Y"
};

}  // namespace llmw
