#pragma once
// A token bucket: holds `capacity` at most, refills evenly, and calls take out of it.
//
// A call that needs more than the bucket can ever hold goes when it is full, and leaves a debt. A
// bucket of capacity 0 does not limit anything.

#include "core/micros.hpp"

namespace llmw {

class RateBucket {
 public:
  /// Sets the size and the refill; what it holds stays. A bucket that was not in use is full.
  void resize(double capacity, double per_second, Micros now);
  /// Sets also what it holds.
  void set(double capacity, double per_second, double level, Micros now);

  bool limits() const { return capacity_ > 0; }
  double level(Micros now) const;
  void take(double amount, Micros now);

  /// When `amount` can be taken: `now` if at once.
  Micros ready_at(double amount, Micros now) const;

 private:
  double capacity_;
  double per_second_;
  double level_;  ///< at updated_at_; below 0: debt
  Micros updated_at_;
};

}  // namespace llmw
