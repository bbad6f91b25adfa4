#pragma once
// Text of unknown origin: UTF-8 decoding, cleaning for people's eyes, cutting secrets out.
//
// All functions are linear in the text (redact: times the secret's length at worst) and throw
// nothing but std::bad_alloc.

#include <cstddef>
#include <string>
#include <string_view>

namespace llmw {

enum class Utf8 { valid, invalid, cut_off };

/// One code point. `value` and `length` (bytes) are set only when `state` is valid.
struct DecodedChar {
  Utf8 state = Utf8::invalid;
  char32_t value = 0;
  std::size_t length = 0;
};

/// The code point at `text[at]`, `at` < size. Surrogates, overlong forms and values over U+10FFFF
/// are invalid; a sequence that the end of the text cuts is cut_off.
DecodedChar decode_utf8(std::string_view text, std::size_t at);

/// Appends `code` (a valid code point) to `out` as UTF-8.
void append_utf8(std::string& out, char32_t code);

/// The value of a hexadecimal digit; -1 when `c` is none.
constexpr int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// What the JSON escape `\c` stands for; 0 when it is not one of the short escapes.
constexpr char short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
  }
}

/// `text` as one line for people: control characters become spaces; invalid UTF-8 and characters
/// that reorder or hide text (bidi controls, zero width) become U+FFFD; at most `max_bytes` bytes,
/// cut between characters.
std::string printable(std::string_view text, std::size_t max_bytes);

/// The longest prefix of `text` (valid UTF-8) of at most `max_bytes` bytes that cuts no character.
std::string_view cut_utf8(std::string_view text, std::size_t max_bytes);

/// `text` with every occurrence of `secret` replaced by "***", whether it is written as it is or
/// with JSON escapes (\uXXXX, \/, \", ...). An empty secret changes nothing.
std::string redact(std::string_view text, std::string_view secret);

}  // namespace llmw
