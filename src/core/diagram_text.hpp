#pragma once
// Text that is to stand in a picture: made one line, measured, wrapped.
//
// The fonts that will show the picture are not known when it is drawn. Widths are those of a wide
// sans-serif font (DejaVu Sans), so that text stays inside its box in narrower ones as well.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace llmw {

/// `text` as one line: each run of blanks and control characters is one space, none at the ends;
/// characters that hide or reorder text (zero width, bidi controls) and noncharacters are left out.
/// Joiners stay: some scripts and emoji need them. Longer than `max_bytes`: cut, with an ellipsis.
std::string one_line(std::string_view text, std::size_t max_bytes);

/// A name of the kind "api_call" as words: "api call".
std::string as_words(std::string_view name);

/// Width of one line of text in pixels.
double text_width(std::string_view text, double font_size);

struct TextFrame {
  double width = 0;  ///< pixels
  double font_size = 0;
  std::size_t max_lines = 1;
};

/// `text` in lines that fit the frame, broken at blanks, behind '_', '-' and '/', between
/// ideographs, and elsewhere only when a word is wider than the frame. What is too much is cut off,
/// with an ellipsis. Empty text has no line.
std::vector<std::string> wrap_text(std::string_view text, const TextFrame& frame);

}  // namespace llmw
