#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>

#include "core/answer_form.hpp"

namespace llmw {
namespace {

constexpr int kMaxDepth = 5;
constexpr int kMaxDocumentDepth = 6;

/// Random schemas, and documents that keep to them. Properties are p0, p1, ..., of which those with
/// an even number are required; the $ref "#/$defs/node" is always there.
class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  std::string schema() {
    return R"({"type":"object",)" + members(1) + R"(,"$defs":{"node":)" + object(3) + "}}";
  }

  JsonValue document(const JsonValue& schema) { return value_of(schema, schema, 0); }

 private:
  std::string object(int depth) { return R"({"type":"object",)" + members(depth) + '}'; }

  std::string members(int depth) {
    std::string properties;
    std::string required;
    const int count = 1 + below(depth == 1 ? 6 : 14);
    for (int i = 0; i < count; ++i) {
      const std::string name = "\"property_" + std::to_string(i) + '"';
      properties += (i > 0 ? "," : "") + name + ':' + property(depth + 1);
      if (i % 2 == 0) required += (i > 0 ? "," : "") + name;
    }
    return R"("properties":{)" + properties + R"(},"required":[)" + required + ']';
  }

  std::string property(int depth) {
    switch (below(depth >= kMaxDepth ? 4 : 9)) {
      case 0: return R"({"type":"string"})";
      case 1: return R"({"type":["integer","null"]})";
      case 2: return R"({"enum":["in_sequence","in_parallel","I","S"]})";
      case 3: return R"({"enum":["llm_decision","api_call",null]})";
      case 4: return R"({"$ref":"#/$defs/node"})";
      case 5: return object(depth);
      case 6: return R"({"anyOf":[{"type":"null"},)" + object(depth) + "]}";
      case 7: return R"({"anyOf":[{"type":"string"},)" + array(depth) + "]}";
      default: return array(depth);
    }
  }

  std::string array(int depth) { return R"({"type":"array","items":)" + property(depth + 1) + '}'; }

  JsonValue value_of(const JsonValue& schema, const JsonValue& root, int depth) {
    if (schema.find("$ref") != nullptr) {
      return value_of(*root.find("$defs")->find("node"), root, depth);
    }
    if (const JsonValue* choices = schema.find("anyOf"); choices != nullptr) {
      return value_of(choices->items[below(2)], root, depth);
    }
    if (const JsonValue* values = schema.find("enum"); values != nullptr) {
      return values->items[below(static_cast<int>(values->items.size()))];
    }
    if (schema.find("properties") != nullptr) return object_of(schema, root, depth);
    if (schema.find("items") != nullptr) {
      JsonValue array = JsonValue::make_array();
      for (int count = depth < kMaxDocumentDepth ? below(3) : 0; count > 0; --count) {
        array.items.push_back(value_of(*schema.find("items"), root, depth + 1));
      }
      return array;
    }
    if (schema.find("type")->text == "string") return JsonValue::make_string("S");
    JsonValue number;
    if (schema.find("type")->is_array() && below(2) == 0) {
      number.kind = JsonValue::Kind::number;
      number.text = "12345678901234567890";
    }
    return number;
  }

  JsonValue object_of(const JsonValue& schema, const JsonValue& root, int depth) {
    JsonValue object = JsonValue::make_object();
    const auto& properties = schema.find("properties")->members;
    for (std::size_t i = 0; i < properties.size(); ++i) {
      const bool is_required = i % 2 == 0 && depth < kMaxDocumentDepth;
      if (!is_required && below(2) == 0) continue;
      if (depth >= kMaxDocumentDepth && properties[i].second.find("enum") == nullptr) continue;
      object.members.emplace_back(properties[i].first,
                                  value_of(properties[i].second, root, depth + 1));
    }
    return object;
  }

  std::mt19937 random_;
};

/// `value` with the members of objects in one order and without those that are null.
JsonValue normalized(JsonValue value) {
  for (JsonValue& item : value.items) item = normalized(std::move(item));
  std::erase_if(value.members, [](const JsonValue::Member& m) { return m.second.is_null(); });
  for (auto& [name, member] : value.members) member = normalized(std::move(member));
  std::sort(
      value.members.begin(), value.members.end(),
      [](const JsonValue::Member& a, const JsonValue::Member& b) { return a.first < b.first; });
  return value;
}

TEST(AnswerFormProperty, expanding_gives_back_what_was_shortened) {
  int shortened_documents = 0;
  for (unsigned seed = 0; seed < 150; ++seed) {
    Generator generator(seed);
    const std::string text = generator.schema();
    JsonValue schema;
    ASSERT_EQ(read_json_value(text, schema).message, "") << text;
    const AnswerForm compact(schema, true, ResponseMode::machine);
    const AnswerForm plain(schema, false, ResponseMode::machine);
    for (int i = 0; i < 5; ++i) {
      const JsonValue document = generator.document(schema);
      const JsonValue shortened = compact.shorten(document);
      if (shortened != document) ++shortened_documents;
      ASSERT_EQ(write_json(normalized(compact.expand(shortened))), write_json(normalized(document)))
          << text << "\n"
          << write_json(shortened);
      ASSERT_EQ(write_json(normalized(plain.expand(document))), write_json(normalized(document)));
    }
  }
  EXPECT_GT(shortened_documents, 200);
}

}  // namespace
}  // namespace llmw
