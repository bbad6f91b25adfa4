#pragma once
// What happened at an endpoint within the last minute: calls started, ended and failed, and tokens.
//
// A ring of seconds. What is counted stays for at least 60 s and for less than 61 s, so a limit of
// so many a minute that is checked against it is never exceeded, whatever minute one looks at.

#include <array>
#include <cstdint>

#include "core/micros.hpp"

namespace llmw {

class MinuteWindow {
 public:
  struct Counts {
    std::int64_t tokens;
    std::int32_t started;
    std::int32_t ended;   ///< with a verdict on the endpoint
    std::int32_t failed;  ///< of those that ended
  };

  /// Forgets what is older than a minute. Call it before anything else.
  void advance(Micros now);

  void count_start(std::int64_t tokens);
  void count_end(bool failed);
  /// A call that started at `started_at` took `difference` tokens more than it was counted with; no
  /// start of its own if it was `never_sent`. Nothing if that is no longer in the window.
  void correct_start(Micros started_at, std::int64_t difference, bool never_sent);
  /// Forgets how calls ended, not that they started.
  void forget_ends();

  const Counts& sum() const { return sum_; }
  /// Of the second that runs.
  std::int32_t started_now() const { return slot(second_).started; }

  /// When `starts` of the started calls and `tokens` of the tokens will have left the window.
  Micros when_left(std::int32_t starts, std::int64_t tokens) const;

 private:
  static constexpr std::int64_t kSlots = 61;

  const Counts& slot(std::int64_t second) const {
    return slots_[static_cast<std::size_t>(second % kSlots)];
  }
  Counts& slot(std::int64_t second) { return slots_[static_cast<std::size_t>(second % kSlots)]; }

  std::int64_t second_;  ///< the newest slot's, counted from the clock's zero
  Counts sum_;
  std::array<Counts, kSlots> slots_;
};

}  // namespace llmw
