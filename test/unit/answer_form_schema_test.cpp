#include <gtest/gtest.h>

#include <string>

#include "core/answer_form.hpp"

namespace llmw {
namespace {

JsonValue parse(const std::string& text) {
  JsonValue value;
  EXPECT_EQ(read_json_value(text, value).message, "") << text;
  return value;
}

AnswerForm plain_form(const std::string& schema) {
  return AnswerForm(parse(schema), false, ResponseMode::machine);
}

std::string provider_schema(const std::string& schema) {
  return plain_form(schema).provider_schema();
}

/// A root with one required property `x` of the given schema.
std::string around(const std::string& property, const std::string& definitions = "") {
  return R"({"type":"object","properties":{"x":)" + property + R"(},"required":["x"])" +
         definitions + '}';
}

/// What the provider is told about `x`; empty when the whole schema cannot be expressed.
std::string property_schema(const std::string& property, const std::string& definitions = "") {
  const std::string schema = provider_schema(around(property, definitions));
  if (schema.empty()) return {};
  const JsonValue tree = parse(schema);
  return write_json(*tree.find("properties")->find("x"));
}

TEST(ProviderSchema, requires_every_property_and_makes_the_optional_ones_nullable) {
  EXPECT_EQ(provider_schema(R"({"type":"object","properties":{
                "id":{"type":"string"},"note":{"type":"string"},"tags":{"type":"array",
                "items":{"type":"string"}}},"required":["id"]})"),
            R"({"type":"object","properties":{"id":{"type":"string"},)"
            R"("note":{"type":["string","null"]},)"
            R"("tags":{"anyOf":[{"type":"array","items":{"type":"string"}},{"type":"null"}]}},)"
            R"("required":["id","note","tags"],"additionalProperties":false})");
}

TEST(ProviderSchema, leaves_out_what_the_vendors_refuse_and_validation_checks) {
  EXPECT_EQ(property_schema(R"({"type":"string","minLength":1,"maxLength":9,"pattern":"^a",
                                "format":"date","title":"T","default":"a"})"),
            R"({"type":"string"})");
  EXPECT_EQ(property_schema(R"({"type":"integer","minimum":1,"multipleOf":2})"),
            R"({"type":"integer"})");
  EXPECT_EQ(property_schema(R"({"type":"array","minItems":1,"uniqueItems":true,
                                "contains":{"const":"a"},"items":{"type":"string"}})"),
            R"({"type":"array","items":{"type":"string"}})");
  EXPECT_EQ(property_schema(R"({"type":"string","not":{"const":"a"}})"), R"({"type":"string"})");
}

TEST(ProviderSchema, keeps_the_description_for_the_model) {
  EXPECT_EQ(property_schema(R"({"description":"A name","type":"string"})"),
            R"({"type":"string","description":"A name"})");
}

TEST(ProviderSchema, names_the_type_of_an_enum_that_has_none) {
  EXPECT_EQ(property_schema(R"({"enum":["a","b"]})"), R"({"type":"string","enum":["a","b"]})");
  EXPECT_EQ(property_schema(R"({"enum":["a",null]})"),
            R"({"type":["string","null"],"enum":["a",null]})");
  EXPECT_EQ(property_schema(R"({"const":3})"), R"({"type":"integer","enum":[3]})");
  EXPECT_EQ(property_schema(R"({"enum":[1.5]})"), R"({"type":"number","enum":[1.5]})");
}

TEST(ProviderSchema, lets_an_optional_enum_be_null) {
  EXPECT_EQ(provider_schema(R"({"type":"object","properties":{"x":{"enum":["a"]}}})"),
            R"({"type":"object","properties":{"x":{"type":["string","null"],"enum":["a",null]}},)"
            R"("required":["x"],"additionalProperties":false})");
}

TEST(ProviderSchema, infers_the_type_from_keywords) {
  EXPECT_EQ(property_schema(R"({"properties":{"a":{"type":"boolean"}},"required":["a"]})"),
            R"({"type":"object","properties":{"a":{"type":"boolean"}},"required":["a"],)"
            R"("additionalProperties":false})");
  EXPECT_EQ(property_schema(R"({"items":{"type":"number"}})"),
            R"({"type":"array","items":{"type":"number"}})");
}

TEST(ProviderSchema, writes_a_choice_of_containers_as_anyOf) {
  EXPECT_EQ(property_schema(R"({"type":["array","null"],"items":{"type":"string"}})"),
            R"({"anyOf":[{"type":"array","items":{"type":"string"}},{"type":"null"}]})");
  EXPECT_EQ(property_schema(R"({"type":["string","array"],"items":{"type":"string"}})"),
            R"({"anyOf":[{"type":"string"},{"type":"array","items":{"type":"string"}}]})");
  EXPECT_EQ(property_schema(R"({"oneOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]})"),
            R"({"anyOf":[{"type":"string"},{"type":"integer"},{"type":"null"}]})");
}

TEST(ProviderSchema, keeps_definitions_that_are_used) {
  const std::string definitions =
      R"(,"definitions":{"step":{"type":"string"},"unused":{"type":"object"}})";
  EXPECT_EQ(provider_schema(around(R"({"$ref":"#/definitions/step"})", definitions)),
            R"({"type":"object","properties":{"x":{"$ref":"#/$defs/step"}},"required":["x"],)"
            R"("additionalProperties":false,"$defs":{"step":{"type":"string"}}})");
}

TEST(ProviderSchema, tells_two_definitions_of_one_name_apart) {
  const std::string schema = provider_schema(R"({"type":"object","properties":{
      "a":{"$ref":"#/$defs/id"},"b":{"$ref":"#/definitions/id"}},"required":["a","b"],
      "$defs":{"id":{"type":"string"}},"definitions":{"id":{"type":"integer"}}})");
  EXPECT_NE(schema.find(R"("$defs":{"id":{"type":"string"},"id_2":{"type":"integer"}})"),
            std::string::npos)
      << schema;
}

TEST(ProviderSchema, keeps_recursion_which_anthropic_refuses) {
  const std::string schema = R"({"type":"object","properties":{"name":{"type":"string"},
      "children":{"type":"array","items":{"$ref":"#"}}},"required":["name","children"]})";
  const AnswerForm form = plain_form(schema);
  EXPECT_NE(form.provider_schema().find(R"("items":{"$ref":"#/$defs/root"})"), std::string::npos);
  EXPECT_FALSE(form.suits_anthropic());
  EXPECT_TRUE(plain_form(around(R"({"type":"string"})")).suits_anthropic());
}

TEST(ProviderSchema, counts_the_unions_that_anthropic_takes) {
  const auto with_optional = [](int count) {
    std::string properties;
    for (int i = 0; i < count; ++i) {
      properties += (i > 0 ? ",\"p" : "\"p") + std::to_string(i) + R"(":{"type":"string"})";
    }
    return plain_form(R"({"type":"object","properties":{)" + properties + "}}");
  };
  EXPECT_TRUE(with_optional(16).suits_anthropic());
  EXPECT_FALSE(with_optional(17).suits_anthropic());
  EXPECT_FALSE(with_optional(17).provider_schema().empty());
}

TEST(ProviderSchema, merges_allOf_of_objects) {
  const std::string definitions =
      R"(,"$defs":{"base":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}})";
  EXPECT_EQ(property_schema(R"({"allOf":[{"$ref":"#/$defs/base"},
                {"properties":{"b":{"type":"integer"}}},{"required":["b"]}]})",
                            definitions),
            R"({"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},)"
            R"("required":["a","b"],"additionalProperties":false})");
  EXPECT_EQ(property_schema(R"({"allOf":[{"type":"string"}],"description":"D"})"),
            R"({"type":"string","description":"D"})");
}

TEST(ProviderSchema, ignores_alternatives_that_only_require) {
  EXPECT_NE(property_schema(R"({"type":"object","properties":{"a":{"type":"string"},
                "b":{"type":"string"}},"anyOf":[{"required":["a"]},{"required":["b"]}]})"),
            "");
}

/// In each of these a document may need something that the subset cannot say.
TEST(ProviderSchema, is_empty_when_a_document_may_need_more_than_the_subset_can_say) {
  for (const char* property : {
           "true",
           "{}",
           R"({"description":"anything"})",
           R"({"type":"object"})",
           R"({"type":"array"})",
           R"({"type":"object","additionalProperties":{"type":"string"}})",
           R"({"type":"object","properties":{"a":{"type":"string"}},
               "additionalProperties":{"type":"string"}})",
           R"({"type":"object","properties":{"a":{"type":"string"}},
               "patternProperties":{"^b":{"type":"string"}}})",
           R"({"type":"object","properties":{"a":{"type":"string"}},"required":["b"]})",
           R"({"type":"object","properties":{"a":{"type":"string"}},
               "if":{"required":["a"]},"then":{"properties":{"b":{"type":"string"}}}})",
           R"({"type":"array","items":[{"type":"string"}]})",
           R"({"type":"array","prefixItems":[{"type":"string"}]})",
           R"({"type":"array","items":{}})",
           R"({"enum":[{"a":1}]})",
           R"({"allOf":[{"type":"string"},{"pattern":"^a"}]})",
           R"({"allOf":[{"properties":{"a":{"type":"string"}}},
               {"properties":{"a":{"enum":["b"]}}}]})",
           R"({"anyOf":[]})",
           R"({"properties":{"a":{"type":"string"}},"anyOf":[{"properties":{}},{"type":"null"}]})",
           R"({"$ref":"#/$defs/missing"})",
           R"({"$ref":"https://example.com/schema"})",
           R"({"$ref":"#/properties/x"})",
       }) {
    EXPECT_EQ(property_schema(property), "") << property;
  }
}

TEST(ProviderSchema, is_empty_when_the_root_is_no_plain_object) {
  for (const char* schema :
       {"true", "{}", R"({"type":"array","items":{"type":"string"}})",
        R"({"type":["object","null"],"properties":{"a":{"type":"string"}}})",
        R"({"anyOf":[{"type":"object","properties":{"a":{"type":"string"}}}]})",
        R"({"$ref":"#/$defs/a","$defs":{"a":{"type":"object"}}})"}) {
    EXPECT_EQ(provider_schema(schema), "") << schema;
  }
}

TEST(ProviderSchema, closes_objects_that_merely_tolerate_other_keys) {
  EXPECT_NE(property_schema(R"({"type":"object","properties":{"a":{"type":"string"}},
                                "additionalProperties":true})"),
            "");
  EXPECT_EQ(property_schema(R"({"type":"object","additionalProperties":false})"),
            R"({"type":"object","properties":{},"required":[],"additionalProperties":false})");
}

TEST(ProviderSchema, is_empty_beyond_ten_levels) {
  const auto nested = [](int objects) {
    std::string schema = R"({"type":"string"})";
    for (int i = 0; i < objects; ++i) schema = around(schema);
    return provider_schema(schema);
  };
  EXPECT_NE(nested(10), "");
  EXPECT_EQ(nested(11), "");
}

TEST(ProviderSchema, is_empty_beyond_the_limits_on_properties_and_enums) {
  const auto many_properties = [](int count) {
    std::string properties;
    for (int i = 0; i < count; ++i) {
      properties += (i > 0 ? ",\"p" : "\"p") + std::to_string(i) + R"(":{"type":"string"})";
    }
    return provider_schema(R"({"type":"object","properties":{)" + properties + "}}");
  };
  EXPECT_NE(many_properties(5000), "");
  EXPECT_EQ(many_properties(5001), "");

  const auto large_enum = [](int count, const std::string& prefix) {
    std::string values;
    for (int i = 0; i < count; ++i) {
      values += (i > 0 ? ",\"" : "\"") + prefix + std::to_string(i) + '"';
    }
    return property_schema(R"({"enum":[)" + values + "]}");
  };
  EXPECT_NE(large_enum(1000, "v"), "");
  EXPECT_EQ(large_enum(1001, "v"), "");
  EXPECT_EQ(large_enum(251, std::string(60, 'v')), "");
  EXPECT_EQ(large_enum(250, std::string(500, 'v')), "");
}

TEST(ProviderSchema, survives_references_that_lead_in_circles) {
  EXPECT_EQ(property_schema(R"({"$ref":"#/$defs/a"})",
                            R"(,"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}})"),
            "");
  EXPECT_EQ(property_schema(R"({"allOf":[{"$ref":"#/properties/x"}]})"), "");
  EXPECT_EQ(property_schema(R"({"anyOf":[{"$ref":"#/$defs/a"},{"type":"integer"}]})",
                            R"(,"$defs":{"a":{"anyOf":[{"$ref":"#/$defs/a"},{"type":"string"}]}})"),
            R"({"anyOf":[{"$ref":"#/$defs/a"},{"type":"integer"}]})");
}

TEST(ProviderSchema, survives_a_chain_of_references_as_long_as_the_schema) {
  constexpr int kLinks = 5'000;
  std::string definitions = R"(,"$defs":{)";
  for (int i = 0; i < kLinks; ++i) {
    definitions += "\"d" + std::to_string(i) +
                   R"(":{"type":"object","properties":{"x":{"$ref":"#/$defs/d)" +
                   std::to_string(i + 1) + R"("}}},)";
  }
  definitions += "\"d" + std::to_string(kLinks) + R"(":{"type":"string"}})";
  EXPECT_EQ(property_schema(R"({"$ref":"#/$defs/d0"})", definitions), "");
}

TEST(HumanDebug, asks_for_the_explanation_before_the_answer) {
  const JsonValue schema = parse(around(R"({"type":"string"})"));
  const AnswerForm form(schema, false, ResponseMode::human_debug);
  EXPECT_EQ(
      form.provider_schema(),
      R"({"type":"object","properties":{"explanation":{"type":"string"},)"
      R"("x":{"type":"string"}},"required":["explanation","x"],"additionalProperties":false})");
  EXPECT_NE(form.instructions().find("Begin the object with \"explanation\""), std::string::npos);
}

TEST(HumanDebug, hands_the_explanation_out_so_that_the_rest_can_be_validated) {
  const JsonValue schema = parse(around(R"({"type":"string"})"));
  const AnswerForm debug(schema, false, ResponseMode::human_debug);
  JsonValue document = debug.expand(parse(R"({"explanation":"Because.","x":"a"})"));
  EXPECT_EQ(debug.take_explanation(document), "\"Because.\"");
  EXPECT_EQ(write_json(document), R"({"x":"a"})");
  EXPECT_EQ(debug.take_explanation(document), "");

  document = parse(R"({"explanation":["one","two"],"x":"a"})");
  EXPECT_EQ(debug.take_explanation(document), R"("[\"one\",\"two\"]")");

  const AnswerForm machine(schema, false, ResponseMode::machine);
  document = parse(R"({"explanation":"Because.","x":"a"})");
  EXPECT_EQ(machine.take_explanation(document), "");
  EXPECT_NE(document.find("explanation"), nullptr);
}

TEST(HumanDebug, leaves_an_explanation_that_belongs_to_the_format) {
  const JsonValue schema = parse(R"({"type":"object","properties":{"a":{"type":"string"},
      "explanation":{"type":"string"}},"required":["a","explanation"]})");
  const AnswerForm form(schema, false, ResponseMode::human_debug);
  EXPECT_EQ(form.provider_schema(),
            AnswerForm(schema, false, ResponseMode::machine).provider_schema());
  JsonValue document = parse(R"({"a":"b","explanation":"c"})");
  EXPECT_EQ(form.take_explanation(document), "");
  EXPECT_EQ(write_json(document), R"({"a":"b","explanation":"c"})");
}

}  // namespace
}  // namespace llmw
