#include "worker/admission.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace llmw {

bool Admission::enter(CallKey call, const std::string& server, int limit) {
  if (limit <= 0) return true;
  Door& door = doors_[server];
  known_.emplace(call, server);
  if (door.inside < limit && door.held.empty()) {
    ++door.inside;
    return true;
  }
  door.held.push_back(call);
  return false;
}

void Admission::leave(CallKey call) {
  const auto known = known_.find(call);
  if (known == known_.end()) return;
  Door& door = doors_[known->second];
  known_.erase(known);
  std::erase(admitted_, call);
  if (std::erase(door.held, call) > 0) return;
  if (door.held.empty()) {
    --door.inside;
    return;
  }
  // The place goes to the next one: inside stays as it is.
  admitted_.push_back(door.held.front());
  door.held.pop_front();
}

void Admission::leave_all(Generation* generation) {
  for (;;) {
    const auto next = known_.lower_bound({generation, std::numeric_limits<int>::min()});
    if (next == known_.end() || next->first.generation != generation) return;
    leave(next->first);
  }
}

std::vector<CallKey> Admission::take_admitted() { return std::exchange(admitted_, {}); }

}  // namespace llmw
