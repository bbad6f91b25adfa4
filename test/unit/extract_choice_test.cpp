// Which of several documents in an answer is meant.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/extract.hpp"

namespace llmw {
namespace {

/// The format of these tests: an object with an array "steps" whose items have an "id".
std::size_t misfit(const JsonValue& document) {
  const JsonValue* steps = document.find("steps");
  if (steps == nullptr || !steps->is_array()) return 10;
  std::size_t misses = 0;
  for (const JsonValue& step : steps->items) misses += step.find("id") == nullptr ? 1 : 0;
  return misses;
}

struct Case {
  std::string answer;
  std::string json;  ///< empty: rejected
};

void expect_chosen(const std::vector<Case>& cases, const Misfit& judge) {
  for (const Case& c : cases) {
    const Extracted got = extract_json(c.answer, judge);
    EXPECT_EQ(got.json, c.json) << c.answer << "\n" << got.message;
    EXPECT_EQ(got.status, c.json.empty() ? ExtractStatus::reject : ExtractStatus::ok) << c.answer;
  }
}

const std::string kGood = R"({"steps":[{"id":"a"}]})";
const std::string kOther = R"({"steps":[{"id":"b"},{"id":"c"}]})";

TEST(ExtractChoice, TheOneThatFitsTheSchemaIsMeant) {
  expect_chosen(
      {
          {"{\"x\": [1, 2, 3, 4, 5, 6]}\n" + kGood, kGood},
          {kGood + "\nwhere {\"mail\": \"google\"} is set and {\"longer\": [1, 2, 3]}", kGood},
          {"```json\n{\"example\": 1}\n```\n```json\n" + kGood + "\n```", kGood},
          {"```json\n{\"example\": 1}\n```\n" + kGood, kGood},
          {"[" + kGood + "]", kGood},
          {R"({"steps":[{"name":"x"}]} or )" + kGood, kGood},
          {"```json\n" + kGood + "\n```\n```json\n" + kGood + "\n```", kGood},
          {R"({"name":"make","arguments":)" + kGood + "}", kGood},
          {R"({"name":"make","arguments":"{\"steps\":[{\"id\":\"a\"}]}"})", kGood},
          {R"({"tool_calls":[{"function":{"arguments":"{\"steps\":[{\"id\":\"a\"}]}"}}]})", kGood},
          {R"({"result": {"workflow": )" + kGood + "}}", kGood},
          {"{\"other\": {\"a\": 1}}", "{\"other\": {\"a\": 1}}"},
          {"```\nlog: done\n```\n```json\n" + kGood + "\n```", kGood},
      },
      misfit);
}

TEST(ExtractChoice, OfTwoThatFitTheLaterOneWhenTheTextSaysSo) {
  expect_chosen(
      {
          {kGood + "\nWait, that misses a step. Final version:\n" + kOther, kOther},
          {"Draft:\n```json\n" + kGood + "\n```\nAnswer:\n```json\n" + kOther + "\n```", kOther},
          {"For example " + kGood + "\nNow yours:\n" + kOther, kOther},
          {"Option A:\n" + kGood + "\nOption B:\n" + kOther, ""},
          {kGood + "\n" + kOther, ""},
          {kGood + kOther, ""},
          {"```json\n" + kGood + "\n" + kOther + "\n```", ""},
      },
      misfit);
}

TEST(ExtractChoice, WithoutASchemaTwoThatDifferAreRefused) {
  expect_chosen(
      {
          {"{\"a\": 1} {\"a\": 2}", ""},
          {"{\"a\": 1}\n{\"a\": 2}\n{\"a\": 3}", ""},
          {"```json\n{\"a\":1}\n```\nFinal:\n```json\n{\"a\":2}\n```", ""},
          {"Not {\"a\": 1,} but\n{\"b\": 2}", ""},
          {"{\"a\": 1} and again { \"a\" : 1 }", "{\"a\": 1}"},
          {"{'a': 1} and again {\"a\": 1}", "{\"a\": 1}"},
          {"Like {\"x\": 1}:\n```json\n{\"a\": 1}\n```", "{\"a\": 1}"},
          {"```python\nx = {\"a\": 1}\n```\n```json\n{\"b\": 2}\n```", "{\"b\": 2}"},
      },
      {});
}

TEST(ExtractChoice, ABrokenDocumentDoesNotMakeAnExampleTheAnswer) {
  expect_chosen(
      {
          {"Like {\"a\": 1}:\n```json\n{\"steps\": [...]}\n```", ""},
          {"```json\n{\"a\": 1}\n```\nFull:\n```json\n{\"steps\": [{\"id\": }]}\n```", ""},
          {"```json\n{\"a\": 1}\n```\nUse {\"id\" as key", "{\"a\": 1}"},
          {"Replace {name} and {id: <id>}. {\"a\": 1}", "{\"a\": 1}"},
          {R"({"steps": [{"id": oops!}, {"id": "b"}]})", ""},
          {R"({"steps": [{"id": "a"}]}, {"id": "b"}]})", ""},
      },
      {});
}

TEST(ExtractChoice, DraftsInThinkingNeverWin) {
  for (const std::string open : {"<think>", "<thinking>", "<reasoning>", "<THINK>", "<draft>"}) {
    const std::string close = "</" + open.substr(1);
    expect_chosen({{open + "First " + kOther + close + "\n" + kGood, kGood},
                   {open + "Only " + kOther + close + "\nSorry.", ""}},
                  misfit);
  }
  expect_chosen(
      {
          {"First " + kOther + "\n</think>\n" + kGood, kGood},
          {"[THINK]" + kOther + "[/THINK]" + kGood, kGood},
          {"<|channel|>analysis<|message|>" + kOther +
               "<|end|><|start|>assistant<|channel|>final<|message|>" + kGood + "<|return|>",
           kGood},
          {R"({"steps":[{"id":"<think>"}]})", R"({"steps":[{"id":"<think>"}]})"},
      },
      misfit);
}

TEST(ExtractChoice, TagsCallsAndAssignmentsAroundTheDocument) {
  expect_chosen(
      {
          {"<json>" + kGood + "</json>", kGood},
          {"<answer>\n```json\n" + kGood + "\n```\n</answer>", kGood},
          {"<tool_call>\n" + kGood + "\n</tool_call>", kGood},
          {"callback(" + kGood + ");", kGood},
          {"const workflow = " + kGood + ";", kGood},
          {"```js\nmodule.exports = " + kGood + ";\n```", kGood},
          {"**" + kGood + "**", kGood},
          {"1. " + kGood, kGood},
          {"`" + kGood + "`", kGood},
          {"json\n" + kGood, kGood},
          {"````markdown\nThe flow:\n```json\n" + kGood + "\n```\n````", kGood},
          {"  ```json\n  " + kGood + "\n  ```", kGood},
          {"~~~\n" + kGood + "\n~~~", kGood},
          {"<!DOCTYPE html><html><script>" + kGood + "</script></html>", ""},
      },
      {});
}

}  // namespace
}  // namespace llmw
