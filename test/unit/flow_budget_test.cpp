// The flow and the context window: what does not fit is not paid for.

#include <gtest/gtest.h>

#include <algorithm>

#include "core/token_counter.hpp"
#include "flow_testing.hpp"

namespace llmw {
namespace {

/// Counts a token for each "x", and nothing for the rest.
class MarkCounter final : public TokenCounter {
 public:
  std::int64_t count(std::string_view text) override {
    ++texts;
    return std::count(text.begin(), text.end(), 'x');
  }
  int texts = 0;
};

class LengthCounter final : public TokenCounter {
 public:
  std::int64_t count(std::string_view text) override {
    return static_cast<std::int64_t>(text.size());
  }
};

constexpr std::int64_t kFrame = kTokensPerChat + 2 * kTokensPerMessage;

/// A first model that counts with `counter` in a window of `window`, and a prompt of `tokens`.
FlowInput with_window(TokenCounter& counter, std::int64_t window, int tokens) {
  FlowInput input = two_models();
  input.chain[0].counter = &counter;
  input.chain[0].context_window = window;
  input.prompt = std::string(static_cast<std::size_t>(tokens), 'x');
  input.format =
      std::make_shared<Format>(FormatRow{"free", 1, "Answer.", R"({"type":"object"})", "{}", 0});
  return input;
}

TEST(FlowBudget, RefusesBeforeMoneyIsSpentWhatTheExactCountShowsNotToFit) {
  MarkCounter counter;
  FlowInput input = with_window(counter, 2048, 3000);
  input.chain.pop_back();
  Flow flow(std::move(input));
  const FlowStep first = flow.start();
  ASSERT_TRUE(first.finished());
  EXPECT_TRUE(first.calls.empty());
  EXPECT_EQ(flow.result().failure, FallbackReason::context_window_exceeded);
  EXPECT_EQ(flow.result().error_sqlstate, "LW007");
  EXPECT_NE(flow.result().error_hint.find("token_budget()"), std::string::npos);
}

TEST(FlowBudget, TakesTheExactCountAndNotFourCharactersAToken) {
  MarkCounter counter;
  FlowInput fits_by_estimate_only = with_window(counter, 2048, 2040);
  Flow refused(std::move(fits_by_estimate_only));
  EXPECT_TRUE(refused.start().fallback);
  FlowInput fits_by_count_only = with_window(counter, 2048, 10);
  fits_by_count_only.prompt += std::string(100'000, 'y');
  Flow asked(std::move(fits_by_count_only));
  EXPECT_FALSE(asked.start().fallback);
}

TEST(FlowBudget, AsksForWhatTheWindowLeaves) {
  MarkCounter counter;
  FlowInput input = with_window(counter, 8000, 3000);
  Flow flow(std::move(input));
  const ChatRequest chat = flow.start().calls.at(0).chat;
  const std::int64_t sent = counter.count(chat.system_prompt) + counter.count(chat.user_prompt);
  EXPECT_GE(sent, 3000);
  EXPECT_EQ(chat.max_output_tokens, 8000 - sent - kFrame);
}

TEST(FlowBudget, TheDeploymentLimitCountsWhenItIsLower) {
  MarkCounter counter;
  FlowInput input = with_window(counter, 8000, 3000);
  input.chain[0].deployment_limit = 2048;
  Flow flow(std::move(input));
  EXPECT_EQ(flow.start().fallback.value().reason, FallbackReason::context_window_exceeded);
}

TEST(FlowBudget, WhatTheProviderCountedLatelyShrinksTheAnswer) {
  MarkCounter counter;
  FlowInput input = with_window(counter, 8000, 3000);
  input.chain[0].input_factor = 1.5;
  Flow flow(std::move(input));
  const ChatRequest chat = flow.start().calls.at(0).chat;
  const std::int64_t counted = count_input_tokens(chat, &counter);
  EXPECT_EQ(chat.max_output_tokens, 8000 - scale_tokens(counted, 1.5));
}

TEST(FlowBudget, LeavesAModelWhoseWindowTheDocumentSoFarFills) {
  MarkCounter counter;
  FlowInput input = two_models();
  input.chain[0].counter = &counter;
  input.chain[0].context_window = 4000;
  Flow flow(std::move(input));
  ASSERT_EQ(flow.start().calls.size(), 1u);
  const std::string filler(5000, 'x');
  const FlowStep next =
      flow.on_answer(0, cut_answer(R"({"pilot_steps":[{"id":"a","operation":")" + filler +
                                   R"(","step_type":"transform"},{"id":"b","oper)"));
  ASSERT_TRUE(next.fallback);
  EXPECT_EQ(next.fallback->reason, FallbackReason::context_window_exceeded);
  ASSERT_EQ(next.calls.size(), 1u);
  EXPECT_EQ(next.calls[0].candidate, 1u);
}

TEST(FlowBudget, AsksForTheWholeWhenOnlyTheOutlinesPromptIsTooLong) {
  LengthCounter counter;
  FlowInput input = two_models();
  input.prompt = "Sort the mail in 30 steps";
  input.chain[0].counter = &counter;
  Flow large(input);
  const ChatRequest outline = large.start().calls.at(0).chat;
  ASSERT_EQ(outline.schema_name, "outline");
  input.chain[0].context_window = count_input_tokens(outline, &counter);
  Flow tight(input);
  const FlowStep step = tight.start();
  ASSERT_FALSE(step.fallback);
  EXPECT_EQ(step.calls.at(0).chat.schema_name, "pilot");
}

TEST(FlowBudget, CountsNothingForAModelWithoutAKnownWindow) {
  MarkCounter counter;
  FlowInput input = with_window(counter, 0, 3000);
  Flow flow(std::move(input));
  EXPECT_EQ(flow.start().calls.at(0).chat.max_output_tokens, 12000);
  EXPECT_EQ(counter.texts, 0);
}

TEST(CountedTexts, CountsATextOnceForEachTokenizer) {
  CountedTexts texts;
  TokenizerCounter exact(find_tokenizer("o200k_base"), texts);
  TokenizerCounter estimated(find_tokenizer("claude"), texts);
  const std::string text = "the same text for all the models of a chain";
  const std::int64_t first = exact.count(text);
  EXPECT_GT(first, 0);
  EXPECT_EQ(exact.count(text), first);
  EXPECT_GT(estimated.count(text), first) << "not taken for a count of the other tokenizer";
}

TEST(CountInput, AddsTheFrameAndEveryExchange) {
  MarkCounter counter;
  ChatRequest chat;
  chat.system_prompt = "xx";
  chat.user_prompt = "xxx";
  chat.json_schema = "xxxxxxxx";
  EXPECT_EQ(count_input_tokens(chat, &counter), 5 + kFrame);
  chat.exchanges.push_back({"xxxx", "x"});
  EXPECT_EQ(count_input_tokens(chat, &counter), 10 + kFrame + 2 * kTokensPerMessage);
  EXPECT_EQ(count_input_tokens(chat, nullptr), estimate_input_tokens(chat));
}

TEST(CountInput, TakesForCostsTheRuleOfThumbIfItIsMoreAndTheSchemaIfItIsSent) {
  MarkCounter counter;
  Candidate candidate;
  candidate.counter = &counter;
  ChatRequest chat;
  chat.user_prompt = std::string(100, 'x');
  chat.json_schema = "xxxxxxxx";
  EXPECT_EQ(Flow::most_input_tokens(candidate, chat, StructuredOutput::none), 100 + kFrame);
  EXPECT_EQ(Flow::most_input_tokens(candidate, chat, StructuredOutput::json_schema),
            100 + kFrame + 8);
  chat.user_prompt = std::string(8000, ' ');
  EXPECT_EQ(Flow::most_input_tokens(candidate, chat, StructuredOutput::none),
            estimate_input_tokens(chat));
  EXPECT_GT(estimate_input_tokens(chat), Flow::input_tokens(candidate, chat));
}

}  // namespace
}  // namespace llmw
