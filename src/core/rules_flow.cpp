#include "core/rules_flow.hpp"

#include <algorithm>
#include <utility>

namespace llmw {
namespace {

/// More would not be reported.
constexpr std::size_t kMaxUnknown = FindingList::kMaxFindings;

bool is_positive(const JsonValue* value) {
  return value != nullptr && value->kind == JsonValue::Kind::number && value->text[0] != '-' &&
         value->text.find_first_of("123456789") != std::string::npos;
}

}  // namespace

bool is_end(std::string_view target) { return is_blank(target) || fold(target) == "end"; }

std::vector<const JsonValue*> read_branches(const Workflow& workflow, const Item& item) {
  std::vector<const JsonValue*> branches;
  const JsonValue* list = find_field(*item.json, workflow.rules().branches);
  if (list == nullptr) return branches;
  for (const JsonValue& branch : list->items) {
    if (branch.is_object()) branches.push_back(&branch);
  }
  return branches;
}

std::vector<NodeSet> read_peers(const Workflow& workflow) {
  std::vector<NodeSet> peers(static_cast<std::size_t>(workflow.size()));
  for (int item = 0; item < workflow.size(); ++item) {
    for (const ListedText& name :
         read_list(*workflow.item(item).json, workflow.rules().parallel_with)) {
      const int peer = workflow.find(name.text);
      if (peer >= 0 && peer != item)
        peers[static_cast<std::size_t>(item)].set(static_cast<std::size_t>(peer));
    }
  }
  return peers;
}

ControlFlow::ControlFlow(const Workflow& workflow) : workflow_(&workflow), graph_(0, {}) {
  const Rules& rules = workflow.rules();
  is_listed_ = !workflow.uses(rules.depends_on) && !workflow.uses(rules.next);
  for (int item = 0; item < workflow.size(); ++item) read_references(item);
  has_control_ = !owners_.empty() || std::any_of(references_.begin(), references_.end(),
                                                 [](const Reference& reference) {
                                                   return reference.link == Link::next;
                                                 });
  graph_ = Graph(workflow.size(), edges());
}

void ControlFlow::read_references(int item) {
  const Rules& rules = workflow_->rules();
  const Item& from = workflow_->item(item);
  for (const auto& [link, field] :
       {std::pair(Link::depends_on, &rules.depends_on), std::pair(Link::next, &rules.next)}) {
    NodeSet named;
    for (const ListedText& text : read_list(*from.json, *field)) {
      const int target = workflow_->find(text.text);
      if (target < 0 && link == Link::next && is_end(text.text)) continue;
      if (target >= 0 && named.test(static_cast<std::size_t>(target))) continue;
      if (target >= 0) named.set(static_cast<std::size_t>(target));
      if (target < 0 && unknown_ >= kMaxUnknown) continue;
      add_reference({link, item, target, text.text, text.index, -1});
    }
  }
  const JsonValue* branches = find_field(*from.json, rules.branches);
  if (branches == nullptr) return;
  for (std::size_t i = 0; i < branches->items.size(); ++i) {
    if (!branches->items[i].is_object()) continue;
    const std::string_view name = read_text(branches->items[i], rules.branch_next);
    const int target = workflow_->find(name);
    owners_.push_back(item);
    if (target < 0 && (is_end(name) || unknown_ >= kMaxUnknown)) continue;
    add_reference({Link::branch, item, target, name, static_cast<int>(i),
                   static_cast<int>(owners_.size()) - 1});
  }
}

void ControlFlow::add_reference(const Reference& reference) {
  if (reference.target < 0) ++unknown_;
  references_.push_back(reference);
}

std::string ControlFlow::path_of(const Reference& reference) const {
  const Rules& rules = workflow_->rules();
  const std::string& item = workflow_->item(reference.item).path;
  const ListedText place{reference.name, reference.index};
  switch (reference.link) {
    case Link::depends_on: return list_path(item, rules.depends_on, place);
    case Link::next: return list_path(item, rules.next, place);
    case Link::branch: break;
  }
  return child_path(list_path(item, rules.branches, place), rules.branch_next);
}

bool ControlFlow::is_loop(const Reference& reference) const {
  const JsonValue& item = *workflow_->item(reference.item).json;
  return reference.link != Link::depends_on && reference.target <= reference.item &&
         is_positive(find_field(item, workflow_->rules().max_iterations));
}

std::vector<std::pair<int, int>> ControlFlow::edges() const {
  std::vector<std::pair<int, int>> edges;
  for (const Reference& reference : references_) {
    if (reference.target < 0 || is_loop(reference)) continue;
    if (reference.link == Link::depends_on) {
      edges.emplace_back(reference.target, reference.item);
    } else {
      edges.emplace_back(reference.item, reference.target);
    }
  }
  for (int item = 0; is_listed_ && item + 1 < workflow_->size(); ++item) {
    if (read_branches(*workflow_, workflow_->item(item)).empty())
      edges.emplace_back(item, item + 1);
  }
  return edges;
}

std::vector<BranchSet> ControlFlow::guards() const {
  if (owners_.size() > BranchSet().size()) return {};
  std::vector<std::vector<const Reference*>> ways(static_cast<std::size_t>(graph_.size()));
  for (const Reference& reference : references_) {
    if (reference.target < 0 || is_loop(reference)) continue;
    const bool waits = reference.link == Link::depends_on;
    ways[static_cast<std::size_t>(waits ? reference.item : reference.target)].push_back(&reference);
  }
  std::vector<BranchSet> guards(ways.size());
  for (const int item : graph_.order()) {
    const auto at = static_cast<std::size_t>(item);
    guards[at] = guard_of(item, ways[at], guards);
  }
  return guards;
}

BranchSet ControlFlow::guard_of(int item, const std::vector<const Reference*>& ways,
                                const std::vector<BranchSet>& guards) const {
  const auto guard = [&](int of) { return guards[static_cast<std::size_t>(of)]; };
  BranchSet waited_for;
  BranchSet led_by;
  bool is_led = false;
  // An item is led to by any one of its ways, so only what all ways have in common is certain.
  const auto lead = [&](const BranchSet& way) {
    led_by = is_led ? led_by & way : way;
    is_led = true;
  };
  for (const Reference* reference : ways) {
    if (reference->link == Link::depends_on) {
      waited_for |= guard(reference->target);
      continue;
    }
    BranchSet way = guard(reference->item);
    if (reference->branch >= 0) way.set(static_cast<std::size_t>(reference->branch));
    lead(way);
  }
  if (is_listed_ && item > 0 && read_branches(*workflow_, workflow_->item(item - 1)).empty())
    lead(guard(item - 1));
  return without_contradictions(waited_for | led_by);
}

/// An item that waits for steps in several branches of one conditional goes on after any of them.
BranchSet ControlFlow::without_contradictions(BranchSet guard) const {
  BranchSet kept = guard;
  for (std::size_t a = 0; a < owners_.size(); ++a) {
    for (std::size_t b = a + 1; b < owners_.size() && owners_[b] == owners_[a]; ++b) {
      if (guard.test(a) && guard.test(b)) kept.reset(a).reset(b);
    }
  }
  return kept;
}

bool ControlFlow::exclude_each_other(const BranchSet& a, const BranchSet& b) const {
  for (std::size_t i = 0; i < owners_.size(); ++i) {
    if (!a.test(i)) continue;
    for (std::size_t j = 0; j < owners_.size(); ++j) {
      if (i != j && owners_[i] == owners_[j] && b.test(j)) return true;
    }
  }
  return false;
}

}  // namespace llmw
