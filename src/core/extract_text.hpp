#pragma once
// What stands between the tokens of JSON that a model wrote: quotes, punctuation and blanks in the
// forms that models and word processors give them. Positions are bytes into UTF-8 text.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace llmw {

/// Quotes that belong together: what one opens, another of its family may close.
enum class QuoteFamily : std::uint8_t {
  none,
  straight,
  single,
  backtick,
  curly,
  curly_single,
  angle,
  corner
};

struct QuoteMark {
  QuoteFamily family = QuoteFamily::none;
  std::size_t length = 0;  ///< bytes
  bool opening = false;    ///< it has the shape that opens a quotation
};

/// The quote at `text[at]`; family none when there is none.
QuoteMark quote_at(std::string_view text, std::size_t at);

/// A bracket, comma or colon. `value` is the ASCII form of the full-width ones; 0 for none.
struct Mark {
  char value = 0;
  std::size_t length = 0;
};

/// The character at `text[at]` as JSON punctuation; any other ASCII character as itself.
Mark mark_at(std::string_view text, std::size_t at);

/// Bytes of the blank at `text[at]` that JSON does not know (no-break and zero-width spaces, byte
/// order marks); 0 when there is none.
std::size_t odd_blank_at(std::string_view text, std::size_t at);

constexpr bool is_json_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
constexpr bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_word_char(char c) {
  return is_ascii_letter(c) || is_ascii_digit(c) || c == '_' || c == '$';
}
constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

/// A line end or a tab at `text[at]` that is written as an escape: \n.
bool escaped_blank_at(std::string_view text, std::size_t at);

/// `text` from `at` on begins with `word`, whatever its case (ASCII; `word` is lower-case).
bool starts_with_word(std::string_view text, std::size_t at, std::string_view word);

/// Where `word` (lower-case ASCII) stands in `text`, whatever its case; npos when nowhere.
std::size_t find_ignoring_case(std::string_view text, std::string_view word, std::size_t from = 0);

/// `text` without blanks, odd blanks included, at both of its ends.
std::string_view trim_blanks(std::string_view text);

}  // namespace llmw
