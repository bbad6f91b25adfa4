#include "core/token_table.hpp"

#include <algorithm>

namespace llmw {

TokenTable::TokenTable(const unsigned char* table) {
  std::memcpy(&header_, table, sizeof header_);
  const unsigned char* at = table + sizeof header_;
  const auto take = [&at]<typename T>(const T*& array, std::size_t count) {
    array = reinterpret_cast<const T*>(at);
    at += count * sizeof(T);
  };
  take(sorted_keys_, header_.sorted_count);
  take(pair_slots_, header_.pair_slot_count);
  take(slots_, header_.slot_count);
  take(offsets_, header_.token_count + 1);
  take(splits_, header_.token_count);
  take(shorter_, header_.token_count);
  take(buckets_, kBuckets + 1);
  take(sorted_tokens_, header_.sorted_count);
  take(byte_tokens_, 256);
  take(bytes_, header_.byte_count);
}

// The greatest token that is not greater than the text begins with every token that the text begins
// with: those are all between that prefix and the text. So its shorter ones hold the answer.
std::uint32_t TokenTable::longest_prefix(std::string_view text) const {
  if (text.size() == 1) return of_byte(text[0]);
  const std::uint32_t bucket = two_bytes(text);
  const std::uint64_t key = sort_key(text);
  std::size_t first = buckets_[bucket];
  const std::size_t begin = first;
  std::size_t count = buckets_[bucket + 1] - first;
  const auto not_greater = [&](std::size_t i) {
    if (sorted_keys_[i] != key) return sorted_keys_[i] < key;
    return bytes(sorted_tokens_[i]) <= text;
  };
  while (count > 0) {
    const std::size_t half = count / 2;
    if (not_greater(first + half)) {
      first += half + 1;
      count -= half + 1;
    } else {
      count = half;
    }
  }
  if (first == begin) return of_byte(text[0]);
  std::uint32_t token = sorted_tokens_[first - 1];
  const std::uint64_t difference = sorted_keys_[first - 1] ^ key;
  if (difference != 0) {
    const std::size_t common = 2 + static_cast<std::size_t>(std::countl_zero(difference)) / 8;
    while (length(token) > common) token = shorter_[token];
    return token;
  }
  while (!text.starts_with(bytes(token))) token = shorter_[token];
  return token;
}

}  // namespace llmw
