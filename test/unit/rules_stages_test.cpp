// Stages: sequence, dependencies, parallel work, materials and teams (S01-S08).

#include <gtest/gtest.h>

#include "core/rules.hpp"
#include "rules_testing.hpp"

namespace llmw {
namespace {

std::string stage(const std::string& id, const std::string& more = "") {
  return R"({"id":")" + id + R"(","name":"Work )" + id + R"(","type":"sequential")" +
         (more.empty() ? "" : ',' + more) + '}';
}

std::string stages(const std::vector<std::string>& list) {
  std::string text = R"({"stages":[)";
  for (std::size_t i = 0; i < list.size(); ++i) text += (i == 0 ? "" : ",") + list[i];
  return text + "]}";
}

std::string after(const std::string& ids) { return R"("depends_on":[)" + ids + ']'; }

std::string beside(const std::string& ids) { return R"("parallel_with":[)" + ids + ']'; }

std::string numbered(int number, const std::string& more = "") {
  return R"("sequence":)" + std::to_string(number) + (more.empty() ? "" : ',' + more);
}

/// a before b and c, which are parallel unless the texts say otherwise.
std::string peers(const std::string& b, const std::string& c) {
  return stages({stage("a"), stage("b", b), stage("c", c)});
}

std::vector<RuleCase> sequence_cases() {
  const std::string good =
      stages({stage("a", numbered(1)), stage("b", numbered(2, after("\"a\"")))});
  return {
      {"S01", "/stages/1", stages({stage("a"), R"({"name":"Sew","type":"sequential"})"}),
       stages({stage("a"), R"({"id":"b","name":"Sew","type":"sequential"})"})},
      {"S01", "/stages/1/id",
       stages({stage("a"), R"({"id":"A","name":"Sew","type":"sequential"})"}),
       stages({stage("a"), R"({"id":"B","name":"Sew","type":"sequential"})"})},
      {"S01", "/stages/0/id", stages({stage("a?")}), stages({stage("a")})},
      {"S01", "/stages/1/sequence",
       stages({stage("a", numbered(1)), stage("b", numbered(3, after("\"a\"")))}), good},
      {"S01", "/stages/0/sequence",
       stages({stage("a", numbered(2)), stage("b", numbered(3, after("\"a\"")))}), good},
      {"S01", "/stages/0/sequence",
       stages({stage("a", numbered(0)), stage("b", numbered(1, after("\"a\"")))}), good},
      {"S03", "/stages/1/sequence",
       stages({stage("a", numbered(1)), stage("b", numbered(1, after("\"a\""))),
               stage("c", numbered(2, after("\"b\"")))}),
       stages({stage("a", numbered(1)), stage("b", numbered(2, after("\"a\""))),
               stage("c", numbered(3, after("\"b\"")))})},
      {"S03", "/stages/0/sequence",
       stages({stage("a", numbered(1, after("\"b\""))), stage("b", numbered(2))}),
       stages({stage("a", numbered(2, after("\"b\""))), stage("b", numbered(1))})},
  };
}

std::vector<RuleCase> dependency_cases() {
  return {
      {"S02", "/stages/1/depends_on/0", stages({stage("a"), stage("b", after("\"x\""))}),
       stages({stage("a"), stage("b", after("\"a\""))})},
      {"S02", "/stages/1", stages({stage("a"), stage("b", after("\"b\""))}),
       stages({stage("a"), stage("b", after("\"a\""))})},
      {"S02", "/stages/0", stages({stage("a", after("\"b\"")), stage("b", after("\"a\""))}),
       stages({stage("a"), stage("b", after("\"a\""))})},
      {"S05", "/stages/2/inputs/1",
       stages({stage("a", R"("outputs":["rolls"])"),
               stage("b", after("\"a\"") + R"(,"outputs":["cut parts"])"),
               stage("c", after("\"a\"") + R"(,"inputs":["thread","cut_parts"])")}),
       stages({stage("a", R"("outputs":["rolls"])"),
               stage("b", after("\"a\"") + R"(,"outputs":["cut parts"])"),
               stage("c", after("\"b\"") + R"(,"inputs":["thread","cut_parts","rolls"])")})},
      {"S05", "/stages/1/inputs/0",
       stages({stage("a", R"("outputs":["orders"])"), stage("b", R"("inputs":["orders"])"),
               stage("c", after(R"("a","b")"))}),
       stages({stage("a", R"("outputs":["orders"])"), stage("b", R"("inputs":["external:orders"])"),
               stage("c", after(R"("a","b")"))})},
      {"S07", "/stages/1/team",
       stages(
           {stage("a", R"("team":"Cutting Room")"), stage("b", after("\"a\"") + R"(,"team":" ")")}),
       stages({stage("a", R"("team":"Cutting Room")"),
               stage("b", after("\"a\"") + R"(,"team":"Sewing")")})},
      {"S07", "/stages/1",
       stages({stage("a", R"("team":"Cutting Room")"), stage("b", after("\"a\""))}),
       stages({stage("a"), stage("b", after("\"a\""))})},
      {"S07", "/stages/0/team", stages({stage("a", R"("team":"TBD")")}),
       stages({stage("a", R"("team":"Planning")")})},
      {"S08", "/stages/2", stages({stage("a"), stage("b", after("\"a\"")), stage("c")}),
       stages({stage("a"), stage("b", after("\"a\"")), stage("c", after("\"a\""))})},
  };
}

std::vector<RuleCase> parallel_cases() {
  const std::string b = after("\"a\"") + ',' + beside("\"c\"");
  const std::string c = after("\"a\"") + ',' + beside("\"b\"");
  const std::string good = peers(b, c);
  return {
      {"S04", "/stages/1/parallel_with", peers(b, after("\"a\"")), good},
      {"S04", "/stages/1/parallel_with/1", peers(after("\"a\"") + ',' + beside(R"("c","x")"), c),
       good},
      {"S04", "/stages/1/parallel_with/0", peers(after("\"a\"") + ',' + beside(R"("b","c")"), c),
       good},
      {"S04", "/stages/2/parallel_with", peers(b, after("\"b\"") + ',' + beside("\"b\"")), good},
      {"S06", "/stages/2/outputs/1",
       peers(b + R"(,"outputs":["jeans"])", c + R"(,"outputs":["lots","Jeans"])"),
       peers(b + R"(,"outputs":["jeans"])", c + R"(,"outputs":["lots","jackets"])")},
  };
}

TEST(RulesForStages, EachFaultIsFoundAloneAndItsMendedTwinIsRight) {
  const Rules rules = builtin_rules("stages");
  for (const auto& cases : {sequence_cases(), dependency_cases(), parallel_cases()}) {
    for (const RuleCase& rule : cases) expect_case(rules, rule);
  }
}

TEST(RulesForStages, WhatEveryItemMustHaveHoldsForThemToo) {
  const Rules rules = builtin_rules("stages");
  const std::string good = stages({stage("a")});
  const RuleCase kCases[] = {
      {"E01", "/stages", stages({}), good},
      {"E03", "/stages/0/type", R"({"stages":[{"id":"a","name":"Cut","type":"serial"}]})", good},
      {"E04", "/stages/0/step_type", stages({stage("a", R"("step_type":"transform")")}), good},
      {"E05", "/stages/0/name", R"({"stages":[{"id":"a","name":"Stage 1","type":"sequential"}]})",
       good},
      {"E11", "/stages/0/description", stages({stage("a", R"("description":"See http://x.org")")}),
       stages({stage("a", R"("description":"See https://x.org")")})},
      {"W01", "/stages/1/name",
       stages({stage("a"), R"({"id":"b","name":"work-A","type":"parallel"})"}),
       stages({stage("a"), R"({"id":"b","name":"work B","type":"parallel"})"})},
  };
  for (const RuleCase& rule : kCases) expect_case(rules, rule);
}

TEST(RulesForStages, ParallelStagesMayShareANumber) {
  EXPECT_EQ(lines_of(check_rules(
                builtin_rules("stages"),
                parsed(stages({stage("a", numbered(1)),
                               stage("b", numbered(2, after("\"a\"") + ',' + beside("\"c\""))),
                               stage("c", numbered(2, after("\"a\"") + ',' + beside("\"b\""))),
                               stage("d", numbered(3, after(R"("b","c")")))})),
                {})),
            Lines{});
}

TEST(RulesForStages, ABareListOfStagesHasNothingToFind) {
  EXPECT_EQ(
      lines_of(check_rules(builtin_rules("stages"), parsed(stages({stage("a"), stage("b")})), {})),
      Lines{});
}

TEST(RulesForStages, OnlyTheTeamsThatThereAreIfTheFormatListsThem) {
  const Rules rules = parse_rules(parsed(
      R"({"kind":"stages","items":"phases","id":"key","team":"who","teams":["Day","Night"]})"));
  EXPECT_EQ(
      lines_of(check_rules(
          rules, parsed(R"({"phases":[{"key":"a","who":"day"},{"key":"b","who":"Noon"}]})"), {})),
      Lines{"S07 /phases/1/who"});
}

}  // namespace
}  // namespace llmw
