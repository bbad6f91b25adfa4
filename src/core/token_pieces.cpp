#include "core/token_pieces.hpp"

#include "core/token_classes.hpp"

namespace llmw {

namespace {

constexpr ClassSet kPrefixes = class_set(CharClass::other, CharClass::mark, CharClass::space);

/// The end of the characters of `set` from `at` on.
std::size_t skip(std::string_view text, std::size_t at, ClassSet set) {
  while (at < text.size()) {
    const CharAt c = char_at(text, at);
    if ((c.set & set) == 0) break;
    at += c.length;
  }
  return at;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

/// (?i:'s|'t|'re|'ve|'m|'ll|'d)? where the long s, U+017F, is an s.
std::size_t skip_contraction(std::string_view text, std::size_t at) {
  if (at + 1 >= text.size() || text[at] != '\'') return at;
  const char first = lower(text[at + 1]);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return at + 2;
  if (at + 2 >= text.size()) return at;
  if (text[at + 1] == '\xC5' && text[at + 2] == '\xBF') return at + 3;
  const char second = lower(text[at + 2]);
  if ((first == 'r' || first == 'v') && second == 'e') return at + 3;
  return first == 'l' && second == 'l' ? at + 3 : at;
}

/// \p{N}{1,most}
std::size_t skip_numbers(std::string_view text, std::size_t at, int most) {
  for (; most > 0 && at < text.size(); --most) {
    const CharAt c = char_at(text, at);
    if ((c.set & kNumbers) == 0) break;
    at += c.length;
  }
  return at;
}

/// " ?[^\s\p{L}\p{N}]+" and then line ends, and slashes if `and_slashes`; `at` if there is none.
std::size_t skip_symbols(std::string_view text, std::size_t at, bool and_slashes) {
  const std::size_t begin = text[at] == ' ' ? at + 1 : at;
  std::size_t end = skip(text, begin, kSymbols);
  if (end == begin) return at;
  const auto is_tail = [&](char c) { return c == '\r' || c == '\n' || (and_slashes && c == '/'); };
  while (end < text.size() && is_tail(text[end])) ++end;
  return end;
}

/// "\s*[\r\n]+|\s+(?!\S)|\s+": up to the last line end; else all at the end of the text; else all
/// but the last character, which belongs to what follows.
std::size_t skip_spaces(std::string_view text, std::size_t at) {
  std::size_t end = at;
  std::size_t last = at;
  std::size_t after_newline = at;
  while (end < text.size()) {
    const CharAt c = char_at(text, end);
    if ((c.set & kSpaces) == 0) break;
    last = end;
    end += c.length;
    if (c.set == class_set(CharClass::newline)) after_newline = end;
  }
  if (after_newline != at) return after_newline;
  return end == text.size() || last == at ? end : last;
}

/// "P?U*L+" and else "P?U+L*", where P is no letter, number or line end, U are the upper case
/// letters and L the lower case ones; letters without case and marks are both, marks also P. `at`
/// if there is none. The pattern tries the end of U* from behind, so a U* that no lower case letter
/// follows gives back all after its last letter without case or mark.
std::size_t skip_cased_word(std::string_view text, std::size_t at) {
  const CharAt first = char_at(text, at);
  const std::size_t begin = (first.set & kPrefixes) != 0 ? at + first.length : at;
  std::size_t end = begin;
  std::size_t after_caseless = at;
  while (end < text.size()) {
    const CharAt c = char_at(text, end);
    if ((c.set & kUpperSide) == 0) break;
    end += c.length;
    if ((c.set & kLowerSide) != 0) after_caseless = end;
  }
  const std::size_t after_lower = skip(text, end, kLowerSide);
  if (after_lower != end) return after_lower;
  if (after_caseless != at) return after_caseless;
  if (first.set == class_set(CharClass::mark)) return begin;
  return end == begin ? at : end;
}

std::size_t o200k_piece_end(std::string_view text, std::size_t at) {
  std::size_t end = skip_cased_word(text, at);
  if (end != at) return skip_contraction(text, end);
  end = skip_numbers(text, at, 3);
  if (end != at) return end;
  end = skip_symbols(text, at, true);
  return end != at ? end : skip_spaces(text, at);
}

std::size_t tekken_piece_end(std::string_view text, std::size_t at) {
  std::size_t end = skip_cased_word(text, at);
  if (end != at) return end;
  end = skip_numbers(text, at, 1);
  if (end != at) return end;
  end = skip_symbols(text, at, true);
  return end != at ? end : skip_spaces(text, at);
}

std::size_t cl100k_piece_end(std::string_view text, std::size_t at) {
  std::size_t end = skip_contraction(text, at);
  if (end != at) return end;
  const CharAt first = char_at(text, at);
  const std::size_t begin = (first.set & kPrefixes) != 0 ? at + first.length : at;
  end = skip(text, begin, kLetters);
  if (end != begin) return end;
  end = skip_numbers(text, at, 3);
  if (end != at) return end;
  end = skip_symbols(text, at, false);
  return end != at ? end : skip_spaces(text, at);
}

}  // namespace

PieceEnd piece_end_of(Encoding encoding) {
  switch (encoding) {
    case Encoding::o200k_base: return o200k_piece_end;
    case Encoding::cl100k_base: return cl100k_piece_end;
    case Encoding::tekken: break;
  }
  return tekken_piece_end;
}

}  // namespace llmw
