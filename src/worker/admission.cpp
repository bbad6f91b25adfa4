#include "worker/admission.hpp"

#include <algorithm>
#include <utility>

#include "core/text.hpp"

namespace llmw {

namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;

/// Held calls are looked at so often at least: another worker may have learned something.
constexpr Micros kLookEvery = kSecond;

constexpr std::size_t kMaxReasonBytes = 150;

Micros to_micros(SteadyTime time) {
  return duration_cast<microseconds>(time.time_since_epoch()).count();
}

SteadyTime to_steady_time(Micros time) { return SteadyTime(microseconds{time}); }

std::int64_t utc_micros() {
  return duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string describe(const Admission::Ended& ended) {
  if (ended.reply != nullptr && !ended.reply->error.empty())
    return printable(ended.reply->error, kMaxReasonBytes);
  if (ended.http_status >= 400) return "HTTP " + std::to_string(ended.http_status);
  return to_string(ended.outcome);
}

CallReport to_report(const Admission::Ended& ended, std::string_view error) {
  CallReport report;
  report.verdict = verdict_of(ended.outcome, ended.http_status, ended.reply);
  report.reached = ended.reached;
  report.latency = ended.latency.count();
  report.tokens_used = ended.tokens_used;
  report.error = error;
  if (ended.reply == nullptr) return report;
  const Micros now = utc_micros();
  const HttpReply& reply = *ended.reply;
  if (const auto wait = parse_retry_after(reply.retry_after_ms, reply.retry_after, now / kSecond))
    report.retry_after = duration_cast<microseconds>(*wait).count();
  report.limits = parse_rate_limits(reply.rate_limit_headers, now);
  return report;
}

}  // namespace

Entry Admission::enter(CallKey call, CallTicket ticket, SteadyTime now) {
  const auto door = doors_.try_emplace({std::move(ticket.server), std::move(ticket.model)}).first;
  if (door->second.held.empty()) {
    const EndpointAnswer answer =
        enter_endpoint(name_of(door), ticket.options, ticket.tokens, to_micros(now));
    if (answer.gate == Gate::circuit_open) return Entry::circuit_open;
    if (answer.gate == Gate::open) {
      known_.emplace(call, Known{door, answer.pass});
      return Entry::admitted;
    }
    if (answer.at > to_micros(now) + ticket.patience.count()) return Entry::rate_limited;
    look_again_at(answer.at, to_micros(now));
  }
  known_.emplace(call, Known{door, std::nullopt});
  door->second.held.push_back(
      {call, arrivals_++, ticket.options, ticket.tokens, ticket.patience.count()});
  ++held_;
  if (door->second.reported == 0) report(door, to_micros(now));
  return Entry::held;
}

std::optional<CircuitChange> Admission::leave(CallKey call, const Ended& ended, SteadyTime now) {
  const auto known = known_.find(call);
  if (known == known_.end() || !known->second.pass) return std::nullopt;
  const Doors::iterator door = known->second.door;
  const EndpointPass pass = *known->second.pass;
  known_.erase(known);
  look_now();
  std::string error = describe(ended);
  const std::optional<CircuitTurn> turn =
      leave_endpoint(pass, to_report(ended, error), to_micros(now));
  if (!turn) return std::nullopt;
  if (turn->to == Circuit::closed) error.clear();
  return CircuitChange{door->first.first, door->first.second, turn->from, turn->to,
                       std::move(error)};
}

void Admission::drop(CallKey call) {
  const auto known = known_.find(call);
  if (known == known_.end()) return;
  const Known dropped = known->second;
  known_.erase(known);
  if (dropped.pass) {
    drop_endpoint_call(*dropped.pass, to_micros(std::chrono::steady_clock::now()));
  } else {
    std::erase_if(dropped.door->second.held, [=](const Held& held) { return held.call == call; });
    --held_;
  }
  look_now();
}

void Admission::drop_all(Generation* generation) {
  for (;;) {
    const auto next = known_.lower_bound({generation, std::numeric_limits<int>::min()});
    if (next == known_.end() || next->first.generation != generation) return;
    drop(next->first);
  }
}

// The head of each endpoint that can go, the oldest first: models share the places of their server.
std::vector<Admission::Admitted> Admission::take_admitted(SteadyTime time) {
  const Micros now = to_micros(time);
  look_at_ = SteadyTime::max();
  std::vector<Admitted> admitted;
  std::vector<Doors::iterator> waiting;
  for (auto door = doors_.begin(); door != doors_.end(); ++door)
    if (!door->second.held.empty()) waiting.push_back(door);
  while (!waiting.empty()) {
    const auto oldest = std::min_element(waiting.begin(), waiting.end(), [](auto a, auto b) {
      return a->second.held.front().number < b->second.held.front().number;
    });
    const std::optional<Admitted> head = try_head(*oldest, now);
    if (head) admitted.push_back(*head);
    if (!head || (*oldest)->second.held.empty()) waiting.erase(oldest);
  }
  for (auto door = doors_.begin(); door != doors_.end(); ++door) report(door, now);
  return admitted;
}

std::optional<Admission::Admitted> Admission::try_head(Doors::iterator door, Micros now) {
  const Held head = door->second.held.front();
  const EndpointAnswer answer = enter_endpoint(name_of(door), head.options, head.tokens, now);
  if (answer.gate == Gate::wait && answer.at <= now + head.patience) {
    look_again_at(answer.at, now);
    return std::nullopt;
  }
  door->second.held.pop_front();
  --held_;
  if (answer.gate != Gate::open) {
    known_.erase(head.call);
    const bool is_open = answer.gate == Gate::circuit_open;
    return Admitted{head.call, is_open ? Entry::circuit_open : Entry::rate_limited};
  }
  known_.at(head.call).pass = answer.pass;
  return Admitted{head.call};
}

void Admission::report(Doors::iterator door, Micros now) {
  const auto held = static_cast<int>(door->second.held.size());
  if (held == door->second.reported) return;
  report_held(name_of(door), held, now);
  reported_ += held - door->second.reported;
  door->second.reported = held;
}

void Admission::look_again_at(Micros at, Micros now) {
  look_at_ = std::min(look_at_, to_steady_time(std::min(at, now + kLookEvery)));
}

void Admission::look_now() {
  if (held_ > 0 || reported_ > 0) look_at_ = SteadyTime::min();
}

std::int64_t Admission::allowance(Oid database, const std::string& server, const std::string& model,
                                  const EndpointOptions& options) {
  return endpoint_allowance({database, server, model}, options,
                            to_micros(std::chrono::steady_clock::now()));
}

}  // namespace llmw
