#include "core/draft_reader.hpp"

#include <utility>

#include "core/draft_actions.hpp"
#include "core/draft_phrases.hpp"
#include "core/draft_sentence.hpp"

namespace llmw {
namespace {

constexpr std::size_t kMaxRead = 500;  ///< steps; far beyond what a document holds
constexpr int kMaxSentence = 500;      ///< tokens; a longer sentence is read in pieces

enum class ItemKind { prose, bullet, numbered };

class PlanReader {
 public:
  explicit PlanReader(DraftText& text) : text_(text) {}

  Plan run() {
    const int count = static_cast<int>(text_.tokens().size());
    for (int at = 0; at < count && plan_.steps.size() < kMaxRead;) at = read_next(at, count);
    if (plan_.steps.empty()) add_named(0, count);
    if (!pending_.empty() && !plan_.steps.empty()) append(plan_.steps.back().constraint, pending_);
    return std::move(plan_);
  }

 private:
  const Token& token(int i) const { return text_.tokens()[static_cast<std::size_t>(i)]; }

  int read_next(int at, int count) {
    const TokenKind kind = token(at).kind;
    if (kind >= TokenKind::stop) {
      item_ = kind == TokenKind::bullet     ? ItemKind::bullet
              : kind == TokenKind::numbered ? ItemKind::numbered
                                            : ItemKind::prose;
      return at + 1;
    }
    int end = at;
    while (end < count && end - at < kMaxSentence && token(end).kind < TokenKind::stop) ++end;
    read(at, end);
    item_ = ItemKind::prose;
    return end;
  }

  void read(int begin, int end) {
    const std::string schedule = take_schedule(text_, begin, end);
    SentenceActions sentence = read_sentence(text_, begin, end, plan_, state_);
    if (sentence.actions.empty() && item_ != ItemKind::prose)
      sentence.actions = find_named_actions(text_, {begin, end}, true);
    if (sentence.actions.empty() && item_ == ItemKind::prose)
      sentence.actions = noun_list(begin, end);
    std::vector<PlanStep> steps = make_steps(text_, sentence.actions, referents_);
    if (steps.empty() && item_ == ItemKind::numbered) steps = unnamed_item(begin, end);
    add(steps, sentence, schedule);
  }

  /// "Our process: intake, review, approval": three or more named actions and no verb.
  std::vector<Action> noun_list(int begin, int end) const {
    for (int i = begin; i < end; ++i)
      if (token(i).word_class == WordClass::be || token(i).word_class == WordClass::modal)
        return {};
    std::vector<Action> actions = find_named_actions(text_, {begin, end}, true);
    if (actions.size() < 3) actions.clear();
    return actions;
  }

  void add(std::vector<PlanStep>& steps, const SentenceActions& sentence,
           const std::string& schedule) {
    append(schedule_, schedule);
    if (steps.empty()) return append(pending_, sentence.constraint);
    if (!schedule_.empty()) steps.front().schedule = std::exchange(schedule_, {});
    append(pending_, sentence.constraint);
    for (PlanStep& step : steps)
      if (!pending_.empty() && step.opens < 0) {
        append(step.constraint, std::exchange(pending_, {}));
        break;
      }
    const bool earlier = sentence.insert_before >= 0 &&
                         sentence.insert_before < static_cast<int>(plan_.steps.size());
    const auto where = earlier ? plan_.steps.begin() + sentence.insert_before : plan_.steps.end();
    if (earlier && steps.front().under < 0) inherit_condition(steps, *where);
    plan_.steps.insert(where, steps.begin(), steps.end());
  }

  static void inherit_condition(std::vector<PlanStep>& steps, const PlanStep& target) {
    if (target.opens >= 0) return;
    for (PlanStep& step : steps) {
      step.under = target.under;
      step.in_else = target.in_else;
      step.condition = target.condition;
    }
  }

  /// A numbered item is a step even when no verb in it is known.
  std::vector<PlanStep> unnamed_item(int begin, int end) {
    constexpr std::size_t kLongestItem = 120;
    PlanStep step;
    step.verb = "handle";
    step.kind = StepKind::transform;
    step.operation = shorten_text(text_.render(begin, end), kLongestItem);
    if (step.operation.empty()) return {};
    std::string& text = step.operation;
    const bool capital = text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a';
    if (capital) text[0] = static_cast<char>(text[0] - 'A' + 'a');
    text.insert(0, "Handle ");
    return {step};
  }

  void add_named(int begin, int end) {
    std::vector<Action> actions = find_named_actions(text_, {begin, end}, true);
    std::vector<PlanStep> steps = make_steps(text_, actions, referents_);
    add(steps, SentenceActions{}, {});
  }

  static void append(std::string& text, const std::string& more) {
    constexpr std::size_t kLongest = 300;
    if (more.empty() || text.size() > kLongest) return;
    if (!text.empty()) text += "; ";
    text += more;
  }

  DraftText& text_;
  Plan plan_;
  SentenceState state_;
  Referents referents_;
  std::string pending_;   ///< prohibitions that wait for the next step
  std::string schedule_;  ///< likewise
  ItemKind item_ = ItemKind::prose;
};

}  // namespace

Plan read_plan(DraftText& text) { return PlanReader(text).run(); }

}  // namespace llmw
