#include "core/rate_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace llmw {

namespace {

/// Keeps rounding from making a call wait that has its token.
constexpr double kSlack = 1e-6;
/// Stands for all longer waits; far below any overflow.
constexpr double kLongestWaitSeconds = 24 * 3600;

}  // namespace

void RateBucket::resize(double capacity, double per_second, Micros now) {
  if (capacity == capacity_ && per_second == per_second_) return;
  const double held = capacity_ > 0 ? level(now) : capacity;
  set(capacity, per_second, held, now);
}

void RateBucket::set(double capacity, double per_second, double level, Micros now) {
  capacity_ = capacity;
  per_second_ = per_second;
  level_ = std::min(level, capacity);
  updated_at_ = now;
}

double RateBucket::level(Micros now) const {
  const double seconds = static_cast<double>(std::max<Micros>(0, now - updated_at_)) / kSecond;
  return std::min(capacity_, level_ + per_second_ * seconds);
}

void RateBucket::take(double amount, Micros now) {
  level_ = level(now) - amount;
  updated_at_ = std::max(updated_at_, now);
}

Micros RateBucket::ready_at(double amount, Micros now) const {
  const double missing = std::min(amount, capacity_) - level(now) - kSlack;
  if (!limits() || missing <= 0) return now;
  const double seconds = std::min(missing / per_second_, kLongestWaitSeconds);
  return now + static_cast<Micros>(std::ceil(seconds * kSecond));
}

}  // namespace llmw
