// Draws documents: `draw_diagram OUT FORMAT FILE...` writes OUT/NAME.svg and OUT/NAME.mmd for each
// FILE, which holds a document of the built-in format. With FORMAT `answers` the files are those of
// test/data/answers, which name their formats. What cannot be drawn is said on standard error.

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "core/builtin_formats.hpp"
#include "core/diagram.hpp"
#include "core/error.hpp"

namespace {

using namespace llmw;

Format builtin_format(std::string_view name) {
  for (const BuiltinFormat& format : builtin_formats()) {
    if (name != format.name) continue;
    FormatRow row;
    row.name = format.name;
    row.json_schema = format.json_schema;
    row.rules = format.rules;
    return Format(std::move(row));
  }
  throw Error(sqlstate::kUndefinedObject, "no built-in format \"" + std::string(name) + '"');
}

JsonValue read_file(const std::string& path) {
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  JsonValue document;
  const JsonRead read = read_json_value(text, document);
  if (read.fault != JsonFault::none) throw Error(sqlstate::kInvalidJsonText, read.message);
  return document;
}

void draw(const std::string& folder, std::string format, const std::string& path) {
  JsonValue document = read_file(path);
  if (format == "answers") {
    const JsonValue* name = document.find("format");
    const JsonValue* inner = document.find("document");
    if (name == nullptr || inner == nullptr) return;
    format = name->text;
    document = JsonValue(*inner);
  }
  const DiagramTexts texts = draw_diagram(builtin_format(format), document);
  std::string name = path.substr(path.rfind('/') + 1);
  name.resize(std::min(name.size(), name.rfind('.')));
  std::ofstream(folder + '/' + name + ".svg") << texts.svg;
  std::ofstream(folder + '/' + name + ".mmd") << texts.mermaid;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: draw_diagram OUT FORMAT FILE...\n";
    return 2;
  }
  int status = 0;
  for (int i = 3; i < argc; ++i) {
    try {
      draw(argv[1], argv[2], argv[i]);
    } catch (const Error& error) {
      std::cerr << argv[i] << ": " << error.message() << '\n';
      status = 1;
    }
  }
  return status;
}
