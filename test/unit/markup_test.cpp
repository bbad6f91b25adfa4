#include "core/markup.hpp"

#include <gtest/gtest.h>

#include "core/text.hpp"

namespace llmw {
namespace {

TEST(Markup, TextOpensNoElementAndClosesNoQuote) {
  EXPECT_EQ(markup_escaped("<script>alert(\"1\")</script>"),
            "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;");
  EXPECT_EQ(markup_escaped("' onload='x"), "&#39; onload=&#39;x");
}

TEST(Markup, AnEntityInTheTextStaysText) {
  EXPECT_EQ(markup_escaped("&lt;&#60;&amp;"), "&amp;lt;&amp;#60;&amp;amp;");
}

TEST(Markup, OrdinaryTextIsNotTouched) {
  const std::string text =
      "Gr\xC3\xBC\xC3\x9F"
      "e\t1\n2\r3 \xF0\x9F\x98\x80 a-b_c.d/e";
  EXPECT_EQ(markup_escaped(text), text);
}

TEST(Markup, WhatXmlForbidsIsReplaced) {
  const std::string replaced = "\xEF\xBF\xBD";
  for (char32_t code = 0; code < 0x100; ++code) {
    const bool is_allowed = code == '\t' || code == '\n' || code == '\r';
    if (is_allowed || (code >= 0x20 && code < 0x7F) || code >= 0xA0) continue;
    std::string text;
    append_utf8(text, code);
    EXPECT_EQ(markup_escaped(text), replaced) << static_cast<unsigned>(code);
  }
  for (const char32_t code : {0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF}) {
    std::string text;
    append_utf8(text, code);
    EXPECT_EQ(markup_escaped(text), replaced) << static_cast<unsigned>(code);
  }
}

TEST(Markup, InvalidUtf8HidesNoSpecialCharacter) {
  EXPECT_EQ(markup_escaped("\xC3<b"), "\xEF\xBF\xBD&lt;b");
  EXPECT_EQ(markup_escaped("\xE2\x82"), "\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(markup_escaped("\xC0\xBC"), "\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Markup, OtherCharactersBecomeReferences) {
  EXPECT_EQ(in_ascii("a<\xC3\xBC \xF0\x9F\x98\x80>", "&#"), "a<&#252; &#128512;>");
  EXPECT_EQ(in_ascii("\xC3\xBC", "#"), "#252;");
  EXPECT_EQ(in_ascii("\xFF\xE2\x82", "&#"), "&#65533;&#65533;&#65533;");
}

TEST(Markup, IsAppendedToWhatIsThere) {
  std::string out = "<p>";
  append_markup_escaped(out, "a & b");
  EXPECT_EQ(out, "<p>a &amp; b");
}

}  // namespace
}  // namespace llmw
