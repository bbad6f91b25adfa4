// From boxes and links to rows.

#include <algorithm>
#include <numeric>
#include <tuple>

#include "core/diagram_layers.hpp"

namespace llmw {
namespace {

using Neighbours = std::vector<std::vector<int>>;

/// Boxes of a layer are as many as this leaves room for; one is always allowed.
constexpr double kMaxLayerWidth = 1060;
/// Vertices besides boxes. A link over hundreds of rows is no picture any more.
constexpr std::size_t kMaxWayVertices = 8'000;

/// Layers by longest path. Boxes that belong side by side share one; a full layer passes boxes on
/// to the next.
class LayerAssignment {
 public:
  LayerAssignment(const GraphToPlace& graph, const std::vector<bool>& back)
      : graph_(graph),
        group_(graph.boxes.size()),
        members_(graph.boxes.size()),
        below_(graph.boxes.size()),
        width_(graph.boxes.size()),
        has_links_(graph.boxes.size()) {
    std::iota(group_.begin(), group_.end(), 0);
    for (std::size_t box = 0; box < members_.size(); ++box) members_[box] = {static_cast<int>(box)};
    for (std::size_t i = 0; i < graph.links.size(); ++i) {
      const LinkToPlace& link = graph.links[i];
      if (link.from == link.to) continue;
      has_links_[index(link.from)] = true;
      has_links_[index(link.to)] = true;
      if (back[i]) {
        below_[index(link.to)].push_back(link.from);
      } else {
        below_[index(link.from)].push_back(link.to);
      }
    }
    measure();
  }

  std::vector<int> layers() {
    constexpr std::size_t kMaxPairs = 500;
    for (std::size_t i = 0; i < std::min(graph_.pairs.size(), kMaxPairs); ++i)
      join(group_[index(graph_.pairs[i].first)], group_[index(graph_.pairs[i].second)]);
    return fill_layers(longest_paths());
  }

  /// Boxes of the same group belong side by side.
  const std::vector<int>& groups() const { return group_; }

 private:
  /// A box takes the room of its stops where these are wider.
  void measure() {
    std::vector<double> stops_above(width_.size());
    std::vector<double> stops_below(width_.size());
    for (const LinkToPlace& link : graph_.links) {
      if (!link.stop) continue;
      (link.stop_is_last ? stops_above[index(link.to)] : stops_below[index(link.from)]) +=
          link.stop->width + kBoxGap;
    }
    for (std::size_t box = 0; box < width_.size(); ++box)
      width_[box] =
          std::max({graph_.boxes[box].size.width + kBoxGap, stops_above[box], stops_below[box]});
  }

  void join(int a, int b) {
    if (a == b || width_[index(a)] + width_[index(b)] > kMaxLayerWidth) return;
    if (leads_to(a, b) || leads_to(b, a)) return;
    for (const int box : members_[index(b)]) group_[index(box)] = a;
    std::move(members_[index(b)].begin(), members_[index(b)].end(),
              std::back_inserter(members_[index(a)]));
    members_[index(b)].clear();
    width_[index(a)] += width_[index(b)];
  }

  /// Calls `visit` for each group right below `group`, some more than once.
  template <typename Visit>
  void for_each_below(int group, Visit visit) const {
    for (const int box : members_[index(group)])
      for (const int below : below_[index(box)]) visit(group_[index(below)]);
  }

  bool leads_to(int from, int to) const {
    std::vector<bool> seen(group_.size());
    std::vector<int> open = {from};
    while (!open.empty() && !seen[index(to)]) {
      const int group = open.back();
      open.pop_back();
      for_each_below(group, [&](int below) {
        if (!seen[index(below)]) open.push_back(below);
        seen[index(below)] = true;
      });
    }
    return seen[index(to)];
  }

  bool is_alone(int group) const {
    return std::none_of(members_[index(group)].begin(), members_[index(group)].end(),
                        [&](int box) { return has_links_[index(box)]; });
  }

  /// Groups, each after all that lead to it.
  std::vector<int> ordered_groups() const {
    std::vector<int> waiting(group_.size());
    for (std::size_t group = 0; group < group_.size(); ++group)
      for_each_below(static_cast<int>(group), [&](int below) { ++waiting[index(below)]; });
    std::vector<int> order;
    for (std::size_t group = 0; group < group_.size(); ++group)
      if (waiting[group] == 0 && !members_[group].empty()) order.push_back(static_cast<int>(group));
    for (std::size_t at = 0; at < order.size(); ++at)
      for_each_below(order[at], [&](int below) {
        if (--waiting[index(below)] == 0) order.push_back(below);
      });
    return order;
  }

  /// Groups by the length of the longest path that leads to them; those without links come last,
  /// and fill what room is left.
  std::vector<int> longest_paths() const {
    std::vector<int> order = ordered_groups();
    std::vector<int> length(group_.size());
    for (const int group : order)
      for_each_below(group, [&](int below) {
        length[index(below)] = std::max(length[index(below)], length[index(group)] + 1);
      });
    std::sort(order.begin(), order.end(), [&](int a, int b) {
      return std::tuple(is_alone(a), length[index(a)], a) <
             std::tuple(is_alone(b), length[index(b)], b);
    });
    return order;
  }

  /// `order` has each group after all that lead to it.
  std::vector<int> fill_layers(const std::vector<int>& order) const {
    std::vector<int> layers(group_.size());
    std::vector<int> lowest(group_.size());
    std::vector<double> used;
    for (const int group : order) {
      int layer = lowest[index(group)];
      const auto is_full = [&](std::size_t at) {
        return at < used.size() && used[at] > 0 && used[at] + width_[index(group)] > kMaxLayerWidth;
      };
      while (is_full(index(layer))) ++layer;
      used.resize(std::max(used.size(), index(layer) + 1));
      used[index(layer)] += width_[index(group)];
      for (const int box : members_[index(group)]) layers[index(box)] = layer;
      for_each_below(group, [&](int below) {
        lowest[index(below)] = std::max(lowest[index(below)], layer + 1);
      });
    }
    return layers;
  }

  const GraphToPlace& graph_;
  std::vector<int> group_;  ///< of each box: the number of its first box
  std::vector<std::vector<int>> members_;
  Neighbours below_;             ///< boxes to which each box leads
  std::vector<double> width_;    ///< of groups
  std::vector<bool> has_links_;  ///< of boxes
};

/// Adds links to rows, vertex by vertex.
class RowBuilder {
 public:
  RowBuilder(const GraphToPlace& graph, const std::vector<bool>& back, std::vector<int> layers,
             const std::vector<int>& groups)
      : graph_(graph), back_(back) {
    rows_.layers = std::move(layers);
    number_rows();
    for (std::size_t box = 0; box < graph.boxes.size(); ++box) {
      const int row = row_of_layer_[index(rows_.layers[box])];
      const int vertex = add_vertex(RowVertex::Kind::box, row, graph.boxes[box].size);
      rows_.at(vertex).side_by_side = groups[box];
    }
    for (std::size_t i = 0; i < graph.links.size(); ++i) add_link(graph.links[i], back[i]);
  }

  RowGraph take() { return std::move(rows_); }

 private:
  int layer(int box) const { return rows_.layers[index(box)]; }

  /// The layer under which the stop of a link lies.
  int layer_above_stop(const LinkToPlace& link, bool is_turned) const {
    const int upper = is_turned ? link.to : link.from;
    const int lower = is_turned ? link.from : link.to;
    return link.stop_is_last == is_turned ? layer(upper) : layer(lower) - 1;
  }

  void number_rows() {
    const int count =
        rows_.layers.empty() ? 0 : *std::max_element(rows_.layers.begin(), rows_.layers.end()) + 1;
    std::vector<bool> has_stops(index(count));
    for (std::size_t i = 0; i < graph_.links.size(); ++i) {
      const LinkToPlace& link = graph_.links[i];
      if (link.stop && link.from != link.to)
        has_stops[index(layer_above_stop(link, back_[i]))] = true;
    }
    int row = 0;
    for (int layer = 0; layer < count; ++layer) {
      row_of_layer_.push_back(row++);
      row_of_stops_.push_back(has_stops[index(layer)] ? row++ : -1);
    }
    rows_.rows.resize(index(row));
  }

  int add_vertex(RowVertex::Kind kind, int row, DiagramSize size) {
    const int vertex = static_cast<int>(rows_.vertices.size());
    RowVertex added;
    added.kind = kind;
    added.row = row;
    added.size = size;
    rows_.vertices.push_back(std::move(added));
    rows_.rows[index(row)].push_back(vertex);
    return vertex;
  }

  void add_link(const LinkToPlace& link, bool is_turned) {
    RowLink& added = rows_.links.emplace_back();
    added.is_turned = is_turned;
    if (link.from == link.to) return;
    const int upper = is_turned ? link.to : link.from;
    const int lower = is_turned ? link.from : link.to;
    const int first = row_of_layer_[index(layer(upper))];
    const int last = row_of_layer_[index(layer(lower))];
    const std::size_t between = index(last - first - 1);
    if (way_vertices_ + between > kMaxWayVertices) return;
    way_vertices_ += between;
    const int stop_row = link.stop ? row_of_stops_[index(layer_above_stop(link, is_turned))] : -1;
    std::vector<int> way = {upper};
    for (int row = first + 1; row < last; ++row) {
      way.push_back(row == stop_row ? add_vertex(RowVertex::Kind::stop, row, *link.stop)
                                    : add_vertex(RowVertex::Kind::bend, row, {}));
    }
    way.push_back(lower);
    for (std::size_t i = 0; i + 1 < way.size(); ++i) {
      rows_.at(way[i]).below.push_back(way[i + 1]);
      rows_.at(way[i + 1]).above.push_back(way[i]);
    }
    added.vertices = std::move(way);
  }

  const GraphToPlace& graph_;
  const std::vector<bool>& back_;
  RowGraph rows_;
  std::vector<int> row_of_layer_;
  std::vector<int> row_of_stops_;  ///< under each layer; -1: there are none
  std::size_t way_vertices_ = 0;
};

}  // namespace

std::vector<bool> find_links_back(int boxes, const std::vector<LinkToPlace>& links) {
  enum class State : std::uint8_t { unseen, open, done };
  struct Visit {
    int box;
    std::size_t next;  ///< link of the box to follow
  };
  Neighbours links_of(index(boxes));
  for (std::size_t i = 0; i < links.size(); ++i)
    links_of[index(links[i].from)].push_back(static_cast<int>(i));
  std::vector<bool> back(links.size());
  std::vector<State> states(index(boxes));
  std::vector<Visit> path;
  for (int start = 0; start < boxes; ++start) {
    if (states[index(start)] != State::unseen) continue;
    states[index(start)] = State::open;
    path.push_back({start, 0});
    while (!path.empty()) {
      Visit& here = path.back();
      if (here.next == links_of[index(here.box)].size()) {
        states[index(here.box)] = State::done;
        path.pop_back();
        continue;
      }
      const std::size_t link = index(links_of[index(here.box)][here.next++]);
      const int to = links[link].to;
      if (states[index(to)] == State::open) back[link] = true;
      if (states[index(to)] != State::unseen) continue;
      states[index(to)] = State::open;
      path.push_back({to, 0});
    }
  }
  return back;
}

RowGraph make_rows(const GraphToPlace& graph) {
  const std::vector<bool> back = find_links_back(static_cast<int>(graph.boxes.size()), graph.links);
  LayerAssignment assignment(graph, back);
  std::vector<int> layers = assignment.layers();
  return RowBuilder(graph, back, std::move(layers), assignment.groups()).take();
}

}  // namespace llmw
