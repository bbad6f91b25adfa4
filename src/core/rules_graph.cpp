#include "core/rules_graph.hpp"

#include <algorithm>

namespace llmw {

Graph::Graph(int nodes, const std::vector<std::pair<int, int>>& edges)
    : before_(index(nodes)), after_(index(nodes)), ancestors_(index(nodes)) {
  for (const auto& [from, to] : edges) {
    before_[index(to)].set(index(from));
    after_[index(from)].set(index(to));
  }
  std::vector<std::size_t> waiting(before_.size());
  for (int node = 0; node < nodes; ++node) {
    waiting[index(node)] = before_[index(node)].count();
    if (waiting[index(node)] == 0) order_.push_back(node);
  }
  // order_ grows while it is walked: a node joins when its last predecessor was placed.
  for (std::size_t at = 0; at < order_.size(); ++at) {
    const std::size_t node = index(order_[at]);
    const NodeSet& after = after_[node];
    for (std::size_t next = after._Find_first(); next < after_.size();
         next = after._Find_next(next)) {
      ancestors_[next] |= ancestors_[node];
      ancestors_[next].set(node);
      if (--waiting[next] == 0) order_.push_back(static_cast<int>(next));
    }
  }
}

std::vector<int> Graph::circle() const {
  if (is_acyclic()) return {};
  NodeSet left;
  for (std::size_t node = 0; node < before_.size(); ++node) left.set(node);
  for (const int node : order_) left.reset(index(node));
  // Each node that could not be placed waits for another one that could not, so a walk against the
  // edges comes back to where it was.
  std::vector<int> walk;
  NodeSet seen;
  std::size_t node = left._Find_first();
  while (!seen.test(node)) {
    seen.set(node);
    walk.push_back(static_cast<int>(node));
    node = (before_[node] & left)._Find_first();
  }
  walk.erase(walk.begin(), std::find(walk.begin(), walk.end(), static_cast<int>(node)));
  std::reverse(walk.begin(), walk.end());
  return walk;
}

bool Graph::is_implied(int from, int to) const {
  for (std::size_t other = 0; other < before_.size(); ++other) {
    if (predecessors(to).test(other) && ancestors_[other].test(index(from))) return true;
  }
  return false;
}

NodeSet Graph::connected(int node) const {
  NodeSet found;
  std::vector<std::size_t> open = {index(node)};
  found.set(index(node));
  while (!open.empty()) {
    const std::size_t at = open.back();
    open.pop_back();
    const NodeSet near = (before_[at] | after_[at]) & ~found;
    for (std::size_t other = 0; other < before_.size(); ++other) {
      if (near.test(other)) open.push_back(other);
    }
    found |= near;
  }
  return found;
}

}  // namespace llmw
