#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/schema.hpp"

namespace llmw {
namespace {

/// The violations as "OFFSET PATH KEYWORD: MESSAGE", one a line.
std::string listed(const std::vector<SchemaViolation>& violations) {
  std::string lines;
  for (const SchemaViolation& v : violations) {
    lines += std::to_string(v.offset) + " " + v.path + " " + v.keyword + ": " + v.message + "\n";
  }
  return lines;
}

std::string told(std::string_view schema, std::string_view document) {
  return listed(check_schema(*Schema::compile(schema), document));
}

constexpr const char* kSteps = R"({
  "type": "object", "required": ["steps"], "additionalProperties": false,
  "properties": {"steps": {"type": "array", "maxItems": 2, "items": {"anyOf": [
    {"$ref": "#/$defs/call"}, {"$ref": "#/$defs/wait"}]}}},
  "$defs": {
    "call": {"type": "object", "required": ["kind", "url"], "additionalProperties": false,
      "properties": {"kind": {"const": "call"}, "url": {"type": "string", "maxLength": 5}}},
    "wait": {"type": "object", "required": ["kind"], "additionalProperties": false,
      "properties": {"kind": {"const": "wait"}, "seconds": {"type": "integer", "minimum": 1}}}}})";

TEST(SchemaReport, SaysWhereWhatAndWhatIsWanted) {
  EXPECT_EQ(told(R"({"properties":{"a/b":{"items":{"type":["integer","null"]}}},"required":["x"]})",
                 R"({"a/b":[1,"2",null,true]})"),
            "10 /a~1b/1 type: must be an integer or null\n"
            "19 /a~1b/3 type: must be an integer or null\n"
            "24  required: must have the key \"x\"\n");
  EXPECT_EQ(told(R"({"enum":["a",1]})", "\"b\""), "2  enum: must be one of \"a\", 1\n");
  EXPECT_EQ(told(R"({"propertyNames":{"maxLength":2}})", R"({"abc":1})"),
            "5 /abc propertyNames: the key must have at most 2 characters\n");
  EXPECT_EQ(told(R"({"dependentRequired":{"a":["b"]}})", R"({"a":1})"),
            "6  dependentRequired: must have the key \"b\" because it has the key \"a\"\n");
  EXPECT_EQ(told(R"({"oneOf":[{},{},{"type":"null"}]})", "1"),
            "0  oneOf: must match one of the schemas of \"oneOf\", but matches 2\n");
}

TEST(SchemaReport, OfAlternativesTheOneThatLastedLongestIsMeant) {
  EXPECT_EQ(told(kSteps, R"({"steps":[{"kind":"call","url":"abcdef"}]})"),
            "38 /steps/0/url maxLength: must have at most 5 characters\n");
  EXPECT_EQ(told(kSteps, R"({"steps":[{"kind":"wait","secs":1}]})"),
            "30 /steps/0/secs additionalProperties: the key \"secs\" is not allowed\n");
  EXPECT_EQ(told(kSteps, R"({"steps":[{"kind":"call"}]})"),
            "24 /steps/0 required: must have the key \"url\"\n");
}

TEST(SchemaReport, WhenAllAlternativesWantOtherValuesTheyAreListed) {
  EXPECT_EQ(told(kSteps, R"({"steps":[{"kind":"jump"}]})"),
            "23 /steps/0/kind anyOf: must be one of \"call\", \"wait\"\n");
  EXPECT_EQ(told(kSteps, R"({"steps":[5]})"),
            "10 /steps/0 anyOf: must match one of the schemas of \"anyOf\"\n");
}

TEST(SchemaReport, AViolationIsCertainAtTheByteThatClosesTheKeyOrScalar) {
  const auto schema = Schema::compile(kSteps);
  const std::vector<std::pair<std::string, std::string>> cases = {
      {R"({"stepz")", "7 /stepz additionalProperties: the key \"stepz\" is not allowed\n"},
      {R"({"steps":"a)", "9 /steps type: must be an array\n"},
      {R"({"steps":1)", "9 /steps type: must be an array\n"},
      {R"({"steps":[{"kind":"wait"},{"kind":"wait"},{)",
       "42 /steps maxItems: must have at most 2 items\n"},
      {R"({"steps":[{"kind":"wait","seconds":0)", ""},
      {R"({"steps":[{"kind":"wait","seconds":0,)",
       "35 /steps/0/seconds minimum: must be at least 1\n"},
  };
  for (const auto& [prefix, wanted] : cases) {
    SchemaValidator validator(*schema, 1);
    EXPECT_EQ(validator.feed(prefix), wanted.empty()) << prefix;
    EXPECT_EQ(listed(validator.violations()), wanted) << prefix;
  }
}

TEST(SchemaReport, PiecesAndTreesAreJudgedLikeTheWholeText) {
  const auto schema = Schema::compile(kSteps);
  for (const std::string text :
       {R"({"steps":[{"kind":"call","url":"a\u00e9"},{"kind":"wait","seconds":12}]})",
        R"({"steps":[{"kind":1,"url":"abcdefgh"},{"kind":"wait","seconds":1.5},3],"x":"y"})",
        R"({"steps":"not an array"})", R"({"steps":[{"kind":"call","url":"unknown)", "[1,",
        R"({"steps":[{"kind":"call","url":17 )"}) {
    const std::string whole = listed(check_schema(*schema, text));
    for (std::size_t size = 1; size < text.size(); ++size) {
      SchemaValidator validator(*schema);
      for (std::size_t at = 0; at < text.size(); at += size) {
        if (!validator.feed(std::string_view(text).substr(at, size))) break;
      }
      EXPECT_EQ(validator.finish(), whole.empty()) << text;
      EXPECT_EQ(listed(validator.violations()), whole) << text << " in pieces of " << size;
    }
    JsonValue tree;
    auto violations = check_schema(*schema, text, 100, &tree);
    EXPECT_EQ(listed(violations), whole);
    if (tree.is_null()) continue;
    for (SchemaViolation& violation : violations) violation.offset = 0;
    EXPECT_EQ(listed(check_schema(*schema, tree)), listed(violations)) << text;
  }
}

TEST(SchemaReport, TheTreeIsBuiltEvenWhenTheViolationsAreTooMany) {
  JsonValue tree;
  const auto schema = Schema::compile(R"({"items":{"type":"null"}})");
  EXPECT_EQ(check_schema(*schema, "[1,2,3.10]", 2, &tree).size(), 2u);
  EXPECT_EQ(write_json(tree), "[1,2,3.10]");
  const auto faulty = check_schema(*schema, "[null,", 2, &tree);
  ASSERT_EQ(faulty.size(), 1u);
  EXPECT_EQ(faulty[0].keyword, "");
  EXPECT_EQ(faulty[0].message,
            "the document is not JSON: the text ends inside a JSON value at byte 6");
  EXPECT_TRUE(tree.is_null());
}

// ---- Limits -------------------------------------------------------------------------------------

std::string compile_error(const std::string& schema) {
  try {
    Schema::compile(schema);
  } catch (const Error& error) {
    return error.message();
  }
  return "";
}

/// $defs d0 ... dN, each referring to the next one twice.
std::string doubling(const std::string& keyword, int levels) {
  std::string schema = "{\"$ref\":\"#/$defs/d0\",\"$defs\":{";
  for (int i = 0; i < levels; ++i) {
    const std::string next = "{\"$ref\":\"#/$defs/d" + std::to_string(i + 1) + "\"}";
    schema += "\"d" + std::to_string(i) + "\":{\"" + keyword + "\":[" + next + "," + next + "]},";
  }
  return schema + "\"d" + std::to_string(levels) + "\":{\"type\":\"null\"}}}";
}

TEST(SchemaLimits, ASchemaThatNeverEndsIsRefused) {
  for (const char* schema :
       {R"({"$ref":"#"})", R"({"anyOf":[{"type":"null"},{"$ref":"#"}]})",
        R"({"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"not":{"$ref":"#/$defs/a"}}}})",
        R"({"dependentSchemas":{"a":{"$ref":"#"}}})"}) {
    EXPECT_EQ(
        compile_error(schema),
        "invalid JSON schema: a $ref leads back to itself on the same value, which would never "
        "end")
        << schema;
  }
  EXPECT_EQ(compile_error(R"({"items":{"$ref":"#"}})"), "");
}

TEST(SchemaLimits, ChainsAndSizesAreBounded) {
  EXPECT_NE(compile_error(doubling("allOf", 300)).find("more than 200 schemas in a chain"),
            std::string::npos);
  std::string wide = "{\"anyOf\":[";
  for (int i = 0; i < 25'000; ++i)
    wide += (i == 0 ? "{\"minimum\":" : ",{\"minimum\":") + std::to_string(i) + "}";
  EXPECT_NE(compile_error(wide + "]}").find("more than 20000 subschemas"), std::string::npos);
  EXPECT_NE(compile_error("{\"pattern\":\"" + std::string(3000, 'a') + "\"}").find("2000 bytes"),
            std::string::npos);
  EXPECT_NE(compile_error(R"({"pattern":"((a{1,500}){1,500}){1,500}"})"), "");
  EXPECT_NE(compile_error("\"" + std::string(2'000'000, ' ') + "\"").find("1048576"),
            std::string::npos);
}

TEST(SchemaLimits, ExponentialFanOutEndsTheCheckAndSaysSo) {
  for (const char* keyword : {"allOf", "anyOf", "oneOf"}) {
    const auto schema = Schema::compile(doubling(keyword, 40));
    const auto violations = check_schema(*schema, "null");
    ASSERT_EQ(violations.size(), 1u) << keyword;
    EXPECT_EQ(violations[0].keyword, "");
    EXPECT_NE(violations[0].message.find("the check was given up: it needs more than"),
              std::string::npos)
        << violations[0].message;
  }
}

TEST(SchemaLimits, WorkOnOneDocumentIsBounded) {
  std::string document = "[null";
  for (int i = 0; i < 100'000; ++i) document += ",null";
  const auto heavy = Schema::compile(
      R"({"items":{"$ref":"#/$defs/d0"},)" +
      doubling("allOf", 12).substr(std::string_view("{\"$ref\":\"#/$defs/d0\",").size()));
  const auto violations = check_schema(*heavy, document + "]");
  ASSERT_EQ(violations.size(), 1u);
  EXPECT_NE(violations[0].message.find("10000000 steps"), std::string::npos);
}

TEST(SchemaLimits, LongListsOfRequiredKeysAreAllChecked) {
  std::string names;
  std::string members;
  for (int i = 0; i < 200; ++i) {
    names += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\"";
    if (i != 130) members += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
  }
  EXPECT_EQ(told("{\"required\":[" + names + "]}", "{" + members + "}"),
            std::to_string(members.size() + 1) + "  required: must have the key \"k130\"\n");
  const std::string dependent = "{\"dependentRequired\":{\"k3\":[" + names + "]}}";
  EXPECT_EQ(told(dependent, "{" + members + "}"),
            std::to_string(members.size() + 1) +
                "  dependentRequired: must have the key \"k130\" because it has the key \"k3\"\n");
}

}  // namespace
}  // namespace llmw
