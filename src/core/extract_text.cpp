#include "core/extract_text.hpp"

#include <algorithm>
#include <array>

namespace llmw {
namespace {

struct NamedQuote {
  std::string_view bytes;
  QuoteFamily family;
  bool opening;
};

constexpr std::array kQuotes = {
    NamedQuote{"\xE2\x80\x9C", QuoteFamily::curly, true},          // U+201C
    NamedQuote{"\xE2\x80\x9D", QuoteFamily::curly, false},         // U+201D
    NamedQuote{"\xE2\x80\x9E", QuoteFamily::curly, true},          // U+201E
    NamedQuote{"\xE2\x80\x9F", QuoteFamily::curly, true},          // U+201F
    NamedQuote{"\xEF\xBC\x82", QuoteFamily::curly, false},         // U+FF02, full width
    NamedQuote{"\xE2\x80\x98", QuoteFamily::curly_single, true},   // U+2018
    NamedQuote{"\xE2\x80\x99", QuoteFamily::curly_single, false},  // U+2019
    NamedQuote{"\xE2\x80\x9A", QuoteFamily::curly_single, true},   // U+201A
    NamedQuote{"\xC2\xAB", QuoteFamily::angle, true},              // U+00AB
    NamedQuote{"\xC2\xBB", QuoteFamily::angle, false},             // U+00BB
    NamedQuote{"\xE3\x80\x8C", QuoteFamily::corner, true},         // U+300C
    NamedQuote{"\xE3\x80\x8D", QuoteFamily::corner, false},        // U+300D
};

struct FullWidth {
  std::string_view bytes;
  char ascii;
};

constexpr std::array kFullWidth = {
    FullWidth{"\xEF\xBC\x9A", ':'}, FullWidth{"\xEF\xBC\x8C", ','}, FullWidth{"\xEF\xBC\x9B", ';'},
    FullWidth{"\xEF\xBD\x9B", '{'}, FullWidth{"\xEF\xBD\x9D", '}'}, FullWidth{"\xEF\xBC\xBB", '['},
    FullWidth{"\xEF\xBC\xBD", ']'}, FullWidth{"\xE3\x80\x81", ','},
};

constexpr std::array<std::string_view, 4> kOddBlanks = {
    "\xC2\xA0",      // no-break space
    "\xEF\xBB\xBF",  // byte order mark, zero-width no-break space
    "\xE3\x80\x80",  // ideographic space
    "\xE2\x81\xA0",  // word joiner
};

}  // namespace

QuoteMark quote_at(std::string_view text, std::size_t at) {
  switch (text[at]) {
    case '"': return {QuoteFamily::straight, 1, false};
    case '\'': return {QuoteFamily::single, 1, false};
    case '`': return {QuoteFamily::backtick, 1, false};
    default: break;
  }
  if (static_cast<unsigned char>(text[at]) < 0x80) return {};
  const std::string_view rest = text.substr(at, 3);
  for (const NamedQuote& quote : kQuotes) {
    if (rest.starts_with(quote.bytes)) return {quote.family, quote.bytes.size(), quote.opening};
  }
  return {};
}

Mark mark_at(std::string_view text, std::size_t at) {
  if (static_cast<unsigned char>(text[at]) < 0x80) return {text[at], 1};
  const std::string_view rest = text.substr(at, 3);
  for (const FullWidth& mark : kFullWidth) {
    if (rest.starts_with(mark.bytes)) return {mark.ascii, mark.bytes.size()};
  }
  return {};
}

std::size_t odd_blank_at(std::string_view text, std::size_t at) {
  const std::string_view rest = text.substr(at, 3);
  if (rest.empty() || static_cast<unsigned char>(rest[0]) < 0x80) {
    return !rest.empty() && (rest[0] == '\f' || rest[0] == '\v') ? 1 : 0;
  }
  for (const std::string_view blank : kOddBlanks) {
    if (rest.starts_with(blank)) return blank.size();
  }
  // U+2000 to U+200F: spaces, zero-width spaces, marks of direction; U+2028 and U+2029: line ends.
  if (rest.size() < 3 || !rest.starts_with("\xE2\x80")) return 0;
  const auto last = static_cast<unsigned char>(rest[2]);
  return last <= 0x8F || last == 0xA8 || last == 0xA9 || last == 0xAF ? 3 : 0;
}

bool escaped_blank_at(std::string_view text, std::size_t at) {
  return at + 1 < text.size() && text[at] == '\\' &&
         (text[at + 1] == 'n' || text[at + 1] == 't' || text[at + 1] == 'r');
}

bool starts_with_word(std::string_view text, std::size_t at, std::string_view word) {
  if (text.size() - at < word.size()) return false;
  return std::equal(word.begin(), word.end(), text.begin() + static_cast<std::ptrdiff_t>(at),
                    [](char expected, char c) { return expected == ascii_lower(c); });
}

std::size_t find_ignoring_case(std::string_view text, std::string_view word, std::size_t from) {
  if (from > text.size()) return std::string_view::npos;
  const auto found =
      std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), word.begin(),
                  word.end(), [](char c, char expected) { return ascii_lower(c) == expected; });
  return found == text.end() && !word.empty() ? std::string_view::npos
                                              : static_cast<std::size_t>(found - text.begin());
}

std::string_view trim_blanks(std::string_view text) {
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t length = is_json_blank(text[start]) ? 1 : odd_blank_at(text, start);
    if (length == 0) break;
    start += length;
  }
  text.remove_prefix(start);
  while (!text.empty()) {
    const std::size_t size = text.size();
    std::size_t length = is_json_blank(text.back()) ? 1 : 0;
    for (std::size_t bytes = 2; length == 0 && bytes <= 3 && bytes <= size; ++bytes) {
      if (odd_blank_at(text, size - bytes) == bytes) length = bytes;
    }
    if (length == 0) break;
    text.remove_suffix(length);
  }
  return text;
}

}  // namespace llmw
