#include "core/text.hpp"

#include <gtest/gtest.h>

namespace llmw {
namespace {

TEST(DecodeUtf8, EveryCodePointGoesThereAndBack) {
  for (char32_t code = 0; code <= 0x10FFFF; ++code) {
    if (code >= 0xD800 && code < 0xE000) continue;
    std::string text;
    append_utf8(text, code);
    const DecodedChar c = decode_utf8(text, 0);
    ASSERT_EQ(c.state, Utf8::valid) << static_cast<unsigned>(code);
    ASSERT_EQ(c.value, code);
    ASSERT_EQ(c.length, text.size());
  }
}

TEST(DecodeUtf8, MalformedAndCutSequencesAreToldApart) {
  for (const char* text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\x80", "\xED\xA0\x80", "\xF0\x8F\x80\x80",
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "\xE2\x28", "\xE2\x82\x28"}) {
    EXPECT_EQ(decode_utf8(text, 0).state, Utf8::invalid);
  }
  for (const char* text : {"\xC3", "\xE2", "\xE2\x82", "\xF0\x9F\x98"}) {
    EXPECT_EQ(decode_utf8(text, 0).state, Utf8::cut_off);
  }
}

TEST(Printable, NothingMovesTheCursorOrHidesText) {
  EXPECT_EQ(printable("a\nb\tc\x01\x7F\xC2\x85", 100), "a b c   ");
  EXPECT_EQ(printable("x\xE2\x80\xAEy\xE2\x81\xA6z\xEF\xBB\xBF", 100),
            "x\xEF\xBF\xBDy\xEF\xBF\xBDz\xEF\xBF\xBD");
  EXPECT_EQ(printable("a\xFF\xE2\x82", 100), "a\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(printable("gr\xC3\xBC\xC3\x9F"
                      "e \xF0\x9F\x98\x80",
                      100),
            "gr\xC3\xBC\xC3\x9F"
            "e \xF0\x9F\x98\x80");
}

TEST(Printable, IsCutBetweenCharacters) {
  for (std::size_t max = 0; max < 8; ++max) {
    const std::string cut = printable("\xE2\x82\xAC\xE2\x82\xAC", max);
    EXPECT_EQ(cut.size(), max / 3 * 3 > 6 ? 6 : max / 3 * 3);
  }
  EXPECT_EQ(printable(std::string(5000, 'x'), 500).size(), 500u);
}

TEST(Redact, NoSpellingOfTheSecretSurvives) {
  const std::string secret = "sk-a/b\"c\\d";
  EXPECT_EQ(redact("x sk-a/b\"c\\d y", secret), "x *** y");
  EXPECT_EQ(redact(R"(x sk-a\/b\"c\\d y)", secret), "x *** y");
  EXPECT_EQ(redact(R"(\u0073k\u002Da/b\u0022c\u005cd)", secret), "***");
  EXPECT_EQ(redact(R"(sk-a/b"c\dsk-a/b"c\d)", secret), "******");
}

TEST(Redact, OtherTextIsUntouched) {
  const std::string text = R"(sk- \u0073k \u00 \ sk-a/b" \uZZZZ)";
  EXPECT_EQ(redact(text, "sk-a/b\"c"), text);
  EXPECT_EQ(redact(text, ""), text);
  EXPECT_EQ(redact("", "secret"), "");
}

}  // namespace
}  // namespace llmw
