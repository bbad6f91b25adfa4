#pragma once

// Counts the tokens of pieces, and remembers how many the short ones have that were merged last:
// texts repeat the words that are no tokens. The memory for it is one fixed table of 512 KB, of
// which a process has only what it touched. One thread at a time.

#include <array>
#include <cstdint>
#include <string_view>

#include "core/token_merge.hpp"
#include "core/token_table.hpp"
#include "core/tokens.hpp"

namespace llmw {

/// How many tokens short pieces have. A piece takes the place of another one with the same hash.
class PieceCache {
 public:
  static constexpr std::size_t kLongestPiece = 30;

  /// The bytes of a piece, and in the upper 16 bits of the last word what belongs to it.
  using Key = std::array<std::uint64_t, 4>;

  static Key key_of(Encoding encoding, std::string_view piece) {
    Key key{};
    for (std::size_t word = 0; word * 8 < piece.size(); ++word)
      key[word] = load_bytes(piece.data() + word * 8, piece.size() - word * 8);
    key[3] |= std::uint64_t{piece.size()} << kLengthBit;
    key[3] |= static_cast<std::uint64_t>(encoding) << kEncodingBit;
    return key;
  }

  /// The entry that has `key` or can take it.
  Key& place_of(const Key& key) {
    const std::uint64_t hash = mix(mix(mix(mix(key[0]) ^ key[1]) ^ key[2]) ^ key[3]);
    return entries_[hash % kEntries];
  }

  /// The number of tokens in `entry` if it is that of `key`; else 0.
  static std::size_t tokens_in(const Key& entry, const Key& key) {
    const std::uint64_t other = entry[3] ^ key[3];
    if (entry[0] != key[0] || entry[1] != key[1] || entry[2] != key[2] ||
        (other & ~kTokensMask) != 0)
      return 0;
    return entry[3] >> kTokensBit & 31;
  }

  static void keep(Key& entry, const Key& key, std::size_t tokens) {
    entry = key;
    entry[3] |= std::uint64_t{tokens} << kTokensBit;
  }

 private:
  static constexpr unsigned kTokensBit = 48;
  static constexpr unsigned kLengthBit = 53;
  static constexpr unsigned kEncodingBit = 58;
  static constexpr std::uint64_t kTokensMask = std::uint64_t{31} << kTokensBit;
  static constexpr std::size_t kEntries = 16384;

  std::array<Key, kEntries> entries_;
};

class PieceCounter {
 public:
  PieceCounter(Encoding encoding, Poll poll);

  std::size_t count(std::string_view piece) {
    return table_.find(piece) != kNoToken ? 1 : count_merged(piece);
  }

 private:
  std::size_t count_merged(std::string_view piece);

  TokenTable table_;
  TokenMerger merger_;
  Encoding encoding_;
};

}  // namespace llmw
