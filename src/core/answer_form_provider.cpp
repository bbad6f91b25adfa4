// The schema for the providers' structured output, in what OpenAI's strict mode and Anthropic both
// take.

#include <algorithm>
#include <set>

#include "core/answer_form_shape.hpp"
#include "core/json.hpp"

namespace llmw::detail {
namespace {

using Kind = ShapeNode::Kind;

// OpenAI's limits, and Anthropic's on unions.
constexpr int kMaxLevels = 10;
constexpr std::size_t kMaxProperties = 5000;
constexpr std::size_t kMaxEnumValues = 1000;
constexpr std::size_t kMaxLargeEnum = 250;
constexpr std::size_t kMaxLargeEnumBytes = 15'000;
constexpr std::size_t kMaxNameBytes = 120'000;
constexpr std::size_t kMaxAnthropicUnions = 16;

constexpr std::string_view kNull = R"({"type":"null"})";

/// Whether a shape is within the subset and its limits; what a vendor may refuse all the same.
class ShapeSurvey {
 public:
  explicit ShapeSurvey(const Shape& shape)
      : shape_(shape), deepest_(shape.nodes.size(), -1), open_(shape.nodes.size()) {}

  bool fits() {
    if (shape_.at(0).kind != Kind::object || shape_.at(0).nullable) return false;
    for (const ShapeNode& node : shape_.nodes) {
      if (!node.strict) return false;
      count(node);
    }
    return properties_ <= kMaxProperties && enum_values_ <= kMaxEnumValues &&
           name_bytes_ <= kMaxNameBytes && !has_large_enum_ && fits_levels(0, 1);
  }

  bool is_recursive() const { return is_recursive_; }

 private:
  void count(const ShapeNode& node) {
    properties_ += node.fields.size();
    for (const ShapeField& field : node.fields) name_bytes_ += field.name.size();
    std::size_t bytes = node.definition.size();
    for (const JsonValue& value : node.values) bytes += value.text.size();
    enum_values_ += node.values.size();
    name_bytes_ += bytes;
    if (node.values.size() > kMaxLargeEnum && bytes > kMaxLargeEnumBytes) has_large_enum_ = true;
  }

  /// A container is looked at again only when it is met deeper than before, so at most kMaxLevels
  /// times.
  bool fits_levels(NodeIndex index, int level) {
    index = shape_.resolve(index);
    const ShapeNode& node = shape_.at(index);
    if (node.kind == Kind::scalar) return true;
    if (open_[index]) {
      is_recursive_ = true;
      return true;
    }
    if (level > kMaxLevels || node.choices.size() == 1) return false;
    if (deepest_[index] >= level) return true;
    deepest_[index] = level;
    open_[index] = true;
    bool fits = node.kind != Kind::array || fits_levels(node.items, level + 1);
    for (const ShapeField& field : node.fields) fits = fits && fits_levels(field.node, level + 1);
    for (const NodeIndex choice : node.choices) fits = fits && fits_levels(choice, level + 1);
    open_[index] = false;
    return fits;
  }

  const Shape& shape_;
  std::vector<int> deepest_;
  std::vector<bool> open_;
  std::size_t properties_ = 0;
  std::size_t enum_values_ = 0;
  std::size_t name_bytes_ = 0;
  bool has_large_enum_ = false;
  bool is_recursive_ = false;
};

class SchemaWriter {
 public:
  explicit SchemaWriter(const Shape& shape) : shape_(shape), is_asked_(shape.nodes.size()) {}

  std::string write(bool explains) {
    std::string text = write_object(shape_.at(0), explains);
    std::string definitions;
    for (std::size_t i = 0; i < asked_.size(); ++i) {  // grows while definitions are written
      const ShapeNode& node = shape_.at(asked_[i]);
      definitions += definitions.empty() ? "" : ",";
      definitions += json_quote(node.definition) + ':' + write_node(node, node.nullable);
    }
    if (definitions.empty()) return text;
    text.pop_back();
    return text + R"(,"$defs":{)" + definitions + "}}";
  }

  std::size_t unions() const { return unions_; }

 private:
  /// The schema of a value; `optional` values are null where there is none.
  std::string write_value(NodeIndex index, bool optional) {
    const bool nullable = optional || shape_.at(index).nullable;
    const NodeIndex target = shape_.resolve(index);
    const ShapeNode& node = shape_.at(target);
    if (node.definition.empty()) return write_node(node, nullable);
    if (!is_asked_[target]) asked_.push_back(target);
    is_asked_[target] = true;
    return with_null(R"({"$ref":"#/$defs/)" + node.definition + R"("})",
                     nullable && !node.nullable);
  }

  std::string write_node(const ShapeNode& node, bool nullable) {
    switch (node.kind) {
      case Kind::scalar: return write_scalar(node, nullable);
      case Kind::array:
        return with_null(
            open(node, "array") + R"(,"items":)" + write_value(node.items, false) + '}', nullable);
      case Kind::object:
        return with_null(node.is_row ? write_row(node) : write_object(node, false), nullable);
      default: return write_choice(node, nullable);
    }
  }

  static std::string open(const ShapeNode& node, std::string_view type) {
    std::string text = R"({"type":)" + json_quote(type);
    if (!node.description.empty()) text += R"(,"description":)" + json_quote(node.description);
    return text;
  }

  std::string with_null(std::string text, bool nullable) {
    if (!nullable) return text;
    ++unions_;
    return R"({"anyOf":[)" + std::move(text) + ',' + std::string(kNull) + "]}";
  }

  std::string write_scalar(const ShapeNode& node, bool nullable) {
    std::vector<std::string> types = node.types;
    if (nullable) types.emplace_back("null");
    std::string text = R"({"type":)";
    if (types.size() == 1) {
      text += json_quote(types.front());
    } else {
      ++unions_;
      for (std::size_t i = 0; i < types.size(); ++i)
        text += (i > 0 ? "," : "[") + json_quote(types[i]);
      text += ']';
    }
    if (!node.description.empty()) text += R"(,"description":)" + json_quote(node.description);
    if (!node.values.empty()) text += R"(,"enum":[)" + list_values(node, nullable) + ']';
    return text + '}';
  }

  static std::string list_values(const ShapeNode& node, bool nullable) {
    std::string text;
    for (std::size_t i = 0; i < node.values.size(); ++i) {
      if (i > 0) text += ',';
      text += node.codes.empty() ? write_json(node.values[i]) : json_quote(node.codes[i].code);
    }
    if (nullable) text += text.empty() ? "null" : ",null";
    return text;
  }

  std::string write_object(const ShapeNode& object, bool explains) {
    std::string properties = explains ? R"("explanation":{"type":"string"})" : "";
    std::string required = explains ? R"("explanation")" : "";
    for (const ShapeField& field : object.fields) {
      const std::string key = json_quote(field.key);
      const char* comma = required.empty() ? "" : ",";
      properties += comma + key + ':' + write_value(field.node, !field.required);
      required += comma + key;
    }
    return open(object, "object") + R"(,"properties":{)" + properties + R"(},"required":[)" +
           required + R"(],"additionalProperties":false})";
  }

  /// The subset has no tuples: an item of a row may be what any of its fields may be.
  std::string write_row(const ShapeNode& row) {
    std::vector<std::string> columns;
    bool nullable = false;
    for (const ShapeField& field : row.fields) {
      nullable = nullable || !field.required || shape_.at(field.node).nullable;
      add_column(columns, field.node);
    }
    if (nullable) columns.emplace_back(kNull);
    std::string any;
    for (const std::string& column : columns) any += (any.empty() ? "" : ",") + column;
    if (columns.size() > 1) {
      ++unions_;
      any = R"({"anyOf":[)" + any + "]}";
    }
    return R"({"type":"array","items":)" + any + '}';
  }

  void add_column(std::vector<std::string>& columns, NodeIndex index) {
    const ShapeNode& node = shape_.at(shape_.resolve(index));
    const auto add = [&columns](std::string text) {
      const bool is_new = std::find(columns.begin(), columns.end(), text) == columns.end();
      if (is_new) columns.push_back(std::move(text));
    };
    if (node.kind == Kind::scalar) {
      for (const std::string& type : node.types) add(R"({"type":)" + json_quote(type) + '}');
    } else if (node.definition.empty()) {
      add(write_node(node, false));
    } else {
      add(write_value(shape_.resolve(index), false));
    }
  }

  std::string write_choice(const ShapeNode& choice, bool nullable) {
    ++unions_;
    std::string text = R"({"anyOf":[)";
    for (const NodeIndex index : choice.choices) {
      text += write_value(index, false) + ',';
      nullable = nullable && !shape_.at(index).nullable;
    }
    if (nullable) return text + std::string(kNull) + "]}";
    text.back() = ']';
    return text + '}';
  }

  const Shape& shape_;
  std::vector<bool> is_asked_;
  std::vector<NodeIndex> asked_;  ///< definitions, in the order in which they are referred to
  std::size_t unions_ = 0;
};

}  // namespace

ProviderSchema write_provider_schema(const Shape& shape, bool explains) {
  ShapeSurvey survey(shape);
  if (!survey.fits()) return {};
  SchemaWriter writer(shape);
  ProviderSchema schema;
  schema.text = writer.write(explains);
  schema.suits_anthropic = !survey.is_recursive() && writer.unions() <= kMaxAnthropicUnions;
  return schema;
}

}  // namespace llmw::detail
