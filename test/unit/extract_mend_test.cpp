// What is mended in JSON that a model wrote wrongly, and that the values in it survive.

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/extract.hpp"

namespace llmw {
namespace {

struct Case {
  std::string answer;
  std::string json;
  std::string mends;
};

std::string joined(const std::vector<std::string>& names) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : " ") + name;
  return all;
}

void expect_mended(const std::vector<Case>& cases) {
  for (const Case& c : cases) {
    const Extracted got = extract_json(c.answer);
    EXPECT_EQ(got.status, ExtractStatus::ok) << c.answer << "\n" << got.message;
    EXPECT_EQ(got.json, c.json) << c.answer;
    EXPECT_EQ(joined(got.mends), c.mends) << c.answer;
    EXPECT_EQ(write_json(got.document), write_json(extract_json(got.json).document)) << c.answer;
  }
}

void expect_rejected(const std::vector<std::string>& answers) {
  for (const std::string& answer : answers) {
    const Extracted got = extract_json(answer);
    EXPECT_EQ(got.status, ExtractStatus::reject) << answer << "\n-> " << got.json;
    EXPECT_TRUE(got.json.empty() && got.document.is_null()) << answer;
    EXPECT_FALSE(got.message.empty()) << answer;
  }
}

TEST(ExtractMend, Commas) {
  expect_mended({
      {R"({"a": 1,})", R"({"a":1})", "trailing_comma"},
      {R"({"a": [1, 2,], })", R"({"a":[1,2]})", "trailing_comma"},
      {R"({, "a": 1})", R"({"a":1})", "extra_comma"},
      {R"({"a": 1,, "b": 2})", R"({"a":1,"b":2})", "extra_comma"},
      {R"({"a": 1 "b": 2})", R"({"a":1,"b":2})", "missing_comma"},
      {"{\"a\": \"x\"\n \"b\": \"y\"}", R"({"a":"x","b":"y"})", "missing_comma"},
      {"{\"a\": \"x\" \"b\": \"y\"}", R"({"a":"x","b":"y"})", "missing_comma"},
      {R"({"a": [{"b": 1} {"b": 2}]})", R"({"a":[{"b":1},{"b":2}]})", "missing_comma"},
      {R"([{"a": "x"}{"b": "y"}])", R"([{"a":"x"},{"b":"y"}])", "missing_comma"},
      {R"({"a": ["x" "y"]})", R"({"a":["x","y"]})", "missing_comma"},
      {"{\"a\": [\"x\"\n\"y\"]}", R"({"a":["x","y"]})", "missing_comma"},
      {R"({"a": true "b": null "c": []})", R"({"a":true,"b":null,"c":[]})", "missing_comma"},
      {R"({"a": 1; "b": 2})", R"({"a":1,"b":2})", "wrong_separator"},
      {R"({"a" => 1, "b" = 2})", R"({"a":1,"b":2})", "wrong_separator"},
      {R"({"a" 1, "b" "x"})", R"({"a":1,"b":"x"})", "missing_colon"},
      {"{\"a\"：1，\"b\"：2}", R"({"a":1,"b":2})", "full_width_punctuation"},
  });
}

TEST(ExtractMend, Quotes) {
  expect_mended({
      {R"({'a': 'x'})", R"({"a":"x"})", "single_quotes"},
      {R"({'a': 'it's fine', 'b': 'x'})", R"({"a":"it's fine","b":"x"})", "single_quotes"},
      {R"({'a': 'it\'s fine'})", R"({"a":"it's fine"})", "single_quotes"},
      {R"({'a': "it's", 'b': 'say "hi"'})", R"({"a":"it's","b":"say \"hi\""})", "single_quotes"},
      {R"({'a': ['the dogs' bowl', 'x']})", R"({"a":["the dogs' bowl","x"]})", "single_quotes"},
      {R"({'a': 'l'été', 'b': 'd'accord'})", R"({"a":"l'été","b":"d'accord"})", "single_quotes"},
      {"{“a”: “x”, “b”: [“y”]}", R"({"a":"x","b":["y"]})", "typographic_quotes"},
      {"{“a”: “he said \"x\" to me”}", R"({"a":"he said \"x\" to me"})", "typographic_quotes"},
      {"{„a“: „x“}", R"({"a":"x"})", "typographic_quotes"},
      {"{「a」: 「x」}", R"({"a":"x"})", "typographic_quotes"},
      {"{«a»: «x»}", R"({"a":"x"})", "typographic_quotes"},
      {"{‘a’: ‘it’s’}", R"({"a":"it’s"})", "typographic_quotes"},
      {"{\"a”: \"x”}", R"({"a":"x"})", "typographic_quotes"},
      {"{`a`: `x`}", R"({"a":"x"})", "backticks"},
      {R"({a: 1, b_c: "x", $d: 2})", R"({"a":1,"b_c":"x","$d":2})", "unquoted_key"},
      {R"({a-b: {c: [1]}})", R"({"a-b":{"c":[1]}})", "unquoted_key"},
      {R"({"a": 1, b: "x", c: 2})", R"({"a":1,"b":"x","c":2})", "unquoted_key"},
      {R"({a": 1, "b": 2})", R"({"a":1,"b":2})", "missing_quote"},
      {"{\"a\": \"x,\n  \"b\": 2}", R"({"a":"x","b":2})", "raw_control_character missing_quote"},
      {R"({"status": active, "n": 1})", R"({"status":"active","n":1})", "unquoted_value"},
      {R"({"a": """x "y" z""", "b": 1})", R"({"a":"x \"y\" z","b":1})", "triple_quotes"},
  });
}

TEST(ExtractMend, QuotesInsideOfStrings) {
  expect_mended({
      {R"({"a": "He said "hi" to me"})", R"({"a":"He said \"hi\" to me"})", "unescaped_quote"},
      {R"({"a": "say "hi"", "b": 1})", R"({"a":"say \"hi\"","b":1})", "unescaped_quote"},
      {R"({"a": ""Quick" start", "b": 1})", R"({"a":"\"Quick\" start","b":1})", "unescaped_quote"},
      {R"({"a": ["x "y" z", "b"]})", R"({"a":["x \"y\" z","b"]})", "unescaped_quote"},
      {R"({"a": "a 5" board", "b": 1})", R"({"a":"a 5\" board","b":1})", "unescaped_quote"},
      {R"({"a": "the "x", the "y", and z", "b": 1})",
       R"({"a":"the \"x\", the \"y\", and z","b":1})", "unescaped_quote"},
      {R"({"a": "<a href="x">y</a>"})", R"({"a":"<a href=\"x\">y</a>"})", "unescaped_quote"},
      {R"({"a": "?q="z"&r=1", "b": 1})", R"({"a":"?q=\"z\"&r=1","b":1})", "unescaped_quote"},
      {R"({"a": "x", "b": "mark it as "done".", "c": ["ok"]})",
       R"({"a":"x","b":"mark it as \"done\".","c":["ok"]})", "unescaped_quote"},
      {R"({"a": "“quoted” text", "b": 1,})", R"({"a":"“quoted” text","b":1})", "trailing_comma"},
      {R"({"a": ["“x”, “y”", "z"],})", R"({"a":["“x”, “y”","z"]})", "trailing_comma"},
  });
  expect_rejected({
      R"({"a": ["say "hi", "bye"]})",
      R"({"a": "he said "x", "b": 1})",
      R"({"a": ["a" or "b", "c"]})",
      R"({"a": "x, "b": 1})",
  });
}

TEST(ExtractMend, WhatIsNoJsonIsMendedAndTheSameInStringsIsContent) {
  expect_mended({
      {R"({"a": True, "b": False, "c": None})", R"({"a":true,"b":false,"c":null})",
       "python_literal"},
      {R"({"a": TRUE, "b": NULL})", R"({"a":true,"b":null})", "literal_case"},
      {R"({"a": undefined})", R"({"a":null})", "undefined"},
      {R"({"a": "None", "b": "True, undefined", "c": "...",})",
       R"({"a":"None","b":"True, undefined","c":"..."})", "trailing_comma"},
      {"{\"a\": 1, // one\n \"b\": 2 /* two */, # three\n \"c\": \"http://x#y\"}",
       R"({"a":1,"b":2,"c":"http://x#y"})", "comment"},
      {"{\n // first\n \"a\": 1}", R"({"a":1})", "comment"},
      {R"({"a": "/* no */ // no # no",})", R"({"a":"/* no */ // no # no"})", "trailing_comma"},
      {R"({"a": ("x", "y"), "b": ("z"), "c": (1,)})", R"({"a":["x","y"],"b":"z","c":[1]})",
       "tuple trailing_comma"},
      {R"({"a": u"x", "b": r'\d+'})", R"({"a":"x","b":"\\d+"})", "string_prefix single_quotes"},
      {"{\"a\": \"x\" +\n \"y\", \"b\": \"p\"\n \"q\"}", R"({"a":"xy","b":"pq"})", "concatenation"},
      {R"({"a": +1, "b": .5, "c": 5., "d": 1_000, "e": 0x1F, "f": -.5e3})",
       R"({"a":1,"b":0.5,"c":5.0,"d":1000,"e":31,"f":-0.5e3})", "number_form"},
      {R"({1: "a", 2: "b"})", R"({"1":"a","2":"b"})", "unquoted_key"},
  });
}

TEST(ExtractMend, CharactersAndEscapesInStrings) {
  expect_mended({
      {"{\"a\": \"x\ny\tz\"}", R"({"a":"x\ny\tz"})", "raw_control_character"},
      {"{\"a\": \"x\r\ny\"}", R"({"a":"x\r\ny"})", "raw_control_character"},
      {R"({"a": "\d+\.\w*"})", R"({"a":"\\d+\\.\\w*"})", "invalid_escape"},
      {R"({"a": "C:\Program Files\App"})", R"({"a":"C:\\Program Files\\App"})", "invalid_escape"},
      {R"({"a": "C:\Users\name\file.txt"})", R"({"a":"C:\\Users\\name\\file.txt"})",
       "invalid_escape"},
      {R"({"a": "run C:\Users\tom\x.bat now"})", R"({"a":"run C:\\Users\\tom\\x.bat now"})",
       "invalid_escape"},
      {R"({"a": "\bword\d"})", R"({"a":"\\bword\\d"})", "invalid_escape"},
      {R"({"a": "it\'s"})", R"({"a":"it's"})", "invalid_escape"},
      {R"({"a": "\d+ \"x\" \\ \/ \u00e9"})", R"({"a":"\\d+ \"x\" \\ / é"})", "invalid_escape"},
      {R"({"a": "one\nTwo \d"})", R"({"a":"one\nTwo \\d"})", "invalid_escape"},
      {"{\"a\":\xC2\xA0"
       "1,\xE2\x80\x8B\"b\": 2}",
       R"({"a":1,"b":2})", "odd_blank"},
  });
  expect_rejected({
      R"({"a": "\d+\nthen"})",
      R"({"a": "\alpha \beta \theta"})",
      R"({"a": "\ud83d"})",
      R"({"a": "\u0000"})",
      R"({"a": "\u12g4"})",
  });
}

TEST(ExtractMend, BracketsWhereOneIsWrongAndOneReadingRemains) {
  expect_mended({
      {R"({"a": [1, 2}, "b": 3})", R"({"a":[1,2],"b":3})", "wrong_bracket"},
      {R"({"a": [1, 2})", R"({"a":[1,2]})", "missing_bracket"},
      {R"({"a": {"b": [1, 2}})", R"({"a":{"b":[1,2]}})", "missing_bracket"},
      {R"({"a": [{"b": 1], "c": 2})", R"({"a":[{"b":1}],"c":2})", "missing_bracket"},
      {R"([{"a": "x", {"a": "y"}])", R"([{"a":"x"},{"a":"y"}])", "missing_bracket"},
      {R"({"a": 1}})", R"({"a":1})", "extra_bracket"},
      {"{\"a\": [1]}\n]\n}\n", R"({"a":[1]})", "extra_bracket"},
      {R"({"a": [1]], "b": 2})", R"({"a":[1],"b":2})", "extra_bracket"},
      {R"({"a": {"b": 1}}, "c": 2})", R"({"a":{"b":1},"c":2})", "extra_bracket"},
      {R"({{"a": {{"b": 1}}}})", R"({"a":{"b":1}})", "doubled_braces"},
      {R"({{"a": {"b": 1}}})", R"({"a":{"b":1}})", "doubled_braces"},
      {"```json\n\"a\": [1, 2],\n\"b\": \"x\"\n```", R"({"a":[1,2],"b":"x"})", "missing_braces"},
      {R"("a": [1, 2], "b": {"c": 3})", R"({"a":[1,2],"b":{"c":3}})", "missing_braces"},
      {"\"a\": [1],\n\"b\": 2\n}", R"({"a":[1],"b":2})", "missing_braces"},
  });
  expect_rejected({
      R"({"a": [1, {"b": 2], "c": [3}})",
      R"([{"id": "b", {"model": "x"}}])",
      R"({"a": {"b": 1]]]})",
  });
}

TEST(ExtractMend, DocumentsInStringsAndDisguises) {
  expect_mended({
      {R"("{\"a\": 1}")", R"({"a": 1})", "json_in_string"},
      {R"("\"{\\\"a\\\": 1}\"")", R"({"a": 1})", "json_in_string"},
      {R"(Here: "{\"a\": \"x \\\"y\\\"\"}")", R"({"a":"x \"y\""})", "json_in_string"},
      {R"({\"a\": \"x\\ny\"})", R"({"a":"x\ny"})", "escaped_json"},
      {R"({\n  \"a\": 1\n})", R"({"a":1})", "escaped_json"},
      {"```json\n{\\\"a\\\": 1}\n```", R"({"a":1})", "escaped_json"},
      {"{&quot;a&quot;: &quot;x &amp; y&quot;}", R"({"a": "x & y"})", "html_entities"},
      {R"({"a\_b": "c\_d"})", R"({"a_b": "c_d"})", "markdown_escapes"},
      {R"({""a"": ""x""})", R"({"a": "x"})", "doubled_quotes"},
      {R"({\n "a": 1\n})", R"({"a":1})", "escaped_blank"},
      {"> {\n>   \"a\": 1\n> }", "{\n  \"a\": 1\n}", "line_prefix"},
      {"Quoted:\n> ```json\n> {\"a\":\n> 1}\n> ```\nBye", "{\"a\":\n1}", "line_prefix"},
      {"+ {\n+   \"a\": 1\n+ }", "{\n   \"a\": 1\n }", "line_prefix"},
      {"1 | {\n2 |   \"a\": 1\n3 | }", "{\n   \"a\": 1\n }", "line_prefix"},
  });
}

TEST(ExtractMend, WhatWasLeftOutIsNotPassedOver) {
  expect_rejected({
      R"({"a": [1, 2, ...]})",
      R"({"a": [{"id": 1}, ..., {"id": 9}]})",
      "{\"a\": [1,\n // ... more steps\n 2]}",
      "{\"a\": [1 /* rest of the steps omitted for brevity */]}",
      R"({"a": …})",
      R"({"a": 1, ...})",
      "```json\n{\"steps\": [...]}\n```",
      R"({"a": })",
      R"({"a": , "b": 1})",
      R"({"a": NaN})",
      R"({"a": -Infinity})",
      R"({"a": 007})",
      R"({"a": 50%})",
      R"({"a": 5 USD})",
      R"({"a": 1,000})",
      R"({"a": name_of_it(1)})",
      R"({a: variable})",
      R"({"a": yes})",
      R"({"a": some words here})",
      R"({"a": 1, "a": 2})",
      R"({"a" b})",
      R"({"a": ""x"", "b": 1})",
      R"({"a\d": 1})",
      R"({"a": "x" + y})",
      R"({"a": `x ${y}`})",
      "a: 1\nb:\n  - x\n",
  });
  expect_mended({{R"({"a": 1, "b": 2, "a": 1})", R"({"a":1,"b":2})", "duplicate_key"}});
}

}  // namespace
}  // namespace llmw
