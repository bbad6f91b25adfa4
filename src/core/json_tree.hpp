#pragma once
// Builds a JsonValue from the events of the JSON parser (json_push.hpp).
//
//   JsonValue out;
//   JsonTreeBuilder builder(out, DuplicateKeys::refuse);
//   JsonPush parser(builder);
//   parser.feed(text) && parser.finish();
//   if (builder.duplicate_at()) ...        // the builder ended the parsing
//
// `out` must stay where it is until the last event.

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "core/json_push.hpp"
#include "core/json_value.hpp"

namespace llmw {

class JsonTreeBuilder {
 public:
  JsonTreeBuilder(JsonValue& out, DuplicateKeys duplicates)
      : next_(&out), duplicates_(duplicates) {}

  bool on_object_begin(std::size_t) { return open(JsonValue::Kind::object); }
  bool on_object_end(std::size_t) { return close(); }
  bool on_array_begin(std::size_t) { return open(JsonValue::Kind::array); }
  bool on_array_end(std::size_t) { return close(); }
  bool on_key(std::string_view key, JsonSpan span);
  bool on_string(std::string_view value, JsonSpan) { return put(JsonValue::Kind::string, value); }
  bool on_number(std::string_view literal, JsonSpan) {
    return put(JsonValue::Kind::number, literal);
  }
  bool on_boolean(bool value, JsonSpan) { return put(JsonValue::Kind::boolean, {}, value); }
  bool on_null(JsonSpan) { return put(JsonValue::Kind::null, {}); }

  /// Offset of the second key of a name, when duplicates are refused and there was one.
  std::optional<std::size_t> duplicate_at() const { return duplicate_at_; }

 private:
  /// Members of one object by key; its order of comparison needs no defence against keys that were
  /// chosen to collide.
  struct ByKey {
    using is_transparent = void;
    const JsonValue* object;
    std::string_view key(std::uint32_t at) const { return object->members[at].first; }
    static std::string_view key(std::string_view text) { return text; }
    template <typename A, typename B>
    bool operator()(A a, B b) const {
      return key(a) < key(b);
    }
  };
  using KeyIndex = std::set<std::uint32_t, ByKey>;

  struct Open {
    JsonValue* value;
    std::unique_ptr<KeyIndex> keys;  ///< made when the object has become large
  };

  /// Where the next value goes.
  JsonValue& slot();
  bool put(JsonValue::Kind kind, std::string_view text, bool boolean = false);
  bool open(JsonValue::Kind kind);
  bool close();
  static JsonValue* find_member(Open& object, std::string_view key);
  bool duplicate(JsonValue& earlier, JsonSpan span);

  JsonValue* next_;  ///< slot of the next value; null inside an array
  DuplicateKeys duplicates_;
  std::vector<Open> open_;
  /// Members of the object that was closed last. The next one is likely to have as many; what is
  /// reserved for all of them is no more than what was read.
  std::size_t last_members_ = 0;
  std::list<JsonValue>
      discarded_;  ///< later values of a key with keep_first; a list: pointers last
  std::optional<std::size_t> duplicate_at_;
};

}  // namespace llmw
