// What stands below a picture: what its colours, shapes and lines mean, and what could not be
// drawn.

#include <algorithm>

#include "core/diagram_svg.hpp"
#include "core/diagram_text.hpp"

namespace llmw {
namespace {

constexpr double kRowHeight = 24;
constexpr double kSample = 26;  ///< width of the little picture of an entry
constexpr double kTextGap = 8;
constexpr double kEntryGap = 20;
constexpr std::size_t kMaxColours = 40;

/// Puts entries beside each other, and below when the line is full.
class LegendWriter {
 public:
  LegendWriter(double top, double width, SvgCanvas& canvas)
      : canvas_(canvas), right_(kPictureMargin + width), y_(top + kRowHeight / 2) {}

  /// Draws the text of an entry; `sample` draws the picture in the box that it is given.
  template <typename Sample>
  void add(std::string_view text, Sample sample) {
    const double room = right_ - kPictureMargin - kSample - kTextGap;
    const std::vector<std::string> lines = wrap_styled(text, kDetailText, room, 1);
    if (lines.empty()) return;
    const double width = kSample + kTextGap + styled_width(lines[0], kDetailText);
    if (x_ > kPictureMargin && x_ + width > right_) next_row();
    sample(PlacedBox{{x_ + kSample / 2, y_}, {kSample, 14}});
    canvas_.text(kDetailText, "s", {x_ + kSample + kTextGap, y_ + 4}, lines[0]);
    x_ += width + kEntryGap;
  }

  void next_row() {
    if (x_ == kPictureMargin) return;
    x_ = kPictureMargin;
    y_ += kRowHeight;
  }

  double bottom() const { return y_ + (x_ == kPictureMargin ? -kRowHeight / 2 : kRowHeight / 2); }

 private:
  SvgCanvas& canvas_;
  double right_;
  double x_ = kPictureMargin;
  double y_;
};

void draw_rule(double top, double width, SvgCanvas& canvas) {
  std::string line = "M";
  append_point(line, {kPictureMargin, top});
  line += 'H';
  append_number(line, kPictureMargin + width);
  canvas.path("r", -1, line);
}

std::string stroke_through(const PlacedBox& sample) {
  std::string line = "M";
  append_point(line, {sample.left(), sample.at.y});
  line += 'H';
  append_number(line, sample.right());
  return line;
}

void add_colours(const Diagram& diagram, LegendWriter& legend, SvgCanvas& canvas) {
  const std::size_t shown = std::min(diagram.colours.size(), kMaxColours);
  for (std::size_t i = 0; i < shown; ++i) {
    const DiagramColour& colour = diagram.colours[i];
    std::string text = one_line(colour.name, 40);
    if (colour.boxes > 1) text += " (" + std::to_string(colour.boxes) + ')';
    legend.add(text, [&](const PlacedBox& sample) {
      canvas.box("b", static_cast<int>(i), BoxShape::rounded, sample);
    });
  }
  if (shown < diagram.colours.size())
    legend.add("and " + std::to_string(diagram.colours.size() - shown) + " more",
               [](const PlacedBox&) {});
  legend.next_row();
}

void add_shapes(const Diagram& diagram, LegendWriter& legend, SvgCanvas& canvas) {
  for (const DiagramShapeName& shape : diagram.shapes) {
    const auto same = std::find_if(diagram.colours.begin(), diagram.colours.end(),
                                   [&](const DiagramColour& c) { return c.name == shape.name; });
    const int colour = diagram.has_teams || same == diagram.colours.end()
                           ? -1
                           : static_cast<int>(same - diagram.colours.begin());
    legend.add(shape.name,
               [&](const PlacedBox& sample) { canvas.box("b", colour, shape.shape, sample); });
  }
}

void add_lines(const Diagram& diagram, LegendWriter& legend, SvgCanvas& canvas) {
  const auto has_kind = [&](DiagramLinkKind kind) {
    return std::any_of(diagram.links.begin(), diagram.links.end(),
                       [kind](const DiagramLink& link) { return link.kind == kind; });
  };
  const bool has_zones =
      std::any_of(diagram.links.begin(), diagram.links.end(),
                  [](const DiagramLink& link) { return link.stop && link.stop->is_zone; });
  const auto line = [&](const char* css_class, const char* text) {
    legend.add(
        text, [&](const PlacedBox& sample) { canvas.path(css_class, -1, stroke_through(sample)); });
  };
  if (has_zones)
    legend.add("limbo zone: work waits",
               [&](const PlacedBox& sample) { canvas.box("z", -1, BoxShape::rounded, sample); });
  if (!diagram.parallel.empty()) line("p", "run beside each other");
  if (has_kind(DiagramLinkKind::loop)) line("lo", "leads back, a bounded number of times");
  if (has_kind(DiagramLinkKind::circle)) line("lx", "closes a circle");
  if (has_kind(DiagramLinkKind::unnamed))
    legend.add("named, but not there",
               [&](const PlacedBox& sample) { canvas.box("x", -1, BoxShape::missing, sample); });
  legend.next_row();
}

}  // namespace

double draw_legend(const Diagram& diagram, double top, double width, SvgCanvas& canvas) {
  constexpr double kRuleGap = 10;
  LegendWriter legend(top + kRuleGap, width, canvas);
  if (diagram.has_teams) add_colours(diagram, legend, canvas);
  if (diagram.shapes.size() > 1) add_shapes(diagram, legend, canvas);
  add_lines(diagram, legend, canvas);
  if (legend.bottom() <= top + kRuleGap) return top;
  draw_rule(top, width, canvas);
  return legend.bottom();
}

double draw_notes(const std::vector<std::string>& notes, double top, double width,
                  SvgCanvas& canvas) {
  constexpr double kDot = 14;
  if (notes.empty()) return top;
  draw_rule(top + 8, width, canvas);
  double y = top + 16;
  for (const std::string& note : notes) {
    canvas.text(kDetailText, "s", {kPictureMargin, y + 11}, "\xE2\x80\xA2");
    for (const std::string& line : wrap_styled(note, kDetailText, width - kDot, 3)) {
      y += kDetailText.line_height;
      canvas.text(kDetailText, "s", {kPictureMargin + kDot, y - 4}, line);
    }
    y += 3;
  }
  return y;
}

}  // namespace llmw
