#include "core/flow.hpp"

#include <algorithm>
#include <utility>

#include "core/error.hpp"
#include "core/flow_answer.hpp"
#include "core/token_budget.hpp"
#include "core/token_counter.hpp"

namespace llmw {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMaxBackoff{8'000};  // as the vendors' SDKs
constexpr int kLargeFrom = 20;              // items; FACTS, document 000

FallbackReason reason_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::validation_failed: return FallbackReason::validation_failed;
    case Outcome::timeout: return FallbackReason::timeout;
    case Outcome::rate_limited: return FallbackReason::rate_limited;
    case Outcome::truncated: return FallbackReason::truncated;
    case Outcome::refused: return FallbackReason::refused;
    case Outcome::context_window_exceeded: return FallbackReason::context_window_exceeded;
    case Outcome::credentials_missing: return FallbackReason::credentials_missing;
    default: return FallbackReason::api_error;
  }
}

/// A validation failure is told by its codes, anything else by the provider's code or its message.
std::string detail_of(const Verdict& verdict) {
  const Judgement& judgement = verdict.judgement;
  if (!judgement.validation_codes.empty()) return join(judgement.validation_codes, ", ");
  return judgement.error_code.empty() ? verdict.why : judgement.error_code;
}

bool asks_for_many(const FlowInput& input) {
  const Rules& rules = input.format->rules();
  const int asked = rules.items.empty() || input.regeneration ? 0 : asked_items(input.prompt);
  return asked >= kLargeFrom && asked <= rules.max_items;
}

std::int64_t window_of(const Candidate& candidate) {
  return lower_known(candidate.context_window, candidate.deployment_limit);
}

const Format& format_of(const FlowInput& input) {
  if (input.chain.empty()) throw Error(sqlstate::kInternalError, "no model to ask");
  if (!input.format) throw Error(sqlstate::kInternalError, "no format to ask for");
  return *input.format;
}

}  // namespace

Flow::Flow(FlowInput input)
    : input_(std::move(input)),
      form_(&format_of(input_).form(input_.compact, input_.response_mode)),
      context_{input_.services, input_.prompt},
      system_prompt_(input_.format->row().system_prompt + form_->instructions() +
                     write_rule_legend(input_.rules)),
      user_prompt_(generation_prompt(input_.prompt, input_.services)),
      is_large_(asks_for_many(input_)),
      attempts_(input_.calls_before) {
  if (input_.regeneration) add_regeneration(*input_.regeneration);
}

void Flow::add_regeneration(const Regeneration& regeneration) {
  const std::string reply = regeneration_reply(regeneration.findings, regeneration.feedback);
  JsonValue document;
  read_json_value(regeneration.document, document);
  if (document.is_object())
    exchanges_.push_back({write_json(form_->shorten(std::move(document))), reply});
  else
    user_prompt_ += "\n\n" + reply;  // there was no document to change
}

FormatUse Flow::use() const {
  return {*input_.format, *form_, context_, input_.chain[current_].drafts_by_rules};
}

FlowStep Flow::start() {
  const auto obstacle = this->obstacle(input_.chain.front());
  if (!obstacle) return ask_model(Purpose::primary, {});
  note_failure(obstacle->first, obstacle->second, false);
  return move_on(obstacle->first, obstacle->second, {});
}

FlowStep Flow::on_answer(int lane, const Answer& answer) {
  lanes_[static_cast<std::size_t>(lane)].open = false;
  if (answer.billing == Billing::reported)
    tokens_wasted_ += answer.usage.input + answer.usage.output;
  if (phase_ == Phase::outline && answer.outcome == Outcome::ok) return on_outline(answer);
  return on_verdict(lane, answer, judge_answer(answer, use(), phase_ == Phase::whole));
}

FlowStep Flow::on_verdict(int lane, const Answer& answer, Verdict verdict) {
  FlowStep step;
  step.judgement = verdict.judgement;
  if (verdict.judgement.outcome != Outcome::ok) {
    note_failure(reason_of(verdict.judgement.outcome), verdict.why, true);
    transient_ = answer.retryable;
  }
  if (!failure_ && may_retry(lanes_[static_cast<std::size_t>(lane)], answer))
    return retry_later(lane, answer, std::move(step));
  switch (phase_) {
    case Phase::whole: return on_whole(answer, std::move(verdict), std::move(step));
    case Phase::rest: return on_rest(std::move(verdict), std::move(step));
    case Phase::parts: return on_part(std::move(verdict), std::move(step));
    case Phase::outline: break;
  }
  return give_up(verdict, std::move(step));
}

// A part that waited while another one failed for good is not asked for any more.
FlowStep Flow::on_wait_over(int lane) {
  return failure_ ? on_dropped(lane) : call(lane, Purpose::retry, {});
}

FlowStep Flow::on_dropped(int lane) {
  lanes_[static_cast<std::size_t>(lane)].open = false;
  return end_parts({});
}

// Parts that are out are paid for: their answers are waited for, as with any part that failed.
FlowStep Flow::on_refused(int lane, const Refusal& refusal) {
  lanes_[static_cast<std::size_t>(lane)].open = false;
  note_failure(refusal.reason, refusal.why, refusal.reason == FallbackReason::budget);
  refusal_ = refusal;
  transient_ = refusal.reason != FallbackReason::budget;
  if (phase_ == Phase::parts) {
    if (!failure_) failure_ = Failure{refusal.reason, refusal.why};
    return end_parts({});
  }
  --attempts_;  // it was not made
  return move_on(refusal.reason, refusal.why, {});
}

FlowStep Flow::retry_later(int lane, const Answer& answer, FlowStep step) {
  Lane& waiting = lanes_[static_cast<std::size_t>(lane)];
  step.kind = FlowStep::Kind::wait;
  step.lane = lane;
  step.wait = backoff(waiting, answer);
  ++waiting.retries;
  waiting.open = true;
  return step;
}

/// Leaves the model of the moment because of what `verdict` says.
FlowStep Flow::give_up(const Verdict& verdict, FlowStep step, const std::string& note) {
  return move_on(reason_of(verdict.judgement.outcome), detail_of(verdict) + note, std::move(step));
}

FlowStep Flow::accept(Verdict verdict, FlowStep step) {
  const Rules& rules = input_.format->rules();
  const JsonValue document = complete_limbo_zones(rules, std::move(verdict.document));
  result_.ok = true;
  result_.document = write_json(document);
  result_.explanation = std::move(verdict.explanation);
  result_.items = count_items(rules, document);
  result_.zones = count_zones(rules, document);
  result_.generator = input_.chain[current_].model;
  result_.warnings = std::move(verdict.findings);
  if (input_.chain[current_].drafts_by_rules)
    result_.warnings.push_back({"draft_by_rules", Severity::warning, "",
                                "The document is a draft made by rules, not by a language model.",
                                "Ask a language model for a document to rely on."});
  step.kind = FlowStep::Kind::done;
  return step;
}

// What a model that was asked did says more to the caller than why another was not asked. A budget
// counts as an answer: it ended the request, and somebody can raise it.
void Flow::note_failure(FallbackReason reason, const std::string& why, bool asked) {
  history_.push_back(input_.chain[current_].model + ": " + to_string(reason) +
                     (why.empty() ? "" : ": " + why));
  if (!asked && was_asked_) return;
  was_asked_ = was_asked_ || asked;
  last_reason_ = reason;
  headline_ = history_.back();
}

bool Flow::may_retry(const Lane& lane, const Answer& answer) const {
  if (!answer.retryable || lane.retries >= input_.max_retries) return false;
  return !answer.retry_after || *answer.retry_after <= input_.max_retry_wait;
}

// Exponential with full jitter; a provider's Retry-After is a lower bound that is kept exactly.
milliseconds Flow::backoff(const Lane& lane, const Answer& answer) {
  if (answer.retry_after) return *answer.retry_after;
  const milliseconds ceiling =
      std::min(kMaxBackoff, input_.retry_base_delay * (std::int64_t{1} << lane.retries));
  if (ceiling.count() <= 0) return milliseconds{0};
  return milliseconds{
      static_cast<std::int64_t>(next_random() % static_cast<std::uint64_t>(ceiling.count() + 1))};
}

FlowStep Flow::move_on(FallbackReason reason, std::string detail, FlowStep step) {
  if (current_ == 0) primary_reason_ = reason;
  FallbackNotice notice{input_.chain[current_].model,
                        {},
                        reason,
                        std::move(detail),
                        std::exchange(tokens_wasted_, 0)};
  while (++current_ < input_.chain.size()) {
    const Candidate& next = input_.chain[current_];
    const auto obstacle = this->obstacle(next);
    if (!obstacle) {
      notice.to_model = next.model;
      step.fallback = std::move(notice);
      result_.fallback_reason = primary_reason_;
      return ask_model(Purpose::fallback, std::move(step));
    }
    note_failure(obstacle->first, obstacle->second, false);
  }
  return fail(std::move(step));
}

// Checked before any money is spent.
std::optional<std::pair<FallbackReason, std::string>> Flow::obstacle(
    const Candidate& candidate) const {
  if (!candidate.unusable.empty()) return std::pair{candidate.unusable_reason, candidate.unusable};
  const ChatRequest chat = base_chat();
  if (fits(candidate, chat)) return std::nullopt;
  return std::pair{FallbackReason::context_window_exceeded,
                   "about " + std::to_string(input_tokens(candidate, chat)) +
                       " input tokens do not fit the context window of " +
                       std::to_string(window_of(candidate))};
}

std::int64_t Flow::input_tokens(const Candidate& candidate, const ChatRequest& chat) {
  return scale_tokens(count_input_tokens(chat, candidate.counter), candidate.input_factor);
}

// A server may count otherwise than its model's tokenizer does.
std::int64_t Flow::most_input_tokens(const Candidate& candidate, const ChatRequest& chat,
                                     StructuredOutput output) {
  const std::int64_t tokens = std::max(input_tokens(candidate, chat), estimate_input_tokens(chat));
  if (output != StructuredOutput::json_schema) return tokens;
  return tokens + (candidate.counter == nullptr ? estimate_tokens(chat.json_schema)
                                                : candidate.counter->count(chat.json_schema));
}

TokenBudget Flow::budget_for(const Candidate& candidate, const ChatRequest& chat) const {
  TokenQuestion question;
  question.context_window = candidate.context_window;
  question.deployment_limit = candidate.deployment_limit;
  question.wanted_output = lower_known(input_.max_output_tokens, candidate.max_output_tokens);
  if (window_of(candidate) > 0) question.input_tokens = input_tokens(candidate, chat);
  return plan_tokens(question);
}

bool Flow::fits(const Candidate& candidate, const ChatRequest& chat) const {
  return budget_for(candidate, chat).fits;
}

int Flow::output_tokens_for(const Candidate& candidate, const ChatRequest& chat) const {
  const std::int64_t tokens = budget_for(candidate, chat).max_output_tokens;
  return static_cast<int>(std::max<std::int64_t>(tokens, 1));
}

/// Adds the call of `lane` to `step`.
FlowStep Flow::call(int lane, Purpose purpose, FlowStep step) {
  const Candidate& candidate = input_.chain[current_];
  Lane& asked = lanes_[static_cast<std::size_t>(lane)];
  asked.open = true;
  step.kind = FlowStep::Kind::call;
  CallPlan& plan = step.calls.emplace_back();
  plan.candidate = current_;
  plan.lane = lane;
  plan.purpose = purpose;
  plan.attempt = ++attempts_;
  plan.chat = asked.chat;
  plan.chat.model = candidate.remote_name;
  plan.chat.max_output_tokens = output_tokens_for(candidate, plan.chat);
  return step;
}

FlowStep Flow::fail(FlowStep step) {
  step.kind = FlowStep::Kind::done;
  result_.ok = false;
  result_.failure = last_reason_;
  result_.transient = transient_;
  result_.error_sqlstate = sqlstate_of(last_reason_);
  result_.error_message = "could not generate a workflow: " + headline_;
  if (history_.size() > 1) result_.error_detail = join(history_, "\n");
  if (last_reason_ == FallbackReason::credentials_missing)
    result_.error_hint =
        "Give the server a key (docs/providers.md), or try without one: "
        "SET llm_workflow.primary_model = 'builtin-draft'.";
  if (last_reason_ == refusal_.reason && !refusal_.why.empty()) add_refusal();
  if (last_reason_ == FallbackReason::context_window_exceeded)
    result_.error_hint =
        "Shorten the description, or name a model with a larger context window; token_budget() "
        "tells what fits.";
  return step;
}

/// What there is to say of the call that was refused: numbers in the detail, a remedy in the hint.
void Flow::add_refusal() {
  if (history_.size() > 1 && !refusal_.detail.empty())
    result_.error_detail = refusal_.detail + '\n' + result_.error_detail;
  else if (!refusal_.detail.empty())
    result_.error_detail = refusal_.detail;
  result_.error_hint = refusal_.hint;
}

// splitmix64: the jitter needs no better, and the same seed gives the same waits.
std::uint64_t Flow::next_random() {
  input_.seed += 0x9E3779B97F4A7C15ULL;
  std::uint64_t z = input_.seed;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

const char* to_string(Purpose purpose) {
  switch (purpose) {
    case Purpose::primary: return "primary";
    case Purpose::retry: return "retry";
    case Purpose::repair: return "repair";
    case Purpose::fallback: return "fallback";
    case Purpose::batch: return "batch";
  }
  return "primary";
}

namespace {

struct ReasonRow {
  const char* name;
  std::string_view sqlstate;
};

// In the order of the enumeration.
constexpr ReasonRow kReasons[] = {
    {"validation_failed", sqlstate::kValidationFailed},
    {"api_error", sqlstate::kApiError},
    {"timeout", sqlstate::kTimeout},
    {"rate_limited", sqlstate::kRateLimited},
    {"truncated", sqlstate::kTruncated},
    {"refused", sqlstate::kRefused},
    {"context_window_exceeded", sqlstate::kContextWindowExceeded},
    {"circuit_open", sqlstate::kCircuitOpen},
    {"credentials_missing", sqlstate::kCredentialsMissing},
    {"budget", sqlstate::kBudget},
};

}  // namespace

const char* to_string(FallbackReason reason) {
  return kReasons[static_cast<std::size_t>(reason)].name;
}

std::string_view sqlstate_of(FallbackReason reason) {
  return kReasons[static_cast<std::size_t>(reason)].sqlstate;
}

}  // namespace llmw
