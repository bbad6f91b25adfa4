#pragma once

// Calls a Poll for each 64 KB that a walk over a text gets further.

#include <cstddef>

#include "core/tokens.hpp"

namespace llmw {

class PollClock {
 public:
  explicit PollClock(Poll poll) : poll_(poll) {}

  void reached(std::size_t at) {
    if (at < next_) return;
    next_ = at + kBytesBetweenPolls;
    if (poll_ != nullptr) poll_();
  }

 private:
  static constexpr std::size_t kBytesBetweenPolls = 65536;

  Poll poll_;
  std::size_t next_ = kBytesBetweenPolls;
};

}  // namespace llmw
