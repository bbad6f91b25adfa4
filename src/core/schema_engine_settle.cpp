#include <algorithm>

#include "core/schema_engine.hpp"
#include "core/text.hpp"

namespace llmw::schema {
namespace {

constexpr std::size_t kShownStep = 200;

/// Whether the keyword speaks of a container while one of its members or items is read.
bool is_about_container(Keyword keyword) {
  return keyword == Keyword::max_properties || keyword == Keyword::max_items ||
         keyword == Keyword::max_contains;
}

void append_step(std::string& path, std::string_view key) {
  path += '/';
  for (const char c : cut_utf8(key, kShownStep)) {
    if (c == '~' || c == '/') {
      path += c == '~' ? "~0" : "~1";
    } else {
      path += c;
    }
  }
}

const ValueSet* values_of(const Failure& failure) {
  if (failure.keyword == Keyword::constant) return failure.node->constant.get();
  return failure.keyword == Keyword::enumeration ? failure.node->enumeration.get() : nullptr;
}

}  // namespace

// ---- Failures -----------------------------------------------------------------------------------

void Engine::fail(Index entry, Keyword keyword, std::uint32_t detail, std::string_view key) {
  const std::size_t depth = levels_.size() - (is_about_container(keyword) ? 1 : 0);
  fail_branch(entries_[entry].branch, {keyword, entries_[entry].node, detail, offset_}, depth, key);
}

/// Ends the branch, and every branch around it whose group cannot hold any more.
void Engine::fail_branch(Index index, Failure failure, std::size_t depth, std::string_view key) {
  std::string text;
  while (index != 0) {
    Branch& branch = branches_[index];
    if (branch.failed || branch.dropped) return;
    branch.failed = true;
    branch.failure = failure;
    branch.event = event_;
    if (!fail_group(index, failure, depth, text)) return;
    index = branch.owner;
  }
  report(failure, depth, text.empty() ? describe(failure, key) : text);
}

/// Whether the owner of the branch's group fails with it, and why: `failure`, `depth` and `text`
/// are made to say so.
bool Engine::fail_group(Index index, Failure& failure, std::size_t& depth, std::string& text) {
  Group& group = groups_[branches_[index].group];
  switch (group.kind) {
    case GroupKind::any_of:
    case GroupKind::one_of: return fail_choice(group, failure, depth, text);
    case GroupKind::conditional: {
      if (index == group.first + 1) return false;
      if (index == group.first + 2) return branches_[group.first].failed;
      branches_[group.first + 1].dropped = true;
      const Branch& otherwise = branches_[group.first + 2];
      if (!otherwise.failed) return false;
      text = "does not match \"if\", and " + describe(otherwise.failure, {});
      failure = {Keyword::else_branch, group.node, 0, offset_};
      depth = group.depth;
      return true;
    }
    case GroupKind::dependent: return group.triggered;
    case GroupKind::key_name:
      text = "the key " + (text.empty() ? describe(failure, {}) : text);
      failure.keyword = Keyword::property_names;
      return true;
    case GroupKind::negation:
    case GroupKind::contains:
    case GroupKind::unevaluated:
    case GroupKind::scope: break;
  }
  return false;
}

/// The alternative that lasted longest is the one that was meant: when it lasted longer than all
/// others, the violation is what ended it.
bool Engine::fail_choice(Group& group, Failure& failure, std::size_t& depth, std::string& text) {
  if (--group.alive > 0) return false;
  const auto* first = &branches_[group.first];
  const auto last_ones = std::count_if(
      first, first + group.count, [this](const Branch& branch) { return branch.event == event_; });
  if (last_ones == 1) return true;
  const Keyword keyword = group.kind == GroupKind::any_of ? Keyword::any_of : Keyword::one_of;
  text = group.owner == 0 ? common_choice(group) : std::string();
  if (text.empty()) depth = group.depth;
  failure = {keyword, group.node, 0, offset_};
  return true;
}

/// "must be one of ..." when the alternatives that were left all wanted other values at this place.
std::string Engine::common_choice(const Group& group) const {
  std::string listed;
  for (Index index = group.first; index < group.first + group.count; ++index) {
    if (branches_[index].event != event_) continue;
    const ValueSet* values = values_of(branches_[index].failure);
    if (values == nullptr) return {};
    if (!listed.empty()) listed += ", ";
    listed += values->listed;
  }
  return "must be one of " + std::string(cut_utf8(listed, kShownStep * 2));
}

// ---- Groups at the end of their value -----------------------------------------------------------

void Engine::settle(Index index) {
  Group& group = groups_[index];
  switch (group.kind) {
    case GroupKind::any_of:
    case GroupKind::key_name: return;
    case GroupKind::one_of: {
      const auto* first = &branches_[group.first];
      const auto held = std::count_if(first, first + group.count,
                                      [](const Branch& branch) { return !branch.failed; });
      if (held > 1) {
        fail_branch(group.owner,
                    {Keyword::one_of, group.node, static_cast<std::uint32_t>(held), offset_},
                    group.depth, {});
      }
      return;
    }
    case GroupKind::negation: {
      const bool failed = branches_[group.first].failed;
      branches_[group.first].dropped = true;
      if (failed) return;
      fail_branch(group.owner, {Keyword::negation, group.node, 0, offset_}, group.depth, {});
      return;
    }
    case GroupKind::conditional: settle_conditional(group); return;
    case GroupKind::dependent:
      if (!group.triggered) branches_[group.first].dropped = true;
      return;
    case GroupKind::contains: settle_contains(group); return;
    case GroupKind::unevaluated:
      scopes_[group.target].child_failed = branches_[group.first].failed;
      return;
    case GroupKind::scope: settle_scope(group); return;
  }
}

void Engine::settle_conditional(const Group& group) {
  if (branches_[group.first].failed) return;
  branches_[group.first + 2].dropped = true;
  const Branch& consequence = branches_[group.first + 1];
  if (!consequence.failed) return;
  fail_branch(group.owner, {Keyword::then_branch, group.node, 0, offset_}, group.depth,
              describe(consequence.failure, {}));
}

void Engine::settle_contains(const Group& group) {
  if (branches_[group.first].failed) return;
  Entry& array = entries_[group.target];
  ++array.contained;
  mark_evaluated(array.scope, array.branch);
  const std::int64_t max = array.node->array->max_contains;
  if (max >= 0 && array.contained == max + 1) fail(group.target, Keyword::max_contains);
}

void Engine::settle_scope(const Group& group) {
  const Scope& scope = scopes_[group.target];
  for (const Unjudged& child : scope.unjudged) {
    charge(4 * child.evaluators.size());
    const bool evaluated =
        std::any_of(child.evaluators.begin(), child.evaluators.end(),
                    [&](Index evaluator) { return held(evaluator, scope.branch); });
    if (evaluated) continue;
    append_step(path_tail_, child.key.empty() && scope.keyword == Keyword::unevaluated_items
                                ? std::to_string(child.index)
                                : child.key);
    fail_branch(scope.branch, {scope.keyword, scope.node, 0, offset_}, group.depth, child.key);
    path_tail_.clear();
  }
}

/// Whether what was found in the branch counts in the branch `up_to` around it.
bool Engine::held(Index branch, Index up_to) const {
  for (; branch != up_to && branch != 0; branch = branches_[branch].owner) {
    if (dead(branch)) return false;
  }
  return true;
}

// ---- Reports ------------------------------------------------------------------------------------

void Engine::report(const Failure& failure, std::size_t depth, std::string_view text) {
  if (stopped_) return;
  SchemaViolation violation{path(depth) + path_tail_, std::string(keyword_name(failure.keyword)),
                            std::string(text), failure.offset};
  if (std::find(violations_.begin(), violations_.end(), violation) != violations_.end()) return;
  violations_.push_back(std::move(violation));
  stopped_ = violations_.size() >= max_violations_;
}

/// JSON Pointer to what `depth` open containers hold at present.
std::string Engine::path(std::size_t depth) const {
  std::string out;
  for (std::size_t d = 0; d < depth; ++d) {
    const Level& level = levels_[d];
    if (level.object) {
      const std::size_t end = d + 1 < levels_.size() ? levels_[d + 1].path : path_.size();
      append_step(out, std::string_view(path_).substr(level.path, end - level.path));
    } else {
      (out += '/') += std::to_string(level.count - 1);
    }
  }
  return out;
}

void Engine::charge(std::size_t steps) {
  steps_ += steps;
  if (steps_ > kMaxSchemaSteps) hit_limit(kMaxSchemaSteps, "steps");
}

void Engine::hit_limit(std::size_t limit, const char* what) {
  if (stopped_) return;
  stopped_ = true;
  violations_.push_back(
      {path(levels_.size()), "",
       "the check was given up: it needs more than " + std::to_string(limit) + " " + what,
       offset_});
}

}  // namespace llmw::schema
