// The rule that tells prompts apart: it counts what docs/routes.md says that it counts.

#include "core/prompt_complexity.hpp"

#include <string>

#include <gtest/gtest.h>

namespace llmw {
namespace {

std::string repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

int parts(std::string_view prompt) { return measure_prompt(prompt).parts; }
int branches(std::string_view prompt) { return measure_prompt(prompt).branches; }
int words(std::string_view prompt) { return measure_prompt(prompt).words; }

TEST(PromptComplexity, NothingIsLow) {
  for (const char* prompt : {"", " \n\t", "...", "- , ;\n"}) {
    EXPECT_EQ(parts(prompt), 0) << prompt;
    EXPECT_EQ(words(prompt), 0) << prompt;
    EXPECT_EQ(prompt_complexity(prompt), Complexity::low) << prompt;
  }
}

TEST(PromptComplexity, PartsEndWhereTextDoes) {
  EXPECT_EQ(parts("Send a mail to each customer"), 1);
  EXPECT_EQ(parts("Read the sheet, summarise it and post the summary."), 3);
  EXPECT_EQ(parts("Sort; pack: ship! Done? Yes\nNext"), 6);
  EXPECT_EQ(parts("cut, and then sew,, and pack"), 3);
  EXPECT_EQ(parts("cut then sew and pack"), 3);
  EXPECT_EQ(parts("- read\n- sort\n\n- reply\n"), 3);
}

TEST(PromptComplexity, NumbersOfAListAreNoParts) {
  EXPECT_EQ(parts("1. Read\n2. Sort\n3) Reply"), 3);
  EXPECT_EQ(parts("Wait 3 days"), 1);
}

TEST(PromptComplexity, StopsWithinAWordDoNotEndAPart) {
  EXPECT_EQ(parts("Read https://example.com/a.b?c=d:e and wait 3.5 or 1,000 hours"), 2);
  EXPECT_EQ(parts("Open report.pdf"), 1);
}

TEST(PromptComplexity, BranchesAreWholeWordsInAnyCase) {
  EXPECT_EQ(branches("IF it is low, reorder; Otherwise confirm unless closed"), 3);
  EXPECT_EQ(branches("elsewhere gif iffy else-where if_then don't if's"), 0);
  EXPECT_EQ(branches("SIMULTANEOUSLY concurrently"), 2) << "the longest and the first";
  EXPECT_EQ(branches("retry until it fails"), 3);
  EXPECT_EQ(branches("either/or (whether) 'if' \"unless\" -else-"), 5);
}

TEST(PromptComplexity, EveryScriptIsRead) {
  EXPECT_EQ(words("\xC3\xBC"
                  "ber Gr\xC3\xB6\xC3\x9F"
                  "e"),
            2);
  // Ten characters and an ideographic comma between them.
  EXPECT_EQ(words("\xE6\xAF\x8F\xE5\x91\xA8\xE4\xB8\x80\xE8\xAF\xBB\xE5\x8F\x96\xEF\xBC\x8C"
                  "\xE6\xB1\x87\xE6\x80\xBB\xE5\x90\x8E\xE5\x8F\x91\xE5\x87\xBA"),
            5);
  EXPECT_EQ(words("\xE8\xAF\xBB"), 1) << "a character alone is a word";
  // After each kind of mark, a part begins.
  for (const char* mark : {"\xE3\x80\x81", "\xE3\x80\x82", "\xEF\xBC\x81", "\xEF\xBC\x8C",
                           "\xEF\xBC\x9A", "\xEF\xBC\x9B", "\xEF\xBC\x9F"})
    EXPECT_EQ(parts(std::string("\xE8\xAF\xBB").append(mark).append("\xE5\x8F\x91")), 2) << mark;
  EXPECT_EQ(parts("\xE8\xAF\xBB\xE3\x80\x82\xE5\x8F\x91\xEF\xBC\x9B\xE6\x80\xBB"), 3);
}

TEST(PromptComplexity, BytesThatAreNoTextAreReadToTheEnd) {
  EXPECT_EQ(words("\xFF\xFE if \xE6\xAF"), 3);
  EXPECT_EQ(branches(std::string_view("if\0if", 5)), 2);
}

TEST(PromptComplexity, PointsDecideExactlyAtTheLimits) {
  EXPECT_EQ(prompt_complexity(repeat("cut\n", 8)), Complexity::low);
  EXPECT_EQ(prompt_complexity(repeat("cut\n", 9)), Complexity::medium);
  EXPECT_EQ(prompt_complexity(repeat("cut\n", 24)), Complexity::medium);
  EXPECT_EQ(prompt_complexity(repeat("cut\n", 25)), Complexity::high);
  EXPECT_EQ(prompt_complexity("cut" + repeat(" unless", 3)), Complexity::low);     // 7
  EXPECT_EQ(prompt_complexity("cut" + repeat(" unless", 4)), Complexity::medium);  // 9
  EXPECT_EQ(prompt_complexity(repeat("word ", 399)), Complexity::low);             // 1 + 7
  EXPECT_EQ(prompt_complexity(repeat("word ", 400)), Complexity::medium);          // 1 + 8
}

TEST(PromptComplexity, PromptsOfUsersAreWhereTheyBelong) {
  EXPECT_EQ(prompt_complexity("Every Monday read the sales sheet, summarise it and post the "
                              "summary to Slack."),
            Complexity::low);
  EXPECT_EQ(prompt_complexity("When an order comes in, check the stock; if it is low, reorder and "
                              "tell the manager, otherwise confirm the order to the customer."),
            Complexity::medium);
  EXPECT_EQ(prompt_complexity(
                "Onboard a new employee: create accounts in Google, Slack and GitHub; order a "
                "laptop; schedule the induction; assign a mentor; send the handbook; collect "
                "signed documents; if documents are missing after three days, remind them and "
                "escalate to HR; add them to payroll; book trainings; review after 30 days; review "
                "after 90 days. While the laptop is on its way, prepare the desk, unless they work "
                "from home."),
            Complexity::high);
}

TEST(PromptComplexity, AMegabyteIsReadAtOnce) {
  EXPECT_EQ(words(repeat("a", 1 << 20)), 1);
  EXPECT_EQ(parts(repeat("a,\n", 1 << 18)), 1 << 18);
}

TEST(Complexity, WordsAreReadAsTheyAreWritten) {
  for (const Complexity complexity : {Complexity::low, Complexity::medium, Complexity::high})
    EXPECT_EQ(parse_complexity(to_string(complexity)), complexity);
  for (const char* word : {"", "Low", "auto", "low "}) EXPECT_FALSE(parse_complexity(word)) << word;
}

}  // namespace
}  // namespace llmw
