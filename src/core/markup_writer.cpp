#include "core/markup_writer.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/markup.hpp"
#include "core/text.hpp"

namespace llmw {
namespace {

constexpr double kLargestCoordinate = 1e6;  ///< beyond it, nothing would be seen

/// Appends `text` (valid UTF-8) with references for what is not ASCII.
void append_ascii(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const DecodedChar c = decode_utf8(text, at);
    if (c.value < 0x80)
      out += static_cast<char>(c.value);
    else
      out += "&#" + std::to_string(static_cast<unsigned>(c.value)) + ';';
    at += c.length;
  }
}

}  // namespace

MarkupWriter& MarkupWriter::text(std::string_view text) {
  append_ascii(out_, markup_escaped(printable(text, std::string_view::npos)));
  return *this;
}

MarkupWriter& MarkupWriter::number(double value) {
  if (std::isnan(value)) value = 0;
  value = std::clamp(value, -kLargestCoordinate, kLargestCoordinate);
  std::array<char, 32> buffer{};
  const double rounded = std::round(value * 100) / 100;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(),
                                 rounded == 0 ? 0.0 : rounded, std::chars_format::fixed);
  out_.append(buffer.data(), end.ptr);
  return *this;
}

}  // namespace llmw
