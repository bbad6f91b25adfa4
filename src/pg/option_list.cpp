#include "pg/option_list.hpp"

#include "pg/boundary.hpp"
#include "pg/text.hpp"

namespace llmw {

std::vector<Option> to_options(Datum array) {
  return to_options(PgCall([=] { return untransformRelOptions(array); }));
}

std::vector<Option> to_options(List* list) {
  std::vector<Option> options;
  options.reserve(static_cast<std::size_t>(list_length(list)));
  for (int i = 0; i < list_length(list); ++i) {
    auto* element = static_cast<DefElem*>(list_nth(list, i));
    const char* value = PgCall([=] { return defGetString(element); });
    options.push_back({to_utf8(element->defname), to_utf8(value)});
  }
  return options;
}

const std::string* find_option(const std::vector<Option>& options, std::string_view name) {
  for (const Option& option : options)
    if (option.name == name) return &option.value;
  return nullptr;
}

bool parse_boolean(const std::string& text, bool& value) {
  return parse_bool_with_len(text.data(), text.size(), &value);
}

}  // namespace llmw
