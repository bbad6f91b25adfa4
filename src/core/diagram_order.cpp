// The order within rows: fewer crossings by barycentres.

#include <algorithm>
#include <map>

#include "core/diagram_layers.hpp"

namespace llmw {
namespace {

constexpr int kSweeps = 12;

/// Where each vertex stands in its row, from 0 to 1.
using Places = std::vector<double>;

void note_places(const std::vector<int>& row, Places& places) {
  for (std::size_t i = 0; i < row.size(); ++i)
    places[index(row[i])] = (static_cast<double>(i) + 0.5) / static_cast<double>(row.size());
}

/// Walks down from box to box: what follows from one box comes together in the rows below.
void order_by_descent(RowGraph& graph) {
  std::vector<bool> seen(graph.vertices.size());
  std::vector<std::vector<int>> rows(graph.rows.size());
  std::vector<int> open;
  for (const std::vector<int>& row : graph.rows) {
    for (const int start : row) {
      if (seen[index(start)]) continue;
      open.push_back(start);
      while (!open.empty()) {
        const int vertex = open.back();
        open.pop_back();
        if (seen[index(vertex)]) continue;
        seen[index(vertex)] = true;
        rows[index(graph.at(vertex).row)].push_back(vertex);
        const std::vector<int>& below = graph.at(vertex).below;
        open.insert(open.end(), below.rbegin(), below.rend());
      }
    }
  }
  graph.rows = std::move(rows);
}

/// Vertices that belong side by side get the same key, and so stand together after sorting.
void share_keys(const RowGraph& graph, const std::vector<int>& row, Places& keys) {
  std::map<int, std::pair<double, int>> sums;
  for (const int vertex : row) {
    if (graph.at(vertex).side_by_side < 0) continue;
    auto& [sum, count] = sums[graph.at(vertex).side_by_side];
    sum += keys[index(vertex)];
    ++count;
  }
  for (const int vertex : row) {
    const auto found = sums.find(graph.at(vertex).side_by_side);
    if (found != sums.end()) keys[index(vertex)] = found->second.first / found->second.second;
  }
}

using Side = std::vector<int> RowVertex::*;

/// `keys` has room for every vertex.
void sort_row(RowGraph& graph, std::vector<int>& row, Side neighbours, Places& places,
              Places& keys) {
  for (const int vertex : row) {
    const std::vector<int>& connected = graph.at(vertex).*neighbours;
    keys[index(vertex)] = places[index(vertex)];
    if (connected.empty()) continue;
    double sum = 0;
    for (const int other : connected) sum += places[index(other)];
    keys[index(vertex)] = sum / static_cast<double>(connected.size());
  }
  share_keys(graph, row, keys);
  std::stable_sort(row.begin(), row.end(),
                   [&](int a, int b) { return keys[index(a)] < keys[index(b)]; });
  note_places(row, places);
}

/// Counts pairs that stand in the wrong order, by a tree of sums.
class InversionCounter {
 public:
  explicit InversionCounter(std::size_t values) : sums_(values + 1) {}

  /// Number of larger values that were added before.
  std::size_t add(std::size_t value) {
    std::size_t smaller_or_equal = 0;
    for (std::size_t i = value + 1; i > 0; i &= i - 1) smaller_or_equal += sums_[i];
    for (std::size_t i = value + 1; i < sums_.size(); i += i & (~i + 1)) ++sums_[i];
    return added_++ - smaller_or_equal;
  }

 private:
  std::vector<std::size_t> sums_;
  std::size_t added_ = 0;
};

/// `positions` has room for every vertex.
std::size_t crossings_below(const RowGraph& graph, const std::vector<int>& row,
                            const std::vector<int>& next, std::vector<std::size_t>& positions) {
  for (std::size_t i = 0; i < next.size(); ++i) positions[index(next[i])] = i;
  InversionCounter counter(next.size());
  std::size_t crossings = 0;
  for (const int vertex : row) {
    std::vector<std::size_t> ends;
    for (const int below : graph.at(vertex).below) ends.push_back(positions[index(below)]);
    std::sort(ends.begin(), ends.end());
    for (const std::size_t end : ends) crossings += counter.add(end);
  }
  return crossings;
}

}  // namespace

std::size_t count_crossings(const RowGraph& graph) {
  std::size_t crossings = 0;
  std::vector<std::size_t> positions(graph.vertices.size());
  for (std::size_t row = 0; row + 1 < graph.rows.size(); ++row)
    crossings += crossings_below(graph, graph.rows[row], graph.rows[row + 1], positions);
  return crossings;
}

void untangle_rows(RowGraph& graph) {
  order_by_descent(graph);
  Places places(graph.vertices.size());
  Places keys(graph.vertices.size());
  for (const std::vector<int>& row : graph.rows) note_places(row, places);
  std::vector<std::vector<int>> best = graph.rows;
  std::size_t fewest = count_crossings(graph);
  for (int sweep = 0; sweep < kSweeps && fewest > 0; ++sweep) {
    for (std::size_t i = 1; i < graph.rows.size(); ++i)
      sort_row(graph, graph.rows[i], &RowVertex::above, places, keys);
    for (std::size_t i = graph.rows.size(); i-- > 1;)
      sort_row(graph, graph.rows[i - 1], &RowVertex::below, places, keys);
    const std::size_t crossings = count_crossings(graph);
    if (crossings >= fewest) continue;
    fewest = crossings;
    best = graph.rows;
  }
  graph.rows = std::move(best);
}

}  // namespace llmw
