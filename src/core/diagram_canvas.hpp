#pragma once
// Writing SVG: elements with numbers, classes of our own and escaped text. And the style of every
// diagram: shapes, fonts, colours in light and dark.

#include <string>
#include <string_view>
#include <vector>

#include "core/diagram_layout.hpp"
#include "core/diagram_model.hpp"

namespace llmw {

inline constexpr int kDiagramColours = 12;  ///< further teams and types take them again

/// A line of text: its class and the size that goes with it.
struct TextStyle {
  const char* css_class = "";
  double font_size = 0;
  double line_height = 0;
  double stretch = 1;  ///< of bold text, over what text_width() says
};

inline constexpr TextStyle kTitleText{"h", 13, 20, 1};
inline constexpr TextStyle kBoxText{"t", 14, 18, 1.07};
inline constexpr TextStyle kCaptionText{"cap", 11, 15, 1.07};
inline constexpr TextStyle kDetailText{"det", 11.5, 15, 1};
inline constexpr TextStyle kZoneText{"zt", 12, 16, 1.07};
inline constexpr TextStyle kLabelText{"lt", 12, 16, 1};

/// `text` wrapped for this style.
std::vector<std::string> wrap_styled(std::string_view text, const TextStyle& style, double width,
                                     std::size_t max_lines);
double styled_width(std::string_view text, const TextStyle& style);

class SvgCanvas {
 public:
  /// <g> with a hint for pointers; empty `hints`: none.
  void open_group(const std::vector<std::string>& hints);
  void close_group() { out_ += "</g>\n"; }
  /// A path; `colour` is added as a class unless it is negative.
  void path(const char* css_class, int colour, std::string_view data);
  void box(const char* css_class, int colour, BoxShape shape, const PlacedBox& box);
  /// One line, its baseline at `at`; `anchor` is "s" (start) or "m" (middle).
  void text(const TextStyle& style, const char* anchor, DiagramPoint at, std::string_view text,
            int colour = -1);
  /// The picture of `size` around all that was drawn. `description` is read out by screen readers.
  std::string picture(DiagramSize size, std::string_view title, std::string_view description) &&;

 private:
  std::string out_;
};

void append_number(std::string& out, double number);
/// "x y", for paths.
void append_point(std::string& out, DiagramPoint point);

/// The content of <style> of a diagram.
std::string diagram_style();
/// The light tones of a colour as Mermaid writes them.
std::string mermaid_colours(int colour);

}  // namespace llmw
