#pragma once

// One encoding's vocabulary as the build makes it (tools/token_tables.cpp): constants without
// pointers, which all processes share and nobody has to build.
//
// What is called a token here is its rank, which is also what decides merges; an id that a provider
// knows is the rank plus first_id. Each token comes out of merging its own bytes, by tokens of
// lower rank: the build checks it.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace llmw {

static_assert(std::endian::native == std::endian::little, "keys are loaded as little-endian words");

constexpr std::uint32_t kNoToken = UINT32_MAX;

/// What a table begins with. The arrays follow one another in the order of TokenTable's members.
struct TokenTableHeader {
  std::uint32_t token_count;
  std::uint32_t first_id;
  std::uint32_t slot_count;
  std::uint32_t pair_slot_count;
  std::uint32_t sorted_count;
  std::uint32_t byte_count;
};

/// A place of the hash table of whole tokens. `key` is the token itself when it has up to 8 bytes,
/// else its hash.
struct TokenSlot {
  std::uint32_t key_low;
  std::uint32_t key_high;
  std::uint32_t token_and_length;  ///< length << kTokenBits | token; 0: empty
};

constexpr std::size_t kLongestToken = 255;  ///< of any encoding, in bytes
constexpr unsigned kTokenBits = 18;
constexpr std::uint32_t kTokenMask = (1U << kTokenBits) - 1;

/// The two tokens whose merge makes a token; both are the token itself when it is one byte.
struct TokenSplit {
  std::uint32_t left;
  std::uint32_t right;
};

inline std::uint64_t load_word(const char* bytes) {
  std::uint64_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

inline std::uint32_t load_half_word(const char* bytes) {
  std::uint32_t word;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// Up to 8 bytes as a number, the first one lowest.
inline std::uint64_t load_bytes(const char* bytes, std::size_t length) {
  if (length >= 8) return load_word(bytes);
  if (length >= 4) {
    const std::uint64_t end = load_half_word(bytes + length - 4);
    return load_half_word(bytes) | end << (8 * (length - 4));
  }
  if (length == 0) return 0;
  const auto byte = [&](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
  };
  return byte(0) | byte(length / 2) | byte(length - 1);
}

inline std::uint64_t mix(std::uint64_t word) {
  word *= 0x9E3779B97F4A7C15;
  return word ^ word >> 32;
}

/// The key of a token in the hash table: itself, or a hash when it is longer than 8 bytes.
inline std::uint64_t token_key(std::string_view token) {
  if (token.size() <= 8) return load_bytes(token.data(), token.size());
  std::uint64_t hash = token.size();
  std::size_t at = 0;
  for (; at + 8 < token.size(); at += 8) hash = mix(hash ^ load_word(token.data() + at));
  return mix(hash ^ load_word(token.data() + token.size() - 8));
}

/// The upper half of `hash` scaled to [0, count).
inline std::uint32_t scale(std::uint64_t hash, std::uint32_t count) {
  return static_cast<std::uint32_t>((hash >> 32) * count >> 32);
}

inline std::uint32_t token_slot(std::uint64_t key, std::size_t length, std::uint32_t count) {
  return scale((key ^ length << 56) * 0xD6E8FEB86659FD93, count);
}

/// A place of the hash table of pairs: the pair << kTokenBits | the token that it merges to.
using PairSlot = std::uint64_t;
constexpr PairSlot kNoPair = UINT64_MAX;

inline std::uint64_t pair_key(std::uint32_t left, std::uint32_t right) {
  return std::uint64_t{left} << kTokenBits | right;
}

inline std::uint32_t pair_slot(std::uint64_t key, std::uint32_t count) {
  return scale(mix(key), count);
}

/// Bytes 2 to 9 of a text of at least two bytes, in an order that compares as the text does.
inline std::uint64_t sort_key(std::string_view text) {
  const std::size_t length = text.size() < 10 ? text.size() - 2 : 8;
  return __builtin_bswap64(load_bytes(text.data() + 2, length));
}

inline std::uint32_t two_bytes(std::string_view text) {
  return static_cast<unsigned char>(text[0]) << 8 | static_cast<unsigned char>(text[1]);
}

constexpr std::size_t kBuckets = 65536;

/// A view of a table. Copying it copies the pointers.
class TokenTable {
 public:
  explicit TokenTable(const unsigned char* table);

  std::uint32_t token_count() const { return header_.token_count; }
  std::uint32_t first_id() const { return header_.first_id; }

  std::string_view bytes(std::uint32_t token) const {
    return {bytes_ + offsets_[token], offsets_[token + 1] - offsets_[token]};
  }
  std::size_t length(std::uint32_t token) const { return offsets_[token + 1] - offsets_[token]; }
  TokenSplit split(std::uint32_t token) const { return splits_[token]; }

  /// The token of one byte.
  std::uint32_t of_byte(char byte) const { return byte_tokens_[static_cast<unsigned char>(byte)]; }

  /// The token that is `text` as a whole, or kNoToken.
  std::uint32_t find(std::string_view text) const {
    if (text.size() > kLongestToken) return kNoToken;
    const std::uint64_t key = token_key(text);
    std::uint32_t at = token_slot(key, text.size(), header_.slot_count);
    for (;; at = at + 1 == header_.slot_count ? 0 : at + 1) {
      const TokenSlot& slot = slots_[at];
      if (slot.token_and_length == 0) return kNoToken;
      if ((slot.key_low | std::uint64_t{slot.key_high} << 32) != key) continue;
      if (slot.token_and_length >> kTokenBits != text.size()) continue;
      const std::uint32_t token = slot.token_and_length & kTokenMask;
      if (text.size() <= 8 || bytes(token) == text) return token;
    }
  }

  /// The token that the pair merges to, or kNoToken.
  std::uint32_t merged(std::uint32_t left, std::uint32_t right) const {
    const std::uint64_t key = pair_key(left, right);
    std::uint32_t at = pair_slot(key, header_.pair_slot_count);
    for (;; at = at + 1 == header_.pair_slot_count ? 0 : at + 1) {
      const PairSlot slot = pair_slots_[at];
      if (slot >> kTokenBits == key) return slot & kTokenMask;
      if (slot == kNoPair) return kNoToken;
    }
  }

  /// The longest token that `text`, which is not empty, begins with.
  std::uint32_t longest_prefix(std::string_view text) const;

  /// The longest token that `token` begins with and is not; kNoToken for a single byte.
  std::uint32_t shorter(std::uint32_t token) const { return shorter_[token]; }

 private:
  TokenTableHeader header_;
  const std::uint64_t* sorted_keys_;  ///< sort_key() of the sorted tokens
  const PairSlot* pair_slots_;
  const TokenSlot* slots_;
  const std::uint32_t* offsets_;  ///< one more than there are tokens
  const TokenSplit* splits_;
  const std::uint32_t* shorter_;
  const std::uint32_t* buckets_;        ///< for each two_bytes() where their sorted tokens begin
  const std::uint32_t* sorted_tokens_;  ///< those of two bytes and more
  const std::uint32_t* byte_tokens_;
  const char* bytes_;
};

}  // namespace llmw
