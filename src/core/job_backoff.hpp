#pragma once
// How long a job waits before it is tried again.

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace llmw {

/// After its attempt number `attempt` (from 1) failed: doubles from `base` on up to ten minutes,
/// and lies somewhere in the upper half, so that what failed together does not come back together.
inline std::chrono::milliseconds job_backoff(int attempt, std::chrono::milliseconds base,
                                             std::uint64_t random) {
  constexpr std::chrono::milliseconds kMost{600'000};
  const int doublings = std::clamp(attempt - 1, 0, 20);
  const auto ceiling = std::min(kMost, base * (std::int64_t{1} << doublings));
  const auto half = static_cast<std::uint64_t>(ceiling.count() / 2);
  return ceiling / 2 + std::chrono::milliseconds{static_cast<std::int64_t>(random % (half + 1))};
}

}  // namespace llmw
