// What the flow reads from a prompt and says to models.

#include "core/flow_prompts.hpp"

#include <gtest/gtest.h>

namespace llmw {
namespace {

struct AskedCase {
  const char* prompt;
  int items;
};

class AskedItems : public testing::TestWithParam<AskedCase> {};

TEST_P(AskedItems, CountsWhatThePromptAsksForAndNothingElse) {
  EXPECT_EQ(asked_items(GetParam().prompt), GetParam().items) << GetParam().prompt;
}

INSTANTIATE_TEST_SUITE_P(Prompts, AskedItems,
                         testing::Values(AskedCase{"Describe it in 25 steps", 25},
                                         AskedCase{"give me 30+ stages", 30},
                                         AskedCase{"at least 22 detailed process steps", 22},
                                         AskedCase{"TWENTY STEPS, please", 20},
                                         AskedCase{"a 40-steps plan of 5 phases", 40},
                                         AskedCase{"20 or more stages", 20},
                                         AskedCase{"orders over $500 pass three steps", 0},
                                         AskedCase{"within 30 days all steps are done", 0},
                                         AskedCase{"We have 25 employees and 4 stages", 4},
                                         AskedCase{"version 2.5 of the steps", 0}, AskedCase{"", 0},
                                         AskedCase{"99999999999999999999 steps", 0},
                                         AskedCase{"steps 25", 0}));

TEST(FlowPrompts, RepairNamesErrorsOnlyAndNoContent) {
  const std::string reply =
      repair_reply({{"E02", Severity::error, "/pilot_steps/1/id", "two steps are called \"x\"",
                     "Give each step an id of its own."},
                    {"W02", Severity::warning, "", "an output is never used", "Use it."}});
  EXPECT_NE(reply.find("E02 at /pilot_steps/1/id: Give each step an id of its own."),
            std::string::npos);
  EXPECT_EQ(reply.find("called"), std::string::npos);
  EXPECT_EQ(reply.find("W02"), std::string::npos);
}

TEST(FlowPrompts, RepairOfManyErrorsStaysShort) {
  const std::vector<Finding> findings(
      100, {"E02", Severity::error, "/pilot_steps/1/id", "m", "Give each step an id of its own."});
  EXPECT_LT(repair_reply(findings).size(), 2500u);
}

TEST(FlowPrompts, RepairNamesARuleByItsIdInPlaceOfTheHintItStandsFor) {
  const std::vector<Finding> findings{
      {"E02", Severity::error, "/pilot_steps/1/id", "m", "Give each step an id of its own."},
      {"E06", Severity::error, "/pilot_steps/2", "m", "Name a step that exists."}};
  const std::string reply =
      repair_reply(findings, {{"R7", "Ids are unique.", "E02"}, {"R8", "Be kind.", ""}});
  EXPECT_NE(reply.find("E02 at /pilot_steps/1/id: R7\n"), std::string::npos) << reply;
  EXPECT_NE(reply.find("E06 at /pilot_steps/2: Name a step"), std::string::npos) << reply;
  EXPECT_EQ(reply.find("unique"), std::string::npos) << "its text is in the legend";
}

TEST(FlowPrompts, ServicesAreQuotedSoThatTheyCannotRunIntoThePrompt) {
  EXPECT_EQ(generation_prompt("Do it", {"a\nb", "c"}), "Do it\n\nServices: \"a\\nb\", \"c\"");
}

}  // namespace
}  // namespace llmw
