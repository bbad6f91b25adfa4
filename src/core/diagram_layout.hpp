#pragma once
// Where the boxes of a directed graph go, from top to bottom, and the ways of the links between.
//
// Method (Sugiyama, Tagawa, Toda 1981): links that close a circle are turned round; each box gets a
// layer below all that lead to it; the order within layers is improved by barycentres; places
// across are those of least squares that keep order and distance. Box sizes are given, pixels come
// out. A link may have a stop, a smaller box on its way. Everything is bounded and deterministic.
//
//   DiagramLayout layout = lay_out_diagram({boxes, links, {}});

#include <optional>
#include <utility>
#include <vector>

namespace llmw {

struct DiagramPoint {
  double x = 0;
  double y = 0;
};

struct DiagramSize {
  double width = 0;
  double height = 0;
};

/// A box by its centre.
struct PlacedBox {
  DiagramPoint at;
  DiagramSize size;

  double left() const { return at.x - size.width / 2; }
  double right() const { return at.x + size.width / 2; }
  double top() const { return at.y - size.height / 2; }
  double bottom() const { return at.y + size.height / 2; }
};

struct BoxToPlace {
  DiagramSize size;
  double port_span = 0;  ///< links end at the top and bottom, within this width around the middle
};

struct LinkToPlace {
  int from = 0;  ///< numbers of boxes
  int to = 0;    ///< the same as `from`: left out
  std::optional<DiagramSize> stop;
  bool stop_is_last = false;  ///< right before `to`, not right behind `from`
};

struct GraphToPlace {
  std::vector<BoxToPlace> boxes;
  std::vector<LinkToPlace> links;
  /// Boxes that belong side by side. They are, if neither leads to the other and there is room.
  std::vector<std::pair<int, int>> pairs;
};

/// A link as a line from box to box. Between two points the line runs straight down or up, or
/// swings over.
struct PlacedLink {
  std::vector<DiagramPoint> points;  ///< from box to box or stop; empty: left out
  std::optional<PlacedBox> stop;
  std::vector<DiagramPoint> after_stop;  ///< from the stop on
  bool leads_back = false;               ///< it closed a circle and runs upwards
};

struct DiagramLayout {
  std::vector<PlacedBox> boxes;  ///< as they were given
  std::vector<PlacedLink> links;
  std::vector<int> layers;  ///< of the boxes, from 0
  DiagramSize size;
  int links_left_out = 0;  ///< they would have been too long
};

/// Links that close a circle when boxes are walked from the first to the last. A link from a box to
/// itself is one.
std::vector<bool> find_links_back(int boxes, const std::vector<LinkToPlace>& links);

DiagramLayout lay_out_diagram(const GraphToPlace& graph);

}  // namespace llmw
