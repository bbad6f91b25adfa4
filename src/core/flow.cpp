#include "core/flow.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/error.hpp"
#include "core/extract.hpp"

namespace llmw {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMaxBackoff{8'000};  // as the vendors' SDKs

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

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string all;
  for (const std::string& part : parts) {
    if (!all.empty()) all += separator;
    all += part;
  }
  return all;
}

std::vector<std::string> error_codes(const std::vector<Finding>& findings) {
  std::vector<std::string> codes;
  for (const Finding& finding : findings)
    if (finding.severity == Severity::error &&
        std::find(codes.begin(), codes.end(), finding.code) == codes.end())
      codes.push_back(finding.code);
  return codes;
}

}  // namespace

/// What an answer amounts to once its document was looked for and checked.
struct Flow::Verdict {
  Judgement judgement;
  std::string document;
  int steps = 0;
  std::vector<Finding> warnings;
  std::string why;  ///< for the error's detail when not accepted
};

Flow::Flow(FlowInput input)
    : input_(std::move(input)),
      system_prompt_(pilot_system_prompt(input_.response_mode)),
      user_prompt_(pilot_user_prompt(input_.prompt, input_.services)),
      input_estimate_(estimate_tokens(system_prompt_) + estimate_tokens(user_prompt_)) {
  if (input_.chain.empty()) throw Error(sqlstate::kInternalError, "no model to ask");
}

FlowStep Flow::start() {
  const auto obstacle = this->obstacle(input_.chain.front());
  if (!obstacle) return ask(Purpose::primary, {});
  note_failure(obstacle->first, obstacle->second, false);
  return move_on(obstacle->first, obstacle->second, {});
}

FlowStep Flow::on_answer(const Answer& answer) {
  if (answer.billing == Billing::reported)
    tokens_wasted_ += answer.usage.input + answer.usage.output;
  Verdict verdict = judge(answer);
  if (verdict.judgement.outcome == Outcome::ok) return accept(std::move(verdict));
  return retry_or_move_on(answer, std::move(verdict));
}

FlowStep Flow::on_wait_over() { return ask(Purpose::retry, {}); }

Flow::Verdict Flow::judge(const Answer& answer) const {
  Verdict verdict;
  verdict.judgement.outcome = answer.outcome;
  verdict.judgement.error_code = answer.error_code;
  verdict.why = answer.error_message.empty() ? answer.error_code : answer.error_message;
  if (answer.outcome != Outcome::ok) return verdict;

  nlohmann::json document;
  Extracted extracted = extract_json(answer.text, document);
  if (extracted.status != ExtractStatus::ok) {
    const bool cut_off = extracted.status == ExtractStatus::truncated;
    verdict.judgement.outcome = cut_off ? Outcome::truncated : Outcome::validation_failed;
    if (!cut_off) verdict.judgement.validation_codes = {"document_not_found"};
    verdict.why = std::move(extracted.message);
    return verdict;
  }

  std::vector<Finding> findings = validate_pilot(document, input_.services);
  if (has_errors(findings)) {
    verdict.judgement.outcome = Outcome::validation_failed;
    verdict.judgement.validation_codes = error_codes(findings);
    verdict.why = "validation failed: " + join(verdict.judgement.validation_codes, ", ");
    return verdict;
  }
  verdict.document = std::move(extracted.json);
  verdict.steps = count_pilot_steps(document);
  verdict.warnings = std::move(findings);
  return verdict;
}

FlowStep Flow::accept(Verdict verdict) {
  result_.ok = true;
  result_.document = std::move(verdict.document);
  result_.steps = verdict.steps;
  result_.generator = input_.chain[current_].model;
  result_.warnings = std::move(verdict.warnings);
  if (input_.chain[current_].drafts_by_rules)
    result_.warnings.push_back({"draft_by_rules", Severity::warning, "",
                                "The document is a draft made by rules, not by a language model.",
                                "Ask a language model for a document to rely on."});
  FlowStep step;
  step.judgement = std::move(verdict.judgement);
  return step;
}

FlowStep Flow::retry_or_move_on(const Answer& answer, Verdict verdict) {
  const FallbackReason reason = reason_of(verdict.judgement.outcome);
  note_failure(reason, verdict.why, true);
  FlowStep step;
  step.judgement = std::move(verdict.judgement);
  if (may_retry(answer)) {
    step.kind = FlowStep::Kind::wait;
    step.wait = backoff(answer);
    ++retries_;
    return step;
  }
  const Judgement& judgement = *step.judgement;
  std::string detail = !judgement.validation_codes.empty() ? join(judgement.validation_codes, ", ")
                       : !judgement.error_code.empty()     ? judgement.error_code
                                                           : verdict.why;
  return move_on(reason, std::move(detail), std::move(step));
}

// What a model that was asked did says more to the caller than why another was not asked.
void Flow::note_failure(FallbackReason reason, const std::string& why, bool asked) {
  history_.push_back(input_.chain[current_].model + ": " + to_string(reason) +
                     (why.empty() ? "" : ": " + why));
  if (!asked && attempts_ > 0) return;
  last_reason_ = reason;
  headline_ = history_.back();
}

bool Flow::may_retry(const Answer& answer) const {
  if (!answer.retryable || retries_ >= input_.max_retries) return false;
  return !answer.retry_after || *answer.retry_after <= input_.max_retry_wait;
}

// Exponential with full jitter; a provider's Retry-After is a lower bound that is kept exactly.
milliseconds Flow::backoff(const Answer& answer) {
  if (answer.retry_after) return *answer.retry_after;
  const milliseconds ceiling =
      std::min(kMaxBackoff, input_.retry_base_delay * (std::int64_t{1} << retries_));
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
  retries_ = 0;
  while (++current_ < input_.chain.size()) {
    const Candidate& next = input_.chain[current_];
    const auto obstacle = this->obstacle(next);
    if (!obstacle) {
      notice.to_model = next.model;
      step.fallback = std::move(notice);
      result_.fallback_reason = primary_reason_;
      return ask(Purpose::fallback, std::move(step));
    }
    note_failure(obstacle->first, obstacle->second, false);
  }
  return fail(std::move(step));
}

// Checked before any money is spent.
std::optional<std::pair<FallbackReason, std::string>> Flow::obstacle(
    const Candidate& candidate) const {
  if (!candidate.unusable.empty())
    return std::pair{FallbackReason::credentials_missing, candidate.unusable};
  if (candidate.context_window > 0 && input_estimate_ >= candidate.context_window)
    return std::pair{FallbackReason::context_window_exceeded,
                     "about " + std::to_string(input_estimate_) +
                         " input tokens do not fit the context window of " +
                         std::to_string(candidate.context_window)};
  return std::nullopt;
}

int Flow::output_tokens_for(const Candidate& candidate) const {
  std::int64_t tokens = input_.max_output_tokens;
  if (candidate.max_output_tokens > 0) tokens = std::min(tokens, candidate.max_output_tokens);
  if (candidate.context_window > 0)
    tokens = std::min(tokens, candidate.context_window - input_estimate_);
  return static_cast<int>(std::max<std::int64_t>(tokens, 1));
}

FlowStep Flow::ask(Purpose purpose, FlowStep step) {
  const Candidate& candidate = input_.chain[current_];
  step.kind = FlowStep::Kind::call;
  step.call.candidate = current_;
  step.call.purpose = purpose;
  step.call.attempt = ++attempts_;
  ChatRequest& chat = step.call.chat;
  chat.model = candidate.remote_name;
  chat.system_prompt = system_prompt_;
  chat.user_prompt = user_prompt_;
  chat.json_schema = pilot_json_schema(input_.response_mode);
  chat.schema_name = "pilot";
  chat.max_output_tokens = output_tokens_for(candidate);
  return step;
}

FlowStep Flow::fail(FlowStep step) {
  step.kind = FlowStep::Kind::done;
  result_.ok = false;
  result_.failure = last_reason_;
  result_.error_sqlstate = sqlstate_of(last_reason_);
  result_.error_message = "could not generate a workflow: " + headline_;
  if (history_.size() > 1) result_.error_detail = join(history_, "\n");
  if (last_reason_ == FallbackReason::credentials_missing)
    result_.error_hint =
        "Give the server a key (docs/providers.md), or try without one: "
        "SET llm_workflow.primary_model = 'builtin-draft'.";
  return step;
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
