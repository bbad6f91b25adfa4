#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "core/schema_compiler.hpp"

namespace llmw::schema {
namespace {

/// Longest search in a table of keys: chosen keys could make it as long as the table.
constexpr std::size_t kMaxProbes = 200;

[[noreturn]] void refuse(const std::string& why) {
  throw Error(sqlstate::kInvalidParameterValue, "invalid JSON schema: " + why);
}

/// Calls `visit` with each reference to a node that applies to the same value.
template <typename Visit>
void for_each_in_place(Node& node, Visit visit) {
  if (node.object) {
    for (NodeId& id : node.object->dependents) visit(id);
  }
  if (!node.in_place) return;
  InPlace& in_place = *node.in_place;
  for (NodeId& id : in_place.all) visit(id);
  for (InPlace::Choice& choice : in_place.choices) {
    for (NodeId& id : choice.nodes) visit(id);
  }
  for (NodeId& id : in_place.negations) visit(id);
  for (NodeId* id : {&in_place.condition, &in_place.then_node, &in_place.else_node}) visit(*id);
}

/// Calls `visit` with each reference to a node that applies to a member, a key or an item.
template <typename Visit>
void for_each_child(Node& node, Visit visit) {
  if (node.object) {
    node.object->properties.for_each([&](Property& property) { visit(property.node); });
    for (auto& [pattern, id] : node.object->patterns) visit(id);
    visit(node.object->additional);
    visit(node.object->names);
  }
  if (node.array) {
    for (NodeId& id : node.array->prefix) visit(id);
    visit(node.array->items);
    visit(node.array->contains);
  }
  if (node.in_place) {
    visit(node.in_place->unevaluated_properties);
    visit(node.in_place->unevaluated_items);
  }
}

bool says_nothing_itself(const Node& node) {
  return !node.never && node.types == kAnyType && !node.enumeration && !node.constant &&
         !node.string && !node.number && !node.object && !node.array;
}

bool is_empty(const InPlace& in_place) {
  return in_place.all.empty() && in_place.choices.empty() && in_place.negations.empty() &&
         in_place.condition == kNone && in_place.unevaluated_properties == kNone &&
         in_place.unevaluated_items == kNone;
}

class Simplifier {
 public:
  explicit Simplifier(Schema::Program& program)
      : program_(program), depths_(program.nodes.size(), kUnknown) {}

  void run() {
    for (NodeId id = 0; id < program_.nodes.size(); ++id) measure(id, 0);
    const auto shorten = [this](NodeId& id) { id = meant(id); };
    shorten(program_.root);
    for (Node& node : program_.nodes) {
      for_each_in_place(node, shorten);
      for_each_child(node, shorten);
    }
    for (Node& node : program_.nodes) {
      if (node.in_place) std::erase(node.in_place->all, kAccept);
    }
  }

 private:
  static constexpr int kUnknown = -1;
  static constexpr int kMeasuring = -2;

  /// Sets the length of the longest chain of nodes that apply to one value, from `id` on. The
  /// recursion is as deep as the chain, which is bounded.
  int measure(NodeId id, int above) {
    if (depths_[id] == kMeasuring) {
      refuse("a $ref leads back to itself on the same value, which would never end");
    }
    if (depths_[id] == kUnknown) {
      if (above > kMaxInPlaceDepth) too_deep();
      depths_[id] = kMeasuring;
      int below = 0;
      for_each_in_place(program_.nodes[id], [&](NodeId child) {
        if (child != kNone) below = std::max(below, 1 + measure(child, above + 1));
      });
      depths_[id] = below;
    }
    if (above + depths_[id] > kMaxInPlaceDepth) too_deep();
    return depths_[id];
  }

  [[noreturn]] static void too_deep() {
    refuse("more than " + std::to_string(kMaxInPlaceDepth) +
           " schemas in a chain of $ref, allOf, anyOf and the like apply to one value");
  }

  /// The node that says what `id` says.
  NodeId meant(NodeId id) const {
    while (id != kNone && says_nothing_itself(program_.nodes[id])) {
      const auto& in_place = program_.nodes[id].in_place;
      if (!in_place || is_empty(*in_place)) return kAccept;
      const bool only_refers = in_place->all.size() == 1 && in_place->choices.empty() &&
                               in_place->negations.empty() && in_place->condition == kNone &&
                               in_place->unevaluated_properties == kNone &&
                               in_place->unevaluated_items == kNone;
      if (!only_refers) return id;
      id = in_place->all.front();
    }
    return id;
  }

  Schema::Program& program_;
  std::vector<int> depths_;
};

}  // namespace

void simplify(Schema::Program& program) { Simplifier(program).run(); }

Property& PropertyTable::at(std::string_view key) {
  const auto known = by_key_.find(key);
  if (known != by_key_.end()) return properties_[known->second];
  by_key_.emplace(key, properties_.size());
  Property& property = properties_.emplace_back();
  property.key = key;
  property.hash = hash_key(key);
  return property;
}

void PropertyTable::index() {
  by_key_.clear();
  std::size_t size = 4;
  while (size < properties_.size() * 2) size *= 2;
  slots_.assign(size, 0);
  for (std::size_t i = 0; i < properties_.size(); ++i) {
    std::size_t slot = properties_[i].hash & (size - 1);
    std::size_t probes = 0;
    while (slots_[slot] != 0) {
      slot = (slot + 1) & (size - 1);
      if (++probes > kMaxProbes) refuse("too many keys of one object look alike");
    }
    slots_[slot] = static_cast<std::uint32_t>(i + 1);
  }
}

}  // namespace llmw::schema
