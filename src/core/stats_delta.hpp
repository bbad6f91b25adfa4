#pragma once
// What calls and requests add to the roll-ups: sums by hour, model, format, agent, role and reason,
// a row of workflow_stats_deltas for each.
//
//   StatsDeltas deltas;
//   deltas.add_call({"pilot", "", "alice"}, call);
//   deltas.add_request({"pilot", "", "alice"}, request);
//   for (const auto& [key, delta] : deltas.by_key()) ...
//
// Calls count in the hour in which they started, requests in that of their submission; so do
// accepted calls in their own, when their request has ended. llmw_stats_from_ledger() computes the
// same from the rows of the ledger: who changes one changes both.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/mergeable_histogram.hpp"
#include "core/money.hpp"
#include "core/provider.hpp"
#include "core/usage.hpp"

namespace llmw {

/// The counters of workflow_stats_deltas, in the order of its columns of type bigint.
enum class StatsMeasure {
  calls,
  ok_calls,
  validation_failed_calls,
  api_error_calls,
  timeout_calls,
  rate_limited_calls,
  truncated_calls,
  refused_calls,
  context_window_exceeded_calls,
  cancelled_calls,
  lost_calls,
  input_tokens,
  cached_input_tokens,
  cache_write_tokens,
  output_tokens,
  reasoning_tokens,
  unpriced_calls,
  provider_ms,
  accepted_calls,
  accepted_input_tokens,
  accepted_cached_input_tokens,
  accepted_cache_write_tokens,
  accepted_output_tokens,
  largest_accepted_input_tokens,  ///< the greatest, not a sum
  requests,
  succeeded_requests,
  failed_requests,
  cancelled_requests,
  cached_requests,
  fallback_requests,
  regenerated_requests,
  items,
  item_output_tokens,
  zones,
  zone_output_tokens,
  timed_requests,
  total_ms,
  queue_ms,
};
inline constexpr std::size_t kStatsMeasures = static_cast<std::size_t>(StatsMeasure::queue_ms) + 1;

/// Whose facts they are. Empty: none.
struct StatsSubject {
  std::string_view format;
  std::string_view agent;
  std::string_view role_name;
};

/// A row of llm_calls as far as it is counted. Times are in microseconds.
struct CallFact {
  std::int64_t started_at = 0;
  std::string_view model;
  Outcome outcome = Outcome::ok;
  Usage usage;
  std::optional<Money> cost;  ///< nothing: no known price
  bool cost_is_estimated = false;
  std::int64_t latency_ms = 0;
};

/// A call that made a part of the document, or all of it.
struct AcceptedCall {
  std::int64_t started_at = 0;
  std::string model;
  Usage usage;
};

/// A row of workflow_requests that has its end, as far as it is counted.
struct RequestFact {
  std::int64_t submitted_at = 0;
  std::string_view status;  ///< succeeded, failed or cancelled
  std::string_view generator;
  std::string_view fallback_reason;
  bool cached = false;
  bool regenerates = false;
  std::optional<int> items;
  std::optional<int> zones;
  std::optional<std::int64_t> queue_ms;
  std::optional<std::int64_t> total_ms;
  std::span<const AcceptedCall> accepted;  ///< they count if it succeeded, and was not cached
};

struct StatsKey {
  std::int64_t hour = 0;  ///< its beginning, in microseconds
  std::string model;
  std::string format;
  std::string agent;
  std::string role_name;
  std::string fallback_reason;

  // NOLINTNEXTLINE(modernize-use-nullptr): clang-tidy 14 finds a 0 in what the compiler writes
  auto operator<=>(const StatsKey&) const = default;
};

/// What was added under one key.
class StatsDelta {
 public:
  std::int64_t operator[](StatsMeasure measure) const { return measures_[index(measure)]; }
  Money cost() const { return cost_; }
  Money estimated_cost() const { return estimated_cost_; }
  const MergeableHistogram& provider_times() const { return provider_times_; }
  const MergeableHistogram& total_times() const { return total_times_; }
  const MergeableHistogram& queue_times() const { return queue_times_; }
  std::span<const std::int64_t, kStatsMeasures> measures() const { return measures_; }

  void add(const CallFact& call);
  void add(const AcceptedCall& call);
  void add(const RequestFact& request);

 private:
  static constexpr std::size_t index(StatsMeasure measure) {
    return static_cast<std::size_t>(measure);
  }
  void count(StatsMeasure measure, std::int64_t by = 1) { measures_[index(measure)] += by; }
  void count_document(const RequestFact& request);

  std::array<std::int64_t, kStatsMeasures> measures_{};
  Money cost_;
  Money estimated_cost_;
  MergeableHistogram provider_times_;
  MergeableHistogram total_times_;
  MergeableHistogram queue_times_;
};

class StatsDeltas {
 public:
  void add_call(const StatsSubject& subject, const CallFact& call);
  /// The request with its accepted calls.
  void add_request(const StatsSubject& subject, const RequestFact& request);

  const std::map<StatsKey, StatsDelta>& by_key() const { return by_key_; }

 private:
  StatsDelta& at(std::int64_t time, const StatsSubject& subject, std::string_view model,
                 std::string_view fallback_reason);

  std::map<StatsKey, StatsDelta> by_key_;
};

}  // namespace llmw
