#pragma once
// Parts of an SVG diagram: the words in its boxes, the legend below. For the files diagram_svg and
// diagram_legend.cpp.

#include <string>
#include <vector>

#include "core/diagram_canvas.hpp"

namespace llmw {

inline constexpr double kPictureMargin = 24;

/// The lines in a box, from top to bottom.
struct BoxWords {
  struct Line {
    const TextStyle* style;
    std::string text;
  };
  std::vector<Line> lines;
  DiagramSize size;        ///< of the box
  double text_offset = 0;  ///< of the middle of the text from that of the box

  void add(const TextStyle& style, std::vector<std::string> texts);
  double text_width() const;
  double text_height() const;
};

BoxWords measure_box(const DiagramBox& box);
BoxWords measure_stop(const DiagramStop& stop);

/// Draws what colours, shapes and lines mean, and the notes, from `top` down. Returns the bottom.
double draw_legend(const Diagram& diagram, double top, double width, SvgCanvas& canvas);
double draw_notes(const std::vector<std::string>& notes, double top, double width,
                  SvgCanvas& canvas);

/// The picture in words, for those who cannot see it.
std::string describe(const Diagram& diagram);

}  // namespace llmw
