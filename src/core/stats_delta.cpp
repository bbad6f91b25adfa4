#include "core/stats_delta.hpp"

#include <algorithm>

namespace llmw {

namespace {

constexpr std::int64_t kHour = 3'600'000'000;  // in microseconds

// Also before the year 2000, from which PostgreSQL counts: downwards.
std::int64_t begin_of_hour(std::int64_t time) {
  const std::int64_t into = time % kHour;
  return time - (into < 0 ? into + kHour : into);
}

StatsMeasure counter_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::ok: return StatsMeasure::ok_calls;
    case Outcome::validation_failed: return StatsMeasure::validation_failed_calls;
    case Outcome::timeout: return StatsMeasure::timeout_calls;
    case Outcome::rate_limited: return StatsMeasure::rate_limited_calls;
    case Outcome::truncated: return StatsMeasure::truncated_calls;
    case Outcome::refused: return StatsMeasure::refused_calls;
    case Outcome::context_window_exceeded: return StatsMeasure::context_window_exceeded_calls;
    case Outcome::cancelled: return StatsMeasure::cancelled_calls;
    case Outcome::lost: return StatsMeasure::lost_calls;
    case Outcome::api_error:
    case Outcome::credentials_missing: break;  // the latter is no outcome of a call
  }
  return StatsMeasure::api_error_calls;
}

StatsMeasure counter_of(std::string_view status) {
  if (status == "succeeded") return StatsMeasure::succeeded_requests;
  return status == "failed" ? StatsMeasure::failed_requests : StatsMeasure::cancelled_requests;
}

bool made_document(const RequestFact& request) {
  return request.status == "succeeded" && !request.cached;
}

bool is_timed(const RequestFact& request) {
  return request.status != "cancelled" && !request.cached && request.queue_ms && request.total_ms;
}

}  // namespace

void StatsDelta::add(const CallFact& call) {
  count(StatsMeasure::calls);
  count(counter_of(call.outcome));
  count(StatsMeasure::input_tokens, call.usage.input);
  count(StatsMeasure::cached_input_tokens, call.usage.cached_input);
  count(StatsMeasure::cache_write_tokens, call.usage.cache_write);
  count(StatsMeasure::output_tokens, call.usage.output);
  count(StatsMeasure::reasoning_tokens, call.usage.reasoning);
  if (!call.cost) count(StatsMeasure::unpriced_calls);
  cost_ += call.cost.value_or(Money());
  if (call.cost_is_estimated) estimated_cost_ += call.cost.value_or(Money());
  if (call.outcome == Outcome::cancelled || call.outcome == Outcome::lost) return;
  count(StatsMeasure::provider_ms, call.latency_ms);
  provider_times_.add(call.latency_ms);
}

void StatsDelta::add(const AcceptedCall& call) {
  count(StatsMeasure::accepted_calls);
  count(StatsMeasure::accepted_input_tokens, call.usage.input);
  count(StatsMeasure::accepted_cached_input_tokens, call.usage.cached_input);
  count(StatsMeasure::accepted_cache_write_tokens, call.usage.cache_write);
  count(StatsMeasure::accepted_output_tokens, call.usage.output);
  std::int64_t& largest = measures_[index(StatsMeasure::largest_accepted_input_tokens)];
  largest = std::max(largest, call.usage.input);
}

void StatsDelta::add(const RequestFact& request) {
  count(StatsMeasure::requests);
  count(counter_of(request.status));
  if (request.cached) count(StatsMeasure::cached_requests);
  if (request.regenerates) count(StatsMeasure::regenerated_requests);
  if (made_document(request)) count_document(request);
  if (!is_timed(request)) return;
  count(StatsMeasure::timed_requests);
  count(StatsMeasure::total_ms, *request.total_ms);
  count(StatsMeasure::queue_ms, *request.queue_ms);
  total_times_.add(*request.total_ms);
  queue_times_.add(*request.queue_ms);
}

void StatsDelta::count_document(const RequestFact& request) {
  std::int64_t output = 0;
  for (const AcceptedCall& call : request.accepted) output += call.usage.output;
  if (!request.fallback_reason.empty()) count(StatsMeasure::fallback_requests);
  if (request.items) {
    count(StatsMeasure::items, *request.items);
    count(StatsMeasure::item_output_tokens, output);
  }
  if (request.zones) {
    count(StatsMeasure::zones, *request.zones);
    count(StatsMeasure::zone_output_tokens, output);
  }
}

StatsDelta& StatsDeltas::at(std::int64_t time, const StatsSubject& subject, std::string_view model,
                            std::string_view fallback_reason) {
  return by_key_[{begin_of_hour(time), std::string(model), std::string(subject.format),
                  std::string(subject.agent), std::string(subject.role_name),
                  std::string(fallback_reason)}];
}

void StatsDeltas::add_call(const StatsSubject& subject, const CallFact& call) {
  at(call.started_at, subject, call.model, "").add(call);
}

void StatsDeltas::add_request(const StatsSubject& subject, const RequestFact& request) {
  at(request.submitted_at, subject, request.generator, request.fallback_reason).add(request);
  if (!made_document(request)) return;
  for (const AcceptedCall& call : request.accepted)
    at(call.started_at, subject, call.model, "").add(call);
}

}  // namespace llmw
