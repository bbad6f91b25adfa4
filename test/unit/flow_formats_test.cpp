// The flow with formats other than pilot, with the compact form, explanations and regeneration.

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "flow_testing.hpp"

namespace llmw {
namespace {

constexpr const char* kStages =
    R"({"stages":[)"
    R"({"id":"cut","name":"Cutting","type":"sequential","description":"Cut the panels",)"
    R"("team":"cutters","depends_on":[],"sequence":1,"inputs":["denim"],"outputs":["panels"]},)"
    R"({"id":"sew","name":"Sewing","type":"sequential","description":"Sew the panels",)"
    R"("team":"sewers","depends_on":["cut"],"sequence":2,"inputs":["panels"],"outputs":["jeans"]}]})";

FlowInput with_format(std::string_view name) {
  FlowInput input = two_models();
  input.format = builtin_format(name);
  input.prompt = "Cut and sew";
  return input;
}

JsonValue parsed(const std::string& json) {
  JsonValue value;
  EXPECT_EQ(read_json_value(json, value).fault, JsonFault::none) << json;
  return value;
}

TEST(FlowFormats, CompletesLimboZonesThatTheModelLeftOut) {
  Flow flow(with_format("stages"));
  flow.start();
  ASSERT_TRUE(flow.on_answer(0, text_answer(kStages)).finished());
  ASSERT_TRUE(flow.result().ok) << flow.result().error_message;
  EXPECT_EQ(flow.result().items, 2);
  EXPECT_EQ(flow.result().zones, 1);
  const JsonValue document = parsed(flow.result().document);
  const JsonValue* zones = document.find("limbo_zones");
  ASSERT_NE(zones, nullptr);
  ASSERT_EQ(zones->items.size(), 1u);
  EXPECT_EQ(zones->items[0].find("from")->text, "cut");
  EXPECT_EQ(zones->items[0].find("to")->text, "sew");
  EXPECT_EQ(zones->items[0].find("origin")->text, "derived");
}

TEST(FlowFormats, TakesACutListOfZonesForCompleteStages) {
  Flow flow(with_format("stages"));
  flow.start();
  std::string cut = kStages;
  cut.back() = ',';
  cut += R"("limbo_zones":[{"id":"z1","from":"cut","to":"se)";
  ASSERT_TRUE(flow.on_answer(0, cut_answer(cut)).finished()) << "no call is paid for zones";
  ASSERT_TRUE(flow.result().ok) << flow.result().error_detail;
  EXPECT_EQ(parsed(flow.result().document).find("limbo_zones")->items.size(), 1u);
}

TEST(FlowFormats, SendsTheFormatsPromptAndSchema) {
  Flow flow(with_format("discovery"));
  const ChatRequest chat = flow.start().calls[0].chat;
  EXPECT_NE(chat.system_prompt.find("\"risk_assessment\""), std::string::npos);
  EXPECT_NE(chat.json_schema.find("\"risk_assessment\""), std::string::npos);
  EXPECT_EQ(chat.schema_name, "discovery");
}

TEST(FlowFormats, RejectsADocumentThatBreaksTheSchemaOfTheFormat) {
  Flow flow(with_format("discovery"));
  flow.start();
  const FlowStep step = flow.on_answer(0, text_answer(R"({"problem_analysis":"short"})"));
  EXPECT_EQ(step.judgement->outcome, Outcome::validation_failed);
  EXPECT_NE(step.fallback->detail.find("schema_required"), std::string::npos);
}

TEST(FlowFormats, ExpandsACompactAnswer) {
  FlowInput input = with_format("pilot");
  input.compact = true;
  const AnswerForm& form = input.format->form(true, ResponseMode::machine);
  const JsonValue document =
      parsed(R"({"pilot_steps":[{"id":"a","operation":"Cut and sew","step_type":"transform"}]})");
  const std::string answer = write_json(form.shorten(document));
  Flow flow(std::move(input));
  EXPECT_NE(flow.start().calls[0].chat.system_prompt.find(form.instructions()), std::string::npos);
  ASSERT_TRUE(flow.on_answer(0, text_answer(answer)).finished());
  ASSERT_TRUE(flow.result().ok) << flow.result().error_detail;
  const JsonValue result = parsed(flow.result().document);
  EXPECT_EQ(result.find("pilot_steps")->items.at(0).find("operation")->text, "Cut and sew");
  EXPECT_EQ(result.find("pilot_steps")->items.at(0).find("step_type")->text, "transform");
}

TEST(FlowFormats, ContinuesACutCompactAnswerWithoutItsIncompleteStep) {
  FlowInput input = with_format("pilot");
  input.compact = true;
  const AnswerForm& form = input.format->form(true, ResponseMode::machine);
  const auto steps = [&](int from, int to) {
    std::string json = R"({"pilot_steps":[)";
    for (int n = from; n <= to; ++n)
      json += std::string(n > from ? "," : "") + R"({"id":"s)" + std::to_string(n) +
              R"(","operation":"Do )" + std::to_string(n) + R"(","step_type":"transform"})";
    return write_json(form.shorten(parsed(json + "]}")));
  };
  std::string cut = steps(1, 3);
  cut.resize(cut.rfind("Do 3") + 4);
  Flow flow(std::move(input));
  flow.start();
  const FlowStep rest = flow.on_answer(0, cut_answer(cut));
  ASSERT_EQ(rest.kind, FlowStep::Kind::call);
  EXPECT_EQ(rest.calls[0].purpose, Purpose::batch);
  EXPECT_NE(rest.calls[0].chat.exchanges[0].reply.find(R"(ids: "s1", "s2".)"), std::string::npos);
  ASSERT_TRUE(flow.on_answer(0, text_answer(steps(3, 4))).finished());
  EXPECT_EQ(flow.result().items, 4);
}

TEST(FlowFormats, KeepsTheExplanationOutOfTheDocument) {
  FlowInput input = with_format("pilot");
  input.response_mode = ResponseMode::human_debug;
  Flow flow(std::move(input));
  EXPECT_NE(flow.start().calls[0].chat.json_schema.find("\"explanation\""), std::string::npos);
  flow.on_answer(0,
                 text_answer(R"({"explanation":"One step \"will\" do.","pilot_steps":[)"
                             R"({"id":"a","operation":"Cut and sew","step_type":"transform"}]})"));
  ASSERT_TRUE(flow.result().ok) << flow.result().error_detail;
  EXPECT_EQ(flow.result().explanation, R"("One step \"will\" do.")");
  EXPECT_EQ(parsed(flow.result().document).find("explanation"), nullptr);
}

TEST(FlowFormats, NotesWhatWasMended) {
  Flow flow(with_format("pilot"));
  flow.start();
  const FlowStep step =
      flow.on_answer(0, text_answer("{'pilot_steps': [{'id': 'a', 'operation': 'Cut and sew', "
                                    "'step_type': 'transform'},]}"));
  ASSERT_TRUE(flow.result().ok) << flow.result().error_detail;
  EXPECT_EQ(step.judgement->mends, (std::vector<std::string>{"single_quotes", "trailing_comma"}));
}

TEST(FlowRegeneration, ShowsTheModelTheOldDocumentItsFindingsAndTheFeedback) {
  FlowInput input = with_format("pilot");
  input.regeneration = {R"({"pilot_steps":[]})", "E01 at /pilot_steps", "Two steps, please"};
  Flow flow(std::move(input));
  const ChatRequest chat = flow.start().calls[0].chat;
  EXPECT_EQ(chat.user_prompt, "Cut and sew");
  ASSERT_EQ(chat.exchanges.size(), 1u);
  EXPECT_EQ(chat.exchanges[0].answer, R"({"pilot_steps":[]})");
  EXPECT_NE(chat.exchanges[0].reply.find("E01 at /pilot_steps"), std::string::npos);
  EXPECT_NE(chat.exchanges[0].reply.find("Two steps, please"), std::string::npos);
}

TEST(FlowRegeneration, OfARequestWithoutDocumentAddsTheFeedbackToThePrompt) {
  FlowInput input = with_format("pilot");
  input.regeneration = {"", "", "Two steps, please"};
  Flow flow(std::move(input));
  const ChatRequest chat = flow.start().calls[0].chat;
  EXPECT_TRUE(chat.exchanges.empty()) << "providers refuse an empty answer";
  EXPECT_NE(chat.user_prompt.find("Two steps, please"), std::string::npos);
}

TEST(FlowFormats, RefusesToStartWithoutAFormat) {
  FlowInput input = two_models();
  input.format = nullptr;
  EXPECT_THROW(Flow(std::move(input)), Error);
}

}  // namespace
}  // namespace llmw
