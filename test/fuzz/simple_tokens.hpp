#pragma once

// The encodings as their definition reads, for comparing: the alternatives of the pattern tried in
// order with all their backtracking, and the pair of lowest rank merged again and again. Quadratic.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/token_classes.hpp"
#include "core/token_data.hpp"
#include "core/token_table.hpp"
#include "core/tokens.hpp"

namespace simple_tokens {

using namespace llmw;

/// A text as characters: what the patterns see.
class Pattern {
 public:
  Pattern(Encoding encoding, std::string_view text) : encoding_(encoding), text_(text) {
    for (std::size_t at = 0; at < text.size(); at += char_at(text, at).length) {
      starts_.push_back(at);
      sets_.push_back(char_at(text, at).set);
    }
    starts_.push_back(text.size());
  }

  std::vector<std::string_view> pieces() const {
    std::vector<std::string_view> found;
    for (std::size_t at = 0; at < sets_.size();) {
      const std::size_t end = match(at);
      found.push_back(text_.substr(starts_[at], starts_[end] - starts_[at]));
      at = end;
    }
    return found;
  }

 private:
  bool is(std::size_t at, ClassSet set) const {
    return at < sets_.size() && (sets_[at] & set) != 0;
  }
  char ascii(std::size_t at) const {
    return at < sets_.size() && starts_[at + 1] - starts_[at] == 1 ? text_[starts_[at]] : '\0';
  }
  std::size_t run(std::size_t at, ClassSet set) const {
    while (is(at, set)) ++at;
    return at;
  }

  std::size_t contraction(std::size_t at) const {
    if (ascii(at) != '\'') return at;
    const std::string_view rest = text_.substr(starts_[at]);
    if (rest.starts_with("'\xC5\xBF")) return at + 2;
    for (const std::string_view tail : {"s", "t", "re", "ve", "m", "ll", "d"}) {
      bool same = rest.size() > tail.size();
      for (std::size_t i = 0; same && i < tail.size(); ++i)
        same = rest[i + 1] == tail[i] || rest[i + 1] == tail[i] - 0x20;
      if (same) return at + 1 + tail.size();
    }
    return at;
  }

  /// P?U{least_upper,}L{least_lower,} with all backtracking; `at` if it does not match.
  std::size_t cased(std::size_t at, std::size_t least_upper, std::size_t least_lower) const {
    const ClassSet prefixes = class_set(CharClass::other, CharClass::mark, CharClass::space);
    for (std::size_t prefix = is(at, prefixes) ? 2 : 1; prefix-- > 0;) {
      const std::size_t begin = at + prefix;
      for (std::size_t upper = run(begin, kUpperSide) + 1; upper-- > begin + least_upper;) {
        const std::size_t lower = run(upper, kLowerSide);
        if (lower - upper >= least_lower) return lower;
      }
    }
    return at;
  }

  std::size_t word(std::size_t at) const {
    if (encoding_ == Encoding::cl100k_base) {
      const std::size_t contracted = contraction(at);
      if (contracted != at) return contracted;
      const std::size_t begin =
          is(at, kLetters | kNumbers | class_set(CharClass::newline)) ? at : at + 1;
      const std::size_t end = run(begin, kLetters);
      return end == begin ? at : end;
    }
    std::size_t end = cased(at, 0, 1);
    if (end == at) end = cased(at, 1, 0);
    return end == at || encoding_ == Encoding::tekken ? end : contraction(end);
  }

  std::size_t match(std::size_t at) const {
    std::size_t end = word(at);
    if (end != at) return end;
    const std::size_t most = encoding_ == Encoding::tekken ? 1 : 3;
    while (end - at < most && is(end, kNumbers)) ++end;
    if (end != at) return end;
    const std::size_t begin = ascii(at) == ' ' ? at + 1 : at;
    end = run(begin, kSymbols);
    if (end != begin) {
      const bool slashes = encoding_ != Encoding::cl100k_base;
      while (ascii(end) == '\r' || ascii(end) == '\n' || (slashes && ascii(end) == '/')) ++end;
      return end;
    }
    const std::size_t spaces = run(at, kSpaces);
    for (end = spaces; end > at; --end)
      if (is(end - 1, class_set(CharClass::newline))) return end;
    return spaces < sets_.size() && spaces > at + 1 ? spaces - 1 : spaces;
  }

  Encoding encoding_;
  std::string_view text_;
  std::vector<std::size_t> starts_;
  std::vector<ClassSet> sets_;
};

inline void merge(const TokenTable& table, std::string_view piece,
                  std::vector<std::uint32_t>& ids) {
  std::vector<std::size_t> ends;
  for (std::size_t i = 0; i <= piece.size(); ++i) ends.push_back(i);
  const auto part = [&](std::size_t i, std::size_t parts) {
    return table.find(piece.substr(ends[i], ends[i + parts] - ends[i]));
  };
  if (table.find(piece) != kNoToken) ends = {0, piece.size()};
  for (;;) {
    std::size_t best = 0;
    std::uint32_t best_rank = kNoToken;
    for (std::size_t i = 0; i + 2 < ends.size(); ++i)
      if (const std::uint32_t rank = part(i, 2); rank < best_rank) best = i, best_rank = rank;
    if (best_rank == kNoToken) break;
    ends.erase(ends.begin() + static_cast<std::ptrdiff_t>(best) + 1);
  }
  for (std::size_t i = 0; i + 1 < ends.size(); ++i) ids.push_back(table.first_id() + part(i, 1));
}

inline std::vector<std::uint32_t> encode(Encoding encoding, std::string_view text) {
  const TokenTable table(token_table(encoding));
  std::vector<std::uint32_t> ids;
  for (const std::string_view piece : Pattern(encoding, text).pieces()) merge(table, piece, ids);
  return ids;
}

}  // namespace simple_tokens
