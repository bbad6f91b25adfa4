// Shows a format's compact form, to be counted by a tokenizer (docs/formats.md has the figures).
//
//   compact_form schema.json document.json...
//
// One line of JSON for each document: its plain and its compact text, and what the legend adds to
// the system prompt.

#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "core/answer_form.hpp"
#include "core/json.hpp"

namespace {

using llmw::AnswerForm;
using llmw::JsonValue;

JsonValue read_file(const char* path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  JsonValue value;
  const llmw::JsonRead read = llmw::read_json_value(text, value);
  if (read.fault != llmw::JsonFault::none) {
    throw std::runtime_error(std::string(path) + ": " + read.message);
  }
  return value;
}

void show(const char* name, const JsonValue& document, const AnswerForm& compact,
          const AnswerForm& plain) {
  const auto member = [](const char* key, const std::string& text) {
    return ',' + llmw::json_quote(key) + ':' + llmw::json_quote(text);
  };
  std::cout << "{\"document\":" << llmw::json_quote(name)
            << member("plain", write_json(plain.shorten(document)))
            << member("compact", write_json(compact.shorten(document)))
            << member("plain_instructions", plain.instructions())
            << member("compact_instructions", compact.instructions())
            << member("plain_schema", plain.provider_schema())
            << member("compact_schema", compact.provider_schema()) << "}\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: compact_form schema.json document.json...\n";
    return 2;
  }
  try {
    const JsonValue schema = read_file(argv[1]);
    const AnswerForm compact(schema, true, llmw::ResponseMode::machine);
    const AnswerForm plain(schema, false, llmw::ResponseMode::machine);
    for (int i = 2; i < argc; ++i) show(argv[i], read_file(argv[i]), compact, plain);
  } catch (const std::exception& error) {
    std::cerr << "compact_form: " << error.what() << '\n';
    return 1;
  }
}
