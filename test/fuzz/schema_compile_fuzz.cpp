// Any text either compiles as a JSON Schema or is refused with an error; what compiles can be used.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.hpp"
#include "core/schema.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void compile(std::string_view text, bool strict) {
  llmw::SchemaOptions options;
  options.refuse_unknown_keywords = strict;
  try {
    const auto schema = llmw::Schema::compile(text, options);
    for (const char* document :
         {R"({"a":[1,"x",{"b":null}],"b":{"a":true}})", "[[],{},1.5]", "0"}) {
      llmw::check_schema(*schema, std::string_view(document));
    }
  } catch (const llmw::Error& error) {
    require(error.sqlstate() == "22023" && !error.message().empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  compile(text, true);
  compile(text, false);
  return 0;
}
