#pragma once
// Latencies of an endpoint as a histogram that forgets: what is a minute old counts half.
//
// Buckets grow by a quarter each, from 1 ms to 26 minutes, so a percentile is right within 12 %.

#include <array>

#include "core/micros.hpp"

namespace llmw {

class LatencyHistogram {
 public:
  void record(Micros latency, Micros now);

  /// The latency that the share `q` (0 to 1) of the calls did not exceed; -1 when none is known.
  Micros percentile(double q) const;

 private:
  static constexpr int kBuckets = 64;

  void decay(Micros now);

  Micros decayed_at_;
  float total_;
  std::array<float, kBuckets> counts_;
};

}  // namespace llmw
