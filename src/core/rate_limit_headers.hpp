#pragma once
// What a provider says of its rate limits in the headers of an answer.
//
//   x-ratelimit-limit-requests: 500             anthropic-ratelimit-tokens-limit: 80000
//   x-ratelimit-remaining-requests: 499         anthropic-ratelimit-tokens-remaining: 79000
//   x-ratelimit-reset-requests: 1m0.5s          anthropic-ratelimit-tokens-reset:
//   2026-01-01T00:00:00Z
//
// A reset is the time until the whole limit is there again. What cannot be read is ignored: a
// provider's headers must not be able to stop its calls.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/micros.hpp"

namespace llmw {

/// As they came: lower-case name and value.
using RateLimitHeaders = std::vector<std::pair<std::string, std::string>>;

/// Bounds on what is kept of an answer.
inline constexpr std::size_t kMaxRateLimitHeaders = 24;
inline constexpr std::size_t kMaxRateLimitHeaderBytes = 128;  ///< of a name, and of a value

/// Whether a header with that lower-case name is one of those read here.
bool is_rate_limit_header(std::string_view name);

struct RateLimit {
  std::int64_t limit = 0;  ///< at least 1
  std::int64_t remaining = 0;
  std::optional<Micros> reset_after;  ///< 0 to kMaxResetAfter
};

struct RateLimits {
  std::optional<RateLimit> requests;
  /// Where input and output have limits of their own, that of which less is left.
  std::optional<RateLimit> tokens;
};

inline constexpr Micros kMaxResetAfter = 24 * 60 * kMinute;

/// `now_utc` in microseconds since 1970.
RateLimits parse_rate_limits(const RateLimitHeaders& headers, Micros now_utc);

}  // namespace llmw
