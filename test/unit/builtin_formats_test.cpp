// The formats that ship: prompts, schemas and rules agree, good answers of models are right by
// them, and what builtin-draft makes is too.

#include "core/builtin_formats.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <set>

#include "core/draft.hpp"
#include "core/schema.hpp"
#include "provider/workflow.hpp"
#include "rules_testing.hpp"

namespace llmw {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>(in), {}};
}

fs::path answers_dir() { return fs::path(LLMW_TEST_DIR) / "../data/answers"; }

const Schema& builtin_schema(std::string_view name) {
  static auto& schemas = *new std::map<std::string_view, std::shared_ptr<const Schema>>();
  auto& schema = schemas[builtin(name).name];
  if (!schema) schema = Schema::compile(builtin(name).json_schema);
  return *schema;
}

/// Calls `visit` with each keyword of a schema and its value.
template <typename Visit>
void visit_keywords(const JsonValue& schema, const Visit& visit) {
  for (const auto& [keyword, value] : schema.members) {
    visit(keyword, value);
    if (keyword == "properties" || keyword == "$defs") {
      for (const JsonValue::Member& member : value.members) visit_keywords(member.second, visit);
    } else if (keyword == "items") {
      visit_keywords(value, visit);
    }
  }
}

TEST(BuiltinFormats, AreThreeWithRulesThatCanBeRead) {
  Lines names;
  for (const BuiltinFormat& format : builtin_formats()) {
    names.emplace_back(format.name);
    EXPECT_EQ(format.version, 1);
    EXPECT_NO_THROW(builtin_rules(format.name)) << format.name;
  }
  EXPECT_EQ(names, (Lines{"pilot", "stages", "discovery"}));
}

TEST(BuiltinFormats, SchemasUseOnlyKeywordsThatNarrowToStrictMode) {
  const std::set<std::string> known = {"type",
                                       "properties",
                                       "required",
                                       "items",
                                       "enum",
                                       "minItems",
                                       "maxItems",
                                       "minLength",
                                       "$defs",
                                       "$ref",
                                       "additionalProperties"};
  for (const BuiltinFormat& format : builtin_formats()) {
    visit_keywords(parsed(format.json_schema), [&](const std::string& keyword, const JsonValue&) {
      EXPECT_EQ(known.count(keyword), 1u) << keyword << " in " << format.name;
    });
  }
}

TEST(BuiltinFormats, PromptsAskForEveryPropertyAndAreShort) {
  for (const BuiltinFormat& format : builtin_formats()) {
    const std::string prompt = format.system_prompt;
    visit_keywords(
        parsed(format.json_schema), [&](const std::string& keyword, const JsonValue& value) {
          for (const auto& [name, property] : value.members) {
            if (keyword == "properties") {
              EXPECT_NE(prompt.find('"' + name + '"'), std::string::npos) << name;
            }
          }
          for (const JsonValue& allowed : value.items) {
            if (keyword == "enum" && allowed.is_string()) {
              EXPECT_NE(prompt.find('"' + allowed.text + '"'), std::string::npos) << allowed.text;
            }
          }
        });
    EXPECT_NE(prompt.find("JSON"), std::string::npos);
    EXPECT_EQ(prompt.find("explanation"), std::string::npos) << "the answer form says that";
    EXPECT_LT(prompt.size() / 4, 450u) << format.name << ": every word is paid for on every call";
  }
}

/// The schema of one item of `format`.
const JsonValue& item_schema(const JsonValue& schema, const std::string& items) {
  return *schema.find("properties")->find(items)->find("items");
}

TEST(BuiltinFormats, RulesAndSchemaNameTheSameFieldsAndTypes) {
  for (const char* name : {"pilot", "stages"}) {
    const Rules rules = builtin_rules(name);
    const JsonValue schema = parsed(builtin(name).json_schema);
    const JsonValue& item = item_schema(schema, rules.items);
    const JsonValue& properties = *item.find("properties");
    for (const std::string* field :
         {&rules.id, &rules.text, &rules.type, &rules.depends_on, &rules.branches, &rules.outcomes,
          &rules.condition, &rules.inputs, &rules.outputs, &rules.service, &rules.sequence,
          &rules.parallel_with, &rules.team}) {
      EXPECT_TRUE(field->empty() || properties.find(*field) != nullptr) << *field;
    }
    Lines types;
    for (const JsonValue& type : properties.find(rules.type)->find("enum")->items)
      types.push_back(type.text);
    EXPECT_EQ(types, rules.types) << name;
    EXPECT_EQ(schema.find("properties")->find(rules.items)->find("maxItems")->text,
              std::to_string(rules.max_items));
  }
}

TEST(BuiltinFormats, AStepIsWrittenInTheOrderOfThought) {
  const JsonValue schema = parsed(builtin("pilot").json_schema);
  const JsonValue& step = item_schema(schema, "pilot_steps");
  Lines names;
  for (const auto& [name, property] : step.find("properties")->members) names.push_back(name);
  EXPECT_EQ(names, (Lines{"id", "operation", "step_type", "depends_on", "service", "inputs",
                          "outputs", "condition", "branches", "outcomes"}));
}

TEST(BuiltinFormats, DiscoveryHasTenDimensions) {
  const JsonValue schema = parsed(builtin("discovery").json_schema);
  EXPECT_EQ(schema.find("properties")->members.size(), 10u);
  EXPECT_EQ(schema.find("required")->items.size(), 10u);
  for (const char* name :
       {"problem_analysis", "stakeholder_analysis", "requirements_breakdown", "risk_assessment"})
    EXPECT_NE(schema.find("properties")->find(name), nullptr) << name;
}

TEST(BuiltinFormats, AnswersOfTheSimulatedProvidersHaveNothingToFind) {
  for (const auto& [name, format] :
       {std::pair("pilot", sim::Format::kPilot), std::pair("stages", sim::Format::kStages),
        std::pair("discovery", sim::Format::kDiscovery)}) {
    for (const std::size_t size : {std::size_t{1}, sim::usual_size(format), std::size_t{50}}) {
      const JsonValue document = parsed(sim::write(sim::good_workflow(format, size)));
      EXPECT_EQ(lines_of(check_rules(builtin_rules(name), document, {})), Lines{}) << size;
      EXPECT_TRUE(check_schema(builtin_schema(name), document).empty()) << name << ' ' << size;
    }
  }
}

TEST(BuiltinFormats, ADraftSaysWhatTheRequestSaysWithoutFault) {
  const std::string prompt =
      "Every Monday at 9am, fetch 20 orders from http://intranet/orders, and if the total is over "
      "$500, email \"Jane Doe\".";
  const JsonValue document = parsed(draft_workflow(prompt, {}));
  EXPECT_EQ(lines_of(check_rules(builtin_rules("pilot"), document, {{}, prompt})), Lines{});
  EXPECT_TRUE(check_schema(builtin_schema("pilot"), document).empty());
}

TEST(AnswersOfModels, AreValidBySchemaAndRulesWhereTheyAreMeantToBe) {
  int seen = 0;
  Lines warnings;
  for (const fs::directory_entry& entry : fs::directory_iterator(answers_dir())) {
    if (entry.path().extension() != ".json") continue;
    const JsonValue expected = parsed(read_file(entry.path()));
    const JsonValue* document = expected.find("document");
    const JsonValue* valid = expected.find("valid");
    const JsonValue* format = expected.find("format");
    if (document == nullptr || valid == nullptr || !format->is_string()) continue;
    ++seen;
    const std::vector<Finding> findings =
        check_rules(builtin_rules(format->text), *document, RuleContext());
    const bool has_shape = check_schema(builtin_schema(format->text), *document).empty();
    EXPECT_EQ(has_shape && !has_errors(findings), valid->boolean)
        << entry.path().filename() << ": " << testing::PrintToString(lines_of(findings));
    for (const Finding& finding : findings) {
      if (finding.severity == Severity::warning)
        warnings.push_back(entry.path().stem().string().substr(0, 4) + finding.code);
    }
  }
  EXPECT_GT(seen, 50);
  // In these the reason of a return is found out and then used by no step.
  std::sort(warnings.begin(), warnings.end());
  EXPECT_EQ(warnings, (Lines{"005_W02", "035_W02", "075_W02"}));
}

TEST(BuiltinFormats, WhatTheRulesLeaveToTheSchemaTheSchemaFinds) {
  for (const char* wrong :
       {R"({"id":1,"operation":"Go","step_type":"transform"})",
        R"({"id":"a","operation":[],"step_type":"transform"})",
        R"({"id":"a","operation":"Go","step_type":"transform","depends_on":"b"})",
        R"({"id":"a","operation":"Go","step_type":"transform","inputs":[1]})",
        R"({"id":"a","operation":"Go","step_type":"transform","branches":[{}]})", "7"}) {
    const JsonValue document = parsed(std::string(R"({"pilot_steps":[)") + wrong + "]}");
    EXPECT_FALSE(check_schema(builtin_schema("pilot"), document).empty()) << wrong;
  }
}

}  // namespace
}  // namespace llmw
