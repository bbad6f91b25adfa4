// Learned rules on their way to a model: once, in an order that a prompt cache can rely on.

#include "core/learned_rules.hpp"

#include <gtest/gtest.h>

#include "flow_testing.hpp"

namespace llmw {
namespace {

constexpr const char* kBad =
    R"({"pilot_steps":[{"id":"a","operation":"Send a mail","step_type":"carrier_pigeon"}]})";

std::vector<LearnedRule> some_rules() {
  return {{"R1", "Amounts are in EUR.", ""}, {"R2", "Type each step.", "E03"}};
}

FlowInput with_rules() {
  FlowInput input = two_models();
  input.repair_attempts = 1;
  input.rules = some_rules();
  return input;
}

std::size_t count_of(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

/// All that a model is told in one call.
std::string whole_text(const ChatRequest& chat) {
  std::string text = chat.system_prompt + chat.user_prompt;
  for (const Exchange& exchange : chat.exchanges) text += exchange.answer + exchange.reply;
  return text;
}

std::string system_prompt_without_rules(bool compact) {
  FlowInput input = two_models();
  input.compact = compact;
  return Flow(std::move(input)).start().calls[0].chat.system_prompt;
}

TEST(RuleLegend, HasOneLineForEachRule) {
  EXPECT_EQ(write_rule_legend(some_rules()),
            "Keep to these rules:\nR1 Amounts are in EUR.\nR2 Type each step.\n");
}

TEST(RuleLegend, CostsNothingWithoutARule) {
  EXPECT_EQ(write_rule_legend({}), "");
  EXPECT_EQ(Flow(two_models()).start().calls[0].chat.system_prompt.find("rules:"),
            std::string::npos);
}

TEST(RuleLegend, ARuleThatIsAddedChangesNoLineBeforeIt) {
  std::vector<LearnedRule> rules;
  for (const char* id : {"R10", "S1", "R2", "R1", "R9", "AB1"}) rules.push_back({id, "text", ""});
  sort_rules(rules);
  std::string order;
  for (const LearnedRule& rule : rules) order += rule.id + ' ';
  EXPECT_EQ(order, "R1 R2 R9 S1 AB1 R10 ");
}

TEST(RuleForCode, IsNoneForRulesAndFindingsWithoutACode) {
  EXPECT_EQ(rule_for_code(some_rules(), ""), nullptr);
  EXPECT_EQ(rule_for_code(some_rules(), "E02"), nullptr);
  const std::vector<LearnedRule> rules = some_rules();
  EXPECT_EQ(rule_for_code(rules, "E03"), &rules[1]);
}

TEST(IssueLines, NameARuleThatTheLegendHasAndNoOther) {
  EXPECT_EQ(write_issue_lines({{"R2", "the third\nhas none"}, {"R9", "too long"}, {"", "in USD"}},
                              some_rules()),
            "R2: the third has none\ntoo long\nin USD\n");
}

TEST(IssueLines, StayShort) {
  const std::vector<DocumentIssue> issues(100, {"R1", std::string(2000, 'x')});
  EXPECT_LE(write_issue_lines(issues, some_rules()).size(), 20u * 510);
}

TEST(RulesInTheFlow, StandBehindWhatAllCategoriesShareAndBeforeThePrompt) {
  for (const bool compact : {false, true}) {
    FlowInput input = with_rules();
    input.compact = compact;
    const ChatRequest chat = Flow(std::move(input)).start().calls[0].chat;
    EXPECT_EQ(chat.system_prompt,
              system_prompt_without_rules(compact) + write_rule_legend(some_rules()));
    EXPECT_EQ(chat.user_prompt, "Send a mail");
  }
}

TEST(RulesInTheFlow, AreTextOnceInEachCallAndIdsInARepair) {
  Flow flow(with_rules());
  const ChatRequest first = flow.start().calls[0].chat;
  const ChatRequest repair = flow.on_answer(0, text_answer(kBad)).calls[0].chat;
  EXPECT_EQ(repair.system_prompt, first.system_prompt) << "the cached beginning stays";
  EXPECT_EQ(count_of(whole_text(repair), "Type each step."), 1u);
  EXPECT_NE(repair.exchanges[0].reply.find("E03 at /pilot_steps/0/step_type: R2\n"),
            std::string::npos)
      << repair.exchanges[0].reply;
}

TEST(RulesInTheFlow, GoToTheNextModelToo) {
  Flow flow(with_rules());
  const std::string first = flow.start().calls[0].chat.system_prompt;
  const FlowStep step = flow.on_answer(0, failure(Outcome::api_error));
  ASSERT_TRUE(step.fallback);
  EXPECT_EQ(step.calls[0].chat.system_prompt, first);
}

TEST(RulesInTheFlow, AreInEveryPartOfALargeDocument) {
  FlowInput input = with_rules();
  input.prompt = "Send a mail in 40 steps";
  Flow flow(std::move(input));
  const FlowStep outline = flow.start();
  EXPECT_EQ(count_of(outline.calls[0].chat.system_prompt, "R1 Amounts"), 1u);
  std::string list;
  for (int i = 0; i < 40; ++i)
    list += (i == 0 ? "" : ",") + (R"({"id":"s)" + std::to_string(i)) + R"(","title":"t"})";
  const FlowStep parts = flow.on_answer(0, text_answer(R"({"outline":[)" + list + "]}"));
  ASSERT_GT(parts.calls.size(), 1u);
  for (const CallPlan& call : parts.calls)
    EXPECT_EQ(count_of(whole_text(call.chat), "R1 Amounts"), 1u);
}

TEST(RulesInTheFlow, CountAsInputBeforeAnythingIsSpent) {
  FlowInput input = two_models();
  const Candidate cheap = input.chain[0];
  const std::int64_t without =
      Flow::input_tokens(cheap, Flow(std::move(input)).start().calls[0].chat);
  const std::int64_t with = Flow::input_tokens(cheap, Flow(with_rules()).start().calls[0].chat);
  EXPECT_GT(with, without);

  FlowInput full = with_rules();
  for (Candidate& candidate : full.chain) candidate.context_window = without + 10;
  full.rules.front().text.assign(300, 'x');
  Flow flow(std::move(full));
  EXPECT_TRUE(flow.start().finished());
  EXPECT_EQ(flow.result().failure, FallbackReason::context_window_exceeded);
}

}  // namespace
}  // namespace llmw
