#pragma once
// A compiled JSON Schema: a table of nodes, one for each subschema that can apply, with everything
// looked up that does not depend on the document. Immutable; made by schema_compile.cpp, run by
// schema_engine.cpp.

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/schema.hpp"
#include "core/schema_decimal.hpp"
#include "core/schema_pattern.hpp"

namespace llmw {

// Limits of a schema; docs/json_schema.md lists them.
inline constexpr std::size_t kMaxSchemaBytes = 1 << 20;
inline constexpr std::size_t kMaxSchemaNodes = 20'000;
inline constexpr std::size_t kMaxSchemaPatterns = 100;
inline constexpr std::size_t kMaxDynamicAnchors = 100;  ///< that can be in scope at one place
inline constexpr std::size_t kMaxDynamicScopes = 1'000;
inline constexpr int kMaxInPlaceDepth = 200;  ///< $ref, allOf, anyOf ... on one value
// Limits of a check.
inline constexpr std::size_t kMaxSchemaEntries = 50'000;    ///< subschemas that apply at one time
inline constexpr std::size_t kMaxSchemaSteps = 10'000'000;  ///< subschemas looked at in all

namespace schema {

/// Names that one node can watch, one bit each; the last bit is for the key that triggers it.
inline constexpr std::size_t kWatchedKeys = 63;
inline constexpr int kTriggerBit = 63;

using NodeId = std::uint32_t;
inline constexpr NodeId kAccept = 0;  ///< the schema `true`
inline constexpr NodeId kNone = ~NodeId{0};

/// Set of types, one bit each.
using Types = std::uint8_t;
enum Type : Types {
  kNull = 1,
  kBoolean = 2,
  kInteger = 4,
  kNumber = 8,  ///< includes kInteger where a schema names it
  kString = 16,
  kArray = 32,
  kObject = 64,
  kAnyType = 127,
};

enum class Keyword : std::uint8_t {
  none,
  false_schema,
  type,
  enumeration,
  constant,
  min_length,
  max_length,
  pattern,
  minimum,
  maximum,
  exclusive_minimum,
  exclusive_maximum,
  multiple_of,
  min_properties,
  max_properties,
  required,
  additional_properties,
  property_names,
  dependent_required,
  dependent_schemas,
  min_items,
  max_items,
  unique_items,
  contains,
  min_contains,
  max_contains,
  any_of,
  one_of,
  negation,
  then_branch,
  else_branch,
  unevaluated_properties,
  unevaluated_items,
};
std::string_view keyword_name(Keyword keyword);

/// Hash of a key; the same for the schema's tables and the document's keys.
constexpr std::uint32_t hash_key(std::string_view key) {
  std::uint32_t hash = static_cast<std::uint32_t>(key.size()) * 0x9E3779B1U;
  for (const char c : key.substr(0, 16))
    hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
  if (key.size() > 16) {
    for (const char c : key.substr(key.size() - 8)) {
      hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
    }
  }
  return hash ^ (hash >> 15);
}

/// What an object schema says of one key.
struct Property {
  std::string key;
  std::uint32_t hash = 0;
  NodeId node = kNone;              ///< of `properties`
  int seen_bit = -1;                ///< of `required` and `dependentRequired`
  std::uint32_t dependent = kNone;  ///< index in ObjectRules::dependents
};

/// Properties by key: open addressing, at most half full.
class PropertyTable {
 public:
  Property& at(std::string_view key);  ///< made when it is not there; valid until the next one
  void index();                        ///< to be called after the last at(), before find()

  const Property* find(std::string_view key, std::uint32_t hash) const {
    std::size_t slot = hash & (slots_.size() - 1);
    for (; slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
      const Property& property = properties_[slots_[slot] - 1];
      if (property.hash == hash && property.key == key) return &property;
    }
    return nullptr;
  }
  template <typename Visit>
  void for_each(Visit visit) {
    for (Property& property : properties_) visit(property);
  }
  bool empty() const { return properties_.empty(); }

 private:
  std::vector<Property> properties_;
  std::vector<std::uint32_t> slots_;                        ///< index + 1
  std::map<std::string, std::size_t, std::less<>> by_key_;  ///< while it grows
};

/// The values of `enum`, or the one of `const`.
struct ValueSet {
  Types types = 0;                      ///< of the values; an integer counts as kNumber
  std::vector<std::string> strings;     ///< sorted, as the other lists
  std::vector<std::string> numbers;     ///< canonical
  std::vector<std::string> containers;  ///< canonical
  bool has_null = false;
  bool has_true = false;
  bool has_false = false;
  std::string listed;  ///< for people: "a", "b"
};

struct StringRules {
  std::int64_t min_length = 0;
  std::int64_t max_length = -1;
  std::optional<SchemaPattern> pattern;
};

struct NumberRules {
  struct Bound {
    Keyword keyword;
    Decimal limit;
    std::string literal;
  };
  std::vector<Bound> bounds;  ///< multipleOf too
};

struct ObjectRules {
  PropertyTable properties;
  std::vector<std::pair<SchemaPattern, NodeId>> patterns;
  NodeId additional = kNone;
  NodeId names = kNone;
  std::int64_t min = 0;
  std::int64_t max = -1;
  std::vector<std::string> required;  ///< seen_bit is the index here
  std::string trigger;                ///< `required` holds only when this key is there
  bool has_trigger = false;           ///< then its seen_bit is kTriggerBit
  std::vector<NodeId> dependents;     ///< dependentSchemas
};

struct ArrayRules {
  std::vector<NodeId> prefix;
  NodeId items = kNone;
  NodeId contains = kNone;
  std::int64_t min_contains = 1;
  std::int64_t max_contains = -1;
  std::int64_t min = 0;
  std::int64_t max = -1;
  bool unique = false;
};

/// Subschemas that apply to the same value.
struct InPlace {
  struct Choice {
    Keyword keyword;  ///< any_of or one_of
    std::vector<NodeId> nodes;
  };
  std::vector<NodeId> all;  ///< allOf, $ref
  std::vector<Choice> choices;
  std::vector<NodeId> negations;
  NodeId condition = kNone;
  NodeId then_node = kAccept;
  NodeId else_node = kAccept;
  NodeId unevaluated_properties = kNone;
  NodeId unevaluated_items = kNone;
};

struct Node {
  bool never = false;  ///< the schema `false`
  Types types = kAnyType;
  std::unique_ptr<ValueSet> enumeration;
  std::unique_ptr<ValueSet> constant;
  std::unique_ptr<StringRules> string;
  std::unique_ptr<NumberRules> number;
  std::unique_ptr<ObjectRules> object;
  std::unique_ptr<ArrayRules> array;
  std::unique_ptr<InPlace> in_place;
};

}  // namespace schema

struct Schema::Program {
  std::deque<schema::Node> nodes;  ///< [kAccept] accepts everything
  schema::NodeId root = schema::kAccept;
};

namespace schema {

/// Compiles a schema or throws llmw::Error 22023.
std::unique_ptr<const Schema::Program> compile(std::string_view json, const SchemaOptions& options);

/// Why a value breaks a node, as short as it can be kept.
struct Failure {
  Keyword keyword = Keyword::none;
  const Node* node = nullptr;
  std::uint32_t detail = 0;  ///< which bound, which required key, how many matched
  std::size_t offset = 0;
};

/// The sentence for people. `key` is the key that it is about, where there is one.
std::string describe(const Failure& failure, std::string_view key);

}  // namespace schema
}  // namespace llmw
