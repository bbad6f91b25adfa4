#include "core/latency_histogram.hpp"

#include <algorithm>
#include <cmath>

namespace llmw {

namespace {

constexpr double kGrowth = 1.25;
/// Less than this is forgotten: one call after ten minutes.
constexpr float kNothing = 0.001F;

}  // namespace

void LatencyHistogram::record(Micros latency, Micros now) {
  decay(now);
  const double ms = static_cast<double>(std::max(latency, kMillisecond)) / kMillisecond;
  const int bucket = std::min(static_cast<int>(std::log(ms) / std::log(kGrowth)), kBuckets - 1);
  counts_[static_cast<std::size_t>(bucket)] += 1;
  total_ += 1;
}

void LatencyHistogram::decay(Micros now) {
  const Micros minutes = (now - decayed_at_) / kMinute;
  if (minutes <= 0) return;
  decayed_at_ += minutes * kMinute;
  constexpr Micros kAll = 100;  // halvings that leave nothing of any number of calls
  auto factor = static_cast<float>(std::pow(0.5, static_cast<double>(std::min(minutes, kAll))));
  if (total_ * factor < kNothing) factor = 0;
  total_ = 0;
  for (float& count : counts_) total_ += count *= factor;
}

Micros LatencyHistogram::percentile(double q) const {
  if (total_ <= 0) return -1;
  const double wanted = q * static_cast<double>(total_);
  double seen = 0;
  int last = 0;
  for (int bucket = 0; bucket < kBuckets; ++bucket) {
    const auto count = static_cast<double>(counts_[static_cast<std::size_t>(bucket)]);
    if (count <= 0) continue;
    last = bucket;
    seen += count;
    if (seen >= wanted) break;
  }
  return static_cast<Micros>(std::pow(kGrowth, last + 0.5) * kMillisecond);
}

}  // namespace llmw
