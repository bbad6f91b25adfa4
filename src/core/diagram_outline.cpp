// The SVG picture of a document without steps: its topics as cards along a line, a mind map that
// fits a narrow screen.

#include <algorithm>

#include "core/diagram_svg.hpp"
#include "core/diagram_text.hpp"

namespace llmw {
namespace {

constexpr double kHeader = 40;
constexpr double kWidth = 620;
constexpr double kTrunk = 34;  ///< x of the line from the left of the cards' room
constexpr double kCardGap = 14;
constexpr double kPadding = 14;
constexpr double kMark = 14;  ///< width of the mark before a point
constexpr std::size_t kMaxPoints = 8;

constexpr TextStyle kSummaryText{"lt", 12, 17, 1};

/// One line of a card, with the mark before it.
struct CardLine {
  const TextStyle* style;
  const char* mark;
  double indent;
  std::string text;
};

class Card {
 public:
  explicit Card(const OutlineTopic& topic) {
    add(kBoxText, "", topic.name, 2);
    add(kSummaryText, "", topic.summary, 6);
    add_points("\xE2\x80\xA2", topic.points);
    add_points("?", topic.questions);
  }

  double height() const {
    double height = 2 * kPadding - 4;
    for (const CardLine& line : lines_) height += line.style->line_height;
    return height;
  }

  void draw(const PlacedBox& box, int colour, SvgCanvas& canvas) const {
    canvas.box("b", colour, BoxShape::rounded, box);
    double y = box.top() + kPadding - 2;
    for (const CardLine& line : lines_) {
      y += line.style->line_height;
      if (*line.mark != '\0')
        canvas.text(*line.style, "s", {box.left() + kPadding, y - 4}, line.mark);
      canvas.text(*line.style, "s", {box.left() + kPadding + line.indent, y - 4}, line.text);
    }
  }

  static double width() { return kWidth - kTrunk - 20; }

 private:
  void add(const TextStyle& style, const char* mark, std::string_view text, std::size_t max_lines) {
    const double indent = *mark == '\0' ? 0 : kMark;
    const double room = width() - 2 * kPadding - indent;
    for (std::string& line : wrap_styled(text, style, room, max_lines)) {
      lines_.push_back({&style, mark, indent, std::move(line)});
      mark = "";
    }
  }

  void add_points(const char* mark, const std::vector<std::string>& points) {
    for (std::size_t i = 0; i < std::min(points.size(), kMaxPoints); ++i)
      add(kDetailText, mark, points[i], 3);
    if (points.size() > kMaxPoints)
      add(kDetailText, mark, "and " + std::to_string(points.size() - kMaxPoints) + " more", 1);
  }

  std::vector<CardLine> lines_;
};

std::string describe(const DiagramOutline& outline) {
  std::string description;
  for (const OutlineTopic& topic : outline.topics)
    description += one_line(topic.name + ": " + topic.summary, 400) + '\n';
  return description;
}

/// The line from which the cards branch off.
void draw_trunk(double top, double bottom, SvgCanvas& canvas) {
  std::string trunk = "M";
  append_point(trunk, {kPictureMargin + kTrunk / 2, top});
  trunk += 'V';
  append_number(trunk, bottom);
  canvas.path("l", -1, trunk);
}

void draw_twig(double y, SvgCanvas& canvas) {
  std::string twig = "M";
  append_point(twig, {kPictureMargin + kTrunk / 2, y - 12});
  twig += "q0 12 12 12H";
  append_number(twig, kPictureMargin + kTrunk + 20);
  canvas.path("l", -1, twig);
}

}  // namespace

std::string to_svg(const DiagramOutline& outline) {
  SvgCanvas canvas;
  canvas.text(kTitleText, "s", {kPictureMargin, 25}, outline.title);
  double y = kHeader;
  double last_twig = y;
  int number = 0;
  for (const OutlineTopic& topic : outline.topics) {
    const Card card(topic);
    const double height = card.height();
    last_twig = y + std::min(height / 2, 24.0);
    draw_twig(last_twig, canvas);
    canvas.open_group({topic.name});
    card.draw({{kPictureMargin + kTrunk + 20 + Card::width() / 2, y + height / 2},
               {Card::width(), height}},
              number++, canvas);
    canvas.close_group();
    y += height + kCardGap;
  }
  if (!outline.topics.empty()) draw_trunk(kHeader - 6, last_twig - 12, canvas);
  y = draw_notes(outline.notes, y, kWidth, canvas);
  return std::move(canvas).picture({kWidth + 2 * kPictureMargin, y + 16}, outline.title,
                                   describe(outline));
}

}  // namespace llmw
