#pragma once
// Turns a schema document into a Schema::Program. Used by schema_compile*.cpp only.
//
// A subschema becomes a node when something refers to it; nodes that are still to be filled wait in
// a list, so a schema that refers to itself needs no recursion. $dynamicRef is settled here too: a
// subschema that is reached with other dynamic anchors in scope is another node.

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/json_value.hpp"
#include "core/schema_program.hpp"
#include "core/schema_resources.hpp"

namespace llmw::schema {

class Compiler {
 public:
  /// `others` are the documents of the options, in their order.
  Compiler(const JsonValue& document, const std::deque<JsonValue>& others,
           const SchemaOptions& options);
  std::unique_ptr<const Schema::Program> run();

  using Handler = void (Compiler::*)(const JsonValue&);

  // One for each keyword, in schema_compile_rules.cpp. They fill node().
  void on_annotation(const JsonValue&) {}
  void on_unsupported(const JsonValue&);
  void on_type(const JsonValue& value);
  void on_enum(const JsonValue& value);
  void on_const(const JsonValue& value);
  void on_min_length(const JsonValue& value);
  void on_max_length(const JsonValue& value);
  void on_pattern(const JsonValue& value);
  void on_minimum(const JsonValue& value);
  void on_maximum(const JsonValue& value);
  void on_exclusive_minimum(const JsonValue& value);
  void on_exclusive_maximum(const JsonValue& value);
  void on_multiple_of(const JsonValue& value);
  void on_min_properties(const JsonValue& value);
  void on_max_properties(const JsonValue& value);
  void on_required(const JsonValue& value);
  void on_dependent_required(const JsonValue& value);
  void on_min_items(const JsonValue& value);
  void on_max_items(const JsonValue& value);
  void on_unique_items(const JsonValue& value);
  void on_min_contains(const JsonValue& value);
  void on_max_contains(const JsonValue& value);
  // In schema_compile.cpp: those that hold schemas.
  void on_ref(const JsonValue& value);
  void on_dynamic_ref(const JsonValue& value);
  void on_definitions(const JsonValue& value);
  void on_properties(const JsonValue& value);
  void on_pattern_properties(const JsonValue& value);
  void on_additional_properties(const JsonValue& value);
  void on_property_names(const JsonValue& value);
  void on_dependent_schemas(const JsonValue& value);
  void on_dependencies(const JsonValue& value);
  void on_prefix_items(const JsonValue& value);
  void on_items(const JsonValue& value);
  void on_additional_items(const JsonValue& value);
  void on_contains(const JsonValue& value);
  void on_all_of(const JsonValue& value);
  void on_any_of(const JsonValue& value);
  void on_one_of(const JsonValue& value);
  void on_not(const JsonValue& value);
  void on_if(const JsonValue& value);
  void on_then(const JsonValue& value);
  void on_else(const JsonValue& value);
  void on_unevaluated_properties(const JsonValue& value);
  void on_unevaluated_items(const JsonValue& value);

 private:
  using Place = SchemaResources::Place;
  /// Dynamic anchors by name, each where the outermost resource that has it defines it.
  using Scope = std::map<std::string, const JsonValue*, std::less<>>;
  using ScopeId = std::size_t;

  struct Job {
    NodeId node;
    Place place;
    ScopeId scope;
    std::string path;  ///< for messages
  };

  NodeId node_at(Place place, ScopeId scope, std::string path);
  NodeId new_node();
  ScopeId enter(ScopeId scope, const SchemaResource& resource);
  void fill(Job job);
  void fill_keyword(std::string_view keyword, const JsonValue& value);
  /// Node of a schema that the current one holds under the keyword, or deeper (`step`).
  NodeId held(const JsonValue& schema, std::string_view step = {});
  std::vector<NodeId> held_list(const JsonValue& schemas);
  void choice(Keyword keyword, const JsonValue& schemas);
  Place resolve(const JsonValue& ref);
  void add_dependent_required(const std::string& trigger, const JsonValue& names);
  void watch_keys(const JsonValue& names, const std::string* trigger, ObjectRules* rules);
  ObjectRules& more_rules(const std::string* trigger);
  void add_dependent_schema(const std::string& trigger, NodeId node);
  void add_bound(Keyword keyword, const JsonValue& value);
  SchemaPattern make_pattern(std::string_view text);

  Node& node() { return program_->nodes[job_.node]; }
  ObjectRules& object_rules();
  ArrayRules& array_rules();
  StringRules& string_rules();
  NumberRules& number_rules();
  InPlace& in_place();

  // What a keyword's value must be; they throw.
  [[noreturn]] void refuse(const std::string& what) const;
  void require_kind(const JsonValue& value, JsonValue::Kind kind, const char* what) const;
  std::int64_t count(const JsonValue& value) const;

  void finish();

  const SchemaOptions& options_;
  SchemaResources resources_;
  std::unique_ptr<Schema::Program> program_;
  std::map<std::pair<const JsonValue*, ScopeId>, NodeId> nodes_;
  std::vector<Scope> scopes_;
  std::map<Scope, ScopeId> scope_ids_;
  std::deque<Job> jobs_;
  std::size_t patterns_ = 0;
  Job job_{};                 ///< the schema that is being compiled
  std::string_view keyword_;  ///< and its keyword
};

/// Handler of a keyword; null when no draft defines it.
Compiler::Handler keyword_handler(std::string_view keyword);

/// Refuses schemas that apply to one value without end, and replaces nodes that say nothing of
/// their own. Throws llmw::Error 22023.
void simplify(Schema::Program& program);

}  // namespace llmw::schema
