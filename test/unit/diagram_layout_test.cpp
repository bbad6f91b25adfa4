// Layout of diagrams: what makes a picture unreadable or wrong.

#include "core/diagram_layout.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "core/diagram_layers.hpp"

namespace llmw {
namespace {

constexpr double kSlack = 0.01;

struct Edge {
  int from;
  int to;
};

GraphToPlace graph_of(int boxes, const std::vector<Edge>& edges) {
  GraphToPlace graph;
  for (int i = 0; i < boxes; ++i)
    graph.boxes.push_back({{120.0 + 10 * (i % 7), 40.0 + 5 * (i % 5)}, 60});
  for (const Edge& edge : edges) graph.links.push_back({edge.from, edge.to, std::nullopt, false});
  return graph;
}

/// Random links, circles and stops among them; the same for the same seed.
GraphToPlace random_graph(unsigned seed, int boxes, int links) {
  std::mt19937 random(seed);
  const auto below = [&](int limit) { return static_cast<int>(random() % unsigned(limit)); };
  std::vector<Edge> edges;
  for (int i = 0; i < links; ++i) edges.push_back({below(boxes), below(boxes)});
  GraphToPlace graph = graph_of(boxes, edges);
  for (LinkToPlace& link : graph.links) {
    if (below(3) == 0) link.stop = DiagramSize{60.0 + below(100), 30};
    link.stop_is_last = below(2) == 0;
  }
  for (int i = 0; i < boxes / 4; ++i) graph.pairs.emplace_back(below(boxes), below(boxes));
  return graph;
}

bool overlap(const PlacedBox& a, const PlacedBox& b) {
  return a.left() < b.right() - kSlack && b.left() < a.right() - kSlack &&
         a.top() < b.bottom() - kSlack && b.top() < a.bottom() - kSlack;
}

std::vector<PlacedBox> all_boxes(const DiagramLayout& layout) {
  std::vector<PlacedBox> boxes = layout.boxes;
  for (const PlacedLink& link : layout.links)
    if (link.stop) boxes.push_back(*link.stop);
  return boxes;
}

void expect_no_overlap(const DiagramLayout& layout) {
  const std::vector<PlacedBox> boxes = all_boxes(layout);
  for (std::size_t a = 0; a < boxes.size(); ++a)
    for (std::size_t b = a + 1; b < boxes.size(); ++b)
      if (overlap(boxes[a], boxes[b])) ADD_FAILURE() << a << " and " << b;
}

/// The point lies on the upper or lower side of the box.
bool is_at(const PlacedBox& box, const DiagramPoint& point) {
  const bool is_across = point.x > box.left() - kSlack && point.x < box.right() + kSlack;
  return is_across &&
         (std::abs(point.y - box.top()) < kSlack || std::abs(point.y - box.bottom()) < kSlack);
}

void expect_links_end_at_boxes(const GraphToPlace& graph, const DiagramLayout& layout) {
  ASSERT_EQ(layout.links.size(), graph.links.size());
  for (std::size_t i = 0; i < graph.links.size(); ++i) {
    const PlacedLink& link = layout.links[i];
    if (graph.links[i].from == graph.links[i].to) continue;
    const PlacedBox& from = layout.boxes[static_cast<std::size_t>(graph.links[i].from)];
    const PlacedBox& to = layout.boxes[static_cast<std::size_t>(graph.links[i].to)];
    ASSERT_EQ(link.stop.has_value(), graph.links[i].stop.has_value()) << i;
    ASSERT_GE(link.points.size(), 2U) << i;
    EXPECT_TRUE(is_at(from, link.points.front())) << i;
    EXPECT_TRUE(is_at(link.stop ? *link.stop : to, link.points.back())) << i;
    if (!link.stop) continue;
    ASSERT_GE(link.after_stop.size(), 2U) << i;
    EXPECT_TRUE(is_at(*link.stop, link.after_stop.front())) << i;
    EXPECT_TRUE(is_at(to, link.after_stop.back())) << i;
  }
}

/// Where a link runs straight it must not run through a box; where it swings over there is none.
void expect_links_pass_boxes(const DiagramLayout& layout) {
  const std::vector<PlacedBox> boxes = all_boxes(layout);
  for (const PlacedLink& link : layout.links) {
    for (const std::vector<DiagramPoint>* line : {&link.points, &link.after_stop}) {
      for (std::size_t i = 1; i < line->size(); ++i) {
        const DiagramPoint& a = (*line)[i - 1];
        const DiagramPoint& b = (*line)[i];
        const PlacedBox way{{(a.x + b.x) / 2, (a.y + b.y) / 2},
                            {std::abs(a.x - b.x) + 0.1, std::abs(a.y - b.y)}};
        for (const PlacedBox& box : boxes)
          if (overlap(way, box)) ADD_FAILURE() << "at " << box.at.x << ' ' << box.at.y;
      }
    }
  }
}

void expect_order(const GraphToPlace& graph, const DiagramLayout& layout) {
  for (std::size_t i = 0; i < graph.links.size(); ++i) {
    if (graph.links[i].from == graph.links[i].to) continue;
    const auto from = static_cast<std::size_t>(graph.links[i].from);
    const auto to = static_cast<std::size_t>(graph.links[i].to);
    const bool leads_down = layout.layers[from] < layout.layers[to];
    EXPECT_EQ(leads_down, !layout.links[i].leads_back) << i;
    EXPECT_EQ(leads_down, layout.boxes[from].at.y < layout.boxes[to].at.y) << i;
  }
}

void expect_sound(const GraphToPlace& graph) {
  const DiagramLayout layout = lay_out_diagram(graph);
  ASSERT_EQ(layout.boxes.size(), graph.boxes.size());
  EXPECT_EQ(layout.links_left_out, 0);
  expect_no_overlap(layout);
  expect_links_end_at_boxes(graph, layout);
  expect_links_pass_boxes(layout);
  expect_order(graph, layout);
  for (const PlacedBox& box : all_boxes(layout)) {
    EXPECT_GE(box.left(), -kSlack);
    EXPECT_LE(box.right(), layout.size.width + kSlack);
    EXPECT_GE(box.top(), -kSlack);
    EXPECT_LE(box.bottom(), layout.size.height + kSlack);
  }
}

TEST(DiagramLayout, EmptyGraphHasNoSize) {
  const DiagramLayout layout = lay_out_diagram({});
  EXPECT_TRUE(layout.boxes.empty());
  EXPECT_EQ(layout.size.width, 0);
}

TEST(DiagramLayout, ChainIsOneStraightColumn) {
  const GraphToPlace graph = graph_of(6, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}});
  expect_sound(graph);
  const DiagramLayout layout = lay_out_diagram(graph);
  for (int i = 0; i < 6; ++i) {
    EXPECT_EQ(layout.layers[static_cast<std::size_t>(i)], i);
    EXPECT_NEAR(layout.boxes[static_cast<std::size_t>(i)].at.x, layout.boxes[0].at.x, kSlack);
  }
  for (const PlacedLink& link : layout.links) EXPECT_EQ(link.points.size(), 2U);
}

TEST(DiagramLayout, LayerIsBelowTheLongestWay) {
  const DiagramLayout layout = lay_out_diagram(graph_of(4, {{0, 3}, {0, 1}, {1, 2}, {2, 3}}));
  EXPECT_EQ(layout.layers, (std::vector<int>{0, 1, 2, 3}));
}

TEST(DiagramLayout, CirclesAreBrokenWhereTheyLeadBack) {
  const GraphToPlace graph = graph_of(3, {{0, 1}, {1, 2}, {2, 0}, {1, 1}});
  expect_sound(graph);
  const DiagramLayout layout = lay_out_diagram(graph);
  EXPECT_FALSE(layout.links[0].leads_back);
  EXPECT_TRUE(layout.links[2].leads_back);
  EXPECT_GT(layout.links[2].points.front().y, layout.links[2].points.back().y);
  EXPECT_TRUE(layout.links[3].points.empty());
}

TEST(DiagramLayout, StopLiesBesideTheEndThatItBelongsTo) {
  GraphToPlace graph = graph_of(4, {{0, 1}, {1, 2}, {2, 3}, {0, 3}});
  graph.links[3].stop = DiagramSize{80, 20};
  const double first = lay_out_diagram(graph).links[3].stop->at.y;
  graph.links[3].stop_is_last = true;
  const DiagramLayout last = lay_out_diagram(graph);
  EXPECT_LT(first, last.links[3].stop->at.y);
  EXPECT_GT(last.links[3].stop->at.y, last.boxes[2].at.y);
  expect_sound(graph);
}

TEST(DiagramLayout, CrossingsThatCanBeAvoidedAreAvoided) {
  RowGraph rows = make_rows(graph_of(6, {{0, 5}, {1, 4}, {2, 3}}));
  EXPECT_EQ(count_crossings(rows), 3U);
  untangle_rows(rows);
  EXPECT_EQ(count_crossings(rows), 0U);
}

TEST(DiagramLayout, ManyBoxesWithoutLinksAreNoEndlessRow) {
  const GraphToPlace graph = graph_of(60, {});
  expect_sound(graph);
  EXPECT_LT(lay_out_diagram(graph).size.width, 1200);
}

TEST(DiagramLayout, WhatRunsInParallelIsLevelUnlessItDepends) {
  GraphToPlace graph = graph_of(5, {{0, 1}, {1, 2}, {0, 3}, {3, 4}});
  graph.pairs = {{2, 3}, {0, 4}};
  const DiagramLayout layout = lay_out_diagram(graph);
  EXPECT_EQ(layout.layers[2], layout.layers[3]);
  EXPECT_LT(layout.layers[0], layout.layers[4]);
  expect_sound(graph);
}

TEST(DiagramLayout, PairsThatWouldCloseACircleAreNotLevelled) {
  GraphToPlace graph = graph_of(4, {{0, 1}, {2, 3}});
  graph.pairs = {{0, 3}, {1, 2}};
  expect_sound(graph);
}

TEST(DiagramLayout, RandomGraphsKeepAllRules) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    expect_sound(random_graph(seed, 2 + static_cast<int>(seed % 30), static_cast<int>(seed)));
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

TEST(DiagramLayout, SameGraphHasTheSameLayout) {
  const DiagramLayout a = lay_out_diagram(random_graph(7, 40, 80));
  const DiagramLayout b = lay_out_diagram(random_graph(7, 40, 80));
  for (std::size_t i = 0; i < a.boxes.size(); ++i) {
    EXPECT_EQ(a.boxes[i].at.x, b.boxes[i].at.x);
    EXPECT_EQ(a.boxes[i].at.y, b.boxes[i].at.y);
  }
}

TEST(DiagramLayout, TooManyLongLinksAreLeftOutAndCounted) {
  std::vector<Edge> edges;
  for (int i = 0; i + 1 < 400; ++i) edges.push_back({i, i + 1});
  for (int i = 0; i < 200; ++i) edges.push_back({i, 399 - i / 2});
  const GraphToPlace graph = graph_of(400, edges);
  const DiagramLayout layout = lay_out_diagram(graph);
  EXPECT_GT(layout.links_left_out, 0);
  EXPECT_LT(layout.links_left_out, 200);
  expect_no_overlap(layout);
}

}  // namespace
}  // namespace llmw
