#pragma once
// Small directed graphs: who comes before whom in a workflow.
//
// Built once from its edges. Sets of nodes are bitsets, so that closing a graph of n nodes over its
// paths costs n * n words at most, however many edges a hostile document names.

#include <bitset>
#include <utility>
#include <vector>

namespace llmw {

inline constexpr int kMaxGraphNodes = 512;
using NodeSet = std::bitset<kMaxGraphNodes>;

class Graph {
 public:
  /// `nodes` <= kMaxGraphNodes; edges lead from first to second. An edge that is given twice counts
  /// once, one from a node to itself is a circle.
  Graph(int nodes, const std::vector<std::pair<int, int>>& edges);

  int size() const { return static_cast<int>(before_.size()); }
  const NodeSet& predecessors(int node) const { return before_[index(node)]; }
  const NodeSet& successors(int node) const { return after_[index(node)]; }

  bool is_acyclic() const { return order_.size() == before_.size(); }
  /// One circle, in the direction of its edges; empty when there is none.
  std::vector<int> circle() const;

  // Of an acyclic graph only:

  /// All nodes, each after its predecessors.
  const std::vector<int>& order() const { return order_; }
  /// All nodes from which a path leads to `node`.
  const NodeSet& ancestors(int node) const { return ancestors_[index(node)]; }
  bool leads_to(int from, int to) const { return ancestors(to).test(index(from)); }
  /// Whether a longer path leads from `from` to `to` too.
  bool is_implied(int from, int to) const;

  /// All nodes that are connected with `node`, in whatever direction, and itself.
  NodeSet connected(int node) const;

 private:
  static std::size_t index(int node) { return static_cast<std::size_t>(node); }

  std::vector<NodeSet> before_;
  std::vector<NodeSet> after_;
  std::vector<NodeSet> ancestors_;
  std::vector<int> order_;
};

}  // namespace llmw
