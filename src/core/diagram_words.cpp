// The words of a picture: in its boxes, and instead of it.

#include <algorithm>

#include "core/diagram_svg.hpp"
#include "core/diagram_text.hpp"

namespace llmw {
namespace {

constexpr double kBoxWidth = 196;
constexpr double kPadding = 11;
constexpr double kEndSize = 34;
constexpr double kLabelWidth = 150;
constexpr double kZoneWidth = 196;
constexpr double kZoneIcon = 20;  ///< width that the hourglass takes
constexpr std::size_t kMaxTextLines = 4;
constexpr std::size_t kMaxDetailLines = 2;

/// Room beside the text that the shape takes on each side.
double inset_of(BoxShape shape) {
  switch (shape) {
    case BoxShape::sides: return 9;
    case BoxShape::hexagon: return 12;
    default: return 0;
  }
}

/// A rhombus around a text: of those that touch its corners, one that is flat.
DiagramSize rhombus_around(double width, double height) {
  constexpr double kFlatness = 2.1;
  const double tall = height + width / kFlatness;
  return {tall * kFlatness, tall};
}

}  // namespace

void BoxWords::add(const TextStyle& style, std::vector<std::string> texts) {
  for (std::string& text : texts) lines.push_back({&style, std::move(text)});
}

double BoxWords::text_width() const {
  double width = 0;
  for (const Line& line : lines) width = std::max(width, styled_width(line.text, *line.style));
  return width;
}

double BoxWords::text_height() const {
  double height = 0;
  for (const Line& line : lines) height += line.style->line_height;
  return height;
}

BoxWords measure_box(const DiagramBox& box) {
  BoxWords words;
  if (box.shape == BoxShape::end) {
    words.size = {kEndSize + 8, kEndSize - 8};
    words.add(kLabelText, {box.text});
    return words;
  }
  const bool is_diamond = box.shape == BoxShape::diamond;
  const double room =
      is_diamond ? kBoxWidth * 0.78 : kBoxWidth - 2 * kPadding - 2 * inset_of(box.shape);
  std::string caption = is_diamond ? std::string() : box.caption;
  if (!box.badge.empty()) caption = box.badge + (caption.empty() ? "" : " \xC2\xB7 ") + caption;
  words.add(kCaptionText, wrap_styled(caption, kCaptionText, room, 1));
  words.add(kBoxText, wrap_styled(box.text, kBoxText, room, kMaxTextLines));
  for (const std::string& detail : box.details)
    words.add(kDetailText, wrap_styled(detail, kDetailText, room, kMaxDetailLines));
  words.size = is_diamond ? rhombus_around(words.text_width() + 8, words.text_height())
                          : DiagramSize{kBoxWidth, words.text_height() + 2 * kPadding};
  return words;
}

BoxWords measure_stop(const DiagramStop& stop) {
  BoxWords words;
  if (!stop.is_zone) {
    words.add(kLabelText, wrap_styled(stop.text, kLabelText, kLabelWidth, 2));
    words.size = {words.text_width() + 18, words.text_height() + 6};
    return words;
  }
  const double room = kZoneWidth - 2 * kPadding - kZoneIcon;
  words.add(kZoneText, wrap_styled(stop.text, kZoneText, room, 3));
  for (const std::string& detail : stop.details)
    words.add(kDetailText, wrap_styled(detail, kDetailText, room, 3));
  words.size = {std::max(words.text_width(), 60.0) + 2 * kPadding + kZoneIcon,
                words.text_height() + 16};
  words.text_offset = kZoneIcon / 2;
  return words;
}

std::string describe(const Diagram& diagram) {
  constexpr std::size_t kMaxBytes = 20'000;
  std::string description;
  for (int item = 0; item < diagram.items; ++item) {
    const DiagramBox& box = diagram.boxes[static_cast<std::size_t>(item)];
    description += std::to_string(item + 1) + ". " + one_line(box.text, 120);
    if (!box.caption.empty()) description += " (" + box.caption + ')';
    const char* before = ", then ";
    for (const DiagramLink& link : diagram.links) {
      if (link.from != item) continue;
      description += before + one_line(diagram.boxes[static_cast<std::size_t>(link.to)].text, 120);
      if (link.stop && link.stop->is_zone)
        description += " after waiting: " + one_line(link.stop->text, 120);
      if (link.stop && !link.stop->is_zone) description += " if: " + one_line(link.stop->text, 120);
      before = "; ";
    }
    description += ".\n";
    if (description.size() > kMaxBytes) return one_line(description, kMaxBytes);
  }
  return description;
}

}  // namespace llmw
