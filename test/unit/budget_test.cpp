#include "core/budget.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace llmw {
namespace {

using std::chrono::sys_days;
using std::chrono::year;

Money usd(const char* decimal) { return *parse_money(decimal); }

/// Microseconds since 2000-01-01 of a day, a time of day in seconds after its midnight.
std::int64_t at(int y, unsigned month, unsigned day, std::int64_t second = 0) {
  const auto epoch = sys_days{year{2000} / 1 / 1};
  const auto date = sys_days{year{y} / static_cast<int>(month) / static_cast<int>(day)};
  return (std::int64_t{(date - epoch).count()} * 86'400 + second) * 1'000'000;
}

Budget in_usd(const char* limit, BudgetAction action = BudgetAction::block) {
  Budget budget;
  budget.name = "b";
  budget.limit_cost = usd(limit);
  budget.action = action;
  return budget;
}

Budget in_tokens(std::int64_t limit) {
  Budget budget;
  budget.name = "b";
  budget.limit_tokens = limit;
  return budget;
}

BudgetUsage used(const char* spent, const char* reserved) {
  return {usd(spent), usd(reserved), 0, 0};
}

WorstCase cost(const char* decimal) { return {usd(decimal), 0}; }
constexpr WorstCase kUnpriced{std::nullopt, 100};

TEST(BudgetPeriods, AnInstantBeforeTheEdgeIsTheOldPeriodAndTheEdgeTheNew) {
  const std::int64_t midnight = at(2026, 12, 1);
  EXPECT_EQ(period_begin(BudgetPeriod::month, midnight - 1), at(2026, 11, 1));
  EXPECT_EQ(period_begin(BudgetPeriod::month, midnight), midnight);
  EXPECT_EQ(period_begin(BudgetPeriod::day, midnight - 1), at(2026, 11, 30));
  EXPECT_EQ(period_begin(BudgetPeriod::day, midnight), midnight);
  EXPECT_EQ(period_begin(BudgetPeriod::hour, midnight - 1), at(2026, 11, 30, 23 * 3600));
  EXPECT_EQ(period_begin(BudgetPeriod::hour, midnight), midnight);
}

TEST(BudgetPeriods, AWeekBeginsOnMondayAcrossMonthsAndYears) {
  const std::int64_t monday = at(2026, 12, 28);
  for (int day = 0; day < 7; ++day) {
    const std::int64_t time = monday + (day * 86'400LL + 12 * 3600) * 1'000'000;
    EXPECT_EQ(period_begin(BudgetPeriod::week, time), monday) << day;
    EXPECT_EQ(period_end(BudgetPeriod::week, time), at(2027, 1, 4)) << day;
  }
  EXPECT_EQ(period_begin(BudgetPeriod::week, monday - 1), at(2026, 12, 21));
}

TEST(BudgetPeriods, MonthsHaveTheirOwnLengths) {
  EXPECT_EQ(period_end(BudgetPeriod::month, at(2026, 1, 31)), at(2026, 2, 1));
  EXPECT_EQ(period_end(BudgetPeriod::month, at(2026, 2, 10)), at(2026, 3, 1));
  EXPECT_EQ(period_end(BudgetPeriod::month, at(2028, 2, 29)), at(2028, 3, 1));
  EXPECT_EQ(period_end(BudgetPeriod::month, at(2026, 12, 31)), at(2027, 1, 1));
}

TEST(BudgetPeriods, TimesBefore2000AreFlooredToo) {
  EXPECT_EQ(period_begin(BudgetPeriod::day, -1), at(1999, 12, 31));
  EXPECT_EQ(period_begin(BudgetPeriod::hour, -1), at(1999, 12, 31, 23 * 3600));
}

TEST(BudgetPeriods, ATotalNeverEnds) {
  EXPECT_EQ(period_begin(BudgetPeriod::total, at(2026, 11, 26)), 0);
  EXPECT_EQ(period_end(BudgetPeriod::total, at(2026, 11, 26)), 0);
}

TEST(BudgetPeriods, EveryInstantOfALongTimeLiesInItsPeriodAndTheNextOneFollows) {
  for (const BudgetPeriod period :
       {BudgetPeriod::hour, BudgetPeriod::day, BudgetPeriod::week, BudgetPeriod::month}) {
    for (std::int64_t time = at(2023, 12, 20); time < at(2028, 3, 10); time += 7'000'000'003LL) {
      const std::int64_t begin = period_begin(period, time);
      const std::int64_t end = period_end(period, time);
      ASSERT_LE(begin, time);
      ASSERT_LT(time, end);
      ASSERT_EQ(period_begin(period, end), end);
      ASSERT_EQ(period_begin(period, end - 1), begin);
    }
  }
}

TEST(BudgetJudge, ACallThatFitsExactlyIsAllowedAndTheSmallestAmountMoreIsNot) {
  const Budget budget = in_usd("10");
  EXPECT_EQ(judge(budget, used("9", "0.5"), cost("0.5"), true), BudgetVerdict::fits);
  EXPECT_EQ(judge(budget, used("9", "0.5"), cost("0.50000000000001"), true),
            BudgetVerdict::refused);
}

TEST(BudgetJudge, WhatIsReservedCountsAsIfItWereSpent) {
  EXPECT_EQ(judge(in_usd("10"), used("0", "10"), cost("0.01"), true), BudgetVerdict::refused);
}

TEST(BudgetJudge, TokensAreLimitedToo) {
  BudgetUsage usage;
  usage.spent_tokens = 600;
  usage.reserved_tokens = 300;
  EXPECT_EQ(judge(in_tokens(1000), usage, {std::nullopt, 100}, true), BudgetVerdict::fits);
  EXPECT_EQ(judge(in_tokens(1000), usage, {std::nullopt, 101}, true), BudgetVerdict::refused);
  EXPECT_EQ(judge(in_tokens(INT64_MAX), usage, {usd("1"), 101}, true), BudgetVerdict::fits);
}

TEST(BudgetJudge, AnUnknownPriceNeverFitsALimitInMoney) {
  for (const BudgetAction action :
       {BudgetAction::block, BudgetAction::primary_only, BudgetAction::fallback_only}) {
    const bool refused_one = action != BudgetAction::primary_only;
    EXPECT_EQ(judge(in_usd("1000", action), {}, kUnpriced, refused_one), BudgetVerdict::refused);
  }
  EXPECT_EQ(judge(in_usd("1000", BudgetAction::warn), {}, kUnpriced, true),
            BudgetVerdict::exceeds_and_passes);
}

TEST(BudgetJudge, AFreeCallPassesASpentBudgetButItsTokensCount) {
  Budget budget = in_usd("1");
  EXPECT_EQ(judge(budget, used("2", "0"), {Money(), 100}, true), BudgetVerdict::fits);
  budget.limit_tokens = 99;
  EXPECT_EQ(judge(budget, used("0", "0"), {Money(), 100}, true), BudgetVerdict::refused);
}

TEST(BudgetJudge, AFreeCallDoesNotSwitchTheBudgetOffForOthers) {
  BudgetUsage usage = used("0.9", "0");
  usage.reserve({Money(), 1000});
  EXPECT_EQ(judge(in_usd("1"), usage, cost("0.2"), true), BudgetVerdict::refused);
}

TEST(BudgetJudge, AZeroLimitAllowsNothingThatCosts) {
  EXPECT_EQ(judge(in_usd("0"), {}, cost("0.00000000000001"), true), BudgetVerdict::refused);
  EXPECT_EQ(judge(in_usd("0"), {}, cost("0"), true), BudgetVerdict::fits);
}

TEST(BudgetJudge, ActionsSayWhoMayPassAnExceededLimit) {
  struct Case {
    BudgetAction action;
    bool primary_passes, fallback_passes;
  };
  for (const Case& c :
       {Case{BudgetAction::block, false, false}, Case{BudgetAction::warn, true, true},
        Case{BudgetAction::primary_only, true, false},
        Case{BudgetAction::fallback_only, false, true}}) {
    const Budget budget = in_usd("1", c.action);
    const auto passes = [&](bool is_primary) {
      return judge(budget, used("1", "0"), cost("1"), is_primary) != BudgetVerdict::refused;
    };
    EXPECT_EQ(passes(true), c.primary_passes);
    EXPECT_EQ(passes(false), c.fallback_passes);
  }
}

TEST(BudgetUsageSums, SettlingFreesTheWorstCaseAndKeepsTheCost) {
  BudgetUsage usage;
  usage.reserve({usd("0.5"), 500});
  usage.reserve({usd("0.25"), 300});
  usage.settle({usd("0.5"), 500}, {usd("0.1"), 120});
  EXPECT_EQ(usage.spent, usd("0.1"));
  EXPECT_EQ(usage.reserved, usd("0.25"));
  EXPECT_EQ(usage.spent_tokens, 120);
  EXPECT_EQ(usage.reserved_tokens, 300);
}

TEST(BudgetUsageSums, ThousandsOfCallsLeaveNothingReserved) {
  BudgetUsage usage;
  for (int i = 1; i <= 5000; ++i) {
    const WorstCase worst{Money::from_units(i * 7919), i};
    usage.reserve(worst);
    usage.settle(worst, {Money::from_units(i), i / 2});
  }
  EXPECT_EQ(usage.reserved, Money());
  EXPECT_EQ(usage.reserved_tokens, 0);
  EXPECT_EQ(usage.spent.units(), 5000 * 5001 / 2);
}

TEST(BudgetUsageSums, AReservationThatSomebodyDeletedIsNotOwed) {
  BudgetUsage usage;
  usage.settle({usd("1"), 10}, {usd("0.5"), 5});
  EXPECT_EQ(usage.reserved, Money());
  EXPECT_EQ(usage.reserved_tokens, 0);
  EXPECT_EQ(usage.spent, usd("0.5"));
}

bool counts(const Budget& budget, const BudgetSubject& call) {
  return !budgets_that_count({&budget, 1}, call).empty();
}

TEST(BudgetScopes, EachScopeLooksAtItsOwnField) {
  const BudgetSubject call{"ada", "planner", "gpt-4o", "openai", R"({"team": "a", "n": 42})"};
  Budget budget;
  const auto match = [&](BudgetScope scope, const char* subject, const char* key = "") {
    budget.scope = scope;
    budget.subject = subject;
    budget.tag_key = key;
    return counts(budget, call);
  };
  EXPECT_TRUE(match(BudgetScope::database, ""));
  EXPECT_TRUE(match(BudgetScope::role, "ada"));
  EXPECT_FALSE(match(BudgetScope::role, "Ada"));
  EXPECT_TRUE(match(BudgetScope::agent, "planner"));
  EXPECT_FALSE(match(BudgetScope::agent, "ada"));
  EXPECT_TRUE(match(BudgetScope::model, "gpt-4o"));
  EXPECT_FALSE(match(BudgetScope::model, "gpt-4o-mini"));
  EXPECT_TRUE(match(BudgetScope::server, "openai"));
  EXPECT_TRUE(match(BudgetScope::tag, "a", "team"));
  EXPECT_TRUE(match(BudgetScope::tag, "42", "n"));
  EXPECT_FALSE(match(BudgetScope::tag, "a", "n"));
  EXPECT_FALSE(match(BudgetScope::tag, "a", "other"));
}

TEST(BudgetScopes, TagsThatCannotBeReadMatchNothing) {
  Budget budget;
  budget.scope = BudgetScope::tag;
  budget.tag_key = "team";
  for (const char* tags : {"", "{", "[]", "null", "\"team\""})
    EXPECT_FALSE(counts(budget, {"", "", "", "", tags})) << tags;
}

TEST(BudgetScopes, OfManyBudgetsAllThatCountAreFoundInTheirOrder) {
  std::vector<Budget> budgets(5);
  budgets[1].scope = BudgetScope::tag;
  budgets[1].tag_key = "team";
  budgets[1].subject = "a";
  budgets[2] = budgets[1];
  budgets[2].subject = "b";
  budgets[3] = budgets[1];
  const std::vector<const Budget*> counting =
      budgets_that_count(budgets, {"", "", "", "", R"({"team": "a"})"});
  EXPECT_EQ(counting,
            (std::vector<const Budget*>{&budgets[0], &budgets[1], &budgets[3], &budgets[4]}));
}

TEST(BudgetTexts, ARefusalSaysSpentReservedLimitWorstCaseAndReset) {
  Budget budget = in_usd("10");
  budget.name = "team \"a\"";
  budget.period = BudgetPeriod::month;
  const BudgetRefusal refusal =
      refusal_of(budget, used("9.5", "0.4"), cost("0.2"), "gpt-4o", at(2026, 11, 26));
  EXPECT_EQ(refusal.budget, "team \"a\"");
  EXPECT_EQ(refusal.message, "budget \"team \"a\"\" does not allow the call");
  EXPECT_EQ(refusal.detail,
            "Spent 9.5 USD, reserved 0.4 USD, limit 10 USD; the call may take up to 0.2 USD. "
            "The budget resets at 2026-12-01 00:00:00 UTC.");
  EXPECT_EQ(refusal.hint,
            "Wait until it resets, or raise the limit in the budget's row of llm_budgets.");
  EXPECT_EQ(refusal.resets_at, at(2026, 12, 1));
}

TEST(BudgetTexts, ARefusalNamesTheLimitThatIsExceeded) {
  Budget budget = in_usd("10");
  budget.limit_tokens = 1000;
  BudgetUsage usage = used("1", "0");
  usage.spent_tokens = 990;
  const BudgetRefusal refusal = refusal_of(budget, usage, {usd("1"), 11}, "m", 0);
  EXPECT_EQ(refusal.detail,
            "Spent 990 tokens, reserved 0 tokens, limit 1000 tokens; the call may take up to 11 "
            "tokens. The budget never resets.");
  EXPECT_EQ(refusal.resets_at, 0);
}

TEST(BudgetTexts, AnUnknownPriceIsToBeAdded) {
  const BudgetRefusal refusal =
      refusal_of(in_usd("10", BudgetAction::primary_only), {}, kUnpriced, "mystery", 0);
  EXPECT_NE(refusal.detail.find("no price of the call is known"), std::string::npos);
  EXPECT_NE(refusal.detail.find("Only the primary model may still be asked."), std::string::npos);
  EXPECT_EQ(refusal.hint, "Add a price: a row of llm_model_prices for model \"mystery\".");
}

TEST(BudgetTexts, AWarningSaysTheSame) {
  EXPECT_EQ(warning_of(in_usd("1", BudgetAction::warn), used("1", "0"), cost("0.5")),
            "budget \"b\" is exceeded: spent 1 USD, reserved 0 USD, limit 1 USD; the call may take "
            "up to 0.5 USD");
}

TEST(BudgetWords, OnlyTheWordsOfTheTableAreTaken) {
  EXPECT_EQ(parse_budget_scope("tag"), BudgetScope::tag);
  EXPECT_EQ(parse_budget_period("total"), BudgetPeriod::total);
  EXPECT_EQ(parse_budget_action("primary_only"), BudgetAction::primary_only);
  EXPECT_EQ(parse_budget_scope("Tag"), std::nullopt);
  EXPECT_EQ(parse_budget_period("year"), std::nullopt);
  EXPECT_EQ(parse_budget_action(""), std::nullopt);
}

TEST(RequestCost, ARequestMayCostExactlyItsLimit) {
  EXPECT_EQ(over_request_cost(usd("1"), usd("0.4"), usd("0.6")), std::nullopt);
  const auto refusal = over_request_cost(usd("1"), usd("0.4"), usd("0.61"));
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->detail, "Spent 0.4 USD, limit 1 USD; the call may take up to 0.61 USD.");
  EXPECT_TRUE(refusal->budget.empty());
}

TEST(RequestCost, AnUnknownPriceIsRefusedAndAFreeCallIsNot) {
  EXPECT_TRUE(over_request_cost(usd("1"), Money(), std::nullopt));
  EXPECT_EQ(over_request_cost(usd("0"), usd("0.4"), Money()), std::nullopt);
}

TEST(RequestTokens, ARequestOfAnAgentMayTakeExactlyItsLimit) {
  EXPECT_EQ(over_request_tokens("planner", 1000, 400, 600), std::nullopt);
  const auto refusal = over_request_tokens("planner", 1000, 400, 601);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->detail,
            "Agent \"planner\": used 400 tokens, limit 1000 tokens; the call may take up to 601 "
            "tokens.");
  EXPECT_TRUE(refusal->budget.empty());
}

TEST(RequestTokens, WhatWasTakenBeyondTheLimitLeavesNothingAndNoSumOverflows) {
  EXPECT_TRUE(over_request_tokens("a", 1000, 1001, 1));
  EXPECT_TRUE(over_request_tokens("a", 1, INT64_MAX, 1));
  EXPECT_TRUE(over_request_tokens("a", INT64_MAX, 1, INT64_MAX));
  EXPECT_EQ(over_request_tokens("a", INT64_MAX, 0, INT64_MAX), std::nullopt);
}

TEST(RequestTokens, TheNameOfTheAgentCannotBreakTheLine) {
  EXPECT_EQ(over_request_tokens("a\nb", 1, 0, 2)->message.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace llmw
