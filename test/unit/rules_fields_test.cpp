// What each step or stage must have (E01-E05, W01), what no text may hold (E11, E13), what a
// request names (W06), and rules with names of a user's own.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/error.hpp"
#include "core/rules.hpp"
#include "rules_testing.hpp"

namespace llmw {
namespace {

const std::string kA = R"({"id":"a","operation":"Read orders","step_type":"api_call"})";
const std::string kB = R"({"id":"b","operation":"Sum them up","step_type":"transform"})";

std::string pilot(const std::string& steps) { return R"({"pilot_steps":[)" + steps + "]}"; }

std::string many(int count) {
  std::string steps;
  for (int i = 0; i < count; ++i) {
    if (i > 0) steps += ',';
    const std::string number = std::to_string(i);
    steps +=
        R"({"id":"s)" + number + R"(","operation":"Do )" + number + R"(","step_type":"transform"})";
  }
  return pilot(steps);
}

/// Step a with another member instead of one that it has, or beside them.
std::string step(const std::string& members) { return pilot('{' + members + '}'); }

std::string nested(int levels) {
  return pilot(kA).insert(
      1, R"("explanation":)" + std::string(levels, '[') + std::string(levels, ']') + ',');
}

std::vector<RuleCase> field_cases() {
  const std::string good = pilot(kA);
  return {
      {"E01", "", "[]", good},
      {"E01", "", R"({"steps":[]})", good},
      {"E01", "/pilot_steps", R"({"pilot_steps":null})", good},
      {"E01", "/pilot_steps", R"({"pilot_steps":{"a":1}})", good},
      {"E01", "/pilot_steps", R"({"pilot_steps":[]})", good},
      {"E01", "/pilot_steps", many(51), many(50)},
      {"E02", "/pilot_steps/0", step(R"("operation":"Go","step_type":"transform")"), good},
      {"E02", "/pilot_steps/0/id", step(R"("id":" ","operation":"Go","step_type":"transform")"),
       good},
      {"E02", "/pilot_steps/0/id", step(R"("id":"a b","operation":"Go","step_type":"transform")"),
       step(R"("id":"a_b","operation":"Go","step_type":"transform")")},
      {"E02", "/pilot_steps/0/id", step(R"("id":"a/b","operation":"Go","step_type":"transform")"),
       step(R"("id":"a-b.2","operation":"Go","step_type":"transform")")},
      {"E02", "/pilot_steps/0/id",
       step(R"("id":")" + std::string(65, 'x') + R"(","operation":"Go","step_type":"transform")"),
       step(R"("id":")" + std::string(64, 'x') + R"(","operation":"Go","step_type":"transform")")},
      {"E02", "/pilot_steps/2/id",
       pilot(kA + ',' + kB + R"(,{"id":"A","operation":"Go","step_type":"transform"})"),
       pilot(kA + ',' + kB + R"(,{"id":"A2","operation":"Go","step_type":"transform"})")},
      {"E03", "/pilot_steps/0", step(R"("id":"a","operation":"Go")"), good},
      {"E03", "/pilot_steps/0/step_type", step(R"("id":"a","operation":"Go","step_type":null)"),
       good},
      {"E03", "/pilot_steps/0/step_type",
       step(R"("id":"a","operation":"Go","step_type":"LLM_decision")"),
       step(R"("id":"a","operation":"Go","step_type":"llm_decision")")},
      {"E04", "/pilot_steps/0/depends~1on",
       step(R"("id":"a","operation":"Go","step_type":"transform","depends/on":[])"),
       step(R"("id":"a","operation":"Go","step_type":"transform","depends_on":[])")},
      {"E05", "/pilot_steps/0", step(R"("id":"a","step_type":"transform")"), good},
      {"E05", "/pilot_steps/0/operation",
       step(R"("id":"a","operation":"\t ","step_type":"transform")"), good},
      {"E05", "/pilot_steps/0/operation",
       step(R"("id":"a","operation":"TBD","step_type":"transform")"), good},
      {"E05", "/pilot_steps/0/operation",
       step(R"("id":"a","operation":"…","step_type":"transform")"), good},
      {"E05", "/pilot_steps/0/operation",
       step(R"("id":"a","operation":"Step 12","step_type":"transform")"),
       step(R"("id":"a","operation":"Step 12 of the plan","step_type":"transform")")},
  };
}

std::vector<RuleCase> text_cases() {
  return {
      {"E11", "/pilot_steps/0/operation",
       step(R"("id":"a","operation":"Post with Bearer abcDEF123456ghi789","step_type":"api_call")"),
       step(R"("id":"a","operation":"Post with a bearer token","step_type":"api_call")")},
      {"E11", "/pilot_steps/0/inputs/1",
       step(R"("id":"a","operation":"Go","step_type":"transform",)"
            R"("inputs":["x","sk-a1b2c3d4e5f6a7b8"])"),
       step(R"("id":"a","operation":"Go","step_type":"transform",)"
            R"("inputs":["x","task-a1b2c3d4e5f6a7b8"])")},
      {"E11", "/pilot_steps/0/condition",
       step(R"("id":"a","operation":"Go","step_type":"api_call","condition":"password=hunter2x")"),
       step(R"("id":"a","operation":"Go","step_type":"api_call","condition":"password={{mail}}")")},
      {"E11", "/pilot_steps/0/operation",
       step(R"("id":"a","operation":"Use key AKIAIOSFODNN7EXAMPLE","step_type":"api_call")"),
       step(R"("id":"a","operation":"Use the key of the archive","step_type":"api_call")")},
      {"E11", "/pilot_steps/0/operation",
       step(R"("id":"a","operation":"Post to http://example.com/x","step_type":"api_call")"),
       step(R"("id":"a","operation":"Post to https://example.com/x","step_type":"api_call")")},
      {"E13", "/pilot_steps/0/operation",
       step(R"("id":"a","operation":"Ring\u0007","step_type":"api_call")"),
       step(R"("id":"a","operation":"Ring\n\ttwice","step_type":"api_call")")},
      {"E13", "/pilot_steps/0/operation",
       step(R"("id":"a","operation":")" + std::string(10'001, 'x') + R"(","step_type":"api_call")"),
       step(R"("id":"a","operation":")" + std::string(10'000, 'x') +
            R"(","step_type":"api_call")")},
      {"E13", "/explanation/0/0/0/0/0/0/0/0/0/0/0/0/0/0/0", nested(16), nested(15)},
      {"W01", "/pilot_steps/1/operation",
       pilot(kA + R"(,{"id":"b","operation":"read  Orders","step_type":"api_call"})"),
       pilot(kA + R"(,{"id":"b","operation":"Read offers","step_type":"api_call"})")},
  };
}

TEST(RulesForItems, EachFaultIsFoundAloneAndItsMendedTwinIsRight) {
  const Rules rules = builtin_rules("pilot");
  for (const auto& cases : {field_cases(), text_cases()}) {
    for (const RuleCase& rule : cases) expect_case(rules, rule);
  }
}

TEST(RulesForItems, ValuesOfAWrongTypeAreLeftToTheSchema) {
  EXPECT_EQ(
      lines_of(check_rules(builtin_rules("pilot"),
                           parsed(pilot(kA + R"(,7,{"id":1,"operation":[],"step_type":"transform",
       "depends_on":{"a":[1]},"inputs":7,"outputs":[[1]],"branches":"x","outcomes":{},"service":[],
       "next":{},"max_iterations":"2","timeout":[],"condition":{}})")),
                           {{"mail"}, "Do it"})),
      Lines{});
}

TEST(RulesForItems, WhatTheRequestItselfSaysIsNoSecretOfTheAnswer) {
  const std::string document =
      step(R"("id":"a","operation":"Post to http://intranet/x with sk-abc1234567890abcdef",)"
           R"("step_type":"api_call")");
  const Rules rules = builtin_rules("pilot");
  EXPECT_EQ(check_rules(rules, parsed(document), {}).size(), 2u);
  EXPECT_EQ(check_rules(rules, parsed(document),
                        {{}, "post to http://intranet/x with sk-abc1234567890abcdef"}),
            std::vector<Finding>());
}

TEST(RulesForItems, AMessageNeverRepeatsTheSecret) {
  const std::vector<Finding> findings = check_rules(
      builtin_rules("pilot"),
      parsed(step(R"("id":"a","operation":"Use sk-abc1234567890abcdef","step_type":"api_call")")),
      {});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].message.find("abc123"), std::string::npos);
}

struct CoverageCase {
  const char* prompt;
  const char* missing;  ///< as the message lists it; empty: no warning
};

TEST(Coverage, NamesWhatTheRequestNamesAndNoStepDoes) {
  const std::string document =
      pilot(R"({"id":"a","operation":"Read orders over $1,500.00 at 09:00 for \"Blue Star\"",)"
            R"("step_type":"api_call"},)" +
            kB);
  const CoverageCase kCases[] = {
      {"Read the orders over 1500 dollars every day at 9am for \"Blue Star\".", ""},
      {"1. Read the orders\n2) Sum them up\n 3. Read them", ""},
      {"Read 3 orders", "3"},
      {"Read orders of \"Red Sun\" and \"star blue\"", "\"red sun\""},
      {"Read two orders", ""},
      {"Plan warehouse logistics, harvest tomatoes, and repair tractors",
       "warehouse, logistics, harvest, tomatoes, repair, tractors"},
      {"Plan warehouse orders", ""},
      {"注文を読み、合計する。領収書を送る。顧客に知らせる。在庫を確認する。", ""},
      {"", ""},
  };
  for (const CoverageCase& c : kCases) {
    const std::vector<Finding> findings =
        check_rules(builtin_rules("pilot"), parsed(document), {{}, c.prompt});
    if (c.missing[0] == '\0') {
      EXPECT_EQ(lines_of(findings), Lines{}) << c.prompt;
      continue;
    }
    ASSERT_EQ(lines_of(findings), Lines{"W06 /pilot_steps"}) << c.prompt;
    EXPECT_EQ(findings[0].severity, Severity::warning);
    EXPECT_EQ(findings[0].message,
              std::string("the request names what the workflow does not: ") + c.missing);
  }
}

TEST(RulesForItems, ErrorsComeBeforeWarningsEachInDocumentOrder) {
  const std::string document =
      pilot(R"({"id":"a","operation":"Go","step_type":"transform","depends_on":["b"]},)"
            R"({"id":"b","operation":"go","step_type":"fly","x":1},)"
            R"({"operation":" ","step_type":"transform","depends_on":["z"]})");
  const Lines expected = {"E03 /pilot_steps/1/step_type",
                          "E04 /pilot_steps/1/x",
                          "E02 /pilot_steps/2",
                          "E05 /pilot_steps/2/operation",
                          "E06 /pilot_steps/2/depends_on/0",
                          "W06 /pilot_steps",
                          "W03 /pilot_steps/0/depends_on/0",
                          "W01 /pilot_steps/1/operation"};
  EXPECT_EQ(lines_of(check_rules(builtin_rules("pilot"), parsed(document), {{}, "Do it \"now\""})),
            expected);
}

TEST(RulesForItems, AHopelessDocumentGivesAtMostAHundredFindings) {
  std::string keys;
  for (int i = 0; i < 1000; ++i) keys += ",\"k" + std::to_string(i) + "\":1";
  std::string steps;
  for (int i = 0; i < 20'000; ++i)
    steps += (i == 0 ? "{\"id\":\"\"" : ",{\"id\":\"\"") + (i < 3 ? keys : "") + '}';
  const std::vector<Finding> findings =
      check_rules(builtin_rules("pilot"), parsed(pilot(steps)), {});
  EXPECT_EQ(findings.size(), 100u);
  EXPECT_EQ(findings[0].code, "E01");
}

TEST(RulesForItems, MessagesQuoteHostileTextsShortAndPrintable) {
  const std::vector<Finding> findings =
      check_rules(builtin_rules("pilot"),
                  parsed(step(R"("id":"a","operation":"Go","step_type":")" +
                              std::string(5000, 'x') + R"(\n\u202e")")),
                  {});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_LT(findings[0].message.size(), 120u);
  EXPECT_EQ(findings[0].message.find('\n'), std::string::npos);
}

TEST(Catalogue, HasEachCodeOnceAndEveryCodeOfTheResearch) {
  std::map<std::string, int> seen;
  for (const ValidationCode& code : validation_codes()) {
    EXPECT_EQ(++seen[code.code], 1) << code.code;
    EXPECT_NE(std::string(code.meaning), "");
  }
  const std::map<char, int> kGroups = {{'E', 13}, {'W', 7}, {'S', 8}, {'L', 10}};
  for (const auto& [letter, count] : kGroups) {
    for (int i = 1; i <= count; ++i) {
      const std::string number = std::to_string(i);
      EXPECT_EQ(seen.count(letter + (i < 10 ? '0' + number : number)), 1u) << letter << i;
    }
  }
}

constexpr const char* kOwnRules = R"({
  "kind": "steps", "items": "tasks", "max_items": 3, "id": "key", "text": "what", "type": "how",
  "types": ["ask", "call", "if"], "decision_type": "ask", "call_type": "call",
  "conditional_type": "if", "depends_on": "after", "branches": "cases", "branch_when": "is",
  "branch_next": "then", "inputs": "needs", "outputs": "gives", "service": "via",
  "timeout": "limit", "other_keys": ["note"]})";

TEST(OwnFormat, IsCheckedByTheSameRulesUnderItsOwnNames) {
  const Rules rules = parse_rules(parsed(kOwnRules));
  EXPECT_EQ(lines_of(check_rules(rules, parsed(R"({"tasks":[
      {"key":"a","what":"Read mail","how":"call","via":"mail","gives":["mails"],"limit":9},
      {"key":"b","what":"Is it spam","how":"if","after":["a"],"needs":["mails"],
       "cases":[{"is":"yes","then":"c"},{"is":"no","then":null}],"note":"x"},
      {"key":"c","what":"Delete it","how":"call","via":"mail","after":["b"],"limit":9}]})"),
                                 {{"mail"}, ""})),
            Lines{});
  const Lines expected = {
      "E01 /tasks",         "E11 /tasks/0/via", "E04 /tasks/1/when", "E06 /tasks/1/cases/0/then",
      "E09 /tasks/1/cases", "E03 /tasks/2/how", "W04 /tasks/0"};
  EXPECT_EQ(lines_of(check_rules(rules, parsed(R"({"tasks":[
      {"key":"a","what":"Read mail","how":"call","via":"fax","gives":["mails"]},
      {"key":"b","what":"Is it spam","how":"if","after":["a"],"needs":["mails"],
       "cases":[{"is":"yes","then":"d"},{"is":"maybe","then":null}],"when":"x"},
      {"key":"c","what":"Delete it","how":"do","via":"mail","after":["b"],"limit":9},
      {"key":"c","what":"Delete it","how":"do"}]})"),
                                 {{"mail"}, ""})),
            expected);
}

TEST(OwnFormat, MayLeaveOutEveryFieldButTheId) {
  const Rules rules = parse_rules(parsed(R"({"kind":"steps","items":"tasks","id":"key"})"));
  EXPECT_EQ(
      lines_of(check_rules(rules, parsed(R"({"tasks":[{"key":"a","depends_on":["z"]}]})"), {})),
      Lines{});
  EXPECT_EQ(lines_of(check_rules(rules, parsed(R"({"tasks":[{"id":"a"}]})"), {})),
            Lines{"E02 /tasks/0"});
}

TEST(ParseRules, TakesNoRulesForNone) {
  for (const char* text : {"null", "{}", R"({"kind":"none"})"})
    EXPECT_EQ(parse_rules(parsed(text)).kind, RuleKind::none) << text;
  EXPECT_EQ(check_rules(Rules(), parsed("7"), {}), std::vector<Finding>());
}

TEST(ParseRules, RefusesWhatItWouldHaveToGuessAbout) {
  const std::pair<const char*, const char*> kCases[] = {
      {"[]", "the rules of a format are not a JSON object"},
      {R"({"items":"a","id":"b"})", "the rules of a format have no \"kind\""},
      {R"({"kind":"flow"})", "unknown kind of rules"},
      {R"({"kind":7})", "unknown kind of rules"},
      {R"({"kind":"steps","items":"a"})", "the rules of a format do not name \"items\" and \"id\""},
      {R"({"kind":"steps","id":"a"})", "the rules of a format do not name \"items\" and \"id\""},
      {R"({"kind":"steps","items":"a","id":"b","depends":"c"})", "unknown rule \"depends\""},
      {R"({"kind":"steps","items":["a"],"id":"b"})", "rule \"items\" is not a name"},
      {R"({"kind":"steps","items":"","id":"b"})", "rule \"items\" is not a name"},
      {R"({"kind":"steps","items":"a","id":"b","types":"c"})",
       "rule \"types\" is not an array of strings"},
      {R"({"kind":"steps","items":"a","id":"b","types":["c",1]})",
       "rule \"types\" is not an array of strings"},
      {R"({"kind":"steps","items":"a","id":"b","max_items":0})",
       "rule \"max_items\" is out of range"},
      {R"({"kind":"steps","items":"a","id":"b","max_items":501})",
       "rule \"max_items\" is out of range"},
      {R"({"kind":"steps","items":"a","id":"b","max_items":1e1})",
       "rule \"max_items\" is out of range"},
  };
  for (const auto& [text, message] : kCases) {
    try {
      parse_rules(parsed(text));
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.message(), message) << text;
      EXPECT_EQ(error.sqlstate(), "22023");
      EXPECT_FALSE(error.hint().empty());
    }
  }
}

TEST(CountItems, CountsAndSurvivesAnyValue) {
  const Rules rules = builtin_rules("pilot");
  EXPECT_EQ(count_items(rules, parsed(pilot(kA + ",7"))), 2);
  EXPECT_EQ(count_items(rules, parsed(R"({"pilot_steps":7})")), 0);
  EXPECT_EQ(count_items(rules, parsed("7")), 0);
  EXPECT_EQ(count_items(Rules(), parsed(R"({"":[1]})")), std::nullopt);
}

}  // namespace
}  // namespace llmw
