#pragma once

// Byte-pair merging of one piece in linear time.
//
// The reference merges the pair of lowest rank, again and again. What comes out is the one sequence
// of tokens in which each two neighbours, merged alone, come out as they are. So the tokens are
// taken from the left, the longest first that fits its left neighbour, and given back when nothing
// fits; a place that was given back is never tried again. Memory: a bit for each byte of the piece,
// and its tokens.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/token_table.hpp"
#include "core/tokens.hpp"

namespace llmw {

class TokenMerger {
 public:
  TokenMerger(const TokenTable& table, Poll poll) : table_(table), poll_(poll) {}

  /// The tokens of `piece`, which is not empty; valid until the next call.
  std::span<const std::uint32_t> merge(std::string_view piece);

  /// Tokens taken and given back so far: what a merge costs.
  std::size_t steps() const { return steps_; }

 private:
  bool fits(std::size_t end, std::uint32_t token);
  bool are_neighbours(std::uint32_t left, std::uint32_t right) const;
  bool are_known_neighbours(std::uint32_t left, std::uint32_t right);
  void count_step();

  bool is_open(std::size_t place) const { return (open_[place / 64] >> place % 64 & 1) != 0; }
  void close(std::size_t place) { open_[place / 64] &= ~(std::uint64_t{1} << place % 64); }

  const TokenTable& table_;
  Poll poll_;
  std::size_t steps_ = 0;
  std::vector<std::uint32_t> tokens_;
  std::vector<std::uint64_t> open_;  ///< the places where a token may end
  /// For long pieces, which ask about the same pairs again and again: pair_key() << 1 | the answer.
  std::vector<std::uint64_t> answers_;
};

}  // namespace llmw
