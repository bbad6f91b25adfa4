// From what a model wrote to the document, and back.

#include <algorithm>

#include "core/answer_form_shape.hpp"

namespace llmw::detail {
namespace {

using Kind = ShapeNode::Kind;

const ShapeField* find_field(const ShapeNode& object, std::string_view name) {
  const auto found = object.index.find(name);
  return found == object.index.end() ? nullptr : &object.fields[found->second];
}

/// Whether a null stands for a property that was left out.
bool is_left_out(const Shape& shape, const ShapeField& field, const JsonValue& value) {
  return value.is_null() && !field.required && !shape.at(field.node).nullable;
}

enum class Nulls { as_allowed, for_left_out };

/// Whether `value` may be meant as `object`: all that is required is there, nothing is unknown, and
/// where one of few values is expected it is one of these.
bool may_be(const Shape& shape, const ShapeNode& object, const JsonValue& value, Nulls nulls) {
  std::ptrdiff_t required = 0;
  for (const auto& [name, member] : value.members) {
    const ShapeField* field = find_field(object, name);
    if (field == nullptr) return false;
    if (nulls == Nulls::as_allowed && is_left_out(shape, *field, member)) return false;
    required += field->required ? 1 : 0;
    const std::vector<JsonValue>& values = shape.at(shape.resolve(field->node)).values;
    const bool is_expected = values.empty() || member.is_null() ||
                             std::find(values.begin(), values.end(), member) != values.end();
    if (!is_expected) return false;
  }
  return required == std::count_if(object.fields.begin(), object.fields.end(),
                                   [](const ShapeField& field) { return field.required; });
}

/// The node that describes `value`, which `node` allows. Of several objects it is the first that
/// has the value's keys.
const ShapeNode& node_of(const Shape& shape, NodeIndex node, const JsonValue& value) {
  const ShapeNode& found = shape.at(shape.resolve(node));
  if (found.kind != Kind::choice) return found;
  const std::vector<NodeIndex> containers = shape.containers_of(found);
  if (containers.size() == 1) return shape.at(containers.front());
  if (!value.is_object()) return found;
  for (const Nulls nulls : {Nulls::as_allowed, Nulls::for_left_out}) {
    for (const NodeIndex index : containers) {
      const ShapeNode& object = shape.at(index);
      if (object.kind == Kind::object && may_be(shape, object, value, nulls)) return object;
    }
  }
  return found;
}

/// Which fields `value` has a member for that is called as `spelling` says.
std::vector<bool> find_present(const JsonValue& value, const ShapeNode& object,
                               std::string ShapeField::*spelling) {
  std::vector<bool> present(object.fields.size());
  for (const auto& [name, member] : value.members) {
    const auto found = object.index.find(name);
    if (found == object.index.end()) continue;
    if (object.fields[found->second].*spelling == name) present[found->second] = true;
  }
  return present;
}

class Expander {
 public:
  explicit Expander(const Shape& shape) : shape_(shape) {}

  void expand(JsonValue& value, NodeIndex index) const {
    const ShapeNode& node = node_of(shape_, index, value);
    if (node.is_row && value.is_array()) expand_row(value, node);
    if (node.kind == Kind::scalar && value.is_string()) {
      expand_code(value, node);
    } else if (node.kind == Kind::array && value.is_array()) {
      for (JsonValue& item : value.items) expand(item, node.items);
    } else if (node.kind == Kind::object && value.is_object()) {
      expand_object(value, node);
    }
  }

 private:
  static void expand_code(JsonValue& value, const ShapeNode& scalar) {
    const auto code = std::find_if(scalar.codes.begin(), scalar.codes.end(),
                                   [&](const EnumCode& c) { return c.code == value.text; });
    if (code != scalar.codes.end()) value.text = code->value;
  }

  /// A row that is too long is left for validation to report.
  static void expand_row(JsonValue& value, const ShapeNode& row) {
    if (value.items.size() > row.fields.size()) return;
    JsonValue object = JsonValue::make_object();
    for (std::size_t i = 0; i < value.items.size(); ++i) {
      object.members.emplace_back(row.fields[i].name, std::move(value.items[i]));
    }
    value = std::move(object);
  }

  void expand_object(JsonValue& value, const ShapeNode& object) const {
    if (object.has_keys) rename_keys(value, object);
    auto kept = value.members.begin();
    for (JsonValue::Member& member : value.members) {
      const ShapeField* field = find_field(object, member.first);
      if (field != nullptr && member.first == field->name) {
        if (is_left_out(shape_, *field, member.second)) continue;
        expand(member.second, field->node);
      }
      if (&*kept != &member) *kept = std::move(member);
      ++kept;
    }
    value.members.erase(kept, value.members.end());
  }

  static void rename_keys(JsonValue& value, const ShapeNode& object) {
    std::vector<bool> is_taken = find_present(value, object, &ShapeField::name);
    for (auto& [name, member] : value.members) {
      const auto found = object.index.find(name);
      if (found == object.index.end() || is_taken[found->second]) continue;
      is_taken[found->second] = true;
      name = object.fields[found->second].name;
    }
  }

  const Shape& shape_;
};

class Shortener {
 public:
  explicit Shortener(const Shape& shape) : shape_(shape) {}

  void shorten(JsonValue& value, NodeIndex index) const {
    const ShapeNode& node = node_of(shape_, index, value);
    if (node.kind == Kind::scalar && value.is_string()) {
      shorten_code(value, node);
    } else if (node.kind == Kind::array && value.is_array()) {
      for (JsonValue& item : value.items) shorten(item, node.items);
    } else if (node.kind == Kind::object && value.is_object()) {
      for (auto& [name, member] : value.members) {
        const ShapeField* field = find_field(node, name);
        if (field != nullptr && name == field->name) shorten(member, field->node);
      }
      node.is_row ? shorten_row(value, node) : shorten_keys(value, node);
    }
  }

 private:
  static void shorten_code(JsonValue& value, const ShapeNode& scalar) {
    const auto code = std::find_if(scalar.codes.begin(), scalar.codes.end(),
                                   [&](const EnumCode& c) { return c.value == value.text; });
    if (code != scalar.codes.end()) value.text = code->code;
  }

  /// It stays an object when it has a member that is no column, or lacks one that is required.
  static void shorten_row(JsonValue& value, const ShapeNode& row) {
    std::vector<JsonValue*> columns;
    std::size_t found = 0;
    for (const ShapeField& field : row.fields) {
      if (found == value.members.size()) break;
      JsonValue* member = value.find(field.name);
      if (member == nullptr && field.required) return;
      if (member != nullptr) ++found;
      columns.push_back(member);
    }
    if (found != value.members.size()) return;
    JsonValue items = JsonValue::make_array();
    for (JsonValue* member : columns) {
      items.items.push_back(member == nullptr ? JsonValue() : std::move(*member));
    }
    value = std::move(items);
  }

  static void shorten_keys(JsonValue& value, const ShapeNode& object) {
    const std::vector<bool> is_taken = find_present(value, object, &ShapeField::key);
    for (auto& [name, member] : value.members) {
      const auto found = object.index.find(name);
      if (found == object.index.end() || is_taken[found->second]) continue;
      name = object.fields[found->second].key;
    }
  }

  const Shape& shape_;
};

}  // namespace

JsonValue expand_value(const Shape& shape, JsonValue value) {
  Expander(shape).expand(value, 0);
  return value;
}

JsonValue shorten_value(const Shape& shape, JsonValue value) {
  Shortener(shape).shorten(value, 0);
  return value;
}

}  // namespace llmw::detail
