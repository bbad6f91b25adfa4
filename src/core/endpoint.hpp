#pragma once
// What is known of an endpoint, which is a model at a server, and whether a call may go there now.
//
//   closed ──5 failures in a row, or more than half of at least 10 calls of a minute──> open
//   open ──cool-down over, a call comes──> half_open: that call is the probe, others are turned
//   away half_open ──probe answered──> closed        half_open ──probe failed──> open, twice as
//   long
//
// Failures are errors of the connection, timeouts and answers of 500 or more. An answer of 4xx
// shows that the server is there; 429 closes the door for a while, not the circuit.
//
// Plain data for shared memory: all zero is a new endpoint. The caller holds the lock and passes
// the time.

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>

#include "core/latency_histogram.hpp"
#include "core/micros.hpp"
#include "core/minute_window.hpp"
#include "core/provider.hpp"
#include "core/rate_bucket.hpp"
#include "core/rate_limit_headers.hpp"

namespace llmw {

/// The server options of the same names; 0: no limit.
struct EndpointOptions {
  int max_concurrency = 0;
  int requests_per_minute = 0;
  std::int64_t tokens_per_minute = 0;
  bool adaptive = true;  ///< false: no circuit, and nothing is learned from answers
};

enum class Circuit : std::uint8_t { closed, open, half_open };
const char* to_string(Circuit circuit);

enum class Gate : std::uint8_t {
  open,
  wait,          ///< a limit is used up
  circuit_open,  ///< the server is known to be down: do not wait
};

struct GateAnswer {
  Gate gate = Gate::open;
  Micros at = 0;  ///< when to ask again
};

/// A call on its way; handed back when it ends.
struct CallPass {
  Micros at = 0;
  std::int64_t tokens = 0;          ///< it was counted with
  std::int64_t requests_until = 0;  ///< calls that had been let through, this one included
  std::int64_t tokens_until = 0;
  bool probe = false;
};

/// What the end of a call says of its endpoint.
enum class CallVerdict : std::uint8_t { answered, rate_limited, failed, timed_out, nothing };

/// `reply` may be null.
CallVerdict verdict_of(Outcome outcome, int http_status, const HttpReply* reply);

struct CallReport {
  CallVerdict verdict = CallVerdict::nothing;
  bool reached = true;  ///< false: never sent, so the provider counted nothing
  Micros latency = 0;
  std::int64_t tokens_used = 0;
  std::optional<Micros> retry_after = {};
  RateLimits limits = {};
  std::string_view error = {};  ///< valid UTF-8 for people, without secrets; empty: none
};

inline constexpr Micros kFirstCoolDown = 5 * kSecond;
inline constexpr Micros kLongestCoolDown = 5 * kMinute;
/// Longest time that a 429 or a learned limit holds calls back before one is tried. A probe that
/// has not come back by then is given up, and another one goes.
inline constexpr Micros kLongestHold = 5 * kMinute;

class EndpointState {
 public:
  /// Whether a call of `tokens` may go now. Changes nothing that counts.
  GateAnswer ask(const EndpointOptions& options, std::int64_t tokens, Micros now);
  /// It goes. The first one after the cool-down is the probe.
  CallPass admit(std::int64_t tokens, Micros now);
  /// It ended. True: what that says of the endpoint made the circuit another one.
  bool leave(const CallPass& pass, const CallReport& report, Micros now);
  /// It is not wanted any more: nobody learns anything from it.
  void drop(const CallPass& pass, Micros now);

  /// How many small calls could go now; kNoLimit when nothing limits, or when they need not wait
  /// because the circuit is open.
  int allowance(const EndpointOptions& options, Micros now);

  Circuit circuit() const { return circuit_; }
  Micros opened_at() const { return opened_at_; }  ///< when it left the closed state; 0 when closed
  /// When a call may go at the earliest: the end of the cool-down or of a 429's wait; 0: now.
  Micros retry_at(Micros now) const;
  /// What happened within the last minute; how calls ended only since the circuit closed.
  const MinuteWindow::Counts& last_minute(Micros now);
  const LatencyHistogram& latencies() const { return latencies_; }
  /// What is left of the limits that are set or learned; nothing when there is none.
  std::optional<std::int64_t> remaining_requests(const EndpointOptions& options, Micros now);
  std::optional<std::int64_t> remaining_tokens(const EndpointOptions& options, Micros now);
  const char* last_error() const { return last_error_; }

  static constexpr int kNoLimit = 1'000'000;

 private:
  static constexpr std::size_t kErrorSize = 160;

  void set_adaptive(bool adaptive, Micros now);
  bool turns_away(Micros now) const;
  bool learned_holds(Micros now) const { return now < learned_at_ + kLongestHold; }
  Micros set_limits_ready_at(const EndpointOptions& options, std::int64_t tokens, Micros now);
  Micros learned_limits_ready_at(std::int64_t tokens, Micros now) const;
  int ramp_room(Micros now) const;
  CallVerdict fair_verdict(const CallReport& report) const;
  void judge(CallVerdict verdict, const CallPass& pass, const CallReport& report, Micros now);
  void on_failure(bool probe, Micros now);
  void open(Micros now);
  void close(Micros now);
  void release_probe(const CallPass& pass, Micros now);
  void shut_door(const CallPass& pass, std::optional<Micros> retry_after, Micros now);
  void learn(const CallPass& pass, const RateLimits& limits, Micros now);
  void keep_error(std::string_view error);

  Circuit circuit_;
  bool fixed_;  ///< not adaptive
  std::int32_t failures_in_row_;
  std::int32_t rate_limits_in_row_;
  Micros cool_down_;  ///< of the latest opening; 0 after a success
  Micros opened_at_;
  Micros probe_due_at_;   ///< not closed: when the next call may go as a probe
  Micros door_opens_at_;  ///< after a 429
  Micros ramp_from_;      ///< calls come back gradually since then
  Micros learned_at_;
  std::int64_t requests_until_;  ///< let through so far
  std::int64_t tokens_until_;
  RateBucket pace_;  ///< spreads requests_per_minute over the minute
  RateBucket learned_requests_;
  RateBucket learned_tokens_;
  MinuteWindow window_;
  LatencyHistogram latencies_;
  char last_error_[kErrorSize];  ///< ends with a zero
};

static_assert(std::is_trivial_v<EndpointState> && std::is_standard_layout_v<EndpointState>);

}  // namespace llmw
