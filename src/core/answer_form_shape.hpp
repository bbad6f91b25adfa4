#pragma once
// What a JSON Schema says about the shape of documents, for answer_form only: a graph of nodes,
// small enough to walk a document along and to write out again as a provider's schema.
//
// Node 0 is the root. A $ref is an edge to the node of its target, so recursive schemas are cycles;
// whoever walks the graph is bounded by the document, or counts.

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_value.hpp"

namespace llmw::detail {

using NodeIndex = std::size_t;

struct ShapeField {
  std::string name;
  std::string key;  ///< in the form that the model writes; the name itself when not shortened
  NodeIndex node = 0;
  bool required = false;
};

struct EnumCode {
  std::string code;
  std::string value;
};

struct ShapeNode {
  enum class Kind { opaque, scalar, array, object, choice };

  Kind kind = Kind::opaque;
  bool nullable = false;           ///< null is allowed
  bool strict = true;              ///< the vendors' subset can say all that this node allows
  std::string description;         ///< the author's words for the model
  std::string definition;          ///< name under $defs; empty: written in place
  std::vector<std::string> types;  ///< scalar: names of JSON types without "null"
  std::vector<JsonValue> values;   ///< scalar: the enum; empty: any
  std::vector<ShapeField> fields;  ///< object
  std::map<std::string, std::size_t, std::less<>> index;  ///< fields by name, and by key
  NodeIndex items = 0;                                    ///< array
  std::vector<NodeIndex> choices;                         ///< choice: one of these
  bool is_row = false;          ///< object: written as an array of its values
  bool has_keys = false;        ///< object: a field's key is not its name
  std::vector<EnumCode> codes;  ///< scalar: written in place of the values
};

struct Shape {
  std::vector<ShapeNode> nodes;

  const ShapeNode& at(NodeIndex node) const { return nodes[node]; }
  /// `node`, or what it stands for when it is a choice of one.
  NodeIndex resolve(NodeIndex node) const;
  /// The choices of `choice` that are objects or arrays.
  std::vector<NodeIndex> containers_of(const ShapeNode& choice) const;
};

/// The shape that `schema` describes. Whatever is not understood becomes an opaque node.
Shape read_shape(const JsonValue& schema);

/// Chooses rows, short keys and codes. `reserved` is a key of the root that must stay free.
void make_compact(Shape& shape, std::string_view reserved);

/// How to write the compact form, for the model; empty when the form would not pay: without rows
/// it saves next to nothing, and a long legend costs more than it saves.
std::string write_legend(const Shape& shape);

struct ProviderSchema {
  std::string text;  ///< empty: not in the subset
  bool suits_anthropic = false;
};

/// The schema of the form that `shape` describes; `explains` adds the explanation to the root.
ProviderSchema write_provider_schema(const Shape& shape, bool explains);

JsonValue expand_value(const Shape& shape, JsonValue value);
JsonValue shorten_value(const Shape& shape, JsonValue value);

}  // namespace llmw::detail
