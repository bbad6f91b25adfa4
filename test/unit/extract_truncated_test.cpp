// An answer that stops inside of its document is told from one that is wrong, and what it gave
// completely is there.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/extract.hpp"

namespace llmw {
namespace {

struct Case {
  std::string answer;
  std::string document;
  std::string open_path;
};

void expect_truncated(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const Extracted got = extract_json(c.answer);
    EXPECT_EQ(got.status, ExtractStatus::truncated) << c.answer << "\n" << got.message << got.json;
    EXPECT_EQ(write_json(got.document), c.document) << c.answer;
    EXPECT_EQ(got.open_path, c.open_path) << c.answer;
    EXPECT_TRUE(got.json.empty() && !got.message.empty()) << c.answer;
  }
}

TEST(ExtractTruncated, WhatWasCompleteIsGivenAndNothingElse) {
  expect_truncated({
      {R"({)", "{}", ""},
      {R"({"a)", "{}", ""},
      {R"({"a")", "{}", ""},
      {R"({"a":)", "{}", ""},
      {R"({"a": 1)", "{}", ""},
      {R"({"a": -)", "{}", ""},
      {R"({"a": 1,)", R"({"a":1})", ""},
      {R"({"a": "x)", "{}", ""},
      {R"({"a": "x\)", "{}", ""},
      {R"({"a": "x\u00)", "{}", ""},
      {R"({"a": "x")", R"({"a":"x"})", ""},
      {R"({"a": true)", R"({"a":true})", ""},
      {R"({"a": tru)", "{}", ""},
      {R"({"a": [)", R"({"a":[]})", "/a"},
      {R"({"a": [1, 2)", R"({"a":[1]})", "/a"},
      {R"({"a": [1, 2,)", R"({"a":[1,2]})", "/a"},
      {R"({"a": [{"b": 1}, {"c": "x", "d)", R"({"a":[{"b":1},{"c":"x"}]})", "/a/1"},
      {R"({"a/b": {"~": [{}, [[)", R"({"a/b":{"~":[{},[[]]]}})", "/a~1b/~0/1/0"},
      {R"([{"a": 1}, )", R"([{"a":1}])", ""},
      {"```json\n{\"a\": [1, 2]", R"({"a":[1,2]})", ""},
      {"```json\n{\"a\": [1, 2]\n```", R"({"a":[1,2]})", ""},
      {"Here it is:\n```json\n{\"a\": {\"b\": \"x\"\n```\nHope this helps!", R"({"a":{"b":"x"}})",
       "/a"},
      {"{\"a\": [\"x\"]\n\nHope this helps!", R"({"a":["x"]})", ""},
      {"<json>{\"a\": [1, 2,", R"({"a":[1,2]})", "/a"},
      {"<answer>\n{\"a\": [1, 2\n</answer>", R"({"a":[1,2]})", "/a"},
      {"<think>I draft {\"x\": 1}</think>\n{\"a\": [1, 2,", R"({"a":[1,2]})", "/a"},
      {"Here: {", "{}", ""},
      {"> {\n>   \"a\": 1,\n>   \"b\": [", R"({"a":1,"b":[]})", "/b"},
  });
}

TEST(ExtractTruncated, InAMendedDocumentToo) {
  expect_truncated({
      {R"({'a': 'it's', 'b': ['x', 'y)", R"({"a":"it's","b":["x"]})", "/b"},
      {R"({a: 1, b: {c: True, d)", R"({"a":1,"b":{"c":true}})", "/b"},
      {"{“a”: “x”, “b", R"({"a":"x"})", ""},
      {"{\"a\": 1, // one\n \"b\": 2, /* tw", R"({"a":1,"b":2})", ""},
      {R"({"a": "x" "b": [1)", R"({"a":"x","b":[]})", "/b"},
      {R"("{\"a\": [1, 2, )", R"({"a":[1,2]})", "/a"},
      {R"({\"a\": [1, \"x)", R"({"a":[1]})", "/a"},
      {"{\"a\": \"first\nsecond", "{}", ""},
      {R"({"a": "say "hi" to)", "{}", ""},
      {R"({"a": 1, "b": 2, "a": 1, "c": [{"d": 3, "d": 3, "e": [)",
       R"({"a":1,"b":2,"c":[{"d":3,"e":[]}]})", "/c/0/e"},
      {R"({{"a": {{"b": 1, )", R"({"a":{"b":1}})", "/a"},
  });
}

TEST(ExtractTruncated, BeforeTheDocumentBegan) {
  expect_truncated({
      {"<think>still thinking about {\"a\": 1}", "null", ""},
      {"<thinking>\nLet me see", "null", ""},
      {"Of course!\n\n```json\n", "null", ""},
      {"<|channel|>analysis<|message|>The user wants {\"a\": 1}", "null", ""},
  });
}

TEST(ExtractTruncated, ACompleteExampleBeforeItIsNotTheAnswer) {
  expect_truncated({
      {"Example: {\"a\": 1}. Now mine: {\"b\": [", R"({"b":[]})", "/b"},
      {"```json\n{\"a\": 1}\n```\nand\n```json\n{\"b\": [2, ", R"({"b":[2]})", "/b"},
  });
  const Misfit needs_b = [](const JsonValue& v) -> std::size_t { return v.find("b") ? 0 : 1; };
  const Extracted got = extract_json("{\"a\": 1} and then {\"b\": [1, ", needs_b);
  EXPECT_EQ(got.status, ExtractStatus::truncated);
  EXPECT_EQ(got.open_path, "/b");
  const Extracted whole = extract_json("{\"b\": 1} and then {\"x\": [1, ", needs_b);
  EXPECT_EQ(whole.status, ExtractStatus::ok);
}

TEST(ExtractTruncated, EveryPrefixOfADocumentIsTruncated) {
  const std::vector<std::string> documents = {
      R"({"steps": [{"id": "a", "op": "say \"}\" and ```", "n": -1.5e3}, {"x": null}], "e": {}})",
      "{'steps': [{'id': 'it's', 'ok': True}, {'n': None}]}",
      "{\n  steps: [\n    { id: \"a\", op: \"x\", },\n  ],\n}",
      "{“steps”: [{“id”: “a”}, {“op”: “é”}]}",
      "{\n  \"a\": \"x\", // note\n  \"b\": [\"y\", \"z\"]\n  \"c\": \"He said \"hi\" to\"\n}",
  };
  for (const std::string& document : documents) {
    EXPECT_EQ(extract_json(document).status, ExtractStatus::ok) << document;
    for (std::size_t length = 1; length < document.size(); ++length) {
      for (const char* before : {"", "```json\n", "Here it is:\n\n"}) {
        const std::string answer = before + document.substr(0, length);
        const Extracted got = extract_json(answer);
        EXPECT_EQ(got.status, ExtractStatus::truncated) << answer << "\n" << got.message;
      }
    }
  }
}

TEST(ExtractTruncated, WhatIsWrongInTheMiddleIsNotCutOff) {
  for (const char* answer : {
           R"({"a": [1, oops 2], "b": 3})",
           "```json\n{\"a\": \"x}\n```\nand then some {more} \"text\"",
           R"({"a": "x, "b": "y"})",
           R"({"a": [1, {"b": 2], "c": [3}})",
           "```json\n{\"a\": [1, 2,\n```\n```json\n3], \"b\": 4}\n```",
           R"({"a": #fff})",
           R"({"a": [{"b": "x}]})",
           R"({"a": [{"b": 'x"}]})",
       }) {
    const Extracted got = extract_json(answer);
    EXPECT_EQ(got.status, ExtractStatus::reject) << answer << "\n-> " << got.json;
  }
}

}  // namespace
}  // namespace llmw
