#include <algorithm>
#include <utility>

#include "core/schema_engine.hpp"

namespace llmw::schema {

// ---- Nodes that apply to a value ----------------------------------------------------------------

void Engine::add_target(NodeId node, Index branch) {
  if (node == kNone || node == kAccept) return;
  targets_.push_back({node, branch, Target::Role::plain, 0});
}

void Engine::spawn_target(const Target& target) {
  if (target.role == Target::Role::plain) {
    spawn(target.node, target.branch, kNone);
    return;
  }
  const GroupKind kind =
      target.role == Target::Role::contains ? GroupKind::contains : GroupKind::unevaluated;
  const Index group = open_group(kind, target.branch, 1, nullptr, target.target);
  spawn(target.node, groups_[group].first, kNone);
}

/// Recursion as deep as the chain of nodes on one value, which the compiler bounds.
void Engine::spawn(NodeId id, Index branch, Index scope) {
  if (id == kAccept || stopped_) return;
  if (entries_.size() >= kMaxSchemaEntries) {
    hit_limit(kMaxSchemaEntries, "schemas that apply at one time");
    return;
  }
  const Node& node = program_.nodes[id];
  const Index entry = static_cast<Index>(entries_.size());
  entries_.push_back({&node, branch, scope});
  if (node.in_place) spawn_in_place(entry);
  if (node.object && !node.object->dependents.empty() && type_ == kObject) spawn_dependents(entry);
}

void Engine::spawn_in_place(Index i) {
  const Node* node = entries_[i].node;
  const InPlace& in_place = *node->in_place;
  const Index branch = entries_[i].branch;
  if (type_ == kObject && in_place.unevaluated_properties != kNone) {
    open_scope(i, in_place.unevaluated_properties, Keyword::unevaluated_properties);
  }
  if (type_ == kArray && in_place.unevaluated_items != kNone) {
    open_scope(i, in_place.unevaluated_items, Keyword::unevaluated_items);
  }
  const Index scope = entries_[i].scope;
  for (const NodeId id : in_place.all) spawn(id, branch, scope);
  for (const InPlace::Choice& choice : in_place.choices) {
    const GroupKind kind =
        choice.keyword == Keyword::any_of ? GroupKind::any_of : GroupKind::one_of;
    const Index count = static_cast<Index>(choice.nodes.size());
    const Index first = groups_[open_group(kind, branch, count, node, i)].first;
    for (Index n = 0; n < count; ++n) spawn(choice.nodes[n], first + n, scope);
  }
  for (const NodeId id : in_place.negations) {
    spawn(id, groups_[open_group(GroupKind::negation, branch, 1, node, i)].first, scope);
  }
  if (in_place.condition != kNone) {
    const Index first = groups_[open_group(GroupKind::conditional, branch, 3, node, i)].first;
    spawn(in_place.condition, first, scope);
    spawn(in_place.then_node, first + 1, scope);
    spawn(in_place.else_node, first + 2, scope);
  }
}

void Engine::spawn_dependents(Index i) {
  const Node* node = entries_[i].node;
  entries_[i].dependents = static_cast<Index>(groups_.size());
  const std::vector<NodeId>& dependents = node->object->dependents;
  // All groups first: a key finds its own by its number.
  for (std::size_t n = 0; n < dependents.size(); ++n) {
    open_group(GroupKind::dependent, entries_[i].branch, 1, node, i);
  }
  for (std::size_t n = 0; n < dependents.size(); ++n) {
    spawn(dependents[n], groups_[entries_[i].dependents + n].first, entries_[i].scope);
  }
}

void Engine::open_scope(Index i, NodeId child, Keyword keyword) {
  Entry& entry = entries_[i];
  const Index scope = static_cast<Index>(scopes_.size());
  scopes_.push_back({entry.branch, entry.scope, child, keyword, entry.node});
  entry.scope = scope;
  open_group(GroupKind::scope, entry.branch, 0, entry.node, scope);
}

Engine::Index Engine::open_group(GroupKind kind, Index owner, Index branches, const Node* node,
                                 Index target) {
  const Index group = static_cast<Index>(groups_.size());
  const Index first = static_cast<Index>(branches_.size());
  groups_.push_back({kind, owner, first, branches, branches, node, target, levels_.size()});
  for (Index n = 0; n < branches; ++n) branches_.push_back({group, owner});
  charge(1 + branches);
  if (branches_.size() > kMaxSchemaEntries)
    hit_limit(kMaxSchemaEntries, "alternatives that are open at one time");
  return group;
}

// ---- Members ------------------------------------------------------------------------------------

void Engine::next_member(std::string_view key) {
  targets_.clear();
  const Level& level = levels_.back();
  const Index first = level.mark.entries;
  const Index end = static_cast<Index>(entries_.size());
  if (first == end) return;
  charge(end - first);
  const std::uint32_t hash = hash_key(key);
  for (Index i = first; i < end; ++i) {
    if (entries_[i].node->object && live(entries_[i])) look_up(i, key, hash);
  }
  if (scopes_.size() > level.mark.scopes) add_unevaluated_targets(key);
}

void Engine::look_up(Index i, std::string_view key, std::uint32_t hash) {
  const ObjectRules& rules = *entries_[i].node->object;
  const Index branch = entries_[i].branch;
  bool known = false;
  if (const Property* property = rules.properties.find(key, hash)) {
    if (property->seen_bit >= 0) entries_[i].seen |= std::uint64_t{1} << property->seen_bit;
    if (property->dependent != kNone) trigger(entries_[i].dependents + property->dependent);
    known = property->node != kNone;
    add_target(property->node, branch);
  }
  for (const auto& [pattern, node] : rules.patterns) {
    charge(3 + key.size() / 8);
    if (!pattern.found_in(key)) continue;
    known = true;
    add_target(node, branch);
  }
  if (known || rules.additional != kNone) mark_evaluated(entries_[i].scope, branch);
  if (!known && rules.additional != kNone) {
    if (program_.nodes[rules.additional].never) {
      fail(i, Keyword::additional_properties, 0, key);
    } else {
      add_target(rules.additional, branch);
    }
  }
  if (rules.max >= 0 && levels_.back().count == static_cast<std::size_t>(rules.max) + 1) {
    fail(i, Keyword::max_properties);
  }
  if (rules.names != kNone && rules.names != kAccept) check_key_name(i, key);
}

/// The key of a dependent schema is there: what that schema has found counts from now on.
void Engine::trigger(Index g) {
  Group& group = groups_[g];
  if (std::exchange(group.triggered, true)) return;
  const Branch& branch = branches_[group.first];
  if (branch.failed) fail_branch(group.owner, branch.failure, group.depth, {});
}

void Engine::check_key_name(Index i, std::string_view key) {
  const Mark before = mark();
  const Index group = open_group(GroupKind::key_name, entries_[i].branch, 1, nullptr, i);
  const Types type = std::exchange(type_, kString);
  spawn(entries_[i].node->object->names, groups_[group].first, kNone);
  type_ = type;
  for (Index n = before.entries; n < entries_.size(); ++n) check_type(n, kString);
  for (Index n = before.entries; n < entries_.size(); ++n) {
    if (live(entries_[n])) check_string(n, key);
  }
  for (Index g = static_cast<Index>(groups_.size()); g > before.groups; --g) settle(g - 1);
  entries_.resize(before.entries);
  groups_.resize(before.groups, Group{});
  branches_.resize(before.branches, Branch{});
}

// ---- Items --------------------------------------------------------------------------------------

void Engine::next_item() {
  targets_.clear();
  Level& level = levels_.back();
  const std::size_t index = level.count++;
  const Index end = static_cast<Index>(entries_.size());
  charge(end - level.mark.entries);
  for (Index i = level.mark.entries; i < end; ++i) {
    if (!entries_[i].node->array || !live(entries_[i])) continue;
    const ArrayRules& rules = *entries_[i].node->array;
    const Index branch = entries_[i].branch;
    if (rules.max >= 0 && index == static_cast<std::size_t>(rules.max)) {
      fail(i, Keyword::max_items);
    }
    const NodeId node = index < rules.prefix.size() ? rules.prefix[index] : rules.items;
    if (node != kNone) mark_evaluated(entries_[i].scope, branch);
    add_target(node, branch);
    if (rules.contains != kNone) {
      targets_.push_back({rules.contains, branch, Target::Role::contains, i});
    }
  }
  if (scopes_.size() > level.mark.scopes) add_unevaluated_targets({});
}

// ---- unevaluatedProperties, unevaluatedItems ----------------------------------------------------

void Engine::mark_evaluated(Index scope, Index branch) {
  for (; scope != kNone; scope = scopes_[scope].parent) {
    scopes_[scope].evaluators.push_back(branch);
    charge(1);
  }
}

/// Inner scopes come first: what they look at counts for the outer ones.
void Engine::add_unevaluated_targets(std::string_view key) {
  const Level& level = levels_.back();
  for (Index s = static_cast<Index>(scopes_.size()); s > level.mark.scopes; --s) {
    Scope& scope = scopes_[s - 1];
    const auto& evaluators = scope.evaluators;
    const bool certain =
        std::find(evaluators.begin(), evaluators.end(), scope.branch) != evaluators.end();
    if (!certain && scope.child != kAccept) {
      if (evaluators.empty() && level.object && program_.nodes[scope.child].never) {
        fail_branch(scope.branch, {scope.keyword, scope.node, 0, offset_}, levels_.size(), key);
      } else {
        targets_.push_back({scope.child, scope.branch, Target::Role::unevaluated, s - 1});
      }
    }
    mark_evaluated(scope.parent, scope.branch);
  }
}

/// A member or item has ended: whether what its scope found wrong matters is known now, or when the
/// container ends.
void Engine::judge_children() {
  const Level& level = levels_.back();
  for (Index s = level.mark.scopes; s < scopes_.size(); ++s) {
    Scope& scope = scopes_[s];
    if (scope.child_failed) {
      const auto& evaluators = scope.evaluators;
      const bool certain =
          std::find(evaluators.begin(), evaluators.end(), scope.branch) != evaluators.end();
      if (evaluators.empty()) {
        fail_branch(scope.branch, {scope.keyword, scope.node, 0, offset_}, levels_.size(),
                    level.object ? std::string_view(path_).substr(level.path) : std::string_view());
      } else if (!certain) {
        scope.unjudged.push_back({level.object ? path_.substr(level.path) : std::string(),
                                  level.count - 1, offset_, evaluators});
      }
    }
    scope.child_failed = false;
    scope.evaluators.clear();
  }
}

}  // namespace llmw::schema
