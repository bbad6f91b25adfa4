// Calls that were planned and must not be made: circuits and budgets.

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "core/flow.hpp"
#include "flow_testing.hpp"

namespace llmw {
namespace {

constexpr const char* kDocument =
    R"({"pilot_steps":[{"id":"a","operation":"Send a mail","step_type":"api_call"}]})";

Refusal open_circuit() {
  return {FallbackReason::circuit_open, "the circuit is open", "", "Wait."};
}
Refusal spent_budget() {
  return {FallbackReason::budget, "budget \"day\" does not allow the call", "spent 1", "Raise it."};
}

TEST(FlowRefusal, AnOpenCircuitAsksTheNextModelWithoutCountingACall) {
  Flow flow(two_models());
  flow.start();
  const FlowStep step = flow.on_refused(0, open_circuit());
  ASSERT_EQ(step.kind, FlowStep::Kind::call);
  EXPECT_EQ(step.calls[0].purpose, Purpose::fallback);
  EXPECT_EQ(step.calls[0].attempt, 1);
  EXPECT_FALSE(step.judgement);
  ASSERT_TRUE(step.fallback);
  EXPECT_EQ(step.fallback->reason, FallbackReason::circuit_open);
  EXPECT_EQ(step.fallback->tokens_wasted, 0);
  flow.on_answer(0, text_answer(kDocument));
  EXPECT_TRUE(flow.result().ok);
  EXPECT_EQ(flow.result().fallback_reason, FallbackReason::circuit_open);
}

TEST(FlowRefusal, AllCircuitsOpenMayPassByThemselves) {
  Flow flow(two_models());
  flow.start();
  flow.on_refused(0, open_circuit());
  const FlowStep last = flow.on_refused(0, open_circuit());
  ASSERT_TRUE(last.finished());
  EXPECT_EQ(flow.result().error_sqlstate, sqlstate::kCircuitOpen);
  EXPECT_EQ(flow.result().error_hint, "Wait.");
  EXPECT_TRUE(flow.result().transient);
}

TEST(FlowRefusal, ABudgetEndsTheRequestWithItsOwnCodeAndFigures) {
  Flow flow(two_models());
  flow.start();
  flow.on_refused(0, spent_budget());
  ASSERT_TRUE(flow.on_refused(0, spent_budget()).finished());
  EXPECT_EQ(flow.result().error_sqlstate, sqlstate::kBudget);
  EXPECT_NE(flow.result().error_message.find("budget \"day\""), std::string::npos);
  EXPECT_EQ(flow.result().error_detail.find("spent 1"), 0u);
  EXPECT_EQ(flow.result().error_hint, "Raise it.");
  EXPECT_FALSE(flow.result().transient);
}

TEST(FlowRefusal, ABudgetForTheFallbackIsNotHiddenBehindThePrimarysFailure) {
  Flow flow(two_models());
  flow.start();
  flow.on_answer(0, text_answer(R"({"pilot_steps":[]})"));
  ASSERT_TRUE(flow.on_refused(0, spent_budget()).finished());
  EXPECT_EQ(flow.result().error_sqlstate, sqlstate::kBudget);
  EXPECT_NE(flow.result().error_detail.find("E01"), std::string::npos);
}

TEST(FlowRefusal, AnOpenCircuitOfTheFallbackLeavesThePrimarysFailureAsTheError) {
  Flow flow(two_models());
  flow.start();
  flow.on_answer(0, text_answer(R"({"pilot_steps":[]})"));
  ASSERT_TRUE(flow.on_refused(0, open_circuit()).finished());
  EXPECT_EQ(flow.result().error_sqlstate, sqlstate::kValidationFailed);
}

TEST(FlowRefusal, AttemptsOfAJobCountOn) {
  FlowInput input = two_models();
  input.calls_before = 3;
  Flow flow(std::move(input));
  EXPECT_EQ(flow.start().calls[0].attempt, 4);
}

}  // namespace
}  // namespace llmw
