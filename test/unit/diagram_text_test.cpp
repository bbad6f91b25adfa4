// Text in diagrams: lines that would leave their box, characters that would break or hide
// something.

#include "core/diagram_text.hpp"

#include <gtest/gtest.h>

#include "core/text.hpp"

namespace llmw {
namespace {

using Lines = std::vector<std::string>;

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

TEST(DiagramText, LineBreaksAndControlsBecomeOneBlank) {
  EXPECT_EQ(one_line("  a\r\n\tb \x01 c\xC2\xA0"
                     "d ",
                     100),
            "a b c d");
}

TEST(DiagramText, CharactersThatHideOrTurnTextAreLeftOut) {
  EXPECT_EQ(one_line("a\xE2\x80\xAE"
                     "b\xE2\x80\x8B"
                     "c\xEF\xBB\xBF"
                     "d\xEF\xBF\xBF",
                     100),
            "abcd");
}

TEST(DiagramText, JoinersOfEmojiAndScriptsStay) {
  const std::string family = "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9";
  EXPECT_EQ(one_line(family, 100), family);
}

TEST(DiagramText, LongTextIsCutBetweenCharacters) {
  EXPECT_EQ(one_line("\xC3\xA4\xC3\xA4\xC3\xA4", 3), "\xC3\xA4" + std::string(kEllipsis));
}

TEST(DiagramText, WhatIsNotUtf8IsReplaced) { EXPECT_EQ(one_line("a\xFF", 10), "a\xEF\xBF\xBD"); }

TEST(DiagramText, NoLineIsWiderThanItsFrame) {
  const std::string texts[] = {
      "Look up the purchase order and the goods receipt of each invoice",
      "matched_invoices.amount_in_the_currency_of_the_supplier > 5000",
      "Donaudampfschifffahrtsgesellschaftskapitaenswitwe",
      "\xE6\xB3\xA8\xE6\x96\x87\xE3\x82\x92\xE5\x8F\x97\xE3\x81\x91\xE4\xBB"
      "\x98\xE3\x81\x91\xE3\x81\xA6\xE7\xA2\xBA\xE8\xAA\x8D\xE3\x81\x99",
      "a b c d e f g h i j k l m n o p",
      std::string(500, 'W')};
  for (const std::string& text : texts) {
    for (const double width : {40.0, 90.0, 172.0}) {
      for (const std::string& line : wrap_text(text, {width, 14, 3}))
        EXPECT_LE(text_width(line, 14), width) << line;
    }
  }
}

TEST(DiagramText, WrappingLosesNothing) {
  const std::string text = "one two_three-four/five sixsevenseveneightnine ten";
  std::string joined;
  for (const std::string& line : wrap_text(text, {60, 12, 99})) joined += line;
  std::string expected;
  for (const char c : text)
    if (c != ' ') expected += c;
  std::string found;
  for (const char c : joined)
    if (c != ' ') found += c;
  EXPECT_EQ(found, expected);
}

TEST(DiagramText, BreaksAtBlanksFirst) {
  EXPECT_EQ(wrap_text("Fabric and trim sourcing", {120, 14, 3}),
            (Lines{"Fabric and trim", "sourcing"}));
}

TEST(DiagramText, WhatIsTooMuchEndsInAnEllipsis) {
  const Lines lines = wrap_text("one two three four five six", {50, 12, 2});
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[1].substr(lines[1].size() - kEllipsis.size()), kEllipsis);
}

TEST(DiagramText, LinesAreWholeCharacters) {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "\xF0\x9F\x98\x80\xC3\xA9\xE4\xB8\xAD";
  for (const std::string& line : wrap_text(text, {53, 13, 4})) {
    for (std::size_t at = 0; at < line.size();) {
      const DecodedChar c = decode_utf8(line, at);
      ASSERT_EQ(c.state, Utf8::valid) << line;
      at += c.length;
    }
  }
}

TEST(DiagramText, MarksStayWithWhatTheyMark) {
  const Lines lines = wrap_text(
      "aaaa\xCC\x81"
      "aaaa\xCC\x81"
      "aaaa\xCC\x81",
      {20, 12, 9});
  for (const std::string& line : lines) EXPECT_NE(line.substr(0, 2), "\xCC\x81");
}

TEST(DiagramText, NothingHasNoLine) {
  EXPECT_TRUE(wrap_text("", {50, 12, 2}).empty());
  EXPECT_TRUE(wrap_text("text", {50, 12, 0}).empty());
  EXPECT_EQ(wrap_text("WW", {1, 12, 5}), (Lines{"W", "W"}));
}

}  // namespace
}  // namespace llmw
