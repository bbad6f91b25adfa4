// Places across: each vertex as near to what it is connected with as order and distance allow.
//
// Row by row the sum of squares is made least, under the distances that neighbours in a row keep.
// With the distances taken off this is monotone regression, which pooling adjacent violators solves
// in one pass. Sweeps over the rows come to rest where all are content.

#include <algorithm>
#include <cmath>

#include "core/diagram_layers.hpp"

namespace llmw {
namespace {

constexpr int kSweeps = 40;
constexpr double kRest = 0.2;  ///< pixels; what moves less stays
constexpr double kBendGap = 14;

bool is_bend(const RowVertex& vertex) { return vertex.kind == RowVertex::Kind::bend; }

/// Least distance between the centres of neighbours.
double distance(const RowVertex& left, const RowVertex& right) {
  const double gap = is_bend(left) || is_bend(right) ? kBendGap : kBoxGap;
  return (left.size.width + right.size.width) / 2 + gap;
}

/// Long links are to run straight, so bends hold each other harder.
double pull(const RowVertex& a, const RowVertex& b) {
  return is_bend(a) && is_bend(b) ? 8 : is_bend(a) || is_bend(b) ? 2 : 1;
}

struct Wish {
  double x = 0;
  double weight = 0;
};

Wish wish_of(const RowGraph& graph, const RowVertex& vertex) {
  constexpr double kInertia = 0.01;  // for what is connected with nothing
  Wish wish{vertex.x * kInertia, kInertia};
  for (const std::vector<int>* side : {&vertex.above, &vertex.below}) {
    for (const int other : *side) {
      const double weight = pull(vertex, graph.at(other));
      wish.x += graph.at(other).x * weight;
      wish.weight += weight;
    }
  }
  wish.x /= wish.weight;
  return wish;
}

/// Neighbours that stand as close as they may, and so move as one.
struct Block {
  std::size_t count = 0;
  double weight = 0;
  double sum = 0;  ///< of wishes times weights, distances taken off

  double place() const { return sum / weight; }
};

/// Returns how far a vertex was moved at most.
double place_row(RowGraph& graph, const std::vector<int>& row) {
  std::vector<Block> blocks;
  std::vector<double> offsets;  // from the first of the row, all as close as they may be
  for (std::size_t i = 0; i < row.size(); ++i) {
    offsets.push_back(i == 0 ? 0
                             : offsets.back() + distance(graph.at(row[i - 1]), graph.at(row[i])));
    const Wish wish = wish_of(graph, graph.at(row[i]));
    Block block{1, wish.weight, (wish.x - offsets.back()) * wish.weight};
    while (!blocks.empty() && blocks.back().place() > block.place()) {
      block.count += blocks.back().count;
      block.weight += blocks.back().weight;
      block.sum += blocks.back().sum;
      blocks.pop_back();
    }
    blocks.push_back(block);
  }
  double moved = 0;
  std::size_t at = 0;
  for (const Block& block : blocks) {
    for (std::size_t i = 0; i < block.count; ++i, ++at) {
      double& x = graph.at(row[at]).x;
      const double place = block.place() + offsets[at];
      moved = std::max(moved, std::abs(place - x));
      x = place;
    }
  }
  return moved;
}

void place_in_middle(RowGraph& graph, const std::vector<int>& row) {
  double width = 0;
  for (std::size_t i = 1; i < row.size(); ++i)
    width += distance(graph.at(row[i - 1]), graph.at(row[i]));
  double x = -width / 2;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (i > 0) x += distance(graph.at(row[i - 1]), graph.at(row[i]));
    graph.at(row[i]).x = x;
  }
}

/// The room that a vertex has between its neighbours.
struct Room {
  double low = -1e9;
  double high = 1e9;

  bool is_empty() const { return low > high; }
  Room narrowed(const Room& other) const {
    return {std::max(low, other.low), std::min(high, other.high)};
  }
};

/// Gives vertices that lead to one another and to nothing else one place, as far as there is room.
class Straightener {
 public:
  explicit Straightener(RowGraph& graph) : graph_(graph), positions_(graph.vertices.size()) {
    for (const std::vector<int>& row : graph.rows)
      for (std::size_t i = 0; i < row.size(); ++i) positions_[index(row[i])] = i;
  }

  void straighten() {
    for (const std::vector<int>& row : graph_.rows) {
      for (const int vertex : row) {
        const std::vector<int>& above = graph_.at(vertex).above;
        if (above.size() != 1 || next_of(above[0]) < 0) straighten_from(vertex);
      }
    }
  }

 private:
  /// The only vertex below that has no other above; -1: there is none.
  int next_of(int vertex) const {
    const std::vector<int>& below = graph_.at(vertex).below;
    const bool is_only = below.size() == 1 && graph_.at(below[0]).above.size() == 1;
    return is_only ? below[0] : -1;
  }

  void straighten_from(int vertex) {
    std::vector<int> run;
    Room room;
    for (; vertex >= 0; vertex = next_of(vertex)) {
      const Room here = room_of(vertex);
      if (room.narrowed(here).is_empty()) {
        settle(run, room);
        room = {};
      }
      room = room.narrowed(here);
      run.push_back(vertex);
    }
    settle(run, room);
  }

  Room room_of(int vertex) const {
    const RowVertex& here = graph_.at(vertex);
    const std::vector<int>& row = graph_.rows[index(here.row)];
    const std::size_t at = positions_[index(vertex)];
    Room room;
    if (at > 0) {
      const RowVertex& left = graph_.at(row[at - 1]);
      room.low = left.x + distance(left, here);
    }
    if (at + 1 < row.size()) {
      const RowVertex& right = graph_.at(row[at + 1]);
      room.high = right.x - distance(here, right);
    }
    // Rounding must not make the place where it stands one where it may not stand.
    return {std::min(room.low, here.x), std::max(room.high, here.x)};
  }

  void settle(std::vector<int>& run, const Room& room) {
    double sum = 0;
    for (const int vertex : run) sum += graph_.at(vertex).x;
    if (!run.empty()) {
      const double mean = sum / static_cast<double>(run.size());
      for (const int vertex : run) graph_.at(vertex).x = std::clamp(mean, room.low, room.high);
    }
    run.clear();
  }

  RowGraph& graph_;
  std::vector<std::size_t> positions_;  ///< of vertices in their rows
};

}  // namespace

void place_columns(RowGraph& graph) {
  for (const std::vector<int>& row : graph.rows) place_in_middle(graph, row);
  double moved = kRest;
  for (int sweep = 0; sweep < kSweeps && moved >= kRest; ++sweep) {
    moved = 0;
    for (const std::vector<int>& row : graph.rows) moved = std::max(moved, place_row(graph, row));
    for (auto row = graph.rows.rbegin(); row != graph.rows.rend(); ++row)
      moved = std::max(moved, place_row(graph, *row));
  }
  // What moves makes room for others.
  for (int pass = 0; pass < 2; ++pass) Straightener(graph).straighten();
}

}  // namespace llmw
