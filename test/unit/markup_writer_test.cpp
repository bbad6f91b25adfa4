#include "core/markup_writer.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <utility>

namespace llmw {
namespace {

std::string number(double value) {
  MarkupWriter out;
  out.number(value);
  return std::move(out).take();
}

TEST(MarkupWriter, TextIsNotMarkupAndMarkupIsNotText) {
  MarkupWriter out;
  out.raw("<p title=\"").text("\"><b>").raw("\">").text("<&>").raw("</p>");
  EXPECT_EQ(std::move(out).take(), "<p title=\"&quot;&gt;&lt;b&gt;\">&lt;&amp;&gt;</p>");
}

TEST(MarkupWriter, TextIsOneLineOfAsciiWithoutHiddenCharacters) {
  MarkupWriter out;
  out.text("a\nb\t\x01 \xC3\xBC \xE2\x80\xAE \xFF \xF0\x9F\x98\x80");
  EXPECT_EQ(std::move(out).take(), "a b   &#252; &#65533; &#65533; &#128512;");
}

TEST(MarkupWriter, NumbersAreShortAndPlain) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(-0.0001), "0");
  EXPECT_EQ(number(1.0 / 3), "0.33");
  EXPECT_EQ(number(100), "100");
  EXPECT_EQ(number(-2.5), "-2.5");
}

TEST(MarkupWriter, NumbersThatNothingCouldDrawAreNotWritten) {
  EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "0");
  EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "1000000");
  EXPECT_EQ(number(-1e300), "-1000000");
}

}  // namespace
}  // namespace llmw
