// Diagrams of documents, valid, wrong and hostile.

#include "core/diagram.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

#include "core/diagram_model.hpp"
#include "core/error.hpp"
#include "diagram_testing.hpp"

namespace llmw {
namespace {

std::string step(const std::string& id, const std::string& more = "") {
  return R"({"id":")" + id + R"(","operation":"Do )" + id + R"(","step_type":"transform")" + more +
         "}";
}

std::string steps(const std::vector<std::string>& list) {
  std::string text = R"({"pilot_steps":[)";
  for (std::size_t i = 0; i < list.size(); ++i) text += (i == 0 ? "" : ",") + list[i];
  return text + "]}";
}

std::string state_of(std::string_view format, const std::string& json) {
  try {
    drawn(format, json);
  } catch (const Error& error) {
    EXPECT_FALSE(error.hint().empty());
    return error.sqlstate();
  }
  return "";
}

TEST(Diagram, TypesOfStepsHaveShapesOfTheirOwn) {
  std::string all;
  for (const char* type : {"transform", "llm_decision", "conditional", "api_call"})
    all += (all.empty() ? "" : ",") + std::string(R"({"id":")") + type +
           R"(","operation":"Work","step_type":")" + type + R"("})";
  const DiagramTexts texts = drawn("pilot", R"({"pilot_steps":[)" + all + "]}");
  expect_sound(texts);
  EXPECT_TRUE(contains(texts.mermaid, "n1[\"transform<br/>Work\"]"));
  EXPECT_TRUE(contains(texts.mermaid, "n2([\"llm decision<br/>Work\"])"));
  EXPECT_TRUE(contains(texts.mermaid, "n3{\"conditional<br/>Work\"}"));
  EXPECT_TRUE(contains(texts.mermaid, "n4[[\"api call<br/>Work\"]]"));
}

TEST(Diagram, BranchesCarryTheirCasesAndMayEnd) {
  const DiagramTexts texts =
      drawn("pilot", steps({step("a", R"(,"branches":[{"when":"x > 5","next":"b"},
                                               {"when":"else","next":null}])"),
                            step("b", R"(,"depends_on":["a"])")}));
  expect_sound(texts);
  EXPECT_TRUE(contains(texts.mermaid, "n1 -->|\"x #62; 5\"| n2\n"));
  EXPECT_TRUE(contains(texts.mermaid, "n1 -->|\"else\"| n3\n"));
  EXPECT_TRUE(contains(texts.mermaid, "n3((\"end\"))"));
  EXPECT_FALSE(contains(texts.mermaid, "n1 --> n2")) << "the branch stands for the dependency";
  EXPECT_TRUE(contains(texts.svg, ">x &gt; 5</text>"));
}

TEST(Diagram, StepsWithoutOrderFollowEachOther) {
  const DiagramTexts texts = drawn("pilot", steps({step("a"), step("b"), step("c")}));
  EXPECT_TRUE(contains(texts.mermaid, "n1 --> n2\n  n2 --> n3\n"));
}

TEST(Diagram, DependencyThatALongerWayImpliesIsLeftOut) {
  const DiagramTexts texts = drawn("pilot", steps({step("a"), step("b", R"(,"depends_on":["a"])"),
                                                   step("c", R"(,"depends_on":["a","b"])")}));
  EXPECT_TRUE(contains(texts.mermaid, "n2 --> n3"));
  EXPECT_FALSE(contains(texts.mermaid, "n1 --> n3"));
}

TEST(Diagram, BoundedLoopIsNoFault) {
  const DiagramTexts texts =
      drawn("pilot", steps({step("a"), step("b", R"(,"depends_on":["a"],"max_iterations":3,
                                            "next":["a"])")}));
  expect_sound(texts);
  EXPECT_TRUE(contains(texts.mermaid, "n2 -.-> n1"));
  EXPECT_TRUE(contains(texts.mermaid, "at most 3 times"));
  EXPECT_FALSE(contains(texts.mermaid, "notes"));
}

TEST(Diagram, AStepThatMayRepeatItselfDoesNotWaitForItself) {
  const std::string repeats = R"(,"max_iterations":3,"next":["a"])";
  const DiagramTexts bounded = drawn("pilot", steps({step("a", repeats)}));
  EXPECT_TRUE(contains(bounded.mermaid, "may repeat itself"));
  EXPECT_FALSE(contains(bounded.mermaid, "waits for itself"));
  const DiagramTexts both = drawn("pilot", steps({step("a", repeats + R"(,"depends_on":["a"])")}));
  EXPECT_TRUE(contains(both.mermaid, "may repeat itself"));
  EXPECT_TRUE(contains(both.mermaid, "waits for itself"));
  Rules rules = builtin_format("pilot").rules();
  rules.parallel_with = "beside";
  const Diagram beside =
      read_diagram(rules, parsed(steps({step("a", repeats + R"(,"beside":["b"])"), step("b")})));
  EXPECT_TRUE(beside.notes.empty()) << beside.notes.front();
}

constexpr const char* kStages =
    R"({"stages":[
      {"id":"c","name":"Cut","type":"sequential","team":"Cutting","sequence":1,"outputs":["parts"]},
      {"id":"t","name":"Buy trims","type":"parallel","team":"Purchasing","sequence":1,
       "parallel_with":["c"],"outputs":["trims"]},
      {"id":"s","name":"Sew","type":"sequential","team":"Sewing","sequence":2,
       "depends_on":["c","t"],"inputs":["parts","trims"],"outputs":["jeans"]},
      {"id":"p","name":"Pack","type":"sequential","team":"Sewing","sequence":3,
       "depends_on":["s"],"inputs":["jeans"]}],
    "limbo_zones":[{"id":"z","from":"c","to":"s","payload":["parts"],"exit_condition":"Counted",
                    "max_wait":"2 days","owner":"Ann"}]})";

TEST(Diagram, EachDependencyOfStagesHasItsLimboZone) {
  const DiagramTexts texts = drawn("stages", kStages);
  expect_sound(texts);
  EXPECT_TRUE(contains(texts.mermaid, "n1 --> z3 --> n3") ||
              contains(texts.mermaid, "n1 --> z1 --> n3"));
  EXPECT_TRUE(contains(texts.svg, "4 stages, 3 limbo zones, 3 teams</title>"));
  EXPECT_TRUE(contains(texts.svg, ">until: Counted</text>"));
  EXPECT_TRUE(contains(texts.svg, "received by: Ann"));
  EXPECT_TRUE(contains(texts.svg, ">trims</text>")) << "a derived zone shows what is handed over";
}

TEST(Diagram, TeamOfSeveralIsAFrame) {
  const std::string mermaid = drawn("stages", kStages).mermaid;
  EXPECT_TRUE(contains(mermaid, "subgraph g3[\"Sewing\"]\n    n3(\"2<br/>Sew\")\n"));
  EXPECT_FALSE(contains(mermaid, "[\"Cutting\"]"));
}

TEST(Diagram, ParallelRelationIsShown) {
  const DiagramTexts texts = drawn("stages", kStages);
  EXPECT_TRUE(contains(texts.mermaid, "n1 -.-|\"beside\"| n2"));
  EXPECT_TRUE(contains(texts.svg, ">beside Cut</text>"));
  EXPECT_TRUE(contains(texts.svg, "<path class=\"p\""));
}

TEST(Diagram, DiscoveryIsAnOutline) {
  const DiagramTexts texts =
      drawn("discovery", R"({"problem_analysis":{"summary":"Mails get lost","findings":["3 a day"],
        "open_questions":["Since when?"]},"current_state":{"summary":"By hand"}})");
  expect_sound(texts);
  EXPECT_TRUE(contains(texts.mermaid, "flowchart LR"));
  for (const char* text : {"Problem analysis", "Mails get lost", "3 a day", "Since when?",
                           "By hand", "Not there: 8 topics."})
    EXPECT_TRUE(contains(texts.svg, text)) << text;
}

TEST(Diagram, EveryTestAnswerIsDrawn) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(LLMW_TEST_DIR "/../data/answers")) {
    if (entry.path().extension() != ".json") continue;
    std::ifstream file(entry.path());
    const JsonValue answer = parsed(
        std::string((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>()));
    const JsonValue* document = answer.find("document");
    if (document == nullptr) continue;
    SCOPED_TRACE(entry.path().filename());
    const Format& format = builtin_format(answer.find("format")->text);
    EXPECT_TRUE(looks_like(format, *document));
    expect_sound(draw_diagram(format, *document));
    ++count;
  }
  EXPECT_GT(count, 70);
}

TEST(Diagram, WhatIsMissingIsABoxOfItsOwn) {
  const DiagramTexts texts = drawn("pilot", steps({step("a", R"(,"depends_on":["gone"])")}));
  expect_sound(texts);
  EXPECT_TRUE(contains(texts.mermaid, "n2[\"missing<br/>gone\"]"));
  EXPECT_TRUE(contains(texts.mermaid, "n2 -.-> n1"));
  EXPECT_TRUE(contains(texts.svg, "is named, but is not there."));
}

TEST(Diagram, CirclesAreNamed) {
  const DiagramTexts texts =
      drawn("pilot",
            steps({step("a", R"(,"depends_on":["b","a"])"), step("b", R"(,"depends_on":["a"])")}));
  expect_sound(texts);
  EXPECT_TRUE(contains(texts.svg, "closes a circle."));
  EXPECT_TRUE(contains(texts.svg, "waits for itself."));
}

TEST(Diagram, ValuesOfWrongTypesAreNoFault) {
  for (const char* items :
       {"[]", "[1,null,\"x\",[]]", R"([{}])", R"([{"id":7,"operation":[],"step_type":{}}])",
        R"([{"id":"a","depends_on":{"a":1},"branches":"x","next":7,"inputs":[[["x"]]]}])",
        R"([{"id":"a","branches":[1,{"when":[],"next":{}},{"next":"a"}]},{"id":"a"}])"}) {
    SCOPED_TRACE(items);
    expect_sound(drawn("pilot", std::string(R"({"pilot_steps":)") + items + "}"));
    expect_sound(
        drawn("stages",
              std::string(R"({"limbo_zones":[1,{"from":"a","to":7}],"stages":)") + items + "}"));
  }
}

TEST(Diagram, NoDocumentIsAnError) {
  for (const char* json : {"null", "7", "[]", "{}", R"({"pilot_steps":{}})"}) {
    EXPECT_EQ(state_of("pilot", json), "22023") << json;
    EXPECT_EQ(state_of("discovery", json), "22023") << json;
  }
}

TEST(Diagram, HostileTextStaysText) {
  const std::string hostile[] = {R"(\"] --> n9[\"x)",
                                 R"(end\nclick n1 call alert())",
                                 "`code`",
                                 "%%{init: {}}%%",
                                 "#quot;#35;",
                                 "</text><script>alert(1)</script>",
                                 "<img src=x onerror=a>",
                                 "1. one",
                                 "- a",
                                 "]]>&lt;&amp;",
                                 R"(\u0001\u202e\ufeff)",
                                 "style a:#b; classDef c:#d;",
                                 "https://a.b www.c.de d@e.f",
                                 R"(\\\"\\n|}]))>)"};
  for (const std::string& text : hostile) {
    SCOPED_TRACE(text);
    expect_sound(drawn("pilot", R"({"pilot_steps":[{"id":")" + text + R"(","operation":")" + text +
                                    R"(","step_type":")" + text + R"(","service":")" + text +
                                    R"(","depends_on":["x)" + text + R"("],"branches":[{"when":")" +
                                    text + R"(","next":"y)" + text + R"("}]}]})"));
    expect_sound(drawn("stages", R"({"stages":[{"id":"a","name":")" + text + R"(","team":")" +
                                     text + R"("},{"id":"b","team":")" + text +
                                     R"(","depends_on":["a"]}],"limbo_zones":[{"from":"a","to":"b",
                                     "payload":[")" +
                                     text + R"("],"max_wait":")" + text + R"("}]})"));
    expect_sound(drawn("discovery", R"({"current_state":{"summary":")" + text +
                                        R"(","findings":[")" + text + R"("]}})"));
  }
}

TEST(Diagram, TextInLabelsIsWhole) {
  const std::string mermaid =
      drawn("pilot", R"({"pilot_steps":[{"id":"a","operation":"Say \"yes\": 2.5 #1"}]})").mermaid;
  EXPECT_TRUE(contains(mermaid, "\"Say #quot;yes#quot;#58; 2#46;5 #35;1\""));
}

TEST(Diagram, TwoPicturesInOnePageShareNoId) {
  const MarkupReader a(drawn("pilot", steps({step("a")})).svg);
  const MarkupReader b(drawn("pilot", steps({step("b")})).svg);
  for (const std::string& id : a.ids()) EXPECT_EQ(b.ids().count(id), 0U);
}

TEST(Diagram, AsciiPicturesSayTheSame) {
  const DiagramTexts texts = in_ascii(drawn("stages", kStages));
  expect_sound(texts);
  for (const std::string* text : {&texts.mermaid, &texts.svg})
    for (const char c : *text) ASSERT_EQ(c & 0x80, 0);
  EXPECT_TRUE(contains(texts.svg, "&#8804; 2 days"));
  EXPECT_TRUE(contains(texts.mermaid, "#8804; 2 days"));
}

TEST(Diagram, TooManyItemsAreAnError) {
  EXPECT_EQ(state_of("pilot", steps(std::vector<std::string>(501, "{}"))), "54000");
  EXPECT_EQ(state_of("pilot", steps(std::vector<std::string>(10'000, "7"))), "54000");
  EXPECT_EQ(state_of("pilot", steps(std::vector<std::string>(500, "{}"))), "");
}

/// Seconds of the processor; worst cases take less even in a sanitized build.
constexpr double kBound = 20;

double seconds_since(std::clock_t start) {
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

TEST(Diagram, DensestDocumentIsDrawnInBoundedTimeAndSize) {
  std::vector<std::string> list;
  std::string upper;
  for (int i = 0; i < 250; ++i) {
    list.push_back(step("a" + std::to_string(i)));
    upper += (i == 0 ? "\"a" : ",\"a") + std::to_string(i) + '"';
  }
  for (int i = 0; i < 250; ++i)
    list.push_back(step("b" + std::to_string(i), ",\"depends_on\":[" + upper + "]"));
  const std::clock_t start = std::clock();
  const DiagramTexts texts = drawn("pilot", steps(list));
  EXPECT_LT(seconds_since(start), kBound);
  EXPECT_LT(texts.svg.size(), 5'000'000U);
  EXPECT_TRUE(contains(texts.svg, "Not drawn: 61000 links, too many."));
  expect_sound(texts);
}

TEST(Diagram, EverybodyWaitsForEverybodyIsDrawnInBoundedTime) {
  std::vector<std::string> list;
  std::string all;
  for (int i = 0; i < 400; ++i) all += (i == 0 ? "\"s" : ",\"s") + std::to_string(i) + '"';
  for (int i = 0; i < 400; ++i)
    list.push_back(step("s" + std::to_string(i), ",\"depends_on\":[" + all + "]"));
  const std::clock_t start = std::clock();
  expect_sound(drawn("pilot", steps(list)));
  EXPECT_LT(seconds_since(start), kBound);
}

}  // namespace
}  // namespace llmw
