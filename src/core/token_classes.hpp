#pragma once

// The classes of characters that the patterns of the encodings tell apart, as of Unicode 16.0,
// which is the version of the reference. Made at build from data/tokens/unicode-16.0.classes.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace llmw {

enum class CharClass : std::uint8_t {
  other,
  upper,    ///< Lu, Lt
  lower,    ///< Ll
  letter,   ///< Lm, Lo: letters without case
  mark,     ///< M
  number,   ///< N
  space,    ///< White_Space but for line feed and carriage return
  newline,  ///< line feed, carriage return
};

constexpr std::size_t kCodePoints = 0x110000;
constexpr std::size_t kClassBlock = 128;  ///< code points that one entry of the index stands for

/// A set of classes, one bit each.
using ClassSet = std::uint8_t;
template <typename... Classes>
constexpr ClassSet class_set(Classes... classes) {
  return static_cast<ClassSet>(((1U << static_cast<unsigned>(classes)) | ...));
}

constexpr ClassSet kUpperSide = class_set(CharClass::upper, CharClass::letter, CharClass::mark);
constexpr ClassSet kLowerSide = class_set(CharClass::lower, CharClass::letter, CharClass::mark);
constexpr ClassSet kLetters = class_set(CharClass::upper, CharClass::lower, CharClass::letter);
constexpr ClassSet kNumbers = class_set(CharClass::number);
constexpr ClassSet kSymbols = class_set(CharClass::other, CharClass::mark);
constexpr ClassSet kSpaces = class_set(CharClass::space, CharClass::newline);

/// A character of a text: its class as a set, and its length in bytes.
struct CharAt {
  ClassSet set;
  std::uint8_t length;
};

constexpr std::array<ClassSet, 128> make_ascii_sets() {
  std::array<ClassSet, 128> sets{};
  for (unsigned byte = 0; byte < 128; ++byte) {
    CharClass of = CharClass::other;
    if (byte >= 'A' && byte <= 'Z') of = CharClass::upper;
    if (byte >= 'a' && byte <= 'z') of = CharClass::lower;
    if (byte >= '0' && byte <= '9') of = CharClass::number;
    if (byte == ' ' || (byte >= '\t' && byte <= '\r')) of = CharClass::space;
    if (byte == '\n' || byte == '\r') of = CharClass::newline;
    sets[byte] = class_set(of);
  }
  return sets;
}
constexpr std::array<ClassSet, 128> kAsciiSets = make_ascii_sets();

/// char_at() of a byte above 127.
CharAt wide_char_at(std::string_view text, std::size_t at);

/// The character that `text` has at `at`, which is not its end. A byte that is part of no valid
/// UTF-8 character is a character of class `other`.
inline CharAt char_at(std::string_view text, std::size_t at) {
  const auto byte = static_cast<unsigned char>(text[at]);
  return byte < 0x80 ? CharAt{kAsciiSets[byte], 1} : wide_char_at(text, at);
}

}  // namespace llmw
