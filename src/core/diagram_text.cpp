#include "core/diagram_text.hpp"

#include <algorithm>
#include <array>

#include "core/text.hpp"

namespace llmw {
namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

struct CharRange {
  char32_t first;
  char32_t last;
};

template <std::size_t N>
constexpr bool is_in(char32_t c, const std::array<CharRange, N>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const CharRange& range) { return c >= range.first && c <= range.last; });
}

/// Bidi controls, zero width space, soft hyphen, byte order mark, noncharacters.
constexpr std::array<CharRange, 9> kHidden = {{{0xAD, 0xAD},
                                               {0x61C, 0x61C},
                                               {0x200B, 0x200B},
                                               {0x200E, 0x200F},
                                               {0x202A, 0x202E},
                                               {0x2060, 0x206F},
                                               {0xFDD0, 0xFDEF},
                                               {0xFEFF, 0xFEFF},
                                               {0xE0000, 0xE0FFF}}};
/// Joiners, variation selectors, marks that combine with the character before.
constexpr std::array<CharRange, 8> kWithoutWidth = {{{0x300, 0x36F},
                                                     {0x483, 0x489},
                                                     {0x591, 0x5BD},
                                                     {0x610, 0x61A},
                                                     {0x64B, 0x65F},
                                                     {0x200C, 0x200D},
                                                     {0x20D0, 0x20F0},
                                                     {0xFE00, 0xFE0F}}};
constexpr std::array<CharRange, 8> kIdeographs = {{{0x1100, 0x115F},
                                                   {0x2E80, 0xA4CF},
                                                   {0xAC00, 0xD7A3},
                                                   {0xF900, 0xFAFF},
                                                   {0xFE30, 0xFE6F},
                                                   {0xFF00, 0xFF60},
                                                   {0xFFE0, 0xFFE6},
                                                   {0x20000, 0x3FFFD}}};
constexpr std::array<CharRange, 2> kPictographs = {{{0x2600, 0x27BF}, {0x1F000, 0x1FAFF}}};

constexpr char32_t kFirstVisible = 0x20;
constexpr char32_t kLastAscii = 0x7E;

/// Hundredths of the font size, from the space to the tilde.
constexpr std::array<unsigned char, 95> kAsciiWidths = {
    32, 40, 46, 84, 64, 95, 78, 28, 39,  39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64,
    64, 64, 34, 34, 84, 84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 78, 75, 30, 30, 66, 56, 86, 75, 79,
    60, 79, 70, 64, 61, 73, 68, 99, 69,  61, 69, 39, 34, 39, 84, 50, 50, 61, 64, 55, 64, 62, 35, 64,
    63, 28, 28, 58, 28, 97, 63, 61, 64,  64, 41, 52, 39, 63, 59, 82, 59, 59, 53, 64, 34, 64, 84};
constexpr unsigned kOtherWidth = 68;  ///< of an alphabet that is not measured
constexpr unsigned kIdeographWidth = 100;
constexpr unsigned kPictographWidth = 137;

unsigned char_width(char32_t c) {
  if (c >= kFirstVisible && c <= kLastAscii) return kAsciiWidths[c - kFirstVisible];
  if (is_in(c, kWithoutWidth)) return 0;
  if (is_in(c, kIdeographs)) return kIdeographWidth;
  if (is_in(c, kPictographs)) return kPictographWidth;
  return kOtherWidth;
}

bool is_blank_char(char32_t c) {
  return c <= kFirstVisible || (c >= 0x7F && c <= 0xA0) || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x3000;
}

bool is_hidden(char32_t c) { return is_in(c, kHidden) || (c & 0xFFFE) == 0xFFFE; }

bool breaks_after(char32_t c) { return c == '_' || c == '-' || c == '/' || is_in(c, kIdeographs); }

/// Reads the character at `at`; what is not UTF-8 is U+FFFD of one byte.
DecodedChar char_at(std::string_view text, std::size_t at) {
  DecodedChar decoded = decode_utf8(text, at);
  if (decoded.state != Utf8::valid) decoded = {Utf8::valid, 0xFFFD, 1};
  return decoded;
}

/// Puts words into lines as they come.
class LineBreaker {
 public:
  LineBreaker(std::string_view text, const TextFrame& frame)
      : text_(text), limit_(frame.width * 100 / frame.font_size) {}

  std::vector<std::string> lines() {
    for (std::size_t at = 0; at < text_.size();) {
      const DecodedChar c = char_at(text_, at);
      const unsigned width = char_width(c.value);
      const bool is_blank = c.value == ' ';
      if (is_blank) break_ = {at, at + c.length, width_ + width};
      // A blank may hang over the edge; a mark stays with what it marks.
      while (!is_blank && width != 0 && width_ + width > limit_ && at > start_) break_line(at);
      width_ += width;
      at += c.length;
      if (breaks_after(c.value)) break_ = {at, at, width_};
    }
    if (start_ < text_.size()) lines_.emplace_back(text_.substr(start_));
    return std::move(lines_);
  }

 private:
  /// Where a line may end.
  struct Break {
    std::size_t end = 0;   ///< of the line
    std::size_t next = 0;  ///< start of the next line
    double width = 0;      ///< of all that stands before the next line
  };

  void break_line(std::size_t at) {
    if (break_.next <= start_) break_ = {at, at, width_};
    lines_.emplace_back(text_.substr(start_, break_.end - start_));
    start_ = break_.next;
    width_ -= break_.width;
    break_ = {};
  }

  std::string_view text_;
  double limit_;      ///< hundredths of the font size, as width_
  double width_ = 0;  ///< from start_ to where lines() is
  std::size_t start_ = 0;
  Break break_;
  std::vector<std::string> lines_;
};

void drop_last_char(std::string& text) {
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; };
  while (text.size() > 1 && continues(text.back())) text.pop_back();
  if (!text.empty()) text.pop_back();
}

void append_ellipsis(std::string& line, const TextFrame& frame) {
  const double room = frame.width - text_width(kEllipsis, frame.font_size);
  while (!line.empty() && (line.back() == ' ' || text_width(line, frame.font_size) > room))
    drop_last_char(line);
  line += kEllipsis;
}

}  // namespace

std::string one_line(std::string_view text, std::size_t max_bytes) {
  std::string line;
  bool has_gap = false;
  for (std::size_t at = 0; at < text.size();) {
    const DecodedChar c = char_at(text, at);
    at += c.length;
    if (is_blank_char(c.value)) has_gap = true;
    if (is_blank_char(c.value) || is_hidden(c.value)) continue;
    if (has_gap && !line.empty()) line += ' ';
    has_gap = false;
    append_utf8(line, c.value);
    if (line.size() <= max_bytes) continue;
    line.resize(cut_utf8(line, max_bytes).size());
    line += kEllipsis;
    break;
  }
  return line;
}

std::string as_words(std::string_view name) {
  std::string words(name);
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

double text_width(std::string_view text, double font_size) {
  double hundredths = 0;
  for (std::size_t at = 0; at < text.size();) {
    const DecodedChar c = char_at(text, at);
    hundredths += char_width(c.value);
    at += c.length;
  }
  return hundredths * font_size / 100;
}

std::vector<std::string> wrap_text(std::string_view text, const TextFrame& frame) {
  std::vector<std::string> lines = LineBreaker(text, frame).lines();
  if (lines.size() <= frame.max_lines) return lines;
  lines.resize(frame.max_lines);
  if (!lines.empty()) append_ellipsis(lines.back(), frame);
  return lines;
}

}  // namespace llmw
