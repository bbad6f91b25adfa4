#include "core/answer_form_shape.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <optional>
#include <unordered_map>
#include <utility>

namespace llmw::detail {
namespace {

using Kind = ShapeNode::Kind;

constexpr int kMaxHops = 16;        ///< of choices of one, and of $ref to $ref
constexpr int kMaxMergeDepth = 32;  ///< of allOf inside allOf

/// With these a schema can ask for what the subset has no words for. Keywords that only narrow
/// (pattern, minimum, not, ...) are not among them: an answer may break them, validation sees it.
constexpr std::array<std::string_view, 7> kUnsayable = {
    "if",           "patternProperties", "prefixItems",  "dependentSchemas",
    "dependencies", "$dynamicRef",       "$recursiveRef"};

/// Any of these, and the schema has a type of its own.
constexpr std::array<std::string_view, 6> kStructural = {"type",  "enum",       "const",
                                                         "items", "properties", "$ref"};

/// May stand beside $ref without narrowing it.
constexpr std::array<std::string_view, 11> kAnnotations = {
    "$ref",  "$defs",   "$schema",  "$id",        "$comment",   "description",
    "title", "default", "examples", "deprecated", "definitions"};

template <std::size_t size>
bool is_among(const std::array<std::string_view, size>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

template <std::size_t size>
bool has_any(const JsonValue& schema, const std::array<std::string_view, size>& words) {
  return std::any_of(schema.members.begin(), schema.members.end(),
                     [&](const JsonValue::Member& m) { return is_among(words, m.first); });
}

bool is_false(const JsonValue* value) {
  return value != nullptr && value->kind == JsonValue::Kind::boolean && !value->boolean;
}

bool is_scalar_type(std::string_view type) {
  return type == "string" || type == "integer" || type == "number" || type == "boolean";
}

bool is_integer(std::string_view number) {
  return number.find_first_of(".eE") == std::string_view::npos;
}

/// Name of the type of a scalar; empty for arrays and objects.
std::string_view type_of(const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::null: return "null";
    case JsonValue::Kind::boolean: return "boolean";
    case JsonValue::Kind::string: return "string";
    case JsonValue::Kind::number: return is_integer(value.text) ? "integer" : "number";
    default: return {};
  }
}

void add_once(std::vector<std::string>& list, std::string_view item) {
  if (std::find(list.begin(), list.end(), item) == list.end()) list.emplace_back(item);
}

const JsonValue* find_array(const JsonValue& schema, std::string_view key) {
  const JsonValue* found = schema.find(key);
  return found != nullptr && found->is_array() ? found : nullptr;
}

/// A token of a JSON Pointer with ~0 and ~1 undone.
std::string unescape_token(std::string_view token) {
  std::string text;
  for (std::size_t i = 0; i < token.size(); ++i) {
    const bool escape = token[i] == '~' && i + 1 < token.size();
    if (!escape) {
      text += token[i];
    } else {
      text += token[++i] == '1' ? '/' : '~';
    }
  }
  return text;
}

const JsonValue* step_into(const JsonValue& value, const std::string& token) {
  if (!value.is_array()) return value.find(token);
  std::size_t item = 0;
  const char* end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, item);
  const bool fits = error == std::errc{} && stop == end && item < value.items.size();
  return fits ? &value.items[item] : nullptr;
}

/// What `ref` ("#", "#/$defs/step") names in `root`; nullptr when nothing.
const JsonValue* find_target(const JsonValue& root, std::string_view ref) {
  if (!ref.starts_with('#')) return nullptr;
  ref.remove_prefix(1);
  const JsonValue* at = &root;
  while (at != nullptr && !ref.empty()) {
    if (ref.front() != '/') return nullptr;
    const std::size_t end = std::min(ref.find('/', 1), ref.size());
    at = step_into(*at, unescape_token(ref.substr(1, end - 1)));
    ref.remove_prefix(end);
  }
  return at;
}

/// The last token of `ref` as a name of letters, digits, "_" and "-".
std::string definition_name(std::string_view ref) {
  const std::size_t slash = ref.rfind('/');
  std::string name(slash == std::string_view::npos ? "root" : ref.substr(slash + 1));
  const auto is_odd = [](char c) {
    return !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '_' || c == '-');
  };
  std::replace_if(name.begin(), name.end(), is_odd, '_');
  return name.empty() ? "part" : name;
}

/// A node while the parts of its allOf are put together.
struct Part {
  ShapeNode node;
  std::vector<std::string> required;
  bool closed = false;  ///< additionalProperties is false
};

class ShapeReader {
 public:
  explicit ShapeReader(const JsonValue& root) : root_(root) {}

  Shape read() {
    node_for(root_);
    while (!waiting_.empty()) {
      const auto [schema, node] = waiting_.front();
      waiting_.pop_front();
      set_node(node, finish(read_part(*schema, 0)));
    }
    spread_null();
    return std::move(shape_);
  }

 private:
  /// The targets of $ref and everything below a node wait in a queue: a chain of references may be
  /// as long as the schema.
  NodeIndex node_for(const JsonValue& schema) {
    const auto [known, is_new] = nodes_.try_emplace(&schema, shape_.nodes.size());
    if (is_new) {
      shape_.nodes.emplace_back();
      waiting_.emplace_back(&schema, known->second);
    }
    return known->second;
  }

  NodeIndex add_node(ShapeNode node) {
    shape_.nodes.push_back(std::move(node));
    return shape_.nodes.size() - 1;
  }

  void set_node(NodeIndex index, ShapeNode node) {
    node.definition = std::move(shape_.nodes[index].definition);
    shape_.nodes[index] = std::move(node);
  }

  /// A choice allows null when one of its choices does.
  void spread_null() {
    std::vector<std::vector<NodeIndex>> chosen_by(shape_.nodes.size());
    std::vector<NodeIndex> open;
    for (NodeIndex i = 0; i < shape_.nodes.size(); ++i) {
      for (const NodeIndex choice : shape_.at(i).choices) chosen_by[choice].push_back(i);
      if (shape_.at(i).nullable) open.push_back(i);
    }
    while (!open.empty()) {
      const NodeIndex node = open.back();
      open.pop_back();
      for (const NodeIndex parent : chosen_by[node]) {
        if (std::exchange(shape_.nodes[parent].nullable, true)) continue;
        open.push_back(parent);
      }
    }
  }

  Part read_part(const JsonValue& schema, int depth) {
    Part part;
    part.node.strict = false;
    if (!schema.is_object() || depth > kMaxMergeDepth) return part;
    part.node.strict = !has_any(schema, kUnsayable);
    if (const JsonValue* text = schema.find("description"); text != nullptr && text->is_string()) {
      part.node.description = text->text;
    }
    if (const JsonValue* ref = schema.find("$ref"); ref != nullptr && ref->is_string()) {
      read_reference(schema, ref->text, part.node);
    } else if (find_array(schema, "allOf") != nullptr) {
      merge_all(schema, part, depth);
    } else {
      read_own(schema, part);
    }
    return part;
  }

  void read_reference(const JsonValue& schema, const std::string& ref, ShapeNode& node) {
    const JsonValue* target = find_target(root_, ref);
    if (target == nullptr) return make_opaque(node);
    const auto narrows = [](const JsonValue::Member& m) {
      return !is_among(kAnnotations, m.first);
    };
    if (std::any_of(schema.members.begin(), schema.members.end(), narrows)) node.strict = false;
    node.kind = Kind::choice;
    const NodeIndex index = node_for(*target);
    if (shape_.nodes[index].definition.empty()) {
      shape_.nodes[index].definition = unused_definition(definition_name(ref));
    }
    node.choices.push_back(index);
  }

  std::string unused_definition(const std::string& name) {
    const int uses = ++definition_uses_[name];
    return uses == 1 ? name : unused_definition(name + '_' + std::to_string(uses));
  }

  static void make_opaque(ShapeNode& node) {
    node.kind = Kind::opaque;
    node.strict = false;
  }

  /// What `schema` says without its $ref and allOf.
  void read_own(const JsonValue& schema, Part& part) {
    const JsonValue* alternatives = find_array(schema, "anyOf");
    if (alternatives == nullptr) alternatives = find_array(schema, "oneOf");
    if (alternatives != nullptr && !only_narrow(*alternatives)) {
      return read_choice(schema, *alternatives, part.node);
    }
    std::vector<std::string> types = read_types(schema, part.node);
    const auto null = std::find(types.begin(), types.end(), "null");
    part.node.nullable = null != types.end();
    if (part.node.nullable) types.erase(null);
    if (std::all_of(types.begin(), types.end(), is_scalar_type)) {
      if (types.empty() && !part.node.nullable) return make_opaque(part.node);
      part.node.kind = Kind::scalar;
      part.node.types = std::move(types);
    } else if (types.size() == 1) {
      read_container(schema, types.front(), part);
    } else {
      read_mixed(schema, types, part.node);
    }
  }

  /// {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]} adds no shape.
  static bool only_narrow(const JsonValue& alternatives) {
    return std::none_of(
        alternatives.items.begin(), alternatives.items.end(), [](const JsonValue& alternative) {
          return !alternative.is_object() || has_any(alternative, kStructural) ||
                 has_any(alternative, kUnsayable) || alternative.find("anyOf") != nullptr ||
                 alternative.find("oneOf") != nullptr || alternative.find("allOf") != nullptr;
        });
  }

  void read_choice(const JsonValue& schema, const JsonValue& alternatives, ShapeNode& node) {
    for (const std::string_view key : {"properties", "items", "enum", "const"}) {
      if (schema.find(key) != nullptr) return make_opaque(node);
    }
    node.kind = Kind::choice;
    for (const JsonValue& alternative : alternatives.items) {
      const JsonValue* type = alternative.find("type");
      if (type != nullptr && type->is_string() && type->text == "null") {
        node.nullable = true;
      } else {
        node.choices.push_back(node_for(alternative));
      }
    }
    if (node.choices.empty()) make_opaque(node);
  }

  /// The types that `schema` names, or those that its other keywords are about. Reads the enum.
  static std::vector<std::string> read_types(const JsonValue& schema, ShapeNode& node) {
    std::vector<std::string> types;
    std::vector<std::string> of_values;
    read_values(schema, node, of_values);
    const JsonValue* type = schema.find("type");
    if (type != nullptr && type->is_string()) types.push_back(type->text);
    if (type != nullptr && type->is_array()) {
      for (const JsonValue& item : type->items) add_once(types, item.text);
    }
    if (!of_values.empty()) {
      const bool nullable =
          std::find(of_values.begin(), of_values.end(), "null") != of_values.end();
      if (types.empty()) return of_values;
      if (!nullable) std::erase(types, "null");
      return types;
    }
    if (!types.empty()) return types;
    for (const std::string_view key : {"properties", "required", "additionalProperties"}) {
      if (schema.find(key) != nullptr) return {"object"};
    }
    if (schema.find("items") != nullptr) return {"array"};
    return {};
  }

  static void read_values(const JsonValue& schema, ShapeNode& node,
                          std::vector<std::string>& types) {
    if (const JsonValue* constant = schema.find("const"); constant != nullptr) {
      node.values.push_back(*constant);
    } else if (const JsonValue* values = find_array(schema, "enum"); values != nullptr) {
      node.values = values->items;
    }
    for (const JsonValue& value : node.values) {
      if (type_of(value).empty()) node.strict = false;
      if (!type_of(value).empty()) add_once(types, type_of(value));
    }
    std::erase_if(node.values, [](const JsonValue& value) { return type_of(value) == "null"; });
  }

  void read_container(const JsonValue& schema, const std::string& type, Part& part) {
    if (!part.node.values.empty()) part.node.strict = false;
    if (type == "object") {
      part.node.kind = Kind::object;
      read_object(schema, part);
    } else if (type == "array") {
      part.node.kind = Kind::array;
      const JsonValue* items = schema.find("items");
      part.node.items =
          items != nullptr && items->is_object() ? node_for(*items) : add_node(opaque_node());
    } else {
      make_opaque(part.node);
    }
  }

  static ShapeNode opaque_node() {
    ShapeNode node;
    make_opaque(node);
    return node;
  }

  /// {"type": ["string", "array"], "items": ...}: one choice for each type.
  void read_mixed(const JsonValue& schema, const std::vector<std::string>& types, ShapeNode& node) {
    node.kind = Kind::choice;
    for (const std::string& type : types) {
      Part part;
      if (is_scalar_type(type)) {
        part.node.kind = Kind::scalar;
        part.node.types = {type};
      } else {
        read_container(schema, type, part);
      }
      node.choices.push_back(add_node(finish(std::move(part))));
    }
    if (!node.values.empty()) node.strict = false;
  }

  void read_object(const JsonValue& schema, Part& part) {
    const JsonValue* others = schema.find("additionalProperties");
    if (others == nullptr) others = schema.find("unevaluatedProperties");
    part.closed = is_false(others);
    if (others != nullptr && others->is_object() && !others->members.empty()) {
      part.node.strict = false;
    }
    if (const JsonValue* properties = schema.find("properties"); properties != nullptr) {
      for (const auto& [name, property] : properties->members) {
        if (is_false(&property)) continue;
        part.node.fields.push_back({name, name, node_for(property), false});
      }
    }
    if (const JsonValue* required = find_array(schema, "required"); required != nullptr) {
      for (const JsonValue& name : required->items) part.required.push_back(name.text);
    }
  }

  /// allOf, with what stands beside it, of objects whose properties do not overlap.
  void merge_all(const JsonValue& schema, Part& part, int depth) {
    std::vector<Part> parts;
    if (has_any(schema, kStructural) || schema.find("required") != nullptr) {
      parts.emplace_back().node.strict = part.node.strict;
      read_own(schema, parts.back());
    }
    for (const JsonValue& member : schema.find("allOf")->items) {
      const JsonValue* target = &member;
      for (int hops = 0; hops < kMaxHops && target != nullptr; ++hops) {
        const JsonValue* ref = target->find("$ref");
        if (ref == nullptr || !ref->is_string()) break;
        target = find_target(root_, ref->text);
      }
      if (target == nullptr) return make_opaque(part.node);
      parts.push_back(read_part(*target, depth + 1));
    }
    if (parts.size() != 1) return merge_objects(parts, part);
    ShapeNode beside = std::exchange(part.node, std::move(parts.front().node));
    part.node.strict = part.node.strict && beside.strict;
    if (!beside.description.empty()) part.node.description = std::move(beside.description);
    part.required = std::move(parts.front().required);
    part.closed = parts.front().closed;
  }

  static void merge_objects(const std::vector<Part>& parts, Part& whole) {
    whole.node.kind = Kind::object;
    std::map<std::string_view, int> seen;
    for (const Part& part : parts) {
      if (part.node.kind != Kind::object) return make_opaque(whole.node);
      whole.node.strict = whole.node.strict && part.node.strict;
      whole.closed = whole.closed || part.closed;
      whole.required.insert(whole.required.end(), part.required.begin(), part.required.end());
      for (const ShapeField& field : part.node.fields) {
        if (++seen[field.name] > 1) return make_opaque(whole.node);
        whole.node.fields.push_back(field);
      }
    }
  }

  /// Settles what is required. An object of which nothing is known, or that requires a property of
  /// which nothing is known, is one that the subset cannot describe.
  static ShapeNode finish(Part part) {
    ShapeNode& node = part.node;
    if (node.kind == Kind::opaque) {
      node.strict = false;
      node.nullable = true;
    }
    if (node.kind != Kind::object) return std::move(node);
    for (std::size_t i = 0; i < node.fields.size(); ++i) node.index[node.fields[i].name] = i;
    for (const std::string& name : part.required) {
      const auto field = node.index.find(name);
      if (field == node.index.end()) {
        node.strict = false;
      } else {
        node.fields[field->second].required = true;
      }
    }
    if (node.fields.empty() && !part.closed) node.strict = false;
    return std::move(node);
  }

  const JsonValue& root_;
  Shape shape_;
  std::unordered_map<const JsonValue*, NodeIndex> nodes_;
  std::deque<std::pair<const JsonValue*, NodeIndex>> waiting_;
  std::map<std::string, int> definition_uses_;
};

}  // namespace

NodeIndex Shape::resolve(NodeIndex node) const {
  for (int hops = 0; hops < kMaxHops; ++hops) {
    if (at(node).kind != Kind::choice || at(node).choices.size() != 1) break;
    node = at(node).choices.front();
  }
  return node;
}

std::vector<NodeIndex> Shape::containers_of(const ShapeNode& choice) const {
  std::vector<NodeIndex> containers;
  for (const NodeIndex index : choice.choices) {
    const NodeIndex target = resolve(index);
    const Kind kind = at(target).kind;
    if (kind != Kind::scalar) containers.push_back(target);
  }
  return containers;
}

Shape read_shape(const JsonValue& schema) { return ShapeReader(schema).read(); }

}  // namespace llmw::detail
