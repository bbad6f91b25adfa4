// The budget of output tokens: the figures of the documents, to the last token.

#include "core/token_budget.hpp"

#include <gtest/gtest.h>

namespace llmw {
namespace {

TokenQuestion small_window(std::int64_t input) {
  return {.context_window = 8000, .input_tokens = input, .wanted_output = 4096, .reserve = 1000};
}

TEST(TokenBudget, GivesWhatTheWindowLeavesAfterInputAndReserve) {
  const TokenBudget budget = plan_tokens(small_window(3000));
  EXPECT_EQ(budget.max_output_tokens, 4000);
  EXPECT_TRUE(budget.fits);
  EXPECT_FALSE(budget.is_short);
  EXPECT_EQ(advice_on(small_window(3000), budget), "");
}

TEST(TokenBudget, GivesNoMoreThanWanted) {
  EXPECT_EQ(plan_tokens(small_window(2000)).max_output_tokens, 4096);
}

TEST(TokenBudget, NeverAsksForMoreThanIsLeftAndFlagsIt) {
  const TokenQuestion question = small_window(6500);
  const TokenBudget budget = plan_tokens(question);
  EXPECT_EQ(budget.max_output_tokens, 500);
  EXPECT_TRUE(budget.fits);
  EXPECT_TRUE(budget.is_short);
  EXPECT_EQ(advice_on(question, budget),
            "Only 500 tokens are left for the answer, which may be cut. Shorten the prompt by 1500 "
            "tokens or more, or use a model with a larger window.");
}

TEST(TokenBudget, GivesNothingWhenTheDeploymentLimitIsBelowTheInput) {
  const TokenQuestion question{
      .context_window = 8000, .deployment_limit = 2048, .input_tokens = 3000};
  const TokenBudget budget = plan_tokens(question);
  EXPECT_EQ(budget.max_output_tokens, 0);
  EXPECT_EQ(budget.available, 0);
  EXPECT_FALSE(budget.fits);
  EXPECT_EQ(advice_on(question, budget),
            "The input of 3000 tokens leaves no room for an answer in the window of 2048. Raise "
            "the deployment limit (max_model_len) to at least 5000; the model takes up to 8000.");
}

TEST(TokenBudget, AnInputThatFillsTheWindowExactlyDoesNotFit) {
  EXPECT_FALSE(plan_tokens({.context_window = 3000, .input_tokens = 3000}).fits);
  EXPECT_EQ(plan_tokens({.context_window = 3001, .input_tokens = 3000}).max_output_tokens, 1);
}

TEST(TokenBudget, ALimitAboveTheWindowOfTheModelChangesNothing) {
  const TokenQuestion question{.context_window = 8000,
                               .deployment_limit = 8192,
                               .input_tokens = 7900,
                               .system_tokens = 7000};
  const TokenBudget budget = plan_tokens(question);
  EXPECT_EQ(budget.max_output_tokens, 100);
  EXPECT_EQ(advice_on(question, budget),
            "Only 100 tokens are left for the answer, which may be cut. Shorten the system prompt "
            "by 1900 tokens or more, or use a model with a larger window.");
}

TEST(TokenBudget, TellsByHowMuchAnInputIsTooLong) {
  const TokenQuestion question{.context_window = 4096, .input_tokens = 5096, .wanted_output = 500};
  EXPECT_EQ(advice_on(question, plan_tokens(question)),
            "The input of 5096 tokens leaves no room for an answer in the window of 4096. Shorten "
            "the prompt by 1500 tokens or more, or use a model with a larger window.");
}

TEST(TokenBudget, AShortAnswerThatIsWantedIsNotShort) {
  const TokenBudget budget =
      plan_tokens({.context_window = 1000, .input_tokens = 800, .wanted_output = 200});
  EXPECT_EQ(budget.max_output_tokens, 200);
  EXPECT_FALSE(budget.is_short);
}

TEST(TokenBudget, WithoutAKnownWindowAllIsGivenAndItSaysSo) {
  const TokenQuestion question{.input_tokens = 1'000'000, .wanted_output = 4096};
  const TokenBudget budget = plan_tokens(question);
  EXPECT_TRUE(budget.fits);
  EXPECT_FALSE(budget.window_known);
  EXPECT_EQ(budget.max_output_tokens, 4096);
  EXPECT_NE(advice_on(question, budget).find("not known"), std::string::npos);
}

}  // namespace
}  // namespace llmw
