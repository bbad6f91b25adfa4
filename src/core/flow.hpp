#pragma once
// The generation flow of one request as a pure state machine: which model is asked next, when, and
// what the end is. No clock, no network, no database: the worker carries out each step and feeds
// the answers back, the tests do the same without a server.
//
//   Flow flow(std::move(input));
//   FlowStep step = flow.start();
//   while (!step.finished())
//     step = step.waits() ? flow.on_wait_over(step.lane)
//                         : flow.on_answer(step.calls[0].lane, ask(step.calls[0]));
//
// Rules (DESIGN §6): each model of the chain is asked once and again (`retry`) after a transient
// error. A document with errors is sent back to its model with their codes (`repair`) when that is
// expected to cost less than the next model. An answer that was cut is kept, and the rest is asked
// for (`batch`); a request for a large document is asked for by outline and then in parts, several
// at once. Anything else moves on to the next model (`fallback`). An answer counts only when its
// document is found and valid.
//
// A lane is a conversation with the model of the moment: lane 0, or one for each part.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/flow_parts.hpp"
#include "core/format.hpp"
#include "core/learned_rules.hpp"
#include "core/money.hpp"
#include "core/provider.hpp"

namespace llmw {

class TokenCounter;
struct TokenBudget;

enum class Purpose { primary, retry, repair, fallback, batch };

/// Why a model was left for the next one: the closed set of fallback_reason.
enum class FallbackReason {
  validation_failed,
  api_error,
  timeout,
  rate_limited,
  truncated,
  refused,
  context_window_exceeded,
  circuit_open,
  credentials_missing,
  budget,
};

/// One model of the chain, in the order in which they are tried.
struct Candidate {
  std::string model;                   ///< llm_models.name
  std::string remote_name;             ///< the provider's name of it
  std::int64_t context_window = 0;     ///< tokens; 0: unknown, not checked
  std::int64_t deployment_limit = 0;   ///< the same as its server is set up; the lower counts
  std::int64_t max_output_tokens = 0;  ///< tokens; 0: unknown, not checked
  TokenCounter* counter = nullptr;     ///< outlives the flow; none: 4 characters a token
  double input_factor = 1;             ///< tokens that the provider counted lately for one of ours
  std::string unusable;  ///< not empty: it cannot be asked (no key, no permission), and why
  FallbackReason unusable_reason = FallbackReason::credentials_missing;
  bool drafts_by_rules = false;  ///< builtin-draft: said in the result's warnings
};

/// How repairs by a model went lately.
struct RepairRecord {
  std::int64_t repairs = 0;
  std::int64_t successes = 0;           ///< of them
  std::int64_t mean_output_tokens = 0;  ///< 0: not known
};

/// What the flow asks when it weighs a repair against the next model.
class CostAdviser {
 public:
  virtual ~CostAdviser() = default;
  /// Nothing when the model has no known price.
  virtual std::optional<Money> cost(const std::string& model, const Usage& usage) = 0;
  virtual RepairRecord repair_record(const std::string& model) = 0;
};

/// The document of an earlier request that this one is to change.
struct Regeneration {
  std::string document;  ///< JSON; empty: there was none
  std::string findings;  ///< one line each
  std::string feedback;
};

struct FlowInput {
  std::string prompt;
  std::vector<std::string> services;
  std::shared_ptr<const Format> format;
  bool compact = false;
  ResponseMode response_mode = ResponseMode::machine;
  std::vector<LearnedRule> rules;  ///< in the order of the legend
  std::optional<Regeneration> regeneration;
  int max_output_tokens = 12000;   ///< tokens asked for at most
  int max_retries = 2;             ///< per model, of a part per part
  int repair_attempts = 1;         ///< per model
  CostAdviser* adviser = nullptr;  ///< outlives the flow; none: repairs always pay
  std::chrono::milliseconds retry_base_delay{500};
  std::chrono::milliseconds max_retry_wait{30'000};  ///< a longer Retry-After moves on instead
  std::vector<Candidate> chain;                      ///< at least one
  int calls_before = 0;    ///< of earlier attempts of the same job: attempts count on from there
  std::uint64_t seed = 0;  ///< of the jitter
};

/// The call to make next.
struct CallPlan {
  std::size_t candidate = 0;  ///< index into FlowInput::chain
  int lane = 0;
  Purpose purpose = Purpose::primary;
  int attempt = 1;   ///< counts the calls of the request, from 1
  ChatRequest chat;  ///< complete but for call_id
};

/// Said once when the flow leaves a model: the event WORKFLOW_GENERATION_FALLBACK.
struct FallbackNotice {
  std::string from_model;
  std::string to_model;
  FallbackReason reason = FallbackReason::api_error;
  std::string detail;              ///< error code or message, or the validation codes
  std::int64_t tokens_wasted = 0;  ///< input + output that `from_model` reported for this request
};

/// Why a planned call must not be made.
struct Refusal {
  FallbackReason reason = FallbackReason::budget;
  std::string why;     ///< one line: the headline of the error if no other model answers
  std::string detail;  ///< empty: none
  std::string hint;    ///< empty: none
};

/// What the flow made of the answer just fed in: goes into the row of that call.
struct Judgement {
  Outcome outcome = Outcome::ok;
  std::string error_code;
  std::vector<std::string> validation_codes;
  std::vector<std::string> mends;  ///< what was mended in the answer's JSON
};

struct FlowStep {
  enum class Kind {
    call,
    wait,
    pending,  ///< nothing to do until the answers of other lanes are there
    done
  };

  Kind kind = Kind::done;
  std::vector<CallPlan> calls;             ///< when kind == call; several go out at once
  int lane = 0;                            ///< when kind == wait: which one waits
  std::chrono::milliseconds wait{0};       ///< when kind == wait; a retry call follows
  std::optional<Judgement> judgement;      ///< of the answer fed to on_answer
  std::optional<FallbackNotice> fallback;  ///< when the call goes to another model

  bool waits() const { return kind == Kind::wait; }
  bool finished() const { return kind == Kind::done; }
};

/// The end of a request.
struct FlowResult {
  bool ok = false;
  bool cached = false;       ///< it is the document of an equal request
  std::string document;      ///< compact JSON object when ok
  std::string explanation;   ///< JSON string literal; empty: none was asked for, or given
  std::optional<int> items;  ///< steps or stages of the document; nothing without rules
  std::optional<int> zones;  ///< its limbo zones; nothing for a format without them
  std::string generator;     ///< model whose document was accepted
  std::optional<FallbackReason> fallback_reason;  ///< why the primary was left for another model
  std::vector<Finding> warnings;
  std::optional<FallbackReason> failure;  ///< the rest when not ok; why the last model failed
  bool transient = false;                 ///< the same request may succeed a little later
  std::string error_sqlstate;
  std::string error_message;
  std::string error_detail;  ///< one line per call
  std::string error_hint;
};

struct FormatUse;
struct Verdict;

class Flow {
 public:
  /// `input.chain` must not be empty, and `input.format` must be set.
  explicit Flow(FlowInput input);

  /// The first step. Call once.
  FlowStep start();
  /// The step after the answer to the call of `lane`.
  FlowStep on_answer(int lane, const Answer& answer);
  /// The step after the wait of `lane`.
  FlowStep on_wait_over(int lane);

  /// Whether a call that is planned but not sent need not be made: a part failed for good. Instead
  /// of sending it, say so with on_dropped().
  bool drops_calls() const { return failure_.has_value(); }
  FlowStep on_dropped(int lane);
  /// A planned call must not be made, as its circuit or a budget says: the model is left.
  FlowStep on_refused(int lane, const Refusal& refusal);

  /// Valid once a step finished.
  const FlowResult& result() const { return result_; }
  const FlowInput& input() const { return input_; }
  /// The input of `chat` as `candidate` is expected to count it.
  static std::int64_t input_tokens(const Candidate& candidate, const ChatRequest& chat);
  /// For costs, where too much is better than too little: by the rule of thumb if that is more, and
  /// with the schema if `output` sends it.
  static std::int64_t most_input_tokens(const Candidate& candidate, const ChatRequest& chat,
                                        StructuredOutput output);

 private:
  /// What the calls to the model of the moment are for.
  enum class Phase { whole, rest, outline, parts };
  struct Lane {
    ChatRequest chat;
    int retries = 0;
    bool open = false;  ///< a call is out, or a retry waits
  };
  /// Why a lane failed for good.
  struct Failure {
    FallbackReason reason = FallbackReason::api_error;
    std::string detail;
  };

  void add_regeneration(const Regeneration& regeneration);
  FormatUse use() const;
  FlowStep ask_model(Purpose purpose, FlowStep step);
  FlowStep ask_whole(Purpose purpose, FlowStep step);
  FlowStep on_verdict(int lane, const Answer& answer, Verdict verdict);
  FlowStep on_outline(const Answer& answer);
  FlowStep on_whole(const Answer& answer, Verdict verdict, FlowStep step);
  FlowStep on_rest(Verdict verdict, FlowStep step);
  FlowStep on_part(Verdict verdict, FlowStep step);
  FlowStep ask_rest(FlowStep step);
  FlowStep ask_parts(FlowStep step);
  FlowStep end_parts(FlowStep step);
  FlowStep leave_full_window(FlowStep step);
  FlowStep accept_parts(Verdict verdict, FlowStep step);
  FlowStep accept(Verdict verdict, FlowStep step);
  FlowStep repair(const Answer& answer, const Verdict& verdict, FlowStep step);
  bool repair_pays(const Answer& answer, const ChatRequest& chat);
  const Candidate* next_language_model() const;
  FlowStep retry_later(int lane, const Answer& answer, FlowStep step);
  FlowStep give_up(const Verdict& verdict, FlowStep step, const std::string& note = {});
  FlowStep move_on(FallbackReason reason, std::string detail, FlowStep step);
  void note_failure(FallbackReason reason, const std::string& why, bool asked);
  ChatRequest base_chat() const;
  FlowStep call(int lane, Purpose purpose, FlowStep step);
  FlowStep fail(FlowStep step);
  bool may_retry(const Lane& lane, const Answer& answer) const;
  std::chrono::milliseconds backoff(const Lane& lane, const Answer& answer);
  bool any_open() const;
  void add_refusal();
  std::optional<std::pair<FallbackReason, std::string>> obstacle(const Candidate& candidate) const;
  TokenBudget budget_for(const Candidate& candidate, const ChatRequest& chat) const;
  bool fits(const Candidate& candidate, const ChatRequest& chat) const;
  int output_tokens_for(const Candidate& candidate, const ChatRequest& chat) const;
  std::uint64_t next_random();

  FlowInput input_;
  const AnswerForm* form_;
  RuleContext context_;
  std::string system_prompt_;
  std::string user_prompt_;
  std::vector<Exchange> exchanges_;  ///< before the first answer: of a regeneration
  bool is_large_ = false;            ///< asked for by outline and parts
  std::size_t current_ = 0;
  Phase phase_ = Phase::whole;
  std::vector<Lane> lanes_;
  std::optional<PartsCollector> parts_;
  int rounds_ = 0;                  ///< of calls for the rest, or for parts
  int repairs_ = 0;                 ///< of the model of the moment
  std::optional<Failure> failure_;  ///< of a part
  int attempts_ = 0;
  std::int64_t tokens_wasted_ = 0;
  FallbackReason primary_reason_ = FallbackReason::api_error;  ///< why the primary was left
  FallbackReason last_reason_ = FallbackReason::api_error;     ///< of the last model that was asked
  std::string headline_;                                       ///< its line of history_
  bool was_asked_ = false;                                     ///< some model
  bool transient_ = false;            ///< what the last model was left for may pass by itself
  std::vector<std::string> history_;  ///< one line per call or skipped model
  Refusal refusal_;                   ///< the last one
  FlowResult result_;
};

const char* to_string(Purpose purpose);
const char* to_string(FallbackReason reason);
/// The SQLSTATE (class LW) with which a request fails whose last model was left for `reason`.
std::string_view sqlstate_of(FallbackReason reason);

}  // namespace llmw
