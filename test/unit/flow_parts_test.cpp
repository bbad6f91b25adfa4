// Documents that are too large for one answer: what was cut is kept, the rest is asked for; many
// items are asked for by outline and in parts.

#include <gtest/gtest.h>

#include <algorithm>

#include "flow_testing.hpp"

namespace llmw {
namespace {

std::string step_json(int n) {
  return R"({"id":"s)" + std::to_string(n) + R"(","operation":"Do thing )" + std::to_string(n) +
         R"(","step_type":"transform"})";
}

/// {"pilot_steps":[...]} with steps `from` to `to`, both included.
std::string steps_json(int from, int to) {
  std::string text = R"({"pilot_steps":[)";
  for (int n = from; n <= to; ++n) text += (n > from ? "," : "") + step_json(n);
  return text + "]}";
}

/// The same, cut inside the step after `to`.
std::string cut_after(int from, int to) {
  std::string text = steps_json(from, to);
  text.resize(text.size() - 2);
  return text + R"(,{"id":"s)" + std::to_string(to + 1) + R"(","operat)";
}

std::string outline_json(int count) {
  std::string text = R"({"outline":[)";
  for (int n = 1; n <= count; ++n)
    text +=
        std::string(n > 1 ? "," : "") + R"({"id":"s)" + std::to_string(n) + R"(","title":"Thing"})";
  return text + "]}";
}

int count_steps(const std::string& document) {
  JsonValue value;
  read_json_value(document, value);
  return static_cast<int>(value.find("pilot_steps")->items.size());
}

TEST(FlowRest, KeepsTheCompleteStepsOfACutAnswerAndAsksForTheRest) {
  Flow flow(two_models());
  flow.start();
  const FlowStep step = flow.on_answer(0, cut_answer(cut_after(1, 3)));
  ASSERT_EQ(step.kind, FlowStep::Kind::call);
  EXPECT_EQ(step.calls[0].purpose, Purpose::batch);
  EXPECT_EQ(step.calls[0].candidate, 0u);
  EXPECT_EQ(step.judgement->outcome, Outcome::truncated);
  const Exchange& exchange = step.calls[0].chat.exchanges.at(0);
  EXPECT_EQ(exchange.answer, steps_json(1, 3)) << "the incomplete step is not shown";
  EXPECT_NE(exchange.reply.find(R"(after these ids: "s1", "s2", "s3".)"), std::string::npos);
  EXPECT_TRUE(flow.on_answer(0, text_answer(steps_json(4, 6))).finished());
  ASSERT_TRUE(flow.result().ok);
  EXPECT_EQ(flow.result().document, steps_json(1, 6));
  EXPECT_EQ(flow.result().generator, "cheap");
}

TEST(FlowRest, GoesOnWhileEachAnswerAddsSteps) {
  Flow flow(two_models());
  flow.start();
  flow.on_answer(0, cut_answer(cut_after(1, 3)));
  const FlowStep more = flow.on_answer(0, cut_answer(cut_after(4, 5)));
  ASSERT_EQ(more.calls[0].purpose, Purpose::batch);
  flow.on_answer(0, text_answer(steps_json(6, 7)));
  EXPECT_EQ(flow.result().document, steps_json(1, 7));
}

TEST(FlowRest, DoesNotRepeatStepsThatTheModelWroteAgain) {
  Flow flow(two_models());
  flow.start();
  flow.on_answer(0, cut_answer(cut_after(1, 3)));
  flow.on_answer(0, text_answer(steps_json(1, 5)));
  EXPECT_EQ(flow.result().document, steps_json(1, 5));
}

TEST(FlowRest, MovesOnWhenAnAnswerAddsNothing) {
  Flow flow(two_models());
  flow.start();
  flow.on_answer(0, cut_answer(cut_after(1, 3)));
  const FlowStep step = flow.on_answer(0, cut_answer(cut_after(1, 2)));
  ASSERT_TRUE(step.fallback);
  EXPECT_EQ(step.fallback->reason, FallbackReason::truncated);
}

TEST(FlowRest, EndsForAModelThatNeverEnds) {
  FlowInput input = two_models();
  Flow flow(std::move(input));
  flow.start();
  FlowStep step = flow.on_answer(0, cut_answer(cut_after(1, 2)));
  int calls = 0;
  for (int n = 3; !step.fallback && !step.finished() && calls < 100; n += 2, ++calls)
    step = flow.on_answer(0, cut_answer(cut_after(n, n + 1)));
  EXPECT_LT(calls, 10);
}

TEST(FlowRest, MovesOnAtOnceWhenNothingOfTheAnswerIsComplete) {
  Flow flow(two_models());
  flow.start();
  EXPECT_TRUE(flow.on_answer(0, cut_answer(R"({"pilot_steps":[{"id":"s1","oper)")).fallback);
}

TEST(FlowRest, ValidatesTheDocumentAsAWhole) {
  Flow flow(two_models());
  flow.start();
  flow.on_answer(0, cut_answer(cut_after(1, 3)));
  const FlowStep step = flow.on_answer(
      0, text_answer(R"({"pilot_steps":[{"id":"s4","operation":"x","step_type":"nothing"}]})"));
  ASSERT_TRUE(step.fallback);
  EXPECT_EQ(step.judgement->outcome, Outcome::validation_failed);
  EXPECT_EQ(step.fallback->detail.substr(0, 3), "E03");
}

FlowInput large(int asked) {
  FlowInput input = two_models();
  input.prompt = "Describe our factory in " + std::to_string(asked) + " steps";
  return input;
}

/// The steps that a part asks for, as a good model writes them.
std::string part_answer(const CallPlan& plan, int count) {
  std::string text = R"({"pilot_steps":[)";
  const std::string& prompt = plan.chat.user_prompt;
  const std::string asked = prompt.substr(prompt.find("Write exactly these steps: "));
  for (int n = 1; n <= count; ++n) {
    if (asked.find("\"s" + std::to_string(n) + '"') == std::string::npos) continue;
    text += (text.back() == '[' ? "" : ",") + step_json(n);
  }
  return text + "]}";
}

TEST(FlowParts, AsksForAnOutlineFirstAndThenForPartsAtOnce) {
  Flow flow(large(25));
  const FlowStep first = flow.start();
  ASSERT_EQ(first.calls.size(), 1u);
  EXPECT_EQ(first.calls[0].purpose, Purpose::primary);
  EXPECT_NE(first.calls[0].chat.user_prompt.find("Outline: list every step"), std::string::npos);
  const FlowStep parts = flow.on_answer(0, text_answer(outline_json(25)));
  ASSERT_EQ(parts.calls.size(), 3u);
  for (const CallPlan& plan : parts.calls) EXPECT_EQ(plan.purpose, Purpose::batch);
  EXPECT_EQ(flow.on_answer(2, text_answer(part_answer(parts.calls[2], 25))).kind,
            FlowStep::Kind::pending);
  EXPECT_EQ(flow.on_answer(0, text_answer(part_answer(parts.calls[0], 25))).kind,
            FlowStep::Kind::pending);
  EXPECT_TRUE(flow.on_answer(1, text_answer(part_answer(parts.calls[1], 25))).finished());
  ASSERT_TRUE(flow.result().ok);
  EXPECT_EQ(flow.result().document, steps_json(1, 25)) << "in the order of the outline";
  EXPECT_EQ(flow.result().items, 25);
}

TEST(FlowParts, AsksAgainForWhatAPartLeftOut) {
  Flow flow(large(20));
  flow.start();
  const FlowStep parts = flow.on_answer(0, text_answer(outline_json(20)));
  ASSERT_EQ(parts.calls.size(), 2u);
  flow.on_answer(0, cut_answer(cut_after(1, 4)));
  const FlowStep again = flow.on_answer(1, text_answer(part_answer(parts.calls[1], 20)));
  ASSERT_EQ(again.kind, FlowStep::Kind::call);
  ASSERT_EQ(again.calls.size(), 1u);
  EXPECT_TRUE(flow.on_answer(0, text_answer(part_answer(again.calls[0], 20))).finished());
  EXPECT_EQ(count_steps(flow.result().document), 20);
}

TEST(FlowParts, RetriesOnePartWhileOthersAreOut) {
  Flow flow(large(20));
  flow.start();
  const FlowStep parts = flow.on_answer(0, text_answer(outline_json(20)));
  const FlowStep wait = flow.on_answer(1, failure(Outcome::api_error, true));
  ASSERT_TRUE(wait.waits());
  EXPECT_EQ(wait.lane, 1);
  EXPECT_EQ(flow.on_answer(0, text_answer(part_answer(parts.calls[0], 20))).kind,
            FlowStep::Kind::pending);
  const FlowStep again = flow.on_wait_over(1);
  ASSERT_EQ(again.calls.size(), 1u);
  EXPECT_EQ(again.calls[0].purpose, Purpose::retry);
  EXPECT_EQ(again.calls[0].lane, 1);
  EXPECT_TRUE(flow.on_answer(1, text_answer(part_answer(parts.calls[1], 20))).finished());
  EXPECT_TRUE(flow.result().ok);
}

TEST(FlowParts, WaitsForPaidAnswersBeforeItLeavesTheModel) {
  Flow flow(large(20));
  flow.start();
  const FlowStep parts = flow.on_answer(0, text_answer(outline_json(20)));
  EXPECT_EQ(flow.on_answer(0, failure(Outcome::refused)).kind, FlowStep::Kind::pending);
  const FlowStep next = flow.on_answer(1, text_answer(part_answer(parts.calls[1], 20)));
  ASSERT_TRUE(next.fallback);
  EXPECT_EQ(next.fallback->reason, FallbackReason::refused);
  EXPECT_EQ(next.calls[0].candidate, 1u);
}

TEST(FlowParts, DropsAWaitingPartWhenAnotherFailedForGood) {
  Flow flow(large(20));
  flow.start();
  flow.on_answer(0, text_answer(outline_json(20)));
  ASSERT_TRUE(flow.on_answer(0, failure(Outcome::api_error, true)).waits());
  EXPECT_EQ(flow.on_answer(1, failure(Outcome::refused)).kind, FlowStep::Kind::pending);
  EXPECT_TRUE(flow.on_wait_over(0).fallback);
}

TEST(FlowParts, DropsACallThatWasHeldWhenAnotherFailedForGood) {
  Flow flow(large(20));
  flow.start();
  flow.on_answer(0, text_answer(outline_json(20)));
  EXPECT_FALSE(flow.drops_calls());
  EXPECT_EQ(flow.on_answer(1, failure(Outcome::refused)).kind, FlowStep::Kind::pending);
  EXPECT_TRUE(flow.drops_calls());
  EXPECT_TRUE(flow.on_dropped(0).fallback);
}

TEST(FlowParts, GivesUpWhenPartsStayAway) {
  Flow flow(large(20));
  flow.start();
  flow.on_answer(0, text_answer(outline_json(20)));
  flow.on_answer(0, text_answer("no"));
  flow.on_answer(1, text_answer("no"));  // the second round goes out
  flow.on_answer(0, text_answer("no"));
  const FlowStep step = flow.on_answer(1, text_answer("no"));
  ASSERT_TRUE(step.fallback);
  EXPECT_EQ(step.fallback->reason, FallbackReason::validation_failed);
  EXPECT_EQ(step.judgement->validation_codes, std::vector<std::string>{"parts_missing"});
}

TEST(FlowParts, AsksInOnePieceWhenThereIsNoOutline) {
  Flow flow(large(20));
  flow.start();
  const FlowStep step = flow.on_answer(0, text_answer(R"({"outline":[]})"));
  ASSERT_EQ(step.calls.size(), 1u);
  EXPECT_EQ(step.calls[0].candidate, 0u);
  EXPECT_EQ(step.judgement->validation_codes, std::vector<std::string>{"outline_not_found"});
  EXPECT_TRUE(flow.on_answer(0, text_answer(steps_json(1, 20))).finished());
  EXPECT_TRUE(flow.result().ok);
}

TEST(FlowParts, AreNotUsedForFewStepsNorForMoreThanAWorkflowMayHave) {
  for (const int asked : {5, 19, 51, 500}) {
    Flow flow(large(asked));
    EXPECT_EQ(flow.start().calls[0].chat.user_prompt.find("Outline:"), std::string::npos) << asked;
  }
}

}  // namespace
}  // namespace llmw
