// Which parts of a format are written shorter in the compact form, and under which names.

#include <algorithm>
#include <cctype>
#include <set>

#include "core/answer_form_shape.hpp"

namespace llmw::detail {
namespace {

using Kind = ShapeNode::Kind;

/// Models keep the order of so many values in a row; longer ones stay objects.
constexpr std::size_t kMaxColumns = 12;
constexpr std::size_t kMinColumns = 2;
/// A name up to so long costs no more tokens than a letter does.
constexpr std::size_t kMaxKeptName = 4;
/// A word up to so long is one token, as a letter is.
constexpr std::size_t kMaxKeptWord = 12;
constexpr std::size_t kMaxCodes = 40;

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The shortest unused among: each letter of `name` in turn; its first letter and a number.
std::string short_name(std::string_view name, const std::set<std::string, std::less<>>& used,
                       bool upper) {
  const auto cased = [upper](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return static_cast<char>(upper ? std::toupper(byte) : std::tolower(byte));
  };
  char first = 0;
  for (const char c : name) {
    if (!is_letter(c)) continue;
    const char letter = cased(c);
    if (first == 0) first = letter;
    if (!used.contains(std::string_view(&letter, 1))) return {letter};
  }
  if (first == 0) first = cased('x');
  for (int number = 2;; ++number) {
    std::string numbered = first + std::to_string(number);
    if (!used.contains(numbered)) return numbered;
  }
}

class Compactor {
 public:
  Compactor(Shape& shape, std::string_view reserved)
      : shape_(shape), reserved_(reserved), plain_(shape.nodes.size()) {}

  void run() {
    mark_plain_parts();
    for (ShapeNode& node : shape_.nodes) mark_row(node);
    for (std::size_t i = 0; i < shape_.nodes.size(); ++i) {
      ShapeNode& node = shape_.nodes[i];
      if (node.kind != Kind::object || plain_[i]) continue;
      if (!node.is_row) shorten_keys(node, i == 0 ? reserved_ : std::string_view());
      for (const ShapeField& field : node.fields) code_values(field);
    }
  }

 private:
  /// Where a value may be one of several objects or arrays, its keys tell which: all below such a
  /// choice stays as it is.
  void mark_plain_parts() {
    std::vector<NodeIndex> open;
    for (const ShapeNode& node : shape_.nodes) {
      if (node.kind != Kind::choice || node.choices.size() == 1) continue;
      if (shape_.containers_of(node).size() < 2) continue;
      open.insert(open.end(), node.choices.begin(), node.choices.end());
    }
    while (!open.empty()) {
      const NodeIndex index = open.back();
      open.pop_back();
      if (plain_[index]) continue;
      plain_[index] = true;
      const ShapeNode& node = shape_.at(index);
      open.insert(open.end(), node.choices.begin(), node.choices.end());
      if (node.kind == Kind::array) open.push_back(node.items);
      for (const ShapeField& field : node.fields) open.push_back(field.node);
    }
  }

  void mark_row(const ShapeNode& array) {
    if (array.kind != Kind::array) return;
    const NodeIndex item = shape_.resolve(array.items);
    ShapeNode& row = shape_.nodes[item];
    const bool suits = row.kind == Kind::object && row.strict && item != 0 && !plain_[item] &&
                       row.fields.size() >= kMinColumns && row.fields.size() <= kMaxColumns;
    if (suits) row.is_row = true;
  }

  static void shorten_keys(ShapeNode& object, std::string_view reserved) {
    std::set<std::string, std::less<>> used{std::string(reserved)};
    for (const ShapeField& field : object.fields) used.insert(field.name);
    for (std::size_t i = 0; i < object.fields.size(); ++i) {
      ShapeField& field = object.fields[i];
      if (field.name.size() <= kMaxKeptName) continue;
      std::string key = short_name(field.name, used, false);
      if (key.size() >= field.name.size()) continue;
      used.insert(key);
      object.index[key] = i;
      object.has_keys = true;
      field.key = std::move(key);
    }
  }

  /// Codes the values of `field`, or of the items of its array.
  void code_values(const ShapeField& field) {
    NodeIndex index = shape_.resolve(field.node);
    if (shape_.at(index).kind == Kind::array) index = shape_.resolve(shape_.at(index).items);
    ShapeNode& node = shape_.nodes[index];
    if (plain_[index] || !is_worth_coding(node)) return;
    std::set<std::string, std::less<>> used;
    for (const JsonValue& value : node.values) used.insert(value.text);
    for (const JsonValue& value : node.values) {
      std::string code = short_name(value.text, used, true);
      used.insert(code);
      node.codes.push_back({std::move(code), value.text});
    }
  }

  /// When half of the values or more have several words.
  static bool is_worth_coding(const ShapeNode& node) {
    const auto is_string = [](const JsonValue& value) { return value.is_string(); };
    const auto is_long = [](const JsonValue& value) {
      return value.text.size() > kMaxKeptWord ||
             !std::all_of(value.text.begin(), value.text.end(), is_letter);
    };
    const std::vector<JsonValue>& values = node.values;
    if (node.kind != Kind::scalar || !node.codes.empty()) return false;
    if (values.size() < 2 || values.size() > kMaxCodes) return false;
    return std::all_of(values.begin(), values.end(), is_string) &&
           std::count_if(values.begin(), values.end(), is_long) * 2 >=
               static_cast<std::ptrdiff_t>(values.size());
  }

  Shape& shape_;
  std::string_view reserved_;
  std::vector<bool> plain_;
};

}  // namespace

void make_compact(Shape& shape, std::string_view reserved) { Compactor(shape, reserved).run(); }

}  // namespace llmw::detail
