// Forms of any schema against any document: nothing crashes, what expanding gives is stable, and
// shortening loses nothing. The input is the schema's JSON text, a line break, the document's.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/answer_form.hpp"

namespace {

using llmw::AnswerForm;
using llmw::JsonValue;

void require(bool holds) {
  if (!holds) std::abort();
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

bool is_json(std::string_view text, JsonValue& value) {
  return llmw::read_json_value(text, value).fault == llmw::JsonFault::none;
}

void check_form(const AnswerForm& form, const JsonValue& answer) {
  JsonValue ignored;
  require(form.provider_schema().empty() || is_json(form.provider_schema(), ignored));
  require(!form.instructions().empty());
  const JsonValue document = form.expand(answer);
  const JsonValue shortened = form.shorten(document);
  require(is_json(write_json(shortened), ignored));
  require(normalized(form.expand(shortened)) == normalized(document));
  JsonValue rest = document;
  form.take_explanation(rest);
  require(rest.members.size() <= document.members.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(text.find('\n'), size);
  JsonValue schema;
  JsonValue answer;
  if (!is_json(text.substr(0, end), schema)) return 0;
  if (end == size || !is_json(text.substr(end + 1), answer)) answer = schema;
  for (const bool compact : {false, true}) {
    check_form(AnswerForm(schema, compact, llmw::ResponseMode::machine), answer);
    check_form(AnswerForm(schema, compact, llmw::ResponseMode::human_debug), answer);
  }
  return 0;
}
