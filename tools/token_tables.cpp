// Makes the tables of src/core/token_table.hpp and src/core/token_classes.hpp at build.
//
//   token_tables text RANKS                     prints the vocabulary as tiktoken publishes it
//   token_tables vocabulary RANKS FIRST_ID OUT  RANKS: for each token, by rank, its length and
//   bytes token_tables classes RANGES OUT             RANGES: lines "FIRST LAST CLASS" in
//   hexadecimal
//
// data/tokens/README.md says where the data comes from.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <numeric>
#include <sstream>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/token_classes.hpp"
#include "core/token_table.hpp"

namespace {

using namespace llmw;

[[noreturn]] void fail(const std::string& why) {
  std::cerr << "token_tables: " << why << '\n';
  std::exit(1);
}

std::string read_file(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) fail(std::string("cannot read ") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Writer {
 public:
  explicit Writer(const char* path) : file_(path, std::ios::binary) {}

  template <typename T>
  void array(const std::vector<T>& values) {
    bytes(values.data(), values.size() * sizeof(T));
  }
  void bytes(const void* data, std::size_t size) {
    file_.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
  }
  void close() {
    file_.close();
    if (!file_) fail("cannot write the table");
  }

 private:
  std::ofstream file_;
};

// ---- The vocabulary -----------------------------------------------------------------------------
using Tokens = std::vector<std::string_view>;

/// Views into `ranks`.
Tokens read_tokens(std::string_view ranks) {
  Tokens tokens;
  while (!ranks.empty()) {
    const std::size_t length = static_cast<unsigned char>(ranks[0]);
    if (length == 0 || length >= ranks.size()) fail("the ranks are cut off");
    tokens.push_back(ranks.substr(1, length));
    ranks.remove_prefix(1 + length);
  }
  if (tokens.size() > kTokenMask) fail("more tokens than fit a slot");
  return tokens;
}

std::string to_base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    for (std::size_t k = 0; k < 4; ++k)
      text += i + k > bytes.size() ? '=' : kDigits[group >> (18 - 6 * k) & 63];
  }
  return text;
}

void print_text(const Tokens& tokens) {
  for (std::size_t rank = 0; rank < tokens.size(); ++rank)
    std::cout << to_base64(tokens[rank]) << ' ' << rank << '\n';
}

/// How the tokens come about by merging, as the reference merges.
class Merges {
 public:
  explicit Merges(const Tokens& tokens) : tokens_(tokens) {
    for (std::uint32_t rank = 0; rank < tokens.size(); ++rank) ranks_.emplace(tokens[rank], rank);
    for (std::uint32_t rank = 0; rank < tokens.size(); ++rank) splits_.push_back(split(rank));
  }

  const std::vector<TokenSplit>& splits() const { return splits_; }
  std::uint32_t find(std::string_view bytes) const {
    const auto found = ranks_.find(bytes);
    return found == ranks_.end() ? kNoToken : found->second;
  }

 private:
  /// Merges the bytes of `token`, the lowest rank first and of equal ones the first. src/core
  /// relies on what is checked here: that ends in the token, by tokens of lower rank.
  TokenSplit split(std::uint32_t token) const {
    const std::string_view bytes = tokens_[token];
    if (bytes.size() == 1) return {token, token};
    std::vector<std::size_t> ends(bytes.size() + 1);
    std::iota(ends.begin(), ends.end(), 0);
    const auto part = [&](std::size_t from, std::size_t to) {
      return find(bytes.substr(ends[from], ends[to] - ends[from]));
    };
    while (ends.size() > 3) {
      std::size_t best = 0;
      std::uint32_t best_rank = kNoToken;
      for (std::size_t i = 0; i + 2 < ends.size(); ++i) {
        const std::uint32_t rank = part(i, i + 2);
        if (rank < best_rank) best = i, best_rank = rank;
      }
      if (best_rank >= token) fail("token " + std::to_string(token) + " is not made by merging");
      ends.erase(ends.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
    const TokenSplit last{part(0, 1), part(1, 2)};
    if (last.left >= token || last.right >= token)
      fail("token " + std::to_string(token) + " is not made of tokens of lower rank");
    return last;
  }

  const Tokens& tokens_;
  std::unordered_map<std::string_view, std::uint32_t> ranks_;
  std::vector<TokenSplit> splits_;
};

std::vector<TokenSlot> make_slots(const Tokens& tokens) {
  std::vector<TokenSlot> slots(tokens.size() * 3 / 2, TokenSlot{0, 0, 0});
  const auto count = static_cast<std::uint32_t>(slots.size());
  for (std::uint32_t token = 0; token < tokens.size(); ++token) {
    const auto length = static_cast<std::uint32_t>(tokens[token].size());
    const std::uint64_t key = token_key(tokens[token]);
    std::uint32_t at = token_slot(key, length, count);
    while (slots[at].token_and_length != 0) at = (at + 1) % count;
    slots[at] = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32),
                 length << kTokenBits | token};
  }
  return slots;
}

/// Half empty: most pairs that are looked up are not there.
std::vector<PairSlot> make_pair_slots(const Merges& merges, const Tokens& tokens) {
  std::vector<PairSlot> slots(tokens.size() * 2, kNoPair);
  const auto count = static_cast<std::uint32_t>(slots.size());
  for (std::uint32_t token = 0; token < tokens.size(); ++token) {
    if (tokens[token].size() == 1) continue;
    const std::uint64_t key = pair_key(merges.splits()[token].left, merges.splits()[token].right);
    std::uint32_t at = pair_slot(key, count);
    while (slots[at] != kNoPair) at = (at + 1) % count;
    slots[at] = key << kTokenBits | token;
  }
  return slots;
}

std::vector<std::uint32_t> make_shorter(const Merges& merges, const Tokens& tokens) {
  std::vector<std::uint32_t> shorter(tokens.size(), kNoToken);
  for (std::uint32_t token = 0; token < tokens.size(); ++token)
    for (std::size_t length = tokens[token].size() - 1; length > 0; --length) {
      const std::uint32_t prefix = merges.find(tokens[token].substr(0, length));
      if (prefix == kNoToken) continue;
      shorter[token] = prefix;
      break;
    }
  return shorter;
}

std::vector<std::uint32_t> sort_tokens(const Tokens& tokens) {
  std::vector<std::uint32_t> sorted;
  for (std::uint32_t token = 0; token < tokens.size(); ++token)
    if (tokens[token].size() > 1) sorted.push_back(token);
  std::sort(sorted.begin(), sorted.end(),
            [&](std::uint32_t a, std::uint32_t b) { return tokens[a] < tokens[b]; });
  return sorted;
}

std::vector<std::uint32_t> make_buckets(const std::vector<std::uint32_t>& sorted,
                                        const Tokens& tokens) {
  std::vector<std::uint32_t> buckets(kBuckets + 1, 0);
  for (const std::uint32_t token : sorted) ++buckets[two_bytes(tokens[token]) + 1];
  std::partial_sum(buckets.begin(), buckets.end(), buckets.begin());
  return buckets;
}

void write_vocabulary(const Tokens& tokens, std::uint32_t first_id, const char* path) {
  const Merges merges(tokens);
  const std::vector<TokenSlot> slots = make_slots(tokens);
  const std::vector<PairSlot> pair_slots = make_pair_slots(merges, tokens);
  const std::vector<std::uint32_t> sorted = sort_tokens(tokens);
  std::vector<std::uint64_t> sorted_keys;
  sorted_keys.reserve(sorted.size());
  for (const std::uint32_t token : sorted) sorted_keys.push_back(sort_key(tokens[token]));
  std::vector<std::uint32_t> offsets{0};
  std::string bytes;
  for (const std::string_view token : tokens) {
    bytes += token;
    offsets.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  std::vector<std::uint32_t> byte_tokens;
  for (int byte = 0; byte < 256; ++byte) {
    byte_tokens.push_back(merges.find(std::string(1, static_cast<char>(byte))));
    if (byte_tokens.back() == kNoToken) fail("a byte is no token");
  }
  const TokenTableHeader header{
      static_cast<std::uint32_t>(tokens.size()), first_id,
      static_cast<std::uint32_t>(slots.size()),  static_cast<std::uint32_t>(pair_slots.size()),
      static_cast<std::uint32_t>(sorted.size()), static_cast<std::uint32_t>(bytes.size())};
  Writer out(path);
  out.bytes(&header, sizeof header);
  out.array(sorted_keys);
  out.array(pair_slots);
  out.array(slots);
  out.array(offsets);
  out.array(merges.splits());
  out.array(make_shorter(merges, tokens));
  out.array(make_buckets(sorted, tokens));
  out.array(sorted);
  out.array(byte_tokens);
  out.bytes(bytes.data(), bytes.size());
  out.close();
}

// ---- The classes of characters ------------------------------------------------------------------
CharClass parse_class(std::string_view name) {
  constexpr std::array<std::string_view, 8> kNames = {"other", "upper",  "lower", "letter",
                                                      "mark",  "number", "space", "newline"};
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) fail("no class of characters is called " + std::string(name));
  return static_cast<CharClass>(found - kNames.begin());
}

std::vector<CharClass> read_classes(const std::string& ranges) {
  std::vector<CharClass> classes(kCodePoints, CharClass::other);
  std::istringstream lines(ranges);
  std::uint32_t first;
  std::uint32_t last;
  std::string name;
  while (lines >> std::hex >> first >> last >> name) {
    if (first > last || last >= kCodePoints) fail("a range of characters is wrong");
    std::fill(classes.begin() + first, classes.begin() + last + 1, parse_class(name));
  }
  if (!lines.eof()) fail("the ranges of characters cannot be read");
  return classes;
}

void write_classes(const std::vector<CharClass>& classes, const char* path) {
  std::vector<std::uint16_t> index;
  std::vector<CharClass> blocks;
  for (std::size_t from = 0; from < kCodePoints; from += kClassBlock) {
    const auto block = classes.begin() + static_cast<std::ptrdiff_t>(from);
    std::size_t at = 0;
    while (at < blocks.size() &&
           !std::equal(block, block + kClassBlock, blocks.begin() + static_cast<long>(at)))
      at += kClassBlock;
    if (at == blocks.size()) blocks.insert(blocks.end(), block, block + kClassBlock);
    index.push_back(static_cast<std::uint16_t>(at / kClassBlock));
  }
  Writer out(path);
  out.array(index);
  out.array(blocks);
  out.close();
}

}  // namespace

int main(int argc, char** argv) {
  const std::string_view job = argc > 1 ? argv[1] : "";
  if (argc == 3 && job == "text") {
    const std::string ranks = read_file(argv[2]);
    print_text(read_tokens(ranks));
  } else if (argc == 5 && job == "vocabulary") {
    const std::string ranks = read_file(argv[2]);
    write_vocabulary(read_tokens(ranks), static_cast<std::uint32_t>(std::stoul(argv[3])), argv[4]);
  } else if (argc == 4 && job == "classes") {
    write_classes(read_classes(read_file(argv[2])), argv[3]);
  } else {
    fail("usage: text RANKS | vocabulary RANKS FIRST_ID OUT | classes RANGES OUT");
  }
}
