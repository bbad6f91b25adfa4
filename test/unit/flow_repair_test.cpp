// A document with errors goes back to its model once, when that pays.

#include <gtest/gtest.h>

#include <map>

#include "flow_testing.hpp"

namespace llmw {
namespace {

constexpr const char* kGood =
    R"({"pilot_steps":[{"id":"a","operation":"Send a mail","step_type":"api_call"}]})";
constexpr const char* kBad =
    R"({"pilot_steps":[{"id":"a","operation":"Send a mail","step_type":"carrier_pigeon"}]})";

FlowInput with_repair() {
  FlowInput input = two_models();
  input.repair_attempts = 1;
  return input;
}

TEST(FlowRepair, AsksTheSameModelOnceAndTakesItsMendedDocument) {
  Flow flow(with_repair());
  flow.start();
  const FlowStep step = flow.on_answer(0, text_answer(kBad));
  ASSERT_EQ(step.kind, FlowStep::Kind::call);
  EXPECT_EQ(step.calls[0].purpose, Purpose::repair);
  EXPECT_EQ(step.calls[0].candidate, 0u);
  EXPECT_FALSE(step.fallback);
  EXPECT_EQ(step.judgement->outcome, Outcome::validation_failed);
  EXPECT_EQ(step.judgement->validation_codes, std::vector<std::string>{"E03"});
  EXPECT_TRUE(flow.on_answer(0, text_answer(kGood)).finished());
  EXPECT_TRUE(flow.result().ok);
  EXPECT_EQ(flow.result().generator, "cheap");
  EXPECT_FALSE(flow.result().fallback_reason);
}

TEST(FlowRepair, TellsCodesPathsAndHintsAndTheModelsOwnAnswer) {
  FlowInput input = with_repair();
  input.prompt = "Send a mail";
  Flow flow(std::move(input));
  flow.start();
  const ChatRequest chat = flow.on_answer(0, text_answer(kBad)).calls[0].chat;
  ASSERT_EQ(chat.exchanges.size(), 1u);
  EXPECT_EQ(chat.exchanges[0].answer, kBad);
  EXPECT_NE(chat.exchanges[0].reply.find("E03 at /pilot_steps/0/step_type: "), std::string::npos);
  EXPECT_EQ(chat.exchanges[0].reply.find("carrier_pigeon"), std::string::npos)
      << "its content is in its own answer";
}

TEST(FlowRepair, TellsWhatTheSchemaAsksFor) {
  FlowInput input = with_repair();
  input.format = builtin_format("discovery");
  Flow flow(std::move(input));
  flow.start();
  const FlowStep step = flow.on_answer(0, text_answer(R"({"problem_analysis":{"summary":"s"}})"));
  const std::string& reply = step.calls[0].chat.exchanges[0].reply;
  EXPECT_NE(reply.find(R"(schema_required at the top level: The value must have the key )"
                       R"("current_state".)"),
            std::string::npos)
      << reply;
}

TEST(FlowRepair, HappensOnceThenTheNextModelIsAskedWithTheCodes) {
  Flow flow(with_repair());
  flow.start();
  flow.on_answer(0, text_answer(kBad));
  const FlowStep step = flow.on_answer(0, text_answer(R"({"pilot_steps":[]})"));
  ASSERT_TRUE(step.fallback);
  EXPECT_EQ(step.calls[0].purpose, Purpose::fallback);
  EXPECT_EQ(step.fallback->reason, FallbackReason::validation_failed);
  EXPECT_EQ(step.fallback->detail, "E01");
  EXPECT_EQ(step.fallback->tokens_wasted, 240);
}

TEST(FlowRepair, IsGrantedToEachModelOfTheChain) {
  Flow flow(with_repair());
  flow.start();
  flow.on_answer(0, text_answer(kBad));
  flow.on_answer(0, text_answer(kBad));
  EXPECT_EQ(flow.on_answer(0, text_answer(kBad)).calls[0].purpose, Purpose::repair);
}

TEST(FlowRepair, IsSwitchedOffByZeroAttempts) {
  FlowInput input = with_repair();
  input.repair_attempts = 0;
  Flow flow(std::move(input));
  flow.start();
  EXPECT_EQ(flow.on_answer(0, text_answer(kBad)).calls[0].purpose, Purpose::fallback);
}

TEST(FlowRepair, AlsoServesAnAnswerWithoutDocument) {
  Flow flow(with_repair());
  flow.start();
  const FlowStep step = flow.on_answer(0, text_answer("1. Send a mail. 2. Wait."));
  ASSERT_EQ(step.calls[0].purpose, Purpose::repair);
  EXPECT_NE(step.calls[0].chat.exchanges[0].reply.find("complete JSON document"),
            std::string::npos);
}

TEST(FlowRepair, IsRetriedWithItsConversationAfterATransientError) {
  Flow flow(with_repair());
  flow.start();
  flow.on_answer(0, text_answer(kBad));
  ASSERT_TRUE(flow.on_answer(0, failure(Outcome::api_error, true)).waits());
  const FlowStep again = flow.on_wait_over(0);
  EXPECT_EQ(again.calls[0].purpose, Purpose::retry);
  EXPECT_EQ(again.calls[0].chat.exchanges.size(), 1u);
}

TEST(FlowRepair, IsNotTriedWhenTheConversationWouldNotFitTheWindow) {
  FlowInput input = with_repair();
  input.chain[0].context_window = 1500;
  Flow flow(std::move(input));
  flow.start();
  const FlowStep step = flow.on_answer(0, text_answer(std::string(8000, ' ') + kBad));
  EXPECT_EQ(step.calls[0].purpose, Purpose::fallback);
  EXPECT_NE(step.fallback->detail.find("context window"), std::string::npos);
}

/// Prices per token, and records of repairs.
class FixedAdviser : public CostAdviser {
 public:
  std::map<std::string, std::int64_t> price_per_token;
  std::map<std::string, RepairRecord> records;

  std::optional<Money> cost(const std::string& model, const Usage& usage) override {
    const auto price = price_per_token.find(model);
    if (price == price_per_token.end()) return std::nullopt;
    return Money::from_units(price->second * (usage.input + usage.output));
  }
  RepairRecord repair_record(const std::string& model) override { return records[model]; }
};

Purpose purpose_after_bad(FixedAdviser& adviser) {
  FlowInput input = with_repair();
  input.adviser = &adviser;
  Flow flow(std::move(input));
  flow.start();
  return flow.on_answer(0, text_answer(kBad)).calls[0].purpose;
}

TEST(FlowRepair, IsTriedWhenTheFallbackCostsTwentyTimesAsMuch) {
  FixedAdviser adviser;
  adviser.price_per_token = {{"cheap", 1}, {"strong", 20}};
  EXPECT_EQ(purpose_after_bad(adviser), Purpose::repair);
}

TEST(FlowRepair, IsSkippedWhenItIsExpectedToCostMoreThanTheFallback) {
  FixedAdviser adviser;
  adviser.price_per_token = {{"cheap", 10},
                             {"strong", 10}};  // works half of the time: not worth it
  EXPECT_EQ(purpose_after_bad(adviser), Purpose::fallback);
}

TEST(FlowRepair, IsSkippedWhenItsRecordIsBad) {
  FixedAdviser adviser;
  adviser.price_per_token = {{"cheap", 1}, {"strong", 20}};
  adviser.records["cheap"] = {1000, 10, 500};
  EXPECT_EQ(purpose_after_bad(adviser), Purpose::fallback);
  adviser.records["cheap"] = {1000, 900, 20};
  EXPECT_EQ(purpose_after_bad(adviser), Purpose::repair);
}

TEST(FlowRepair, SaysInTheNoticeWhyItWasSkipped) {
  FixedAdviser adviser;
  adviser.price_per_token = {{"cheap", 10}, {"strong", 1}};
  FlowInput input = with_repair();
  input.adviser = &adviser;
  Flow flow(std::move(input));
  flow.start();
  const FlowStep step = flow.on_answer(0, text_answer(kBad));
  EXPECT_EQ(step.fallback->detail, "E03; not repaired: the fallback is expected to cost less");
}

TEST(FlowRepair, IsTriedWhenAPriceIsUnknownOrNoOtherModelIsLeft) {
  FixedAdviser adviser;
  EXPECT_EQ(purpose_after_bad(adviser), Purpose::repair);
  adviser.price_per_token = {{"cheap", 10}, {"strong", 1}};
  FlowInput input = with_repair();
  input.adviser = &adviser;
  input.chain.pop_back();
  Flow flow(std::move(input));
  flow.start();
  EXPECT_EQ(flow.on_answer(0, text_answer(kBad)).calls[0].purpose, Purpose::repair);
}

TEST(FlowRepair, DoesNotTakeADraftByRulesForAnAlternative) {
  FixedAdviser adviser;
  adviser.price_per_token = {{"cheap", 10}, {"strong", 0}};
  FlowInput input = with_repair();
  input.adviser = &adviser;
  input.chain[1].drafts_by_rules = true;
  Flow flow(std::move(input));
  flow.start();
  EXPECT_EQ(flow.on_answer(0, text_answer(kBad)).calls[0].purpose, Purpose::repair);
}

}  // namespace
}  // namespace llmw
