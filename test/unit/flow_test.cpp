// The generation flow without a server: every way from one model to the next.

#include "core/flow.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "flow_testing.hpp"

namespace llmw {
namespace {

using std::chrono::milliseconds;

constexpr const char* kDocument =
    R"({"pilot_steps":[{"id":"a","operation":"Send a mail","step_type":"api_call"}]})";

TEST(Flow, AcceptsAValidDocumentOfThePrimary) {
  Flow flow(two_models());
  const FlowStep first = flow.start();
  ASSERT_EQ(first.kind, FlowStep::Kind::call);
  EXPECT_EQ(first.calls[0].purpose, Purpose::primary);
  EXPECT_EQ(first.calls[0].attempt, 1);
  EXPECT_EQ(first.calls[0].chat.model, "cheap-1");
  EXPECT_EQ(first.calls[0].chat.max_output_tokens, 12000);
  const FlowStep last = flow.on_answer(0, text_answer(kDocument));
  ASSERT_TRUE(last.finished());
  EXPECT_EQ(last.judgement->outcome, Outcome::ok);
  EXPECT_TRUE(flow.result().ok);
  EXPECT_EQ(flow.result().generator, "cheap");
  EXPECT_EQ(flow.result().document, kDocument);
  EXPECT_EQ(flow.result().items, 1);
  EXPECT_EQ(flow.result().zones, std::nullopt);
  EXPECT_FALSE(flow.result().fallback_reason);
}

TEST(Flow, FallsBackWhenTheDocumentIsInvalidAndKeepsItsCodes) {
  Flow flow(two_models());
  flow.start();
  const FlowStep step = flow.on_answer(0, text_answer(R"({"pilot_steps":[]})"));
  ASSERT_EQ(step.kind, FlowStep::Kind::call);
  EXPECT_EQ(step.calls[0].purpose, Purpose::fallback);
  EXPECT_EQ(step.calls[0].candidate, 1u);
  EXPECT_EQ(step.judgement->outcome, Outcome::validation_failed);
  EXPECT_EQ(step.judgement->validation_codes, std::vector<std::string>{"E01"});
  ASSERT_TRUE(step.fallback);
  EXPECT_EQ(step.fallback->from_model, "cheap");
  EXPECT_EQ(step.fallback->to_model, "strong");
  EXPECT_EQ(step.fallback->reason, FallbackReason::validation_failed);
  EXPECT_EQ(step.fallback->detail, "E01");
  EXPECT_EQ(step.fallback->tokens_wasted, 120);
  flow.on_answer(0, text_answer(kDocument));
  EXPECT_TRUE(flow.result().ok);
  EXPECT_EQ(flow.result().generator, "strong");
  EXPECT_EQ(flow.result().fallback_reason, FallbackReason::validation_failed);
}

struct ReasonCase {
  Outcome outcome;
  FallbackReason reason;
  const char* sqlstate;
};

class FlowReason : public testing::TestWithParam<ReasonCase> {};

TEST_P(FlowReason, OfThePrimaryIsTheFallbackReasonAndOfBothTheSqlstate) {
  const ReasonCase& c = GetParam();
  Flow flow(two_models());
  flow.start();
  const FlowStep step = flow.on_answer(0, failure(c.outcome));
  ASSERT_TRUE(step.fallback);
  EXPECT_EQ(step.fallback->reason, c.reason);
  const FlowStep last = flow.on_answer(0, failure(c.outcome));
  ASSERT_TRUE(last.finished());
  EXPECT_FALSE(last.fallback);
  EXPECT_FALSE(flow.result().ok);
  EXPECT_EQ(flow.result().fallback_reason, c.reason);
  EXPECT_EQ(flow.result().error_sqlstate, c.sqlstate);
  EXPECT_NE(flow.result().error_detail.find("cheap: "), std::string::npos);
  EXPECT_NE(flow.result().error_detail.find("strong: "), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(
    AllOutcomes, FlowReason,
    testing::Values(ReasonCase{Outcome::api_error, FallbackReason::api_error, "LW002"},
                    ReasonCase{Outcome::timeout, FallbackReason::timeout, "LW003"},
                    ReasonCase{Outcome::rate_limited, FallbackReason::rate_limited, "LW004"},
                    ReasonCase{Outcome::truncated, FallbackReason::truncated, "LW005"},
                    ReasonCase{Outcome::refused, FallbackReason::refused, "LW006"},
                    ReasonCase{Outcome::context_window_exceeded,
                               FallbackReason::context_window_exceeded, "LW007"}));

TEST(Flow, RetriesATransientErrorAsOftenAsAllowedThenMovesOn) {
  Flow flow(two_models());
  flow.start();
  for (int retry = 0; retry < 2; ++retry) {
    const FlowStep wait = flow.on_answer(0, failure(Outcome::api_error, true));
    ASSERT_TRUE(wait.waits());
    EXPECT_LE(wait.wait, milliseconds{500} * (1 << retry));
    const FlowStep again = flow.on_wait_over(0);
    EXPECT_EQ(again.calls[0].purpose, Purpose::retry);
    EXPECT_EQ(again.calls[0].candidate, 0u);
    EXPECT_EQ(again.calls[0].attempt, retry + 2);
  }
  const FlowStep next = flow.on_answer(0, failure(Outcome::api_error, true));
  ASSERT_EQ(next.kind, FlowStep::Kind::call);
  EXPECT_EQ(next.calls[0].purpose, Purpose::fallback);
}

TEST(Flow, GivesTheNextModelItsOwnRetries) {
  FlowInput input = two_models();
  input.max_retries = 1;
  Flow flow(std::move(input));
  flow.start();
  flow.on_answer(0, failure(Outcome::api_error, true));
  flow.on_wait_over(0);
  flow.on_answer(0, failure(Outcome::api_error, true));  // now the fallback is asked
  EXPECT_TRUE(flow.on_answer(0, failure(Outcome::api_error, true)).waits());
}

TEST(Flow, KeepsARetryAfterExactlyAndMovesOnWhenItIsTooLong) {
  Flow flow(two_models());
  flow.start();
  Answer limited = failure(Outcome::rate_limited, true);
  limited.retry_after = milliseconds{2000};
  const FlowStep wait = flow.on_answer(0, limited);
  ASSERT_TRUE(wait.waits());
  EXPECT_EQ(wait.wait, milliseconds{2000});
  flow.on_wait_over(0);
  limited.retry_after = milliseconds{30'001};
  const FlowStep next = flow.on_answer(0, limited);
  ASSERT_TRUE(next.fallback);
  EXPECT_EQ(next.fallback->reason, FallbackReason::rate_limited);
}

TEST(Flow, BacksOffWithinBoundsAndReproducibly) {
  const auto waits_of = [](std::uint64_t seed) {
    FlowInput input = two_models();
    input.max_retries = 10;
    input.seed = seed;
    Flow flow(std::move(input));
    flow.start();
    std::vector<milliseconds> waits;
    for (int i = 0; i < 10; ++i) {
      waits.push_back(flow.on_answer(0, failure(Outcome::api_error, true)).wait);
      flow.on_wait_over(0);
    }
    return waits;
  };
  const std::vector<milliseconds> waits = waits_of(7);
  EXPECT_EQ(waits, waits_of(7));
  EXPECT_NE(waits, waits_of(8));
  for (const milliseconds wait : waits) {
    EXPECT_GE(wait, milliseconds{0});
    EXPECT_LE(wait, milliseconds{8000});
  }
}

TEST(Flow, SkipsAPrimaryWithoutKeyAndSaysSo) {
  FlowInput input = two_models();
  input.chain[0].unusable = "there is no API key for server \"openai\"";
  Flow flow(std::move(input));
  const FlowStep first = flow.start();
  ASSERT_TRUE(first.fallback);
  EXPECT_EQ(first.fallback->reason, FallbackReason::credentials_missing);
  EXPECT_EQ(first.calls[0].candidate, 1u);
  flow.on_answer(0, text_answer(kDocument));
  EXPECT_EQ(flow.result().fallback_reason, FallbackReason::credentials_missing);
}

TEST(Flow, HasNoFallbackReasonWhenThereWasNoOtherModelToAsk) {
  FlowInput input = two_models();
  input.chain.pop_back();
  Flow flow(std::move(input));
  flow.start();
  flow.on_answer(0, failure(Outcome::refused));
  EXPECT_FALSE(flow.result().fallback_reason);
  EXPECT_EQ(flow.result().failure, FallbackReason::refused);
}

TEST(Flow, FailsWithoutAnyCallWhenNoModelHasAKey) {
  FlowInput input = two_models();
  for (Candidate& candidate : input.chain) candidate.unusable = "there is no API key";
  Flow flow(std::move(input));
  EXPECT_TRUE(flow.start().finished());
  EXPECT_EQ(flow.result().error_sqlstate, "LW009");
  EXPECT_NE(flow.result().error_hint.find("builtin-draft"), std::string::npos);
}

TEST(Flow, ReportsWhatTheAskedModelDidNotWhyTheNextWasSkipped) {
  FlowInput input = two_models();
  input.chain[1].unusable = "there is no API key";
  Flow flow(std::move(input));
  flow.start();
  const FlowStep last = flow.on_answer(0, failure(Outcome::timeout));
  ASSERT_TRUE(last.finished());
  EXPECT_FALSE(last.fallback) << "no other model was asked";
  EXPECT_EQ(flow.result().error_sqlstate, "LW003");
  EXPECT_NE(flow.result().error_detail.find("strong: credentials_missing"), std::string::npos);
}

TEST(Flow, AsksForNoMoreOutputThanTheModelAndItsWindowAllow) {
  FlowInput input = two_models();
  input.max_output_tokens = 100'000;
  Flow flow(std::move(input));
  EXPECT_EQ(flow.start().calls[0].chat.max_output_tokens, 16384);
  FlowInput small = two_models();
  small.chain[0].context_window = 2000;
  Flow tight(std::move(small));
  const int asked = tight.start().calls[0].chat.max_output_tokens;
  EXPECT_GT(asked, 0);
  EXPECT_LT(asked, 2000);
}

TEST(Flow, SpendsNothingOnAModelWhoseWindowThePromptExceeds) {
  FlowInput input = two_models();
  input.chain[0].context_window = 2048;
  input.prompt = std::string(12'000, 'x');  // about 3,000 tokens
  Flow flow(std::move(input));
  const FlowStep first = flow.start();
  ASSERT_TRUE(first.fallback);
  EXPECT_EQ(first.fallback->reason, FallbackReason::context_window_exceeded);
  EXPECT_EQ(first.fallback->tokens_wasted, 0);
}

TEST(Flow, TreatsAnAnswerWithoutDocumentAsInvalidAndACutOneAsTruncated) {
  Flow flow(two_models());
  flow.start();
  const FlowStep none = flow.on_answer(0, text_answer("I am sorry, I cannot help with that."));
  EXPECT_EQ(none.judgement->outcome, Outcome::validation_failed);
  EXPECT_EQ(none.judgement->validation_codes, std::vector<std::string>{"document_not_found"});
  const FlowStep cut = flow.on_answer(0, text_answer(R"({"pilot_steps":[{"id":"a","oper)"));
  EXPECT_EQ(cut.judgement->outcome, Outcome::truncated);
}

TEST(Flow, WarnsThatADraftWasMadeByRules) {
  FlowInput input = two_models();
  input.chain[0].drafts_by_rules = true;
  Flow flow(std::move(input));
  flow.start();
  flow.on_answer(0, text_answer(kDocument));
  ASSERT_EQ(flow.result().warnings.size(), 1u);
  EXPECT_EQ(flow.result().warnings[0].code, "draft_by_rules");
}

TEST(Flow, TakesTheCallersOwnWordsFromADraftByRules) {
  FlowInput input = two_models();
  input.chain[0].drafts_by_rules = true;
  Flow flow(std::move(input));
  flow.start();
  flow.on_answer(0, text_answer(R"({"pilot_steps":[{"id":"a","operation":)"
                                R"("Get http://intranet/list","step_type":"api_call"}]})"));
  ASSERT_TRUE(flow.result().ok);
  EXPECT_EQ(flow.result().warnings[0].code, "E11");
  EXPECT_EQ(flow.result().warnings[0].severity, Severity::warning);
}

TEST(Flow, RefusesAnEmptyChain) { EXPECT_THROW(Flow(FlowInput{}), Error); }

}  // namespace
}  // namespace llmw
