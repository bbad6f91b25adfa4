#include "core/pilot.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include <nlohmann/json.hpp>

#include "core/json.hpp"
#include "core/provider.hpp"

namespace llmw {
namespace {

using Json = nlohmann::json;

Json parsed(const std::string& text) {
  Json out;
  const JsonRead read = read_json(text, out);
  EXPECT_EQ(read.fault, JsonFault::none) << text << ": " << read.message;
  return out;
}

Json steps(const std::string& list) { return parsed(R"({"pilot_steps":[)" + list + "]}"); }

const std::string kGood = R"({"id":"a","operation":"Read orders","step_type":"api_call"})";

struct CodeCase {
  const char* code;
  const char* path;
  Json wrong;
  Json right;
};

std::vector<CodeCase> error_cases() {
  const Json good = steps(kGood);
  Json many = good;
  for (int i = 1; i <= kMaxPilotSteps; ++i) {
    many["pilot_steps"].push_back(many["pilot_steps"][0]);
    many["pilot_steps"].back()["id"] = "s" + std::to_string(i);
  }
  Json fifty = many;
  fifty["pilot_steps"].erase(0);
  return {
      {"not_an_object", "", parsed("[]"), good},
      {"not_an_object", "", parsed("\"x\""), good},
      {"pilot_steps_missing", "", parsed(R"({"steps":[]})"), good},
      {"pilot_steps_not_array", "/pilot_steps", parsed(R"({"pilot_steps":{"a":1}})"), good},
      {"pilot_steps_not_array", "/pilot_steps", parsed(R"({"pilot_steps":null})"), good},
      {"step_count_out_of_range", "/pilot_steps", steps(""), good},
      {"step_count_out_of_range", "/pilot_steps", many, fifty},
      {"step_not_an_object", "/pilot_steps/1", steps(kGood + ",7"), good},
      {"step_id_missing", "/pilot_steps/0", steps(R"({"operation":"x","step_type":"transform"})"),
       steps(R"({"id":"1","operation":"x","step_type":"transform"})")},
      {"step_id_not_string", "/pilot_steps/0/id",
       steps(R"({"id":1,"operation":"x","step_type":"transform"})"),
       steps(R"({"id":"1","operation":"x","step_type":"transform"})")},
      {"step_id_empty", "/pilot_steps/0/id",
       steps(R"({"id":" ","operation":"x","step_type":"transform"})"),
       steps(R"({"id":" b","operation":"x","step_type":"transform"})")},
      {"step_id_duplicate", "/pilot_steps/2/id",
       steps(kGood + R"(,{"id":"A","operation":"x","step_type":"transform"},)" + kGood),
       steps(kGood + R"(,{"id":"A","operation":"x","step_type":"transform"})")},
      {"step_operation_missing", "/pilot_steps/0", steps(R"({"id":"a","step_type":"conditional"})"),
       steps(R"({"id":"a","operation":"x","step_type":"conditional"})")},
      {"step_operation_not_string", "/pilot_steps/0/operation",
       steps(R"({"id":"a","operation":["x"],"step_type":"conditional"})"),
       steps(R"({"id":"a","operation":"x","step_type":"conditional"})")},
      {"step_operation_empty", "/pilot_steps/0/operation",
       steps(R"({"id":"a","operation":"","step_type":"conditional"})"),
       steps(R"({"id":"a","operation":"x","step_type":"conditional"})")},
      {"step_type_missing", "/pilot_steps/0", steps(R"({"id":"a","operation":"x"})"),
       steps(R"({"id":"a","operation":"x","step_type":"llm_decision"})")},
      {"step_type_unknown", "/pilot_steps/0/step_type",
       steps(R"({"id":"a","operation":"x","step_type":"LLM_decision"})"),
       steps(R"({"id":"a","operation":"x","step_type":"llm_decision"})")},
      {"step_type_unknown", "/pilot_steps/0/step_type",
       steps(R"({"id":"a","operation":"x","step_type":null})"),
       steps(R"({"id":"a","operation":"x","step_type":"llm_decision"})")},
      {"step_depends_on_invalid", "/pilot_steps/0/depends_on",
       steps(R"({"id":"a","operation":"x","step_type":"transform","depends_on":"b"})"),
       steps(R"({"id":"a","operation":"x","step_type":"transform","depends_on":null})")},
      {"step_depends_on_invalid", "/pilot_steps/0/depends_on",
       steps(R"({"id":"a","operation":"x","step_type":"transform","depends_on":["a",1]})"),
       steps(R"({"id":"a","operation":"x","step_type":"transform","depends_on":[]})")},
  };
}

std::vector<CodeCase> warning_cases() {
  const std::string head = R"({"id":"b","operation":"x","step_type":"transform",)";
  return {
      {"step_depends_on_unknown", "/pilot_steps/1/depends_on/1",
       steps(kGood + ',' + head + R"("depends_on":["a","c"]})"),
       steps(kGood + ',' + head + R"("depends_on":["a","b"]})")},
      {"service_unknown", "/pilot_steps/0/service", steps(head + R"("service":"fax"})"),
       steps(head + R"("service":"mail"})")},
      {"service_unknown", "/pilot_steps/0/service", steps(head + R"("service":["mail"]})"),
       steps(head + R"("service":null})")},
  };
}

void expect_exactly(const CodeCase& c, Severity severity) {
  const std::vector<std::string> services = {"mail", "sheets"};
  const std::vector<Finding> findings = validate_pilot(c.wrong, services);
  ASSERT_EQ(findings.size(), 1u) << c.code << ": " << c.wrong;
  EXPECT_EQ(findings[0].code, c.code);
  EXPECT_EQ(findings[0].severity, severity) << c.code;
  EXPECT_EQ(findings[0].path, c.path) << c.code;
  EXPECT_FALSE(findings[0].message.empty()) << c.code;
  EXPECT_FALSE(findings[0].hint.empty()) << c.code;
  EXPECT_NO_THROW(Json::json_pointer(findings[0].path)) << c.code;
  EXPECT_TRUE(c.wrong.is_string() || c.wrong.contains(Json::json_pointer(findings[0].path)));
  EXPECT_EQ(has_errors(findings), severity == Severity::error) << c.code;
  EXPECT_TRUE(validate_pilot(c.right, services).empty()) << c.code << ": " << c.right;
}

TEST(ValidatePilot, EachErrorIsFoundAloneAndItsMendedTwinIsRight) {
  for (const CodeCase& c : error_cases()) expect_exactly(c, Severity::error);
}

TEST(ValidatePilot, EachWarningIsFoundAloneAndItsMendedTwinIsRight) {
  for (const CodeCase& c : warning_cases()) expect_exactly(c, Severity::warning);
}

TEST(ValidatePilot, AnyServiceIsRightWhenNoneWasGiven) {
  EXPECT_TRUE(validate_pilot(
                  steps(R"({"id":"b","operation":"x","step_type":"api_call","service":"fax"})"), {})
                  .empty());
}

TEST(ValidatePilot, ErrorsComeBeforeWarningsEachInDocumentOrder) {
  const Json document = steps(
      R"({"id":"a","operation":"","step_type":"transform","depends_on":["z"],"service":"fax"},
         {"operation":"x","step_type":"fly","depends_on":["y"]})");
  std::vector<std::string> got;
  for (const Finding& finding : validate_pilot(document, {"mail"})) {
    got.push_back(finding.code + " " + finding.path);
  }
  const std::vector<std::string> expected = {"step_operation_empty /pilot_steps/0/operation",
                                             "step_id_missing /pilot_steps/1",
                                             "step_type_unknown /pilot_steps/1/step_type",
                                             "step_depends_on_unknown /pilot_steps/0/depends_on/0",
                                             "service_unknown /pilot_steps/0/service",
                                             "step_depends_on_unknown /pilot_steps/1/depends_on/0"};
  EXPECT_EQ(got, expected);
}

TEST(ValidatePilot, AHopelessDocumentGivesAtMostAHundredFindings) {
  std::string list = "1";
  for (int i = 0; i < 100'000; ++i) list += ",1";
  EXPECT_EQ(validate_pilot(steps(list), {}).size(), 100u);
  std::string names = "\"x\"";
  for (int i = 0; i < 1000; ++i) names += ",\"x\"";
  const Json warned = steps(R"({"id":"a","operation":"x","step_type":"transform","depends_on":[)" +
                            names + "]}, 1");
  const std::vector<Finding> findings = validate_pilot(warned, {});
  EXPECT_EQ(findings.size(), 100u);
  EXPECT_EQ(findings.front().code, "step_not_an_object");
}

TEST(ValidatePilot, MessagesQuoteHostileTextsShortAndPrintable) {
  const Json document = steps(R"({"id":"a","operation":"x","step_type":")" +
                              std::string(5000, 'x') + R"(\n\u202e"})");
  const std::vector<Finding> findings = validate_pilot(document, {});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_LT(findings[0].message.size(), 120u);
  EXPECT_EQ(findings[0].message.find('\n'), std::string::npos);
}

TEST(CountPilotSteps, CountsStepsAndSurvivesAnyValue) {
  EXPECT_EQ(count_pilot_steps(steps(kGood)), 1);
  EXPECT_EQ(count_pilot_steps(parsed(R"({"pilot_steps":7})")), 0);
  EXPECT_EQ(count_pilot_steps(Json()), 0);
}

/// Every object of a strict schema lists all its properties as required and allows no others.
void expect_strict(const Json& schema) {
  static const std::vector<std::string> kAllowed = {"type",  "properties", "required",
                                                    "items", "enum",       "additionalProperties"};
  for (const auto& [keyword, value] : schema.items()) {
    EXPECT_NE(std::find(kAllowed.begin(), kAllowed.end(), keyword), kAllowed.end()) << keyword;
  }
  if (schema.contains("items")) expect_strict(schema["items"]);
  if (schema.value("type", Json()) != "object") return;
  EXPECT_EQ(schema["additionalProperties"], false);
  EXPECT_EQ(schema["required"].size(), schema["properties"].size());
  for (const auto& [name, value] : schema["properties"].items()) {
    const Json& required = schema["required"];
    EXPECT_NE(std::find(required.begin(), required.end(), name), required.end()) << name;
    expect_strict(value);
  }
}

TEST(PilotSchema, IsWithinTheStrictSubsetInBothModes) {
  for (const ResponseMode mode : {ResponseMode::machine, ResponseMode::human_debug}) {
    const Json schema = parsed(pilot_json_schema(mode));
    expect_strict(schema);
    EXPECT_EQ(schema["properties"].contains("explanation"), mode == ResponseMode::human_debug);
    const Json& step = schema["properties"]["pilot_steps"]["items"]["properties"];
    EXPECT_EQ(step["step_type"]["enum"].size(), 4u);
  }
}

TEST(PilotSchema, AsksForTheIdBeforeWhatFollowsFromIt) {
  const std::string schema = pilot_json_schema(ResponseMode::machine);
  EXPECT_LT(schema.find("\"id\""), schema.find("\"operation\""));
  EXPECT_LT(schema.find("\"operation\""), schema.find("\"step_type\""));
}

TEST(PilotPrompt, NamesEveryKeyOfTheSchemaAndEveryStepType) {
  for (const ResponseMode mode : {ResponseMode::machine, ResponseMode::human_debug}) {
    const std::string prompt = pilot_system_prompt(mode);
    const Json schema = parsed(pilot_json_schema(mode));
    const Json& step = schema["properties"]["pilot_steps"]["items"]["properties"];
    for (const auto& [name, value] : step.items()) {
      EXPECT_NE(prompt.find('"' + name + '"'), std::string::npos) << name;
    }
    for (const Json& type : step["step_type"]["enum"]) {
      EXPECT_NE(prompt.find(type.get<std::string>()), std::string::npos) << type;
    }
    EXPECT_NE(prompt.find("JSON"), std::string::npos);
    EXPECT_EQ(prompt.find("explanation\"") != std::string::npos, mode == ResponseMode::human_debug);
    EXPECT_LT(estimate_tokens(prompt), 350) << "every word is paid for on every call";
  }
}

TEST(PilotPrompt, TheUserMessageIsThePromptAndTheQuotedServices) {
  EXPECT_EQ(pilot_user_prompt("Do it", {}), "Do it");
  EXPECT_EQ(pilot_user_prompt("Do it", {"google-mail", "a \"b\""}),
            "Do it\n\nServices: \"google-mail\", \"a \\\"b\\\"\"");
}

}  // namespace
}  // namespace llmw
