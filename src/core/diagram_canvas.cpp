#include "core/diagram_canvas.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "core/diagram_text.hpp"
#include "core/markup.hpp"

namespace llmw {
namespace {

/// A rectangle with round corners, clockwise from the upper left.
std::string rounded_outline(const PlacedBox& box, double radius) {
  const double r = std::min({radius, box.size.width / 2, box.size.height / 2});
  std::string path = "M";
  append_point(path, {box.left() + r, box.top()});
  const auto side = [&](char direction, double to) {
    path += direction;
    append_number(path, to);
  };
  const auto corner = [&](double dx, double dy) {
    path += 'a';
    append_point(path, {r, r});
    path += " 0 0 1 ";
    append_point(path, {dx, dy});
  };
  side('H', box.right() - r);
  corner(r, r);
  side('V', box.bottom() - r);
  corner(-r, r);
  side('H', box.left() + r);
  corner(-r, -r);
  side('V', box.top() + r);
  corner(r, -r);
  return path + 'Z';
}

template <std::size_t N>
std::string polygon(const std::array<DiagramPoint, N>& corners) {
  std::string path;
  for (const DiagramPoint& corner : corners) {
    path += path.empty() ? 'M' : 'L';
    append_point(path, corner);
  }
  return path + 'Z';
}

std::string hexagon_outline(const PlacedBox& box) {
  const double point = std::min(14.0, box.size.height / 2);
  const double y = box.at.y;
  return polygon(std::array<DiagramPoint, 6>{{{box.left() + point, box.top()},
                                              {box.right() - point, box.top()},
                                              {box.right(), y},
                                              {box.right() - point, box.bottom()},
                                              {box.left() + point, box.bottom()},
                                              {box.left(), y}}});
}

/// The outline of a box as the data of an SVG path.
std::string shape_outline(BoxShape shape, const PlacedBox& box) {
  switch (shape) {
    case BoxShape::diamond:
      return polygon(std::array<DiagramPoint, 4>{{{box.at.x, box.top()},
                                                  {box.right(), box.at.y},
                                                  {box.at.x, box.bottom()},
                                                  {box.left(), box.at.y}}});
    case BoxShape::hexagon: return hexagon_outline(box);
    case BoxShape::pill: return rounded_outline(box, 24);
    case BoxShape::rounded: return rounded_outline(box, 10);
    case BoxShape::end: return rounded_outline(box, box.size.height / 2);
    case BoxShape::plain:
    case BoxShape::sides:
    case BoxShape::missing: break;
  }
  return rounded_outline(box, 3);
}

/// A number for the ids of a picture, so that several can stand in one page: FNV-1a of its content.
std::string content_hash(std::string_view content) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const char c : content) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[(hash >> shift) & 0xF];
  return text;
}

}  // namespace

std::vector<std::string> wrap_styled(std::string_view text, const TextStyle& style, double width,
                                     std::size_t max_lines) {
  return wrap_text(text, {width, style.font_size * style.stretch, max_lines});
}

double styled_width(std::string_view text, const TextStyle& style) {
  return text_width(text, style.font_size * style.stretch);
}

void append_number(std::string& out, double number) {
  const std::int64_t tenths = std::llround(std::clamp(number, -1e7, 1e7) * 10);
  if (tenths < 0) out += '-';
  out += std::to_string(std::abs(tenths) / 10);
  if (tenths % 10 != 0) out += '.' + std::to_string(std::abs(tenths) % 10);
}

void append_point(std::string& out, DiagramPoint point) {
  append_number(out, point.x);
  out += ' ';
  append_number(out, point.y);
}

void SvgCanvas::open_group(const std::vector<std::string>& hints) {
  out_ += "<g>";
  if (hints.empty()) return;
  out_ += "<title>";
  for (const std::string& hint : hints) {
    if (&hint != &hints.front()) out_ += '\n';
    append_markup_escaped(out_, hint);
  }
  out_ += "</title>";
}

void SvgCanvas::path(const char* css_class, int colour, std::string_view data) {
  out_ += "<path class=\"";
  out_ += css_class;
  if (colour >= 0) out_ += " c" + std::to_string(colour % kDiagramColours);
  out_ += "\" d=\"";
  out_ += data;
  out_ += "\"/>\n";
}

void SvgCanvas::box(const char* css_class, int colour, BoxShape shape, const PlacedBox& box) {
  path(css_class, colour, shape_outline(shape, box));
  if (shape != BoxShape::sides) return;
  const double inset = std::min(7.0, box.size.width / 5);
  std::string bars;
  for (const double x : {box.left() + inset, box.right() - inset}) {
    bars += 'M';
    append_point(bars, {x, box.top()});
    bars += 'V';
    append_number(bars, box.bottom());
  }
  path("i", colour, bars);
}

void SvgCanvas::text(const TextStyle& style, const char* anchor, DiagramPoint at,
                     std::string_view text, int colour) {
  out_ += "<text class=\"";
  out_ += style.css_class;
  out_ += ' ';
  out_ += anchor;
  if (colour >= 0) out_ += " c" + std::to_string(colour % kDiagramColours);
  out_ += "\" x=\"";
  append_number(out_, at.x);
  out_ += "\" y=\"";
  append_number(out_, at.y);
  out_ += "\">";
  append_markup_escaped(out_, text);
  out_ += "</text>\n";
}

std::string SvgCanvas::picture(DiagramSize size, std::string_view title,
                               std::string_view description) && {
  const std::string id = "llmw-" + content_hash(out_ + std::string(description));
  std::string width;
  append_number(width, std::ceil(size.width));
  std::string height;
  append_number(height, std::ceil(size.height));
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"llmw-diagram\" viewBox=\"0 0 ";
  // As wide as the page where that is narrower, never blown up.
  svg += width + ' ' + height + "\" width=\"" + width +
         "\" style=\"max-width:100%;height:auto\" role=\"img\" aria-labelledby=\"" + id +
         "-t\" aria-describedby=\"" + id + "-d\">\n<title id=\"" + id + "-t\">";
  append_markup_escaped(svg, title);
  svg += "</title>\n<desc id=\"" + id + "-d\">";
  append_markup_escaped(svg, description);
  svg += "</desc>\n<style>\n" + diagram_style() + "</style>\n<rect class=\"bg\" width=\"" + width +
         "\" height=\"" + height + "\" rx=\"12\"/>\n";
  return svg + out_ + "</svg>\n";
}

}  // namespace llmw
