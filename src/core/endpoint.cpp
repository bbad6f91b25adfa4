#include "core/endpoint.hpp"

#include <algorithm>
#include <cstring>

#include "core/text.hpp"

namespace llmw {

namespace {

constexpr std::int32_t kFailuresInRow = 5;
constexpr std::int32_t kFewestForShare = 10;

constexpr Micros kFirstBackOff = kSecond;
constexpr Micros kLongestBackOff = kMinute;

/// After an outage, so many calls in the first second and twice as many in each one after it.
constexpr int kRampStart = 8;
constexpr int kRampSeconds = 8;

/// A burst may take a tenth of a minute's requests; the rest is spread.
constexpr double kBurstShare = 0.1;

Micros doubled(Micros first, std::int32_t times, Micros most) {
  constexpr std::int32_t kMostDoublings = 20;
  return std::min(first << std::min(times, kMostDoublings), most);
}

/// How fast the provider's bucket refills: by what it says, else within a minute.
double refill_per_second(const RateLimit& limit) {
  const auto used = static_cast<double>(limit.limit - limit.remaining);
  const Micros reset = limit.reset_after.value_or(0);
  if (used <= 0 || reset <= 0) return static_cast<double>(limit.limit) / 60;
  return used * kSecond / static_cast<double>(reset);
}

/// The provider counted when the call arrived. What was let through since is not in its figure yet,
/// what was refilled since neither.
void learn_bucket(RateBucket& bucket, const RateLimit& limit, std::int64_t since, Micros elapsed,
                  Micros now) {
  const double per_second = refill_per_second(limit);
  const double refilled = per_second * static_cast<double>(elapsed) / kSecond;
  const double level = static_cast<double>(limit.remaining) - static_cast<double>(since) + refilled;
  bucket.set(static_cast<double>(limit.limit), per_second, level, now);
}

int whole(double level) {
  return static_cast<int>(std::clamp<double>(level, 0, EndpointState::kNoLimit));
}

std::optional<std::int64_t> lower(std::optional<std::int64_t> a, std::int64_t b) {
  return std::max<std::int64_t>(0, a ? std::min(*a, b) : b);
}

}  // namespace

const char* to_string(Circuit circuit) {
  switch (circuit) {
    case Circuit::closed: return "closed";
    case Circuit::open: return "open";
    case Circuit::half_open: break;
  }
  return "half_open";
}

CallVerdict verdict_of(Outcome outcome, int http_status, const HttpReply* reply) {
  if (outcome == Outcome::cancelled || outcome == Outcome::lost ||
      outcome == Outcome::credentials_missing)
    return CallVerdict::nothing;
  const TransferEnd end = reply == nullptr ? TransferEnd::complete : reply->end;
  if (end == TransferEnd::cancelled) return CallVerdict::nothing;
  if (end == TransferEnd::timeout || outcome == Outcome::timeout) return CallVerdict::timed_out;
  if (end == TransferEnd::not_sent || end == TransferEnd::connection_lost ||
      end == TransferEnd::malformed || http_status >= 500)
    return CallVerdict::failed;
  if (http_status == 429 || outcome == Outcome::rate_limited) return CallVerdict::rate_limited;
  if (http_status == 0 && outcome == Outcome::api_error) return CallVerdict::failed;
  return CallVerdict::answered;
}

GateAnswer EndpointState::ask(const EndpointOptions& options, std::int64_t tokens, Micros now) {
  window_.advance(now);
  set_adaptive(options.adaptive, now);
  if (turns_away(now)) return {Gate::circuit_open, probe_due_at_};
  Micros at = std::max(now, door_opens_at_);
  if (ramp_room(now) <= 0) at = std::max(at, (now / kSecond + 1) * kSecond);
  at = std::max(at, set_limits_ready_at(options, tokens, now));
  at = std::max(at, learned_limits_ready_at(tokens, now));
  return {at > now ? Gate::wait : Gate::open, at};
}

void EndpointState::set_adaptive(bool adaptive, Micros now) {
  if (fixed_ == !adaptive) return;
  fixed_ = !adaptive;
  close(now);
  rate_limits_in_row_ = 0;
  door_opens_at_ = ramp_from_ = learned_at_ = 0;
  learned_requests_ = learned_tokens_ = {};
}

bool EndpointState::turns_away(Micros now) const {
  return circuit_ != Circuit::closed && now < probe_due_at_;
}

Micros EndpointState::set_limits_ready_at(const EndpointOptions& options, std::int64_t tokens,
                                          Micros now) {
  Micros at = now;
  const MinuteWindow::Counts& sum = window_.sum();
  if (const int most = options.requests_per_minute; most > 0) {
    pace_.resize(std::max(1.0, most * kBurstShare), most / 60.0, now);
    at = pace_.ready_at(1, now);
    if (sum.started >= most) at = std::max(at, window_.when_left(sum.started - most + 1, 0));
  } else {
    pace_ = {};
  }
  // A call that needs more than a minute's tokens goes when nothing else went for a minute.
  const std::int64_t most = options.tokens_per_minute;
  if (most > 0 && sum.tokens > 0 && sum.tokens + tokens > most)
    at = std::max(at, window_.when_left(0, std::min(sum.tokens, sum.tokens + tokens - most)));
  return at;
}

Micros EndpointState::learned_limits_ready_at(std::int64_t tokens, Micros now) const {
  if (!learned_holds(now)) return now;
  const Micros at = std::max(learned_requests_.ready_at(1, now),
                             learned_tokens_.ready_at(static_cast<double>(tokens), now));
  return std::min(at, learned_at_ + kLongestHold);
}

// All calls that were held may go at once when an outage or a 429 is over, and bring it back.
int EndpointState::ramp_room(Micros now) const {
  const Micros seconds = (now - ramp_from_) / kSecond;
  if (ramp_from_ == 0 || seconds < 0 || seconds >= kRampSeconds) return kNoLimit;
  return (kRampStart << seconds) - window_.started_now();
}

CallPass EndpointState::admit(std::int64_t tokens, Micros now) {
  window_.advance(now);
  window_.count_start(tokens);
  pace_.take(1, now);
  learned_requests_.take(1, now);
  learned_tokens_.take(static_cast<double>(tokens), now);
  tokens_until_ += tokens;
  const CallPass pass{now, tokens, ++requests_until_, tokens_until_, circuit_ != Circuit::closed};
  if (pass.probe) {
    circuit_ = Circuit::half_open;
    probe_due_at_ = now + kLongestHold;
  }
  return pass;
}

bool EndpointState::leave(const CallPass& pass, const CallReport& report, Micros now) {
  const CallVerdict verdict = fair_verdict(report);
  if (verdict == CallVerdict::nothing && report.reached) {
    drop(pass, now);
    return false;
  }
  const Circuit before = circuit_;
  window_.advance(now);
  const std::int64_t used = report.reached ? report.tokens_used : 0;
  window_.correct_start(pass.at, used - pass.tokens, !report.reached);
  learn(pass, report.limits, now);
  judge(verdict, pass, report, now);
  return circuit_ != before && verdict != CallVerdict::nothing;
}

// A role that sets a short timeout would close the endpoint to everybody.
CallVerdict EndpointState::fair_verdict(const CallReport& report) const {
  const bool too_early = report.latency < latencies_.percentile(0.5);
  if (report.verdict == CallVerdict::timed_out && too_early) return CallVerdict::nothing;
  return report.verdict;
}

void EndpointState::judge(CallVerdict verdict, const CallPass& pass, const CallReport& report,
                          Micros now) {
  if (verdict == CallVerdict::nothing) return release_probe(pass, now);
  const bool failed = verdict == CallVerdict::failed || verdict == CallVerdict::timed_out;
  window_.count_end(failed);
  if (failed || verdict == CallVerdict::rate_limited) keep_error(report.error);
  if (failed) return on_failure(pass.probe, now);
  // One that left before the circuit opened says nothing of what the server is now.
  if (circuit_ == Circuit::closed) failures_in_row_ = 0;
  if (circuit_ == Circuit::half_open && pass.probe) close(now);
  if (verdict == CallVerdict::rate_limited) {
    if (!fixed_) shut_door(pass, report.retry_after, now);
    return;
  }
  latencies_.record(report.latency, now);
  if (pass.at >= door_opens_at_) rate_limits_in_row_ = 0;
}

void EndpointState::drop(const CallPass& pass, Micros now) { release_probe(pass, now); }

void EndpointState::release_probe(const CallPass& pass, Micros now) {
  if (!pass.probe || circuit_ != Circuit::half_open) return;
  circuit_ = Circuit::open;
  probe_due_at_ = now;
}

void EndpointState::on_failure(bool probe, Micros now) {
  if (circuit_ == Circuit::half_open && probe) return open(now);
  if (circuit_ != Circuit::closed || fixed_) return;
  ++failures_in_row_;
  const MinuteWindow::Counts& sum = window_.sum();
  const bool most_fail = sum.ended >= kFewestForShare && 2 * sum.failed > sum.ended;
  if (failures_in_row_ >= kFailuresInRow || most_fail) open(now);
}

void EndpointState::open(Micros now) {
  if (circuit_ == Circuit::closed) opened_at_ = now;
  circuit_ = Circuit::open;
  cool_down_ = std::clamp(2 * cool_down_, kFirstCoolDown, kLongestCoolDown);
  probe_due_at_ = now + cool_down_;
}

void EndpointState::close(Micros now) {
  circuit_ = Circuit::closed;
  failures_in_row_ = 0;
  cool_down_ = 0;
  opened_at_ = 0;
  ramp_from_ = now;
  window_.forget_ends();
}

// Many calls get a 429 at once: those that left before the door was shut do not shut it for longer,
// unless the provider says so.
void EndpointState::shut_door(const CallPass& pass, std::optional<Micros> retry_after, Micros now) {
  const bool is_news = pass.at >= door_opens_at_;
  if (!is_news && !retry_after) return;
  if (is_news) ++rate_limits_in_row_;
  const Micros wait = retry_after
                          ? std::clamp<Micros>(*retry_after, 0, kLongestHold)
                          : doubled(kFirstBackOff, rate_limits_in_row_ - 1, kLongestBackOff);
  door_opens_at_ = std::max(door_opens_at_, now + wait);
  ramp_from_ = door_opens_at_;
}

void EndpointState::learn(const CallPass& pass, const RateLimits& limits, Micros now) {
  if (fixed_ || (!limits.requests && !limits.tokens)) return;
  const Micros elapsed = std::max<Micros>(0, now - pass.at);
  learned_at_ = now;
  if (limits.requests)
    learn_bucket(learned_requests_, *limits.requests, requests_until_ - pass.requests_until,
                 elapsed, now);
  if (limits.tokens)
    learn_bucket(learned_tokens_, *limits.tokens, tokens_until_ - pass.tokens_until, elapsed, now);
}

void EndpointState::keep_error(std::string_view error) {
  if (error.empty()) return;
  const std::string_view kept = cut_utf8(error, kErrorSize - 1);
  std::memcpy(last_error_, kept.data(), kept.size());
  last_error_[kept.size()] = 0;
}

int EndpointState::allowance(const EndpointOptions& options, Micros now) {
  window_.advance(now);
  set_adaptive(options.adaptive, now);
  if (turns_away(now)) return kNoLimit;
  if (now < door_opens_at_) return 0;
  int calls = circuit_ == Circuit::closed ? std::max(0, ramp_room(now)) : 1;
  if (set_limits_ready_at(options, 1, now) > now || learned_limits_ready_at(1, now) > now) return 0;
  if (options.requests_per_minute > 0)
    calls = std::min(
        {calls, whole(pace_.level(now)), options.requests_per_minute - window_.sum().started});
  if (learned_holds(now) && learned_requests_.limits())
    calls = std::min(calls, whole(learned_requests_.level(now)));
  return calls;
}

Micros EndpointState::retry_at(Micros now) const {
  const Micros at = circuit_ == Circuit::open ? probe_due_at_ : door_opens_at_;
  return at > now ? at : 0;
}

const MinuteWindow::Counts& EndpointState::last_minute(Micros now) {
  window_.advance(now);
  return window_.sum();
}

std::optional<std::int64_t> EndpointState::remaining_requests(const EndpointOptions& options,
                                                              Micros now) {
  std::optional<std::int64_t> remaining;
  if (options.requests_per_minute > 0)
    remaining = lower({}, options.requests_per_minute - last_minute(now).started);
  if (learned_requests_.limits() && learned_holds(now))
    remaining = lower(remaining, static_cast<std::int64_t>(learned_requests_.level(now)));
  return remaining;
}

std::optional<std::int64_t> EndpointState::remaining_tokens(const EndpointOptions& options,
                                                            Micros now) {
  std::optional<std::int64_t> remaining;
  if (options.tokens_per_minute > 0)
    remaining = lower({}, options.tokens_per_minute - last_minute(now).tokens);
  if (learned_tokens_.limits() && learned_holds(now))
    remaining = lower(remaining, static_cast<std::int64_t>(learned_tokens_.level(now)));
  return remaining;
}

}  // namespace llmw
