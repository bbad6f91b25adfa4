#include "worker/admission.hpp"

#include <algorithm>
#include <utility>

namespace llmw {

bool Admission::enter(Generation* generation, const std::string& server, int limit) {
  if (limit <= 0) return true;
  Door& door = doors_[server];
  known_.emplace(generation, server);
  if (door.inside < limit && door.held.empty()) {
    ++door.inside;
    return true;
  }
  door.held.push_back(generation);
  return false;
}

void Admission::leave(Generation* generation) {
  const auto known = known_.find(generation);
  if (known == known_.end()) return;
  Door& door = doors_[known->second];
  known_.erase(known);
  std::erase(admitted_, generation);
  if (std::erase(door.held, generation) > 0) return;
  if (door.held.empty()) {
    --door.inside;
    return;
  }
  // The place goes to the next one: inside stays as it is.
  admitted_.push_back(door.held.front());
  door.held.pop_front();
}

std::vector<Generation*> Admission::take_admitted() { return std::exchange(admitted_, {}); }

}  // namespace llmw
