#include "core/fair_share.hpp"

#include <algorithm>
#include <queue>
#include <utility>

namespace llmw {

namespace {

/// The groups of one role, best first, and the first of them that may get more.
struct RoleShare {
  std::vector<std::size_t> groups;
  std::size_t next = 0;
  std::int64_t running = 0;
};

std::map<std::string, RoleShare> by_role(const std::vector<JobGroup>& groups,
                                         const std::map<std::string, std::int64_t>& running) {
  std::map<std::string, RoleShare> roles;
  for (std::size_t i = 0; i < groups.size(); ++i) roles[groups[i].role].groups.push_back(i);
  for (auto& [name, role] : roles) {
    std::stable_sort(role.groups.begin(), role.groups.end(), [&](std::size_t a, std::size_t b) {
      return std::pair(-std::int64_t{groups[a].priority}, groups[a].run_at) <
             std::pair(-std::int64_t{groups[b].priority}, groups[b].run_at);
    });
    const auto found = running.find(name);
    if (found != running.end()) role.running = found->second;
  }
  return roles;
}

}  // namespace

std::vector<std::int64_t> share_places(const std::vector<JobGroup>& groups,
                                       const std::map<std::string, std::int64_t>& running,
                                       std::int64_t places) {
  std::vector<std::int64_t> shares(groups.size(), 0);
  std::map<std::string, RoleShare> roles = by_role(groups, running);
  const auto has_more = [](const RoleShare* a, const RoleShare* b) {
    return a->running > b->running;  // the queue's top is the role with the fewest
  };
  std::priority_queue<RoleShare*, std::vector<RoleShare*>, decltype(has_more)> waiting(has_more);
  for (auto& [name, role] : roles) waiting.push(&role);
  while (places > 0 && !waiting.empty()) {
    RoleShare* role = waiting.top();
    waiting.pop();
    while (role->next < role->groups.size() &&
           shares[role->groups[role->next]] >= groups[role->groups[role->next]].allowance)
      ++role->next;
    if (role->next == role->groups.size()) continue;  // nothing of it may be called now
    ++shares[role->groups[role->next]];
    ++role->running;
    --places;
    waiting.push(role);
  }
  return shares;
}

}  // namespace llmw
