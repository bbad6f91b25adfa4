#pragma once
// Points in time and spans in microseconds, of a clock that never goes back (CLOCK_MONOTONIC).
//
// Plain integers, because they stand in shared memory: all processes of a machine read one clock.

#include <cstdint>

namespace llmw {

using Micros = std::int64_t;

inline constexpr Micros kMillisecond = 1'000;
inline constexpr Micros kSecond = 1'000'000;
inline constexpr Micros kMinute = 60 * kSecond;

}  // namespace llmw
