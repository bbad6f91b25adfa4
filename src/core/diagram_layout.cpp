#include "core/diagram_layout.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/diagram_layers.hpp"

namespace llmw {
namespace {

constexpr double kPortGap = 20;
constexpr double kChannel = 34;      ///< height between rows, in which links swing over
constexpr double kMoreChannel = 30;  ///< added at most where they swing far
constexpr double kSteepness = 0.07;  ///< added for each pixel that a link swings over
constexpr double kAligned = 0.5;     ///< differences below are none

/// Top and bottom of a row.
struct Band {
  double top = 0;
  double bottom = 0;
  double middle() const { return (top + bottom) / 2; }
};

/// How far links swing over below a row.
double swing_below(const RowGraph& graph, const std::vector<int>& row) {
  double swing = 0;
  for (const int vertex : row)
    for (const int below : graph.at(vertex).below)
      swing = std::max(swing, std::abs(graph.at(below).x - graph.at(vertex).x));
  return swing;
}

std::vector<Band> stack_rows(const RowGraph& graph) {
  std::vector<Band> bands;
  double y = 0;
  for (const std::vector<int>& row : graph.rows) {
    double height = 0;
    for (const int vertex : row) height = std::max(height, graph.at(vertex).size.height);
    bands.push_back({y, y + height});
    y += height + kChannel + std::min(kMoreChannel, swing_below(graph, row) * kSteepness);
  }
  return bands;
}

/// The ways of links through the rows, once all vertices have their places.
class Router {
 public:
  Router(const GraphToPlace& given, const RowGraph& graph, const std::vector<Band>& bands)
      : given_(given),
        graph_(graph),
        bands_(bands),
        bottom_ports_(graph.links.size()),
        top_ports_(graph.links.size()) {
    spread_ports();
  }

  PlacedLink route(std::size_t link) const {
    const RowLink& way = graph_.links[link];
    PlacedLink placed;
    placed.leads_back = way.is_turned;
    if (way.vertices.empty()) return placed;
    std::vector<DiagramPoint> line;
    const int upper = way.vertices.front();
    const int lower = way.vertices.back();
    append(line, {bottom_ports_[link], box_of(upper).bottom()});
    append(line, {bottom_ports_[link], band_of(upper).bottom});
    for (std::size_t i = 1; i + 1 < way.vertices.size(); ++i) {
      const int vertex = way.vertices[i];
      const double x = graph_.at(vertex).x;
      append(line, {x, band_of(vertex).top});
      if (graph_.at(vertex).kind == RowVertex::Kind::stop) {
        placed.stop = box_of(vertex);
        append(line, {x, placed.stop->top()});
        placed.points = std::move(line);
        line = {{x, placed.stop->bottom()}};
      }
      append(line, {x, band_of(vertex).bottom});
    }
    append(line, {top_ports_[link], band_of(lower).top});
    append(line, {top_ports_[link], box_of(lower).top()});
    (placed.stop ? placed.after_stop : placed.points) = std::move(line);
    if (way.is_turned) turn(placed);
    return placed;
  }

  PlacedBox box_of(int vertex) const {
    return {{graph_.at(vertex).x, band_of(vertex).middle()}, graph_.at(vertex).size};
  }

 private:
  struct End {
    double towards = 0;  ///< x of what the link leads to from here
    std::size_t link = 0;
  };

  const Band& band_of(int vertex) const { return bands_[index(graph_.at(vertex).row)]; }

  /// Adds a point; what is straight stays two points.
  static void append(std::vector<DiagramPoint>& line, DiagramPoint point) {
    if (!line.empty() && std::abs(line.back().x - point.x) < kAligned) {
      if (std::abs(line.back().y - point.y) < kAligned) return;
      const auto n = line.size();
      if (n > 1 && line[n - 2].x == line[n - 1].x) {
        line.back().y = point.y;
        return;
      }
      point.x = line.back().x;
    }
    line.push_back(point);
  }

  static void turn(PlacedLink& placed) {
    std::reverse(placed.points.begin(), placed.points.end());
    std::reverse(placed.after_stop.begin(), placed.after_stop.end());
    if (placed.stop) placed.points.swap(placed.after_stop);
  }

  void spread_ports() {
    std::vector<std::vector<End>> below(given_.boxes.size());
    std::vector<std::vector<End>> above(given_.boxes.size());
    for (std::size_t i = 0; i < graph_.links.size(); ++i) {
      const std::vector<int>& way = graph_.links[i].vertices;
      if (way.empty()) continue;
      below[index(way.front())].push_back({graph_.at(way[1]).x, i});
      above[index(way.back())].push_back({graph_.at(way[way.size() - 2]).x, i});
    }
    for (std::size_t box = 0; box < given_.boxes.size(); ++box) {
      spread(box, below[box], bottom_ports_);
      spread(box, above[box], top_ports_);
    }
  }

  void spread(std::size_t box, std::vector<End>& ends, std::vector<double>& ports) const {
    std::stable_sort(ends.begin(), ends.end(),
                     [](const End& a, const End& b) { return a.towards < b.towards; });
    const double gaps = static_cast<double>(ends.size()) - 1;
    const double gap = gaps > 0 ? std::min(kPortGap, given_.boxes[box].port_span / gaps) : 0;
    double x = graph_.vertices[box].x - gap * gaps / 2;
    for (const End& end : ends) {
      ports[end.link] = x;
      x += gap;
    }
  }

  const GraphToPlace& given_;
  const RowGraph& graph_;
  const std::vector<Band>& bands_;
  std::vector<double> bottom_ports_;  ///< of each link: x at its upper box
  std::vector<double> top_ports_;     ///< of each link: x at its lower box
};

void move(PlacedLink& link, double dx) {
  for (std::vector<DiagramPoint>* line : {&link.points, &link.after_stop})
    for (DiagramPoint& point : *line) point.x += dx;
  if (link.stop) link.stop->at.x += dx;
}

/// Moves all so that the leftmost is at 0, and measures it.
void trim(DiagramLayout& layout) {
  double left = std::numeric_limits<double>::max();
  double right = std::numeric_limits<double>::lowest();
  const auto note = [&](double low, double high) {
    left = std::min(left, low);
    right = std::max(right, high);
  };
  for (const PlacedBox& box : layout.boxes) note(box.left(), box.right());
  for (const PlacedLink& link : layout.links) {
    for (const std::vector<DiagramPoint>* line : {&link.points, &link.after_stop})
      for (const DiagramPoint& point : *line) note(point.x, point.x);
    if (link.stop) note(link.stop->left(), link.stop->right());
  }
  for (PlacedBox& box : layout.boxes) box.at.x -= left;
  for (PlacedLink& link : layout.links) move(link, -left);
  layout.size.width = right - left;
}

}  // namespace

DiagramLayout lay_out_diagram(const GraphToPlace& graph) {
  DiagramLayout layout;
  if (graph.boxes.empty()) return layout;
  RowGraph rows = make_rows(graph);
  untangle_rows(rows);
  place_columns(rows);
  const std::vector<Band> bands = stack_rows(rows);
  const Router router(graph, rows, bands);
  for (std::size_t box = 0; box < graph.boxes.size(); ++box)
    layout.boxes.push_back(router.box_of(static_cast<int>(box)));
  for (std::size_t link = 0; link < graph.links.size(); ++link) {
    layout.links.push_back(router.route(link));
    const bool is_self = graph.links[link].from == graph.links[link].to;
    if (layout.links.back().points.empty() && !is_self) ++layout.links_left_out;
  }
  layout.layers = std::move(rows.layers);
  layout.size.height = bands.back().bottom;
  trim(layout);
  return layout;
}

}  // namespace llmw
