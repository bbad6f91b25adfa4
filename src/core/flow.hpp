#pragma once
// The generation flow of one request as a pure state machine: which model is asked next, when, and
// what the end is. No clock, no network, no database: the worker carries out each step and feeds
// the answer back, the tests do the same without a server.
//
//   Flow flow(std::move(input));
//   FlowStep step = flow.start();
//   while (!step.finished()) step = step.waits() ? flow.on_wait_over() : flow.on_answer(ask(step));
//
// Rules (DESIGN §6): each model of the chain is asked once and again (`retry`) after a transient
// error; anything else moves on to the next model (`fallback`). An answer counts only when its
// document is found and valid.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/pilot.hpp"
#include "core/provider.hpp"

namespace llmw {

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
  std::int64_t max_output_tokens = 0;  ///< tokens; 0: unknown, not checked
  std::string unusable;          ///< not empty: it cannot be asked (no key, no permission), and why
  bool drafts_by_rules = false;  ///< builtin-draft: said in the result's warnings
};

struct FlowInput {
  std::string prompt;
  std::vector<std::string> services;
  ResponseMode response_mode = ResponseMode::machine;
  int max_output_tokens = 12000;  ///< tokens asked for at most
  int max_retries = 2;            ///< per model
  std::chrono::milliseconds retry_base_delay{500};
  std::chrono::milliseconds max_retry_wait{30'000};  ///< a longer Retry-After moves on instead
  std::vector<Candidate> chain;                      ///< at least one
  std::uint64_t seed = 0;                            ///< of the jitter
};

/// The call to make next.
struct CallPlan {
  std::size_t candidate = 0;  ///< index into FlowInput::chain
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

/// What the flow made of the answer just fed in: goes into the row of that call.
struct Judgement {
  Outcome outcome = Outcome::ok;
  std::string error_code;
  std::vector<std::string> validation_codes;
};

struct FlowStep {
  enum class Kind { call, wait, done };

  Kind kind = Kind::done;
  CallPlan call;                           ///< when kind == call
  std::chrono::milliseconds wait{0};       ///< when kind == wait; a retry call follows
  std::optional<Judgement> judgement;      ///< of the answer fed to on_answer
  std::optional<FallbackNotice> fallback;  ///< when the call goes to another model

  bool waits() const { return kind == Kind::wait; }
  bool finished() const { return kind == Kind::done; }
};

/// The end of a request.
struct FlowResult {
  bool ok = false;
  std::string document;  ///< compact JSON object when ok
  int steps = 0;
  std::string generator;                          ///< model whose document was accepted
  std::optional<FallbackReason> fallback_reason;  ///< why the primary was left for another model
  std::vector<Finding> warnings;
  std::optional<FallbackReason> failure;  ///< the rest when not ok; why the last model failed
  std::string error_sqlstate;
  std::string error_message;
  std::string error_detail;  ///< one line per call
  std::string error_hint;
};

class Flow {
 public:
  /// `input.chain` must not be empty.
  explicit Flow(FlowInput input);

  /// The first step. Call once.
  FlowStep start();
  /// The step after the answer to the call that the last step asked for.
  FlowStep on_answer(const Answer& answer);
  /// The step after the wait that the last step asked for.
  FlowStep on_wait_over();

  /// Valid once a step finished.
  const FlowResult& result() const { return result_; }
  const FlowInput& input() const { return input_; }

 private:
  struct Verdict;  // an answer, judged

  Verdict judge(const Answer& answer) const;
  FlowStep accept(Verdict verdict);
  FlowStep retry_or_move_on(const Answer& answer, Verdict verdict);
  FlowStep move_on(FallbackReason reason, std::string detail, FlowStep step);
  void note_failure(FallbackReason reason, const std::string& why, bool asked);
  FlowStep ask(Purpose purpose, FlowStep step);
  FlowStep fail(FlowStep step);
  bool may_retry(const Answer& answer) const;
  std::chrono::milliseconds backoff(const Answer& answer);
  std::optional<std::pair<FallbackReason, std::string>> obstacle(const Candidate& candidate) const;
  int output_tokens_for(const Candidate& candidate) const;
  std::uint64_t next_random();

  FlowInput input_;
  std::string system_prompt_;
  std::string user_prompt_;
  std::int64_t input_estimate_ = 0;
  std::size_t current_ = 0;
  int retries_ = 0;
  int attempts_ = 0;
  std::int64_t tokens_wasted_ = 0;
  FallbackReason primary_reason_ = FallbackReason::api_error;  ///< why the primary was left
  FallbackReason last_reason_ = FallbackReason::api_error;     ///< of the last model that was asked
  std::string headline_;                                       ///< its line of history_
  std::vector<std::string> history_;  ///< one line per call or skipped model
  FlowResult result_;
};

const char* to_string(Purpose purpose);
const char* to_string(FallbackReason reason);
/// The SQLSTATE (class LW) with which a request fails whose last model was left for `reason`.
std::string_view sqlstate_of(FallbackReason reason);

}  // namespace llmw
