#pragma once
// Writes HTML and inline SVG in which no text can become markup.
//
// Markup is what stands in the source of this program as a literal; all else is text and is
// escaped. The types see to it: a MarkupLiteral is made at compile time only. What is written is
// ASCII (other characters become references), so it means the same in every encoding that a client
// asks for.
//
//   MarkupWriter out;
//   out.raw("<td title=\"").text(exact).raw("\">").text(name).raw("</td>");

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace llmw {

/// A string literal of ASCII.
class MarkupLiteral {
 public:
  constexpr MarkupLiteral() = default;
  template <std::size_t size>
  // NOLINTNEXTLINE(google-explicit-constructor): a literal stands for itself
  consteval MarkupLiteral(const char (&literal)[size]) : view_(literal, size - 1) {
    for (const char c : view_)
      if (static_cast<unsigned char>(c) >= 0x80) throw "markup is ASCII";
  }

  constexpr std::string_view view() const { return view_; }

 private:
  std::string_view view_;
};

class MarkupWriter {
 public:
  MarkupWriter& raw(MarkupLiteral literal) {
    out_ += literal.view();
    return *this;
  }

  /// Text of unknown origin. It becomes one line: control characters are spaces, and what hides or
  /// reorders text is U+FFFD.
  MarkupWriter& text(std::string_view text);

  /// A coordinate or a length: at most two digits after the point.
  MarkupWriter& number(double value);
  MarkupWriter& number(std::size_t value) { return number(static_cast<double>(value)); }
  MarkupWriter& number(int value) { return number(static_cast<double>(value)); }

  std::string take() && { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace llmw
