#pragma once
// A JSON document as a tree that keeps what was written: the order of keys, and each number as its
// literal. For documents that are stored or given back; nlohmann::json, which turns decimals into
// doubles, is for looking at what providers send around them.
//
// A tree that read_json_value() made is at most kMaxJsonDepth deep, so walking, copying and
// destroying it by recursion is safe.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json.hpp"

namespace llmw {

struct JsonValue {
  enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
  using Member = std::pair<std::string, JsonValue>;

  Kind kind = Kind::null;
  bool boolean = false;
  std::string text;              ///< the string's value, or the number as it was written
  std::vector<JsonValue> items;  ///< of an array
  std::vector<Member> members;   ///< of an object, in the order of the text, each key once

  bool is_null() const { return kind == Kind::null; }
  bool is_string() const { return kind == Kind::string; }
  bool is_array() const { return kind == Kind::array; }
  bool is_object() const { return kind == Kind::object; }

  /// The member `key` of an object; nullptr when there is none or this is no object.
  const JsonValue* find(std::string_view key) const;
  JsonValue* find(std::string_view key);

  static JsonValue make_string(std::string value);
  static JsonValue make_array() { return of_kind(Kind::array); }
  static JsonValue make_object() { return of_kind(Kind::object); }

  // What follows is defaulted below: here Clang looks into `members` before a Member is whole.
  JsonValue();
  JsonValue(const JsonValue&);
  JsonValue(JsonValue&&) noexcept;
  JsonValue& operator=(const JsonValue&);
  JsonValue& operator=(JsonValue&&) noexcept;
  ~JsonValue();
  bool operator==(const JsonValue& other) const;

 private:
  static JsonValue of_kind(Kind kind);
};

inline JsonValue::JsonValue() = default;
inline JsonValue::JsonValue(const JsonValue&) = default;
inline JsonValue::JsonValue(JsonValue&&) noexcept = default;
inline JsonValue& JsonValue::operator=(const JsonValue&) = default;
inline JsonValue& JsonValue::operator=(JsonValue&&) noexcept = default;
inline JsonValue::~JsonValue() = default;

/// As read_json() (json.hpp): strict, bounded, never throws except std::bad_alloc. On a fault `out`
/// is null.
JsonRead read_json_value(std::string_view text, JsonValue& out,
                         DuplicateKeys duplicates = DuplicateKeys::keep_last);

/// Compact JSON text of `value`, keys in their order, numbers as they were written.
std::string write_json(const JsonValue& value);

}  // namespace llmw
