#include "worker/generation.hpp"

#include <algorithm>
#include <utility>

#include "core/job_backoff.hpp"
#include "pg/ids.hpp"
#include "pg/settings.hpp"

namespace llmw {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr std::chrono::milliseconds kCircuitWait{30'000};

// Never negative, whatever the clock does.
std::int64_t milliseconds_between(TimestampTz from, TimestampTz to) {
  return std::max<std::int64_t>(0, (to - from) / 1000);
}

}  // namespace

milliseconds Generation::timeout() const { return milliseconds{request_.timeout_ms}; }

Generation::Turn Generation::on_reply(int lane, const HttpReply& reply, microseconds elapsed) {
  const OpenCall call = std::move(calls_.extract(lane).mapped());
  const Endpoint& endpoint = target_of(call.plan).endpoint;
  Answer answer =
      read_http_reply(endpoint.protocol, call.http, call.plan.chat, reply,
                      to_unix_micros(GetCurrentTimestamp()) / USECS_PER_SEC, endpoint.api_key);
  FlowStep step = flow_->on_answer(lane, answer);
  Turn turn = new_turn();
  turn.entry.calls.push_back(close_call(call, std::move(answer), *step.judgement, elapsed));
  follow(std::move(step), turn);
  return turn;
}

Generation::Turn Generation::on_wait_over(int lane) {
  Turn turn = new_turn();
  follow(flow_->on_wait_over(lane), turn);
  return turn;
}

Generation::Turn Generation::on_dropped(int lane) {
  planned_.erase(lane);
  Turn turn = new_turn();
  follow(flow_->on_dropped(lane), turn);
  return turn;
}

void Generation::refuse(int lane, const Refusal& refusal, Turn& turn) {
  planned_.erase(lane);
  follow(flow_->on_refused(lane, refusal), turn);
}

// Other lanes may have calls on the wire; then the flow leaves its model, and this is asked again
// when they have ended.
void Generation::forbid(int lane, const Error& error, Turn& turn) {
  if (!calls_.empty()) {
    refuse(lane, {FallbackReason::api_error, error.message(), error.detail(), error.hint()}, turn);
    return;
  }
  planned_.clear();
  turn.asks.clear();
  FlowResult result;
  result.error_sqlstate = error.sqlstate();
  result.error_message = error.message();
  result.error_detail = error.detail();
  result.error_hint = error.hint();
  if (job_)
    requeue(result, true, turn);
  else
    finish(std::move(result), turn);
}

void Generation::fail(const Error& error, Turn& turn) {
  FlowResult result;
  result.error_sqlstate = error.sqlstate();
  result.error_message = error.message();
  result.error_detail = error.detail();
  result.error_hint = error.hint();
  finish(std::move(result), turn);
}

void Generation::answer(const CachedDocument& cached, Turn& turn) {
  FlowResult result;
  result.ok = true;
  result.cached = true;
  result.document = cached.document;
  result.explanation = cached.explanation;
  result.generator = cached.generator;
  end("succeeded", std::move(result), turn);
  turn.entry.ended->cached_from = cached.request_id;
  add_event(turn, "WORKFLOW_CACHED", "info", cached_details(cached.request_id, outcome_, totals_));
}

void Generation::note(const CircuitChange& change, Turn& turn) const {
  const bool opened = change.to == Circuit::open;
  add_event(turn, opened ? "CIRCUIT_OPENED" : "CIRCUIT_CLOSED", opened ? "warning" : "info",
            circuit_details(change.server, change.model, change.reason));
}

Generation::Turn Generation::not_opened(const Error& error) {
  Turn turn = new_turn();
  planned_.clear();
  calls_.clear();
  FlowResult result;
  result.error_sqlstate = error.sqlstate();
  result.error_message = error.message();
  result.transient = true;
  if (job_->attempt < job_->max_attempts)
    requeue(result, false, turn);
  else
    finish(std::move(result), turn);
  return turn;
}

// Of a job that could not be read nothing is known.
std::string Generation::primary_model() const {
  return request_.models.empty() ? std::string() : request_.models.front();
}

CachedDocument Generation::document() const {
  return {request_.id, outcome_.document, outcome_.explanation, outcome_.generator};
}

void Generation::on_cancel(Turn& turn) {
  for (const auto& [lane, call] : std::exchange(calls_, {})) {
    Answer answer;
    answer.outcome = Outcome::cancelled;
    answer.billing = Billing::possible;
    const microseconds elapsed{GetCurrentTimestamp() - call.started_at};
    turn.entry.calls.push_back(
        close_call(call, std::move(answer), {Outcome::cancelled, {}, {}, {}}, elapsed));
  }
  FlowResult result;
  result.error_sqlstate = "57014";
  result.error_message = job_ ? "the job was cancelled" : "the caller did not wait for the result";
  end("cancelled", std::move(result), turn);
  add_event(turn, "WORKFLOW_GENERATION_FAILED", "warning",
            failed_details(primary_model(), "cancelled", recorded(), totals_));
}

// A draft by rules is an answer at once: it needs no intent, so several steps fit in one turn.
void Generation::follow(FlowStep step, Turn& turn) {
  for (;;) {
    if (step.fallback) {
      if (!request_.store_prompt) step.fallback->detail.clear();
      add_event(turn, "WORKFLOW_GENERATION_FALLBACK", "warning", fallback_details(*step.fallback));
    }
    if (step.waits()) turn.wait = Turn::Wait{step.lane, step.wait};
    if (step.finished()) break;
    if (step.calls.empty()) return;
    if (target_of(step.calls.front()).endpoint.protocol != Protocol::builtin) {
      for (CallPlan& plan : step.calls) {
        turn.asks.push_back(plan.lane);
        planned_.insert_or_assign(plan.lane, std::move(plan));
      }
      return;
    }
    step = draft(step.calls.front(), turn);
  }
  const FlowResult& result = flow_->result();
  if (!result.ok && may_try_again(result))
    requeue(result, asked_nobody(result), turn);
  else
    finish(result, turn);
}

void Generation::finish(FlowResult result, Turn& turn) {
  end(result.ok ? "succeeded" : "failed", std::move(result), turn);
  if (outcome_.ok)
    add_event(turn, "WORKFLOW_GENERATED", "info", generated_details(outcome_, totals_));
  else
    add_event(turn, "WORKFLOW_GENERATION_FAILED", "error",
              failed_details(primary_model(),
                             to_string(outcome_.failure.value_or(FallbackReason::api_error)),
                             recorded(), totals_));
}

// An attempt that met open circuits and used up limits only does not count.
bool Generation::asked_nobody(const FlowResult& result) const {
  return result.transient && calls_made_ == job_->calls;
}

bool Generation::may_try_again(const FlowResult& result) const {
  if (!job_ || !result.transient) return false;
  return asked_nobody(result) || job_->attempt < job_->max_attempts;
}

/// The job goes back into the queue, to be tried again: at once when nothing is wrong with it.
void Generation::requeue(const FlowResult& result, bool give_back, Turn& turn) {
  const TimestampTz now = GetCurrentTimestamp();
  const milliseconds base{settings.job_retry_delay};
  milliseconds wait{0};
  if (result.transient)
    wait =
        job_backoff(give_back ? 1 : job_->attempt, give_back ? std::max(base, kCircuitWait) : base,
                    static_cast<std::uint64_t>(now));
  outcome_ = result;
  Requeue& requeue = turn.entry.requeued.emplace();
  requeue.run_at = now + wait.count() * 1000;
  requeue.give_back = give_back;
  requeue.calls = calls_made_;
  requeue.totals = totals_;
  requeue.error_code = result.error_sqlstate;
  requeue.error_message = result.error_message;
  if (!give_back)
    add_event(turn, "WORKFLOW_JOB_RETRY", "warning",
              retry_details(job_->attempt, wait, recorded(), totals_));
  turn.finished = true;
}

/// What events tell of the outcome, and the ledger keeps of it unless somebody comes for it later.
FlowResult Generation::recorded() const {
  return request_.store_prompt ? outcome_ : without_texts(outcome_);
}

void Generation::end(const char* status, FlowResult result, Turn& turn) {
  const TimestampTz now = GetCurrentTimestamp();
  outcome_ = std::move(result);
  // The time that a job waits in the queue is not generation.
  totals_.generation_time_ms = milliseconds_between(job_ ? taken_at_ : submitted_at_, now);
  EndRow& ended = turn.entry.ended.emplace();
  ended.status = status;
  ended.finished_at = now;
  ended.result = job_ ? outcome_ : recorded();
  ended.totals = totals_;
  ended.times = {milliseconds_between(due_at_, taken_at_), milliseconds_between(due_at_, now)};
  ended.accepted = accepted_calls(now);
  turn.finished = true;
}

// By the rule that llmw_stats_from_ledger() applies to the rows: it holds unless the clock was set
// back meanwhile, and then both must go wrong alike.
std::vector<AcceptedCall> Generation::accepted_calls(TimestampTz finished_at) {
  const TimestampTz after = finished_at - (totals_.generation_time_ms + 1) * 1000;
  std::erase_if(ok_calls_, [=](const AcceptedCall& call) { return call.started_at <= after; });
  return std::move(ok_calls_);
}

void Generation::add_event(Turn& turn, const char* action, const char* severity,
                           std::string details) const {
  const TimestampTz now = GetCurrentTimestamp();
  turn.entry.events.push_back(
      {new_uuid(now), now, action, severity, role_name_, std::move(details)});
}

GenerationResult Generation::result() const {
  return {outcome_.ok,
          result_json(request_.id, request_.format, outcome_, totals_),
          totals_.cost_known ? totals_.cost.to_string() : std::string(),
          outcome_.error_sqlstate,
          outcome_.error_message,
          outcome_.error_detail,
          outcome_.error_hint};
}

}  // namespace llmw
