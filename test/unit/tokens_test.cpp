// Ids and counts are those of npm tiktoken (for tekken with Mistral's ranks), which made the files
// of test/data/tokens too: test/tokens/compare.mjs.

#include "core/tokens.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/text.hpp"
#include "core/token_data.hpp"
#include "core/token_merge.hpp"

namespace {

using namespace llmw;
using Ids = std::vector<std::uint32_t>;

constexpr std::array kEncodings = {Encoding::o200k_base, Encoding::cl100k_base, Encoding::tekken};

struct Golden {
  std::string text;
  std::array<Ids, 3> ids;  ///< in the order of kEncodings
};

const Golden kGolden[] = {
    {"don't DON'T he’s x'ſ",
     {Ids{91418, 153384, 501, 802, 1215, 6, 70067},
      Ids{15357, 956, 45373, 17773, 568, 753, 865, 6, 129, 123},
      Ids{21797, 2405, 119801, 1039, 1084, 1514, 2190, 2460, 1039, 1197, 1191}}},
    {"ABCdefGHI",
     {Ids{44197, 1314, 38, 36525}, Ids{26484, 755, 38, 24860}, Ids{37638, 3149, 1071, 56611}}},
    {"漢字ABC漢字Abc",
     {Ids{183591, 8134, 44197, 183591, 8134, 4292, 66},
      Ids{78256, 95, 19113, 26484, 78256, 95, 19113, 5953, 66},
      Ids{42576, 1162, 18724, 37638, 42576, 1162, 18724, 10746, 1099}}},
    {"e\u0301ABC \u0301ABC",
     {Ids{68, 13430, 44197, 220, 13430, 44197}, Ids{68, 54939, 26484, 220, 54939, 26484},
      Ids{1101, 1204, 1129, 37638, 1032, 1204, 1129, 37638}}},
    {"12345 ٣٤٥ ½Ⅷ",
     {Ids{7633, 2548, 220, 81473, 98713, 97336, 220, 27124, 25371, 100},
      Ids{4513, 1774, 220, 149, 96, 149, 97, 149, 98, 220, 27154, 71567, 100},
      Ids{1049, 1050, 1051, 1052, 1053, 1032, 77729, 83626, 76889, 1032, 28504, 23056, 1167}}},
    {"a  b\n \n  c   ",
     {Ids{64, 220, 287, 47812, 220, 274, 271}, Ids{64, 220, 293, 27907, 220, 272, 262},
      Ids{1097, 1032, 1289, 1010, 1032, 1010, 1032, 1272, 1293}}},
    {"!!//\n/ \r\n",
     {Ids{2618, 22704, 14, 4568}, Ids{3001, 2341, 14, 2591},
      Ids{7290, 15308, 1047, 1032, 1013, 1010}}},
    {"\u0085\u00a0\ufeff\u180e\u3000x",
     {Ids{126, 227, 5310, 5574, 157, 254, 236, 1397, 87},
      Ids{126, 227, 4194, 3305, 157, 254, 236, 23249, 87},
      Ids{1194, 1133, 3997, 1239, 1187, 1191, 1225, 1160, 1142, 114840, 1120}}},
    {"<|endoftext|><|fim_prefix|>",
     {Ids{27, 91, 419, 1440, 919, 91, 3784, 91, 103473, 33197, 91, 29},
      Ids{27, 91, 8862, 728, 428, 91, 1822, 91, 69, 318, 14301, 91, 29},
      Ids{1060, 1124, 1474, 2935, 2149, 1124, 4812, 1124, 1102, 1329, 59556, 1124, 1062}}},
    {std::string("\0\x7f", 2), {Ids{188, 221}, Ids{188, 221}, Ids{1000, 1127}}},
    {"ǅungla", {Ids{131, 227, 988, 1675}, Ids{131, 227, 2234, 4355}, Ids{1199, 1133, 1851, 2584}}},
};

TEST(Tokens, TrapsOfThePatternsHaveTheIdsOfTheReference) {
  for (const Golden& golden : kGolden)
    for (std::size_t i = 0; i < kEncodings.size(); ++i)
      EXPECT_EQ(encode_tokens(kEncodings[i], golden.text), golden.ids[i]) << golden.text << i;
}

std::uint32_t add_to_hash(std::uint32_t hash, const Ids& ids) {
  for (const std::uint32_t id : ids)
    for (const char digit : std::to_string(id) + ' ')
      hash = (hash ^ static_cast<unsigned char>(digit)) * 0x01000193;
  return hash;
}
constexpr std::uint32_t kEmptyHash = 0x811c9dc5;

std::ifstream stored(const char* name) {
  return std::ifstream(std::string(LLMW_TEST_DIR) + "/../data/tokens/" + name);
}

std::string from_base64(const std::string& text) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  std::uint32_t group = 0;
  int bits = 0;
  for (const char c : text) {
    if (c == '=') break;
    group = group << 6 | static_cast<std::uint32_t>(digits.find(c));
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>(group >> bits & 0xFF);
  }
  return bytes;
}

TEST(Tokens, StoredTextsHaveTheTokensOfTheReference) {
  std::ifstream file = stored("texts.tsv");
  int texts = 0;
  for (std::string line; std::getline(file, line); ++texts) {
    std::istringstream words(line);
    std::array<std::size_t, 3> counts{};
    std::array<std::uint32_t, 3> hashes{};
    for (std::size_t i = 0; i < 3; ++i) words >> std::dec >> counts[i] >> std::hex >> hashes[i];
    std::string encoded;
    words >> encoded;
    const std::string text = from_base64(encoded);
    for (std::size_t i = 0; i < 3; ++i) {
      const Ids ids = encode_tokens(kEncodings[i], text);
      EXPECT_EQ(ids.size(), counts[i]) << text;
      EXPECT_EQ(add_to_hash(kEmptyHash, ids), hashes[i]) << text;
      EXPECT_EQ(count_tokens(kEncodings[i], text), counts[i]) << text;
    }
  }
  EXPECT_GT(texts, 1000);
}

/// As test/tokens/corpus.mjs writes it.
std::string neighbours(std::uint32_t first) {
  std::string text;
  for (std::uint32_t point = first; point < first + 16; ++point) {
    if (point >= 0xD800 && point < 0xE000) continue;
    std::string c;
    append_utf8(c, point);
    if (point > first) text += ' ';
    text += "a" + c + "B " + c + c + "1" + c + "!" + c + "\n" + c + "X" + c + "y  " + c + "'s";
  }
  return text;
}

TEST(Tokens, EveryAssignedCodePointHasTheClassOfTheReference) {
  std::ifstream file = stored("code_points.tsv");
  int blocks = 0;
  for (std::uint32_t block; file >> std::hex >> block; ++blocks)
    for (const Encoding encoding : kEncodings) {
      std::uint32_t expected = 0;
      file >> std::hex >> expected;
      std::uint32_t hash = kEmptyHash;
      for (std::uint32_t first = block; first < block + 256; first += 16)
        hash = add_to_hash(hash, encode_tokens(encoding, neighbours(first)));
      EXPECT_EQ(hash, expected) << std::hex << block;
    }
  EXPECT_GT(blocks, 800);
}

TEST(Tokens, NamesOfEncodings) {
  EXPECT_EQ(parse_encoding("o200k_base"), Encoding::o200k_base);
  EXPECT_EQ(parse_encoding("o200k_harmony"), Encoding::o200k_base);
  EXPECT_EQ(parse_encoding("cl100k_base"), Encoding::cl100k_base);
  EXPECT_EQ(parse_encoding("tekken"), Encoding::tekken);
  EXPECT_EQ(parse_encoding("claude"), std::nullopt);
  EXPECT_EQ(parse_encoding(""), std::nullopt);
}

TEST(Tokens, BytesThatAreNoUtf8ComeBackAsTheyAre) {
  std::string bytes;
  for (int i = 0; i < 4096; ++i) bytes += static_cast<char>(i * 37 % 256 ^ i >> 4);
  for (const Encoding encoding : kEncodings)
    EXPECT_EQ(decode_tokens(encoding, encode_tokens(encoding, bytes)), bytes);
}

TEST(Tokens, AnUnknownIdIsNotDecoded) {
  const auto decodes = [](Encoding encoding, std::uint32_t id) {
    return decode_tokens(encoding, {&id, 1}).has_value();
  };
  EXPECT_TRUE(decodes(Encoding::o200k_base, 199997));
  EXPECT_FALSE(decodes(Encoding::o200k_base, 199998));
  EXPECT_TRUE(decodes(Encoding::cl100k_base, 100255));
  EXPECT_FALSE(decodes(Encoding::cl100k_base, 100256));
  EXPECT_FALSE(decodes(Encoding::tekken, 999));
  EXPECT_TRUE(decodes(Encoding::tekken, 1000));
  EXPECT_TRUE(decodes(Encoding::tekken, 131071));
  EXPECT_FALSE(decodes(Encoding::tekken, 131072));
  EXPECT_FALSE(decodes(Encoding::tekken, UINT32_MAX));
}

TEST(Tokens, CountingStopsSoonAfterTheLimit) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += " word";
  EXPECT_EQ(count_tokens(Encoding::o200k_base, text), 1000U);
  EXPECT_EQ(count_tokens(Encoding::o200k_base, text, 10), 11U);
  EXPECT_EQ(count_tokens(Encoding::o200k_base, text, 0), 1U);
}

// ---- Linear time, and a way out of it -----------------------------------------------------------
std::string repeated(std::string_view unit, std::size_t length) {
  std::string text;
  while (text.size() < length) text += unit;
  return text;
}

std::size_t merge_steps(Encoding encoding, std::string_view piece) {
  const TokenTable table(token_table(encoding));
  TokenMerger merger(table, nullptr);
  merger.merge(piece);
  return merger.steps();
}

TEST(Tokens, NoUnbrokenPieceTakesMoreThanLinearTime) {
  std::string letters;
  for (std::uint32_t i = 0, state = 1; i < 1'000'000; ++i) {
    state = state * 1664525 + 1013904223;
    letters += static_cast<char>('a' + (state >> 24) % 26);
  }
  for (const std::string& text :
       {repeated("a", 1'000'000), repeated(" ", 1'000'000), repeated("=", 1'000'000),
        repeated("ab", 1'000'000), repeated("😀", 1'000'000), repeated("漢字", 1'000'000),
        repeated("\xFF", 1'000'000), repeated("👩‍👩‍👧", 1'000'000), letters})
    for (const Encoding encoding : kEncodings) {
      const std::string_view half = std::string_view(text).substr(0, text.size() / 2);
      const std::size_t steps = merge_steps(encoding, text);
      EXPECT_LE(steps, 2 * text.size());
      EXPECT_LE(steps, merge_steps(encoding, half) * 21 / 10);
    }
}

struct Interrupted : std::runtime_error {
  Interrupted() : std::runtime_error("interrupted") {}
};

TEST(Tokens, ALongTextCanBeInterrupted) {
  const Poll poll = [] { throw Interrupted(); };
  for (const std::string& text : {repeated("a", 200'000), repeated("some words ", 200'000)}) {
    EXPECT_THROW(count_tokens(Encoding::o200k_base, text, SIZE_MAX, poll), Interrupted);
    EXPECT_THROW(encode_tokens(Encoding::o200k_base, text, poll), Interrupted);
    EXPECT_THROW(token_prefix(Encoding::o200k_base, text, 100'000, poll), Interrupted);
  }
  EXPECT_EQ(count_tokens(Encoding::o200k_base, "short", SIZE_MAX, poll), 1U);
}

// ---- Cutting ------------------------------------------------------------------------------------
std::size_t longest_by_trying(Encoding encoding, std::string_view text, std::size_t max_tokens) {
  std::size_t longest = 0;
  for (std::size_t end = 1; end <= text.size(); ++end) {
    const bool cuts_character = end < text.size() && (text[end] & 0xC0) == 0x80;
    if (!cuts_character && count_tokens(encoding, text.substr(0, end)) <= max_tokens) longest = end;
  }
  return longest;
}

TEST(Tokens, ACutTextIsTheLongestThatFits) {
  for (const std::string_view text :
       {"It's  a   test,  they'LL   see: 1234567890  ", " \n\n\t x  \n y", "ŒUVRES naïves de Łódź",
        "漢字ABCdef 👩‍👩‍👧 e\u0301\u0301ABC", "internationalizationally",
        "x =====  ==   ="})
    for (const Encoding encoding : kEncodings)
      for (std::size_t n = 0; n < 24; ++n)
        EXPECT_EQ(token_prefix(encoding, text, n), longest_by_trying(encoding, text, n))
            << text << n;
}

TEST(Tokens, ALongPieceIsCutBetweenCharacters) {
  const std::string text = repeated("漢字👍🏽", 100'000);
  for (const std::size_t n : {0, 1, 2, 999, 1000, 1001, 1002}) {
    const std::size_t end = token_prefix(Encoding::cl100k_base, text, n);
    EXPECT_NE(text[end] & 0xC0, 0x80);
    EXPECT_LE(count_tokens(Encoding::cl100k_base, text.substr(0, end)), n);
    EXPECT_GT(count_tokens(Encoding::cl100k_base, text.substr(0, end + 24)), n);
  }
}

}  // namespace
