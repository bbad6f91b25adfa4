#pragma once
// The graph of a diagram cut into rows, as the files diagram_layers, diagram_order, diagram_columns
// and diagram_layout.cpp hand it on: each link leads from row to row over vertices of its own.

#include <cstdint>
#include <vector>

#include "core/diagram_layout.hpp"

namespace llmw {

inline constexpr double kBoxGap = 24;  ///< between neighbours in a row

constexpr std::size_t index(int number) { return static_cast<std::size_t>(number); }

/// A place in a row.
struct RowVertex {
  enum class Kind : std::uint8_t { box, stop, bend };

  Kind kind = Kind::box;
  int row = 0;
  DiagramSize size;
  double x = 0;            ///< of its centre
  int side_by_side = -1;   ///< vertices of a row with the same number belong together; -1: none
  std::vector<int> above;  ///< vertices of the row above that it is connected with
  std::vector<int> below;
};

/// A link from its upper to its lower box.
struct RowLink {
  std::vector<int> vertices;  ///< both boxes and one of each row between; empty: left out
  bool is_turned = false;     ///< its upper box is the one that it leads to
};

struct RowGraph {
  std::vector<RowVertex> vertices;     ///< the boxes first, as they were given
  std::vector<std::vector<int>> rows;  ///< vertices from left to right
  std::vector<RowLink> links;
  std::vector<int> layers;  ///< of the boxes; rows also hold stops between layers

  RowVertex& at(int vertex) { return vertices[index(vertex)]; }
  const RowVertex& at(int vertex) const { return vertices[index(vertex)]; }
};

/// Rows in the order in which the boxes were given.
RowGraph make_rows(const GraphToPlace& graph);
/// Changes the order within rows so that few links cross.
void untangle_rows(RowGraph& graph);
/// Number of places where links cross between two rows.
std::size_t count_crossings(const RowGraph& graph);
/// Sets x: as near as possible to what a vertex is connected with, in order, without overlaps.
void place_columns(RowGraph& graph);

}  // namespace llmw
