#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "core/answer_form.hpp"
#include "core/builtin_formats.hpp"

namespace llmw {
namespace {

JsonValue read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  JsonValue value;
  EXPECT_EQ(read_json_value(text, value).message, "") << path;
  return value;
}

/// The valid documents of a format among the recorded answers of models.
std::vector<JsonValue> recorded_documents(std::string_view format) {
  std::vector<JsonValue> documents;
  const std::filesystem::path folder = std::filesystem::path(LLMW_TEST_DIR) / "../data/answers";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    JsonValue record = read_file(entry.path());
    const JsonValue* valid = record.find("valid");
    if (valid == nullptr || !valid->boolean || record.find("format")->text != format) continue;
    JsonValue* document = record.find("document");
    if (document != nullptr && document->is_object()) documents.push_back(std::move(*document));
  }
  return documents;
}

JsonValue schema_of(std::string_view format) {
  const auto formats = builtin_formats();
  const auto found = std::find_if(formats.begin(), formats.end(),
                                  [&](const BuiltinFormat& f) { return f.name == format; });
  JsonValue schema;
  EXPECT_EQ(read_json_value(found->json_schema, schema).message, "");
  return schema;
}

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

TEST(BuiltinFormats, have_a_schema_that_every_provider_takes) {
  for (const BuiltinFormat& format : builtin_formats()) {
    for (const bool compact : {false, true}) {
      const AnswerForm form(schema_of(format.name), compact, ResponseMode::human_debug);
      EXPECT_NE(form.provider_schema(), "") << format.name;
      EXPECT_TRUE(form.suits_anthropic()) << format.name;
    }
  }
}

TEST(BuiltinFormats, lose_nothing_in_the_compact_form_and_save_a_fifth_by_the_estimate) {
  for (const char* format : {"pilot", "stages"}) {
    const AnswerForm form(schema_of(format), true, ResponseMode::machine);
    const std::vector<JsonValue> documents = recorded_documents(format);
    EXPECT_GE(documents.size(), 5U);
    for (const JsonValue& document : documents) {
      const std::string plain = write_json(document);
      const JsonValue shortened = form.shorten(document);
      const std::string compact = write_json(shortened);
      EXPECT_LE(compact.size() * 10, plain.size() * 8) << plain;
      EXPECT_EQ(write_json(normalized(form.expand(shortened))), write_json(normalized(document)));
    }
  }
}

/// Input tokens of gpt-4o-mini cost a quarter of output tokens.
TEST(BuiltinFormats, have_a_legend_that_costs_less_than_any_document_saves) {
  for (const char* format : {"pilot", "stages"}) {
    const JsonValue schema = schema_of(format);
    const AnswerForm compact(schema, true, ResponseMode::machine);
    const AnswerForm plain(schema, false, ResponseMode::machine);
    const std::size_t legend = compact.instructions().size() - plain.instructions().size();
    for (const JsonValue& document : recorded_documents(format)) {
      const std::size_t shortened = write_json(compact.shorten(document)).size();
      EXPECT_LT(shortened * 4 + legend, write_json(document).size() * 4) << write_json(document);
    }
  }
}

TEST(BuiltinFormats, are_plain_where_there_is_nothing_to_gain) {
  const JsonValue schema = schema_of("discovery");
  EXPECT_EQ(AnswerForm(schema, true, ResponseMode::machine).instructions(),
            AnswerForm(schema, false, ResponseMode::machine).instructions());
}

}  // namespace
}  // namespace llmw
