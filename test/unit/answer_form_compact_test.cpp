#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "core/answer_form.hpp"

namespace llmw {
namespace {

// The shapes of the built-in formats `pilot` and `stages`.
constexpr const char* kPilot = R"({
  "type": "object",
  "properties": {"pilot_steps": {"type": "array", "minItems": 1, "items": {
    "type": "object",
    "properties": {
      "id": {"type": "string", "minLength": 1},
      "operation": {"type": "string", "minLength": 1},
      "step_type": {"enum": ["llm_decision", "transform", "conditional", "api_call"]},
      "depends_on": {"type": ["array", "null"], "items": {"type": "string"}},
      "service": {"type": ["string", "null"]},
      "inputs": {"type": "array", "items": {"type": "string"}},
      "branches": {"type": ["array", "null"], "items": {
        "type": "object",
        "properties": {"when": {"type": "string"}, "next": {"type": ["string", "null"]}},
        "required": ["when", "next"]
      }}
    },
    "required": ["id", "operation", "step_type"]
  }}},
  "required": ["pilot_steps"]
})";

constexpr const char* kPilotDocument =
    R"({"pilot_steps":[{"id":"receive","operation":"Read new orders from the shop","step_type":)"
    R"("api_call","depends_on":[],"service":"shopify","inputs":["order"]},{"id":"review",)"
    R"("operation":"Judge whether the order looks fraudulent","step_type":"llm_decision",)"
    R"("depends_on":["receive"],"service":null},{"id":"route","operation":"Stop bad orders",)"
    R"("step_type":"conditional","depends_on":["review"],"service":null,"inputs":["verdict"],)"
    R"("branches":[{"when":"fraud","next":null},{"when":"else","next":"total"}]},{"id":"total",)"
    R"("operation":"Compute tax and shipping","step_type":"transform","depends_on":["route"]}]})";

constexpr const char* kPilotCompact =
    R"({"p":[["receive","Read new orders from the shop","A",[],"shopify",["order"]],)"
    R"(["review","Judge whether the order looks fraudulent","L",["receive"],null],)"
    R"(["route","Stop bad orders","C",["review"],null,["verdict"],[["fraud",null],["else","total"]]],)"
    R"(["total","Compute tax and shipping","T",["route"]]]})";

constexpr const char* kStages = R"({
  "type": "object",
  "properties": {
    "stages": {"type": "array", "items": {"$ref": "#/$defs/stage"}},
    "limbo_zones": {"type": "array", "items": {"$ref": "#/$defs/zone"}}
  },
  "required": ["stages", "limbo_zones"],
  "$defs": {
    "stage": {"type": "object", "properties": {
      "id": {"type": "string"}, "name": {"type": "string"},
      "description": {"type": "string"},
      "type": {"enum": ["sequential", "parallel", "conditional"]},
      "team": {"type": "string"},
      "sequence": {"type": "integer"},
      "depends_on": {"type": "array", "items": {"type": "string"}},
      "outputs": {"type": "array", "items": {"type": "string"}}
    }, "required": ["id", "name", "type", "sequence"], "additionalProperties": false},
    "zone": {"type": "object", "properties": {
      "id": {"type": "string"}, "from": {"type": "string"}, "to": {"type": "string"},
      "payload": {"type": "array", "items": {"type": "string"}},
      "entry_condition": {"type": "string"}, "max_wait": {"type": "string"}
    }, "required": ["id", "from", "to"]}
  }
})";

constexpr const char* kStagesDocument =
    R"({"stages":[{"id":"cutting","name":"Cutting","description":"Spread and cut the layers and )"
    R"(bundle the parts","type":"sequential","team":"Cutting room","sequence":1,"depends_on":[],)"
    R"("outputs":["bundles"]},{"id":"sewing","name":"Sewing","description":"Assemble fronts, backs )"
    R"(and waistbands on three lines","type":"parallel","team":"Sewing floor","sequence":2,)"
    R"("depends_on":["cutting"],"outputs":["jeans"]}],"limbo_zones":[{"id":"cut_buffer","from":)"
    R"("cutting","to":"sewing","payload":["bundles"],"entry_condition":"all bundles are numbered",)"
    R"("max_wait":"2 days"}]})";

JsonValue parse(const std::string& text) {
  JsonValue value;
  EXPECT_EQ(read_json_value(text, value).message, "") << text;
  return value;
}

AnswerForm compact_form(const std::string& schema) {
  return AnswerForm(parse(schema), true, ResponseMode::machine);
}

AnswerForm plain_form(const std::string& schema) {
  return AnswerForm(parse(schema), false, ResponseMode::machine);
}

std::string expand(const AnswerForm& form, const std::string& answer) {
  return write_json(form.expand(parse(answer)));
}

std::string shorten(const AnswerForm& form, const std::string& document) {
  return write_json(form.shorten(parse(document)));
}

/// A schema whose root has an array `items` of objects with the given properties.
std::string rows_of(const std::string& properties, const std::string& required = "") {
  return R"({"type":"object","properties":{"items":{"type":"array","items":{"type":"object",)"
         R"("properties":{)" +
         properties + R"(},"required":[)" + required + R"(]}}},"required":["items"]})";
}

TEST(Compact, writes_rows_short_keys_and_codes) {
  const AnswerForm form = compact_form(kPilot);
  EXPECT_EQ(shorten(form, kPilotDocument), kPilotCompact);
  EXPECT_EQ(expand(form, kPilotCompact), kPilotDocument);
}

TEST(Compact, tells_the_model_the_keys_their_order_and_the_codes) {
  EXPECT_EQ(compact_form(kPilot).instructions(),
            R"(Write the object as {"p":pilot_steps [[id,operation,step_type )"
            R"((L=llm_decision T=transform C=conditional A=api_call),depends_on,service,inputs,)"
            R"(branches [[when,next],...]],...]}. Put each value in the place of its name; where )"
            R"(codes (code=value) are given, write the code.
Inner lists hold values without keys, in this order; null where there is none, trailing nulls left out.
Write the JSON on one line without spaces between its parts. Keep texts short. No explanations, no comments.
)");
}

TEST(Compact, saves_a_fifth_of_the_text_of_both_workflow_formats) {
  for (const auto& [schema, document] :
       {std::pair(kPilot, kPilotDocument), std::pair(kStages, kStagesDocument)}) {
    const std::string compact = shorten(compact_form(schema), document);
    const std::string plain = shorten(plain_form(schema), document);
    EXPECT_EQ(plain, document);
    EXPECT_LE(compact.size() * 10, plain.size() * 8) << compact;
  }
}

TEST(Compact, asks_the_provider_for_rows_of_what_the_columns_hold) {
  EXPECT_EQ(compact_form(kPilot).provider_schema(),
            R"({"type":"object","properties":{"p":{"type":"array","items":{"type":"array","items":)"
            R"({"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}},)"
            R"({"type":"array","items":{"type":"array","items":{"anyOf":[{"type":"string"},)"
            R"({"type":"null"}]}}},{"type":"null"}]}}}},"required":["p"],)"
            R"("additionalProperties":false})");
}

TEST(Compact, takes_an_answer_that_is_written_in_full) {
  EXPECT_EQ(expand(compact_form(kPilot), kPilotDocument), kPilotDocument);
  EXPECT_EQ(expand(compact_form(kStages), kStagesDocument), kStagesDocument);
}

TEST(Compact, takes_an_answer_that_mixes_both) {
  const AnswerForm form = compact_form(kPilot);
  const char* expected = R"({"pilot_steps":[{"id":"a","operation":"Send","step_type":"api_call"},)"
                         R"({"id":"b","operation":"Sum","step_type":"transform"}]})";
  EXPECT_EQ(expand(form, R"({"p":[{"id":"a","operation":"Send","step_type":"A"},
                                  ["b","Sum","transform"]]})"),
            expected);
  EXPECT_EQ(expand(form, R"({"pilot_steps":[["a","Send","A"],["b","Sum","T"]]})"), expected);
}

TEST(Compact, leaves_what_it_does_not_know_for_validation_to_report) {
  const AnswerForm form = compact_form(kPilot);
  for (const char* answer : {
           R"({"pilot_steps":[["a","b","c","d","e","f","g","too many"]]})",
           R"({"pilot_steps":[{"id":"a","step_type":"X","unknown":null}],"q":[["a"]]})",
           R"({"pilot_steps":"none"})",
           R"({"pilot_steps":[1,"a",null,true]})",
           R"([["a","b"]])",
           R"("A")",
           R"(null)",
       }) {
    EXPECT_EQ(expand(form, answer), answer);
  }
}

TEST(Compact, does_not_overwrite_a_member_with_its_short_twin) {
  EXPECT_EQ(expand(compact_form(kPilot), R"({"p":[],"pilot_steps":[]})"),
            R"({"p":[],"pilot_steps":[]})");
}

TEST(Compact, tells_a_null_that_is_a_value_from_one_that_fills_a_row) {
  const AnswerForm form = compact_form(rows_of(
      R"("a":{"type":"string"},"b":{"type":"string"},"c":{"type":["string","null"]},
         "d":{"type":"string"})",
      R"("a")"));
  EXPECT_EQ(expand(form, R"({"i":[["x",null,null,"y"]]})"),
            R"({"items":[{"a":"x","c":null,"d":"y"}]})");
  EXPECT_EQ(shorten(form, R"({"items":[{"d":"y","a":"x","c":null}]})"),
            R"({"i":[["x",null,null,"y"]]})");
}

TEST(Compact, keeps_an_object_that_a_row_cannot_hold) {
  const AnswerForm form = compact_form(
      rows_of(R"("a":{"type":"string"},"b":{"enum":["go_forward","go_backward"]})", R"("a")"));
  EXPECT_EQ(shorten(form, R"({"items":[{"a":"x","other":1},{"b":"go_forward"}]})"),
            R"({"i":[{"a":"x","other":1},{"b":"G"}]})");
}

TEST(Compact, keeps_enum_values_that_are_one_token_anyway) {
  const AnswerForm form = compact_form(
      rows_of(R"("a":{"enum":["planning","production","quality"]},"b":{"type":"string"})"));
  EXPECT_EQ(shorten(form, R"({"items":[{"a":"planning","b":"x"}]})"),
            R"({"i":[["planning","x"]]})");
}

TEST(Compact, keeps_numbers_as_they_were_written) {
  const AnswerForm form =
      compact_form(rows_of(R"("a":{"type":"number"},"b":{"type":"integer"})", R"("a","b")"));
  EXPECT_EQ(expand(form, R"({"i":[[1.10e2,12345678901234567890]]})"),
            R"({"items":[{"a":1.10e2,"b":12345678901234567890}]})");
}

TEST(Compact, gives_each_key_and_code_of_a_scope_its_own_letter) {
  const AnswerForm form = compact_form(
      R"({"type":"object","properties":{
           "items":{"type":"array","items":{"type":"object","properties":{
             "kind":{"enum":["a_b_c","abc","a_c_a","A"]},"b":{"type":"string"}}}},
           "intro":{"type":"string"},"iiiii":{"type":"string"},"iiiiii":{"type":"string"},
           "n":{"type":"string"}}})");
  EXPECT_EQ(shorten(form, R"({"items":[{"kind":"a_b_c"},{"kind":"abc"},{"kind":"a_c_a"},
                             {"kind":"A"}],"intro":"1","iiiii":"2","iiiiii":"3","n":"4"})"),
            R"({"i":[["B"],["C"],["A2"],["A3"]],"t":"1","i2":"2","i3":"3","n":"4"})");
}

TEST(Compact, keeps_the_key_of_the_explanation_free) {
  const JsonValue schema = parse(kPilot);
  const AnswerForm form(schema, true, ResponseMode::human_debug);
  EXPECT_TRUE(form.provider_schema().starts_with(
      R"({"type":"object","properties":{"explanation":{"type":"string"},"p":)"))
      << form.provider_schema();
  JsonValue document = form.expand(parse(R"({"explanation":"Because.","p":[["a","Send","A"]]})"));
  EXPECT_EQ(form.take_explanation(document), "\"Because.\"");
  EXPECT_EQ(write_json(document),
            R"({"pilot_steps":[{"id":"a","operation":"Send","step_type":"api_call"}]})");
}

TEST(Compact, is_plain_where_it_would_not_pay) {
  const std::string flat = R"({"type":"object","properties":{"problem_analysis":{"type":"string"},
      "names":{"type":"array","items":{"type":"string"}}},"required":["problem_analysis"]})";
  EXPECT_EQ(compact_form(flat).instructions(), plain_form(flat).instructions());
  EXPECT_EQ(compact_form(flat).provider_schema(), plain_form(flat).provider_schema());
  EXPECT_EQ(shorten(compact_form(flat), R"({"problem_analysis":"a"})"),
            R"({"problem_analysis":"a"})");

  std::string wide;
  for (int i = 0; i < 300; ++i) {
    wide += (i > 0 ? ",\"" : "\"") + std::string("list_of_things_") + std::to_string(i) +
            R"(":{"$ref":"#/$defs/row"})";
  }
  const std::string schema = R"({"type":"object","properties":{)" + wide +
                             R"(},"$defs":{"row":{"type":"array","items":{"type":"object",
      "properties":{"a":{"type":"string"},"b":{"type":"string"}}}}}})";
  EXPECT_EQ(compact_form(schema).instructions(), plain_form(schema).instructions());
}

TEST(Compact, writes_wide_objects_with_short_keys) {
  std::string columns = R"("step_type":{"enum":["in_sequence","parallel"]})";
  for (int i = 0; i < 12; ++i) {
    columns += ",\"col" + std::to_string(i) + R"(":{"type":"string"})";
  }
  const AnswerForm form = compact_form(
      R"({"type":"object","properties":{"wide":{"type":"array","items":{"type":"object",
          "properties":{)" +
      columns + R"(}}},"rows":{"type":"array","items":{"type":"object","properties":
          {"a":{"type":"string"},"b":{"type":"string"}}}}}})");
  const char* document =
      R"({"wide":[{"step_type":"parallel","col3":"x"}],"rows":[{"a":"1","b":"2"}]})";
  const char* compact = R"({"wide":[{"s":"P","col3":"x"}],"rows":[["1","2"]]})";
  EXPECT_EQ(shorten(form, document), compact);
  EXPECT_EQ(expand(form, compact), document);
}

TEST(Compact, describes_what_is_used_twice_once) {
  const AnswerForm form = compact_form(
      R"({"type":"object","properties":{"first":{"$ref":"#/$defs/steps"},
          "second":{"$ref":"#/$defs/steps"}},"$defs":{"steps":{"type":"array","items":
          {"type":"object","properties":{"id":{"type":"string"},"then":{"$ref":"#/$defs/steps"}}}}}})");
  EXPECT_TRUE(form.instructions().starts_with(
      R"(Write the object as {"f":first steps,"s":second steps}, steps as [[id,then steps],...]. )"))
      << form.instructions();
  EXPECT_EQ(expand(form, R"({"f":[["a",[["b"],["c",[]]]]],"s":null})"),
            R"({"first":[{"id":"a","then":[{"id":"b"},{"id":"c","then":[]}]}]})");
}

TEST(Compact, leaves_a_choice_between_objects_in_full) {
  const std::string step =
      R"("id":{"type":"string"},"kind":{"enum":["some_thing","other_wise"]},"note":)";
  const AnswerForm form = compact_form(
      R"({"type":"object","properties":{"items":{"type":"array","items":{"anyOf":[
          {"type":"object","properties":{)" +
      step + R"({"type":"string"},"left":{"type":"string"}},"required":["id","left"]},
          {"type":"object","properties":{)" +
      step + R"({"type":["string","null"]},"right":{"type":"string"}},"required":["id","right"]}
          ]}},"rows":{"type":"array","items":{"type":"object","properties":
          {"a":{"type":"string"},"b":{"type":"string"}}}}},"required":["items"]})");
  EXPECT_EQ(shorten(form, R"({"items":[{"id":"a","kind":"some_thing","left":"b"}]})"),
            R"({"i":[{"id":"a","kind":"some_thing","left":"b"}]})");
  EXPECT_EQ(expand(form, R"({"items":[{"id":"a","note":null,"left":"b"},
                                      {"id":"a","note":null,"right":"b"},
                                      {"id":"a","note":null,"kind":null,"right":"b"}]})"),
            R"({"items":[{"id":"a","left":"b"},{"id":"a","note":null,"right":"b"},)"
            R"({"id":"a","note":null,"right":"b"}]})");
}

TEST(Plain, drops_nulls_that_only_stand_for_what_was_left_out) {
  const AnswerForm form = plain_form(
      R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":["string","null"]},
          "c":{"type":"string"},"d":{"$ref":"#/$defs/inner"},"e":{},"f":{"enum":["x",null]}},
          "required":["c"],"$defs":{"inner":{"anyOf":[{"type":"null"},{"type":"object",
          "properties":{"a":{"type":"integer"}}}]}}})");
  EXPECT_EQ(expand(form, R"({"a":null,"b":null,"c":null,"d":null,"e":null,"f":null,"g":null})"),
            R"({"b":null,"c":null,"d":null,"e":null,"f":null,"g":null})");
  EXPECT_EQ(expand(form, R"({"c":"x","d":{"a":null}})"), R"({"c":"x","d":{}})");
}

TEST(Plain, asks_for_short_texts_and_no_line_breaks) {
  EXPECT_EQ(plain_form(kPilot).instructions(),
            "Write the JSON on one line without spaces between its parts. Keep texts short. No "
            "explanations, no comments.\n");
}

}  // namespace
}  // namespace llmw
