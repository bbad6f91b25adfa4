#pragma once
// One text for each JSON value, as JSON Schema compares them: the order of keys does not count,
// 1.0 is 1. Built from the parser's events, so enum, const and uniqueItems need no tree.
//
// The owner calls begin() for the container whose text it wants, then passes on every event until
// that container has ended.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace llmw {

struct JsonValue;

std::string canonical_string(std::string_view value);
std::string canonical_number(std::string_view literal);
std::string canonical_value(const JsonValue& value);

class CanonicalBuilder {
 public:
  bool active() const { return !open_.empty(); }
  void begin(bool object) { open_.push_back({object, {}, {}}); }
  void key(std::string_view key) { open_.back().key = key; }
  void add(std::string text) {
    Open& open = open_.back();
    open.parts.emplace_back(std::move(open.key), std::move(text));
    open.key.clear();
  }
  /// Whether two items of the innermost container, an array, are equal.
  bool has_equal_items() const;
  /// Ends the innermost container and adds its text, which is returned, to the one around it.
  std::string end();
  void clear() { open_.clear(); }

 private:
  struct Open {
    bool object;
    std::string key;
    std::vector<std::pair<std::string, std::string>> parts;  ///< keys are empty in an array
  };
  std::vector<Open> open_;
};

}  // namespace llmw
