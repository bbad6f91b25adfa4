#pragma once
// Names one conversation of one request: what a call, a wait or a held call belongs to.

#include <tuple>

namespace llmw {

class Generation;

struct CallKey {
  Generation* generation = nullptr;
  int lane = 0;

  bool operator==(const CallKey&) const = default;
  bool operator<(const CallKey& other) const {
    return std::tie(generation, lane) < std::tie(other.generation, other.lane);
  }
};

}  // namespace llmw
