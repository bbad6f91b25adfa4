#include "core/schema.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.hpp"

namespace llmw {
namespace {

std::vector<SchemaViolation> check(std::string_view schema, std::string_view document) {
  return check_schema(*Schema::compile(schema), document);
}

/// The violations as "PATH KEYWORD: MESSAGE", one a line.
std::string told(std::string_view schema, std::string_view document) {
  std::string lines;
  for (const SchemaViolation& v : check(schema, document)) {
    lines += v.path + " " + v.keyword + ": " + v.message + "\n";
  }
  return lines;
}

std::string compile_error(std::string_view schema, const SchemaOptions& options = {}) {
  try {
    Schema::compile(schema, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.sqlstate(), "22023");
    return error.message();
  }
  return "";
}

struct Case {
  const char* schema;
  std::vector<const char*> right;
  std::vector<const char*> wrong;
};

class SchemaKeyword : public testing::TestWithParam<Case> {};

TEST_P(SchemaKeyword, AcceptsAndRefusesWhatTheDraftSays) {
  for (const char* document : GetParam().right) {
    EXPECT_EQ(told(GetParam().schema, document), "") << GetParam().schema << " on " << document;
  }
  for (const char* document : GetParam().wrong) {
    EXPECT_NE(told(GetParam().schema, document), "") << GetParam().schema << " on " << document;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Values, SchemaKeyword,
    testing::Values(
        Case{"true", {"1", "null", "{}"}, {}}, Case{"false", {}, {"1", "null", "{}"}},
        Case{"{}", {"1", "[[]]"}, {}},
        Case{R"({"type":"integer"})", {"1", "1.0", "1e2", "-0"}, {"1.5", "1e-1", "\"1\"", "true"}},
        Case{R"({"type":["string","null"]})", {"\"\"", "null"}, {"0", "{}", "[]", "false"}},
        Case{R"({"enum":["a",1,null,{"x":[1.0]},[]]})",
             {"\"a\"", "1.0", "null", "{\"x\":[1]}", "[]"},
             {"\"b\"", "2", "true", "{\"x\":[2]}", "{}", "[1]"}},
        Case{R"({"const":{"a":1,"b":[true]}})",
             {R"({"b":[true],"a":1.0})"},
             {R"({"a":1})", R"({"a":1,"b":[false]})", "1", "[]"}},
        Case{R"({"multipleOf":0.01})", {"19.99", "0", "1e3", "-0.07"}, {"0.001", "19.999"}},
        Case{R"({"multipleOf":3})",
             {"9", "3e300", "\"x\"", "123456789012345678901234567890"},
             {"10"}},
        Case{R"({"minimum":0.1,"exclusiveMaximum":12345678901234567890})",
             {"0.1", "1e-1", "12345678901234567889"},
             {"0.09", "12345678901234567890", "-1"}},
        Case{R"({"exclusiveMinimum":-1,"maximum":1})",
             {"-0.9", "1"},
             {"-1", "1.0000000000000000001"}},
        Case{R"({"minLength":2,"maxLength":3})", {"\"aé\"", "\"😀😀😀\"", "1"}, {"\"a\"", "\"abcd\""}},
        Case{R"({"pattern":"^\\d+$"})", {"\"12\"", "12"}, {"\"a1\"", "\"\"", "\"\u0661\""}},
        Case{R"-({"pattern":"\\p{Letter}\\cA\\u0041\\s(?<n>x)"})-",
             {"\"\xC3\xA9\\u0001A\\u00a0x\""},
             {"\"1\\u0001A x\""}},
        Case{R"({"pattern":"^a[^]b$"})", {"\"a\\nb\""}, {"\"ab\""}},
        Case{R"({"pattern":"^(a|[])$"})", {"\"a\""}, {"\"\"", "\"]\""}},
        Case{R"({"format":"email"})", {"\"no address\""}, {}}));

INSTANTIATE_TEST_SUITE_P(
    Objects, SchemaKeyword,
    testing::Values(Case{R"({"properties":{"a":{"type":"string"}},"required":["a","b"]})",
                         {R"({"a":"","b":1})", "1"},
                         {"{}", R"({"a":1,"b":1})", R"({"a":""})"}},
                    Case{R"({"properties":{"a":true},"patternProperties":{"^x":{"type":"null"}},
                 "additionalProperties":{"type":"integer"}})",
                         {R"({"a":"","x1":null,"other":1})"},
                         {R"({"x1":1})", R"({"other":""})"}},
                    Case{R"({"additionalProperties":false,"properties":{"a":{}}})",
                         {"{\"a\":1}"},
                         {"{\"b\":1}"}},
                    Case{R"({"propertyNames":{"maxLength":2,"pattern":"^a"}})",
                         {"{\"a\":1,\"ab\":2}", "{}"},
                         {"{\"abc\":1}", "{\"b\":1}"}},
                    Case{R"({"minProperties":1,"maxProperties":2})",
                         {"{\"a\":1}", "[]"},
                         {"{}", R"({"a":1,"b":2,"c":3})"}},
                    Case{R"({"dependentRequired":{"a":["b","c"]}})",
                         {"{}", R"({"c":1,"a":1,"b":1})"},
                         {R"({"a":1,"b":1})"}},
                    Case{R"({"dependentSchemas":{"a":{"required":["b"],"maxProperties":2}}})",
                         {"{\"x\":1,\"y\":2,\"z\":3}", R"({"b":1,"a":1})"},
                         {R"({"a":1})", R"({"b":1,"c":1,"a":1})"}},
                    Case{R"({"dependencies":{"a":["b"],"c":{"required":["d"]}}})",
                         {R"({"a":1,"b":1})", R"({"c":1,"d":1})"},
                         {R"({"a":1})", R"({"c":1})"}},
                    Case{
                        R"({"properties":{"a":{}},"anyOf":[{"properties":{"b":{"type":"null"}}},{}],
                 "unevaluatedProperties":false})",
                        {R"({"a":1})", R"({"a":1,"b":null})"},
                        {R"({"b":1})", R"({"c":1})"}}));

INSTANTIATE_TEST_SUITE_P(
    Arrays, SchemaKeyword,
    testing::Values(
        Case{R"({"prefixItems":[{"type":"string"},{"type":"null"}],"items":{"type":"integer"}})",
             {"[]", "[\"\"]", "[\"\",null,1,2]"},
             {"[1]", "[\"\",null,\"\"]"}},
        Case{R"({"items":[{"type":"string"}],"additionalItems":false})",
             {"[]", "[\"\"]"},
             {"[\"\",1]"}},
        Case{R"({"minItems":1,"maxItems":2})", {"[1]", "[1,2]", "\"\""}, {"[]", "[1,2,3]"}},
        Case{R"({"uniqueItems":true})",
             {"[]", "[1,\"1\",true,[1],{\"a\":1}]"},
             {"[1,1.0]", R"([{"a":1,"b":2},{"b":2.0,"a":1}])", "[[[]],[[]]]"}},
        Case{R"({"contains":{"const":1}})", {"[2,1]", "{}"}, {"[]", "[2]"}},
        Case{R"({"contains":{"const":1},"minContains":2,"maxContains":3})",
             {"[1,2,1]", "[1,1,1]"},
             {"[1]", "[1,1,1,1]"}},
        Case{R"({"contains":{"const":1},"minContains":0})", {"[]", "[2]"}, {}},
        Case{R"({"prefixItems":[true],"contains":{"type":"string"},"unevaluatedItems":false})",
             {"[1,\"a\",\"b\"]"},
             {"[1,\"a\",2]"}}));

INSTANTIATE_TEST_SUITE_P(
    Combinations, SchemaKeyword,
    testing::Values(
        Case{R"({"anyOf":[{"type":"string"},{"minimum":2,"type":"number"}]})",
             {"\"\"", "2"},
             {"1", "null"}},
        Case{R"({"oneOf":[{"minimum":2},{"maximum":4}]})", {"1", "5"}, {"3", "\"\""}},
        Case{R"({"allOf":[{"minimum":2},{"maximum":4}]})", {"2", "4"}, {"1", "5"}},
        Case{R"({"not":{"required":["a"]}})", {"{}"}, {"{\"a\":1}", "1"}},
        Case{R"({"not":{"not":{"type":"string"}}})", {"\"\""}, {"1"}},
        Case{
            R"({"if":{"properties":{"k":{"const":1}}},"then":{"required":["a"]},"else":{"required":["b"]}})",
            {R"({"k":1,"a":0})", R"({"b":0,"k":2})", "{\"a\":0}"},
            {R"({"k":1,"b":0})", R"({"k":2,"a":0})"}},
        Case{R"({"$defs":{"tree":{"type":"object","properties":{"next":{"$ref":"#/$defs/tree"}},
                 "additionalProperties":false}},"$ref":"#/$defs/tree"})",
             {R"({"next":{"next":{}}})"},
             {R"({"next":{"next":{"x":1}}})", "{\"next\":1}"}},
        Case{
            R"({"$defs":{"a":{"$anchor":"word","type":"string"},"b":{"$id":"http://x/y","type":"null"}},
                 "properties":{"a":{"$ref":"#word"},"b":{"$ref":"http://x/y"}}})",
            {R"({"a":"","b":null})"},
            {R"({"a":1})", R"({"b":1})"}},
        Case{
            R"({"definitions":{"a/b~c%":{"type":"null"}},"items":{"$ref":"#/definitions/a~1b~0c%25"}})",
            {"[null]"},
            {"[1]"}},
        Case{R"({"$schema":"http://json-schema.org/draft-07/schema#","definitions":{"a":{}},
                 "items":{"$ref":"#/definitions/a","type":"null"}})",
             {"[1]"},
             {}}));

TEST(SchemaCompile, WhatCannotBeUsedIsNamedWithItsPlace) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"{", "it is not JSON: the text ends inside a JSON value at byte 1"},
      {"[]", "a schema must be an object or a boolean, at \"\""},
      {R"({"type":"text"})", "\"type\" must be the name of a JSON type or an array of them"},
      {R"({"properties":{"a/b":{"minimum":"1"}}})",
       "\"minimum\" must be a number, at \"/properties/a~1b\""},
      {R"({"minLength":-1})", "\"minLength\" must be an integer that is not negative"},
      {R"({"multipleOf":0})", "\"multipleOf\" must be a positive number of at most 18 digits"},
      {R"({"requird":["a"]})", "\"requird\" is not a keyword of JSON Schema"},
      {R"({"$recursiveRef":"#"})", "\"$recursiveRef\" is not supported"},
      {R"({"anyOf":[]})", "\"anyOf\" must have at least one schema"},
      {R"({"$ref":"#/nothing"})",
       "\"$ref\" leads to nothing in this schema: \"#/nothing\" (other documents are never "
       "fetched)"},
      {R"-({"pattern":"(?=a)"})-",
       "\"pattern\" has a regular expression that cannot be used, \"(?=a)\": look-around is not "
       "supported"},
      {R"({"pattern":"(a)\\1"})",
       "\"pattern\" has a regular expression that cannot be used, \"(a)\\1\": back references are "
       "not supported"},
      {R"({"a":1,"a":2})", "it is not JSON: an object has the same key twice at byte 7"},
  };
  for (const auto& [schema, message] : cases) {
    EXPECT_EQ(compile_error(schema), std::string("invalid JSON schema: ") + message) << schema;
  }
  EXPECT_EQ(compile_error(R"({"$schema":"http://json-schema.org/draft-04/schema#"})"),
            "JSON schema has a \"$schema\" that is not supported: "
            "\"http://json-schema.org/draft-04/schema#\"");
}

TEST(SchemaCompile, AnUnknownKeywordIsAnAnnotationWhenTheCallerSaysSo) {
  SchemaOptions options;
  options.refuse_unknown_keywords = false;
  EXPECT_EQ(compile_error(R"({"x-note":{"type":"no type"}})", options), "");
}

TEST(SchemaCompile, ADocumentThatTheCallerGivesIsReachedByItsUri) {
  SchemaOptions options;
  options.documents = {{"http://example.com/word.json", R"({"type":"string","minLength":1})"}};
  const auto schema =
      Schema::compile(R"({"items":{"$ref":"http://example.com/word.json"}})", options);
  EXPECT_TRUE(check_schema(*schema, R"(["a"])").empty());
  EXPECT_EQ(check_schema(*schema, R"(["a",""])").size(), 1u);
}

}  // namespace
}  // namespace llmw
