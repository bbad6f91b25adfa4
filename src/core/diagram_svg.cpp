// The SVG picture of a workflow.

#include "core/diagram_svg.hpp"

#include <algorithm>
#include <cmath>

namespace llmw {
namespace {

constexpr double kHeader = 40;       ///< height of the title above the boxes
constexpr double kLeastWidth = 340;  ///< so that legend and notes can be read
constexpr double kArrowLength = 9;
constexpr double kArrowHalfWidth = 4.5;

/// The classes of a line and of its arrowhead.
struct LineStyle {
  const char* line;
  const char* head;
};

LineStyle style_of(DiagramLinkKind kind) {
  switch (kind) {
    case DiagramLinkKind::loop: return {"lo", "ao"};
    case DiagramLinkKind::circle:
    case DiagramLinkKind::unnamed: return {"lx", "ax"};
    case DiagramLinkKind::order:
    case DiagramLinkKind::zone: break;
  }
  return {"l", "a"};
}

/// Straight down or up where it can be, else a curve that leaves and arrives upright.
std::string curve_through(const std::vector<DiagramPoint>& points) {
  std::string path = "M";
  append_point(path, points.front());
  for (std::size_t i = 1; i < points.size(); ++i) {
    const DiagramPoint& from = points[i - 1];
    const DiagramPoint& to = points[i];
    if (from.x == to.x) {
      path += 'V';
      append_number(path, to.y);
      continue;
    }
    const double bend = (to.y - from.y) / 2;
    path += 'C';
    append_point(path, {from.x, from.y + bend});
    path += ' ';
    append_point(path, {to.x, to.y - bend});
    path += ' ';
    append_point(path, to);
  }
  return path;
}

std::string arrowhead(const std::vector<DiagramPoint>& points) {
  const DiagramPoint& tip = points.back();
  const double back = points[points.size() - 2].y < tip.y ? -kArrowLength : kArrowLength;
  std::string path = "M";
  append_point(path, tip);
  for (const double side : {-kArrowHalfWidth, kArrowHalfWidth}) {
    path += 'L';
    append_point(path, {tip.x + side, tip.y + back});
  }
  return path + 'Z';
}

double port_span_of(BoxShape shape, double width) {
  const bool ends_in_a_point = shape == BoxShape::diamond || shape == BoxShape::end;
  return ends_in_a_point ? 0 : width * 0.6;
}

class WorkflowPicture {
 public:
  explicit WorkflowPicture(const Diagram& diagram) : diagram_(diagram) {
    measure();
    width_ = std::max(layout_.size.width, kLeastWidth);
    shift_ = {kPictureMargin + (width_ - layout_.size.width) / 2, kHeader};
  }

  std::string draw() && {
    canvas_.text(kTitleText, "s", {kPictureMargin, 25}, diagram_.title);
    for (std::size_t i = 0; i < layout_.links.size(); ++i) draw_link(i);
    for (const auto& [a, b] : diagram_.parallel) draw_parallel(a, b);
    for (std::size_t i = 0; i < layout_.boxes.size(); ++i) draw_box(i);
    for (std::size_t i = 0; i < layout_.links.size(); ++i) draw_stop(i);
    double bottom = kHeader + layout_.size.height;
    bottom = draw_legend(diagram_, bottom + 22, width_, canvas_);
    std::vector<std::string> notes = diagram_.notes;
    if (layout_.links_left_out > 0)
      notes.push_back("Not drawn: " + std::to_string(layout_.links_left_out) +
                      " links over too long a way.");
    bottom = draw_notes(notes, bottom, width_, canvas_);
    return std::move(canvas_).picture({width_ + 2 * kPictureMargin, bottom + 16}, diagram_.title,
                                      describe(diagram_));
  }

 private:
  void measure() {
    GraphToPlace graph;
    for (const DiagramBox& box : diagram_.boxes) {
      words_.push_back(measure_box(box));
      graph.boxes.push_back(
          {words_.back().size, port_span_of(box.shape, words_.back().size.width)});
    }
    for (const DiagramLink& link : diagram_.links) {
      LinkToPlace place{link.from, link.to, std::nullopt, link.stop && link.stop->is_zone};
      stop_words_.push_back(link.stop ? measure_stop(*link.stop) : BoxWords());
      if (link.stop) place.stop = stop_words_.back().size;
      graph.links.push_back(place);
    }
    graph.pairs = diagram_.parallel;
    layout_ = lay_out_diagram(graph);
  }

  PlacedBox shifted(PlacedBox box) const {
    box.at.x += shift_.x;
    box.at.y += shift_.y;
    return box;
  }

  std::vector<DiagramPoint> shifted(std::vector<DiagramPoint> points) const {
    for (DiagramPoint& point : points) {
      point.x += shift_.x;
      point.y += shift_.y;
    }
    return points;
  }

  void draw_link(std::size_t i) {
    const PlacedLink& link = layout_.links[i];
    const LineStyle style = style_of(diagram_.links[i].kind);
    for (const std::vector<DiagramPoint>* line : {&link.points, &link.after_stop}) {
      if (line->size() < 2) continue;
      const std::vector<DiagramPoint> points = shifted(*line);
      canvas_.path(style.line, -1, curve_through(points));
      // A label is passed through; a zone is where work arrives.
      const bool is_zone = diagram_.links[i].stop && diagram_.links[i].stop->is_zone;
      if (line == &link.after_stop || !link.stop || is_zone)
        canvas_.path(style.head, -1, arrowhead(points));
    }
  }

  void draw_stop(std::size_t i) {
    const PlacedLink& link = layout_.links[i];
    if (!link.stop) return;
    const DiagramStop& stop = *diagram_.links[i].stop;
    const PlacedBox box = shifted(*link.stop);
    canvas_.open_group(stop.hints);
    canvas_.box(stop.is_zone ? "z" : "lb", -1, stop.is_zone ? BoxShape::pill : BoxShape::end, box);
    if (stop.is_zone) draw_hourglass({box.left() + 20, box.at.y});
    draw_words(stop_words_[i], box, -1);
    canvas_.close_group();
  }

  void draw_hourglass(DiagramPoint at) {
    std::string path = "M";
    append_point(path, {at.x - 5, at.y - 7});
    path += "h10l-10 14h10z";
    canvas_.path("zi", -1, path);
  }

  void draw_box(std::size_t i) {
    const DiagramBox& box = diagram_.boxes[i];
    const PlacedBox place = shifted(layout_.boxes[i]);
    canvas_.open_group(box.hints);
    const bool is_missing = box.shape == BoxShape::missing;
    const bool is_end = box.shape == BoxShape::end;
    canvas_.box(is_missing ? "x" : is_end ? "lb" : "b", box.colour, box.shape, place);
    draw_words(words_[i], place, box.colour);
    canvas_.close_group();
  }

  void draw_words(const BoxWords& words, const PlacedBox& box, int colour) {
    double y = box.at.y - words.text_height() / 2;
    for (const BoxWords::Line& line : words.lines) {
      const TextStyle& style = *line.style;
      const double baseline = y + style.line_height / 2 + style.font_size * 0.36;
      const bool is_caption = &style == &kCaptionText;
      canvas_.text(style, "m", {box.at.x + words.text_offset, baseline}, line.text,
                   is_caption ? colour : -1);
      y += style.line_height;
    }
  }

  /// A line between neighbours; that others run beside each other is said in their boxes.
  void draw_parallel(int a, int b) {
    PlacedBox left = layout_.boxes[static_cast<std::size_t>(a)];
    PlacedBox right = layout_.boxes[static_cast<std::size_t>(b)];
    if (left.at.x > right.at.x) std::swap(left, right);
    const bool is_level = std::abs(left.at.y - right.at.y) < 1;
    const auto is_between = [&](const PlacedBox& box) {
      return box.at.x > left.at.x && box.at.x < right.at.x && std::abs(box.at.y - left.at.y) < 1;
    };
    if (!is_level || std::any_of(layout_.boxes.begin(), layout_.boxes.end(), is_between)) return;
    left = shifted(left);
    right = shifted(right);
    std::string line = "M";
    append_point(line, {left.right() + 2, left.at.y});
    line += 'H';
    append_number(line, right.left() - 2);
    canvas_.path("p", -1, line);
  }

  const Diagram& diagram_;
  std::vector<BoxWords> words_;
  std::vector<BoxWords> stop_words_;  ///< of each link; empty without a stop
  DiagramLayout layout_;
  double width_ = 0;
  DiagramPoint shift_;
  SvgCanvas canvas_;
};

}  // namespace

std::string to_svg(const Diagram& diagram) { return WorkflowPicture(diagram).draw(); }

}  // namespace llmw
