#include "core/tags.hpp"

#include <utility>

namespace llmw {

std::optional<std::string> RequestTags::value(std::string_view key) {
  if (!std::exchange(is_read_, true)) read_json_value(json_, object_);
  const JsonValue* found = object_.find(key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return found->is_string() ? found->text : write_json(*found);
}

}  // namespace llmw
