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

}  // namespace

MarkupWriter& MarkupWriter::text(std::string_view text) {
  out_ += in_ascii(markup_escaped(printable(text, std::string_view::npos)), "&#");
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
