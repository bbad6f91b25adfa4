// A document against a schema: pieces are judged like the whole text, a tree like its text. The
// input is the schema, a line feed and the document; JSON text needs no line feed.

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/schema.hpp"

namespace {

using Violations = std::vector<llmw::SchemaViolation>;

void require(bool holds) {
  if (!holds) std::abort();
}

Violations check_in_pieces(const llmw::Schema& schema, std::string_view document,
                           std::size_t piece_size) {
  llmw::SchemaValidator validator(schema);
  for (std::size_t at = 0; at < document.size(); at += piece_size) {
    if (!validator.feed(document.substr(at, piece_size))) break;
  }
  require(validator.finish() == validator.violations().empty());
  return validator.violations();
}

void check(const llmw::Schema& schema, std::string_view document) {
  const Violations whole = llmw::check_schema(schema, document);
  for (const std::size_t size : {1, 3, 8})
    require(check_in_pieces(schema, document, size) == whole);

  llmw::JsonValue tree;
  Violations built = llmw::check_schema(schema, document, 100, &tree);
  require(built == whole);
  const llmw::JsonRead read = llmw::read_json_value(document, tree, llmw::DuplicateKeys::refuse);
  if (read.fault != llmw::JsonFault::none) return;
  for (llmw::SchemaViolation& violation : built) violation.offset = 0;
  Violations of_tree = llmw::check_schema(schema, tree);
  // Two that differ in their offsets only are one in a tree.
  const auto distinct = [](Violations& list) {
    for (auto at = list.begin(); at != list.end();) {
      at = std::find(list.begin(), at, *at) == at ? at + 1 : list.erase(at);
    }
  };
  if (built.size() == 100) return;
  distinct(built);
  require(of_tree == built);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  if (line == std::string_view::npos) return 0;
  llmw::SchemaOptions options;
  options.refuse_unknown_keywords = false;
  try {
    const auto schema = llmw::Schema::compile(input.substr(0, line), options);
    check(*schema, input.substr(line + 1));
  } catch (const llmw::Error& error) {
    require(error.sqlstate() == "22023");
  }
  return 0;
}
