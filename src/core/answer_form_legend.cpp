// The legend of the compact form. Every word of it is paid for on every call.

#include <map>

#include "core/answer_form_shape.hpp"

namespace llmw::detail {
namespace {

using Kind = ShapeNode::Kind;

/// A longer legend is likely to cost more than the form saves.
constexpr std::size_t kMaxLegendBytes = 4000;
constexpr int kMaxDepth = 16;

/// Writes a pattern of the document: {"p":pilot_steps [[id,step_type (A=api_call T=transform)]]}. A
/// name stands for the value of that name; what follows it says how that value is written, and
/// nothing follows where it is written in full. What the pattern needs more than once is described
/// after it, under the name that the schema gives it.
class LegendWriter {
 public:
  explicit LegendWriter(const Shape& shape) : shape_(shape), uses_(shape.nodes.size()) {
    for (const ShapeNode& node : shape.nodes) count_uses(node);
  }

  std::string write() {
    std::string text = "Write the object as " + describe(0, 0);
    for (const std::string& definition : definitions_) text += ", " + definition;
    text += ". Put each value in the place of its name";
    if (has_codes_) text += "; where codes (code=value) are given, write the code";
    text +=
        ".\nInner lists hold values without keys, in this order; null where there is none, "
        "trailing "
        "nulls left out.\n";
    return has_rows_ && text.size() <= kMaxLegendBytes ? text : std::string();
  }

 private:
  void count_uses(const ShapeNode& node) {
    if (node.kind == Kind::array) ++uses_[shape_.resolve(node.items)];
    for (const ShapeField& field : node.fields) ++uses_[shape_.resolve(field.node)];
    if (node.choices.size() < 2) return;
    for (const NodeIndex choice : node.choices) ++uses_[shape_.resolve(choice)];
  }

  /// How the value of a node is written; empty when in full.
  std::string describe(NodeIndex index, int depth) {
    index = shape_.resolve(index);
    const ShapeNode& node = shape_.at(index);
    if (depth > kMaxDepth || described_bytes_ > kMaxLegendBytes) return {};
    if (uses_[index] > 1 && !node.definition.empty()) return define(index, depth);
    return describe_node(node, depth);
  }

  /// A definition that contains itself is named before it is described.
  std::string define(NodeIndex index, int depth) {
    const ShapeNode& node = shape_.at(index);
    const auto [known, is_new] = defined_.try_emplace(index, node.definition);
    if (!is_new) return known->second;
    const std::string text = describe_node(node, depth);
    described_bytes_ += text.size();
    if (text.empty()) return known->second = text;
    definitions_.push_back(node.definition + " as " + text);
    return node.definition;
  }

  std::string describe_node(const ShapeNode& node, int depth) {
    switch (node.kind) {
      case Kind::scalar: return describe_codes(node);
      case Kind::array: {
        const std::string item = describe(node.items, depth + 1);
        return item.empty() ? item : '[' + item + ",...]";
      }
      case Kind::object: return describe_object(node, depth);
      case Kind::choice: return describe_choice(node, depth);
      case Kind::opaque: break;
    }
    return {};
  }

  std::string describe_codes(const ShapeNode& scalar) {
    if (scalar.codes.empty()) return {};
    has_codes_ = true;
    std::string text;
    for (const EnumCode& code : scalar.codes) {
      text += text.empty() ? '(' : ' ';
      text += code.code + '=' + code.value;
    }
    return text + ')';
  }

  /// Of several choices at most one is written shorter: make_compact() sees to it.
  std::string describe_choice(const ShapeNode& choice, int depth) {
    std::string text;
    for (const NodeIndex index : choice.choices) {
      if (text.empty()) text = describe(index, depth + 1);
    }
    return text;
  }

  std::string describe_object(const ShapeNode& object, int depth) {
    std::string text;
    bool is_short = object.is_row;
    for (const ShapeField& field : object.fields) {
      const std::string value = describe(field.node, depth + 1);
      is_short = is_short || field.key != field.name || !value.empty();
      if (!text.empty()) text += ',';
      if (!object.is_row) text += '"' + field.key + "\":";
      text += field.name;
      if (!value.empty()) text += ' ' + value;
    }
    has_rows_ = has_rows_ || object.is_row;
    described_bytes_ += text.size();
    if (!is_short) return {};
    return object.is_row ? '[' + text + ']' : '{' + text + '}';
  }

  const Shape& shape_;
  std::vector<int> uses_;
  std::map<NodeIndex, std::string> defined_;
  std::vector<std::string> definitions_;
  std::size_t described_bytes_ = 0;
  bool has_rows_ = false;
  bool has_codes_ = false;
};

}  // namespace

std::string write_legend(const Shape& shape) { return LegendWriter(shape).write(); }

}  // namespace llmw::detail
