#pragma once
// The tags of a request: a JSON object of the caller's own, read when it is first looked into.
//
// The view that a RequestTags is made of must outlive it.

#include <optional>
#include <string>
#include <string_view>

#include "core/json_value.hpp"

namespace llmw {

class RequestTags {
 public:
  explicit RequestTags(std::string_view json) : json_(json) {}

  /// The value of `key` as text: a string by its characters, anything else as it is written.
  /// Nothing when there is no such key, its value is null, or the JSON cannot be read.
  std::optional<std::string> value(std::string_view key);

 private:
  std::string_view json_;
  JsonValue object_;
  bool is_read_ = false;
};

}  // namespace llmw
