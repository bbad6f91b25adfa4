#pragma once
// Runs a Schema::Program over the events of the JSON parser.
//
// An *entry* is a node that applies to a value that is open. Every entry stands in a *branch*. What
// fails in branch 0 is a violation. anyOf, oneOf, not, if and the like open a *group* of branches
// of their own; a failure there only ends the branch, and the group decides, at once or when its
// value ends, whether the branch that it stands in (its owner) fails too. Entries, groups and
// branches of a value are on stacks and go when it ends, groups in the reverse order of their
// opening, so an inner decision is there when the outer one needs it.
//
// A *scope* belongs to unevaluatedProperties or unevaluatedItems: it collects, for each member or
// item, the branches that have looked at it, and judges when the value ends which of those held.
//
// Nothing is allocated for an event once the stacks have grown, but for enum, const and uniqueItems
// of containers and for unevaluated*. The steps, and what is on the stacks, are bounded.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_push.hpp"
#include "core/schema.hpp"
#include "core/schema_canonical.hpp"
#include "core/schema_program.hpp"

namespace llmw::schema {

class Engine {
 public:
  Engine(const Schema::Program& program, std::size_t max_violations);

  // The parser's handler (json_push.hpp). False when enough violations are there.
  bool on_token_begin(JsonToken token, std::size_t at);
  bool on_object_begin(std::size_t at) { return begin_container(kObject, at); }
  bool on_object_end(std::size_t at) { return end_container(at); }
  bool on_array_begin(std::size_t at) { return begin_container(kArray, at); }
  bool on_array_end(std::size_t at) { return end_container(at); }
  bool on_key(std::string_view key, JsonSpan span);
  bool on_string(std::string_view value, JsonSpan span);
  bool on_number(std::string_view literal, JsonSpan span);
  bool on_boolean(bool value, JsonSpan span);
  bool on_null(JsonSpan span);

  bool stopped() const { return stopped_; }
  const std::vector<SchemaViolation>& violations() const { return violations_; }
  void add_fault(const JsonRead& read);

 private:
  using Index = std::uint32_t;

  struct Branch {
    Index group;  ///< kNone for branch 0
    Index owner;
    bool failed = false;
    bool dropped = false;  ///< what it finds does not matter
    Failure failure{};
    std::uint64_t event = 0;  ///< at which it failed
  };

  enum class GroupKind : std::uint8_t {
    any_of,
    one_of,
    negation,
    conditional,  ///< branches: if, then, else
    dependent,
    key_name,
    contains,
    unevaluated,  ///< of one member or item
    scope,        ///< no branches
  };

  struct Group {
    GroupKind kind;
    Index owner;  ///< branch
    Index first;  ///< its first branch
    Index count;
    Index alive;
    const Node* node;
    Index target;  ///< entry or scope that the result goes to
    std::size_t depth;
    bool triggered = false;
  };

  struct Entry {
    const Node* node;
    Index branch;
    Index scope;  ///< innermost one on the same value, or kNone
    std::uint64_t seen = 0;
    Index contained = 0;
    Index dependents = 0;  ///< its first dependent group
    bool off = false;      ///< broken beyond further use
  };

  struct Unjudged {
    std::string key;
    std::size_t index;
    std::size_t offset;
    std::vector<Index> evaluators;
  };

  struct Scope {
    Index branch;
    Index parent;
    NodeId child;
    Keyword keyword;
    const Node* node;
    std::vector<Index> evaluators{};  ///< of the present member or item
    bool child_failed = false;
    std::vector<Unjudged> unjudged{};
  };

  /// Heights of the stacks before a value.
  struct Mark {
    Index entries, groups, branches, scopes;
  };

  struct Level {
    bool object;
    bool captured;  ///< the canonical builder follows it
    Mark mark;
    std::size_t path;   ///< where the present key begins in path_
    std::size_t count;  ///< members or items begun
  };

  /// A node that the next value must be checked against.
  struct Target {
    enum class Role : std::uint8_t { plain, contains, unevaluated };
    NodeId node;
    Index branch;
    Role role;
    Index target;  ///< entry or scope
  };

  // schema_engine.cpp: events
  void begin_value(Types type, std::size_t at);
  void begin_scalar(Types type, std::size_t at);
  bool end_scalar(std::string (*canonical)(std::string_view), std::string_view text);
  bool begin_container(Types type, std::size_t at);
  bool end_container(std::size_t at);
  void end_value(const Mark& mark);
  void check_type(Index entry, Types type);
  void check_string(Index entry, std::string_view value);
  void check_number(Index entry, std::string_view literal);
  void check_word(Index entry, bool ValueSet::*member);
  void check_members(Index entry, std::size_t count);
  void check_items(Index entry, std::size_t count);
  void check_captured(const Mark& mark, Types type);
  bool needs_capture(const Mark& mark, Types type);

  // schema_engine_apply.cpp: which nodes apply to what
  void spawn(NodeId id, Index branch, Index scope);
  void spawn_in_place(Index entry);
  void spawn_dependents(Index entry);
  void open_scope(Index entry, NodeId child, Keyword keyword);
  Index open_group(GroupKind kind, Index owner, Index branches, const Node* node, Index target);
  void spawn_target(const Target& target);
  void next_member(std::string_view key);
  void look_up(Index entry, std::string_view key, std::uint32_t hash);
  void trigger(Index group);
  void check_key_name(Index entry, std::string_view key);
  void next_item();
  void add_target(NodeId node, Index branch);
  void mark_evaluated(Index scope, Index branch);
  void add_unevaluated_targets(std::string_view key);
  void judge_children();

  // schema_engine_settle.cpp: failures and groups
  void fail(Index entry, Keyword keyword, std::uint32_t detail = 0, std::string_view key = {});
  void fail_branch(Index branch, Failure failure, std::size_t depth, std::string_view key);
  bool fail_group(Index branch, Failure& failure, std::size_t& depth, std::string& text);
  bool fail_choice(Group& group, Failure& failure, std::size_t& depth, std::string& text);
  std::string common_choice(const Group& group) const;
  void settle(Index group);
  void settle_conditional(const Group& group);
  void settle_contains(const Group& group);
  void settle_scope(const Group& group);
  bool held(Index branch, Index up_to) const;
  void report(const Failure& failure, std::size_t depth, std::string_view text);
  std::string path(std::size_t depth) const;
  void charge(std::size_t steps);
  void hit_limit(std::size_t limit, const char* what);

  bool live(const Entry& entry) const { return !entry.off && !dead(entry.branch); }
  bool dead(Index branch) const { return branches_[branch].failed || branches_[branch].dropped; }
  Mark mark() const;

  const Schema::Program& program_;
  const std::size_t max_violations_;
  std::vector<Entry> entries_;
  std::vector<Group> groups_;
  std::vector<Branch> branches_;
  std::vector<Scope> scopes_;
  std::vector<Level> levels_;
  std::vector<Target> targets_;
  std::string path_;       ///< keys of the open objects, one after the other
  std::string path_tail_;  ///< of a child that has gone
  CanonicalBuilder canonical_;
  Mark scalar_{};       ///< of the scalar that has begun
  bool begun_ = false;  ///< on_token_begin has opened the scalar
  Types type_ = 0;      ///< of the value that is opened
  std::size_t offset_ = 0;
  std::uint64_t event_ = 0;
  std::size_t steps_ = 0;
  bool stopped_ = false;
  std::vector<SchemaViolation> violations_;
};

}  // namespace llmw::schema
