#include <algorithm>
#include <array>

#include "core/error.hpp"
#include "core/schema_compiler.hpp"
#include "core/text.hpp"

namespace llmw::schema {
namespace {

constexpr std::size_t kShownPath = 200;

std::string escaped_step(std::string_view step) {
  std::string out = "/";
  for (const char c : step) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

[[noreturn]] void refuse_schema(const std::string& why) {
  throw Error(sqlstate::kInvalidParameterValue, "invalid JSON schema: " + why);
}

JsonValue read_schema(std::string_view json) {
  if (json.size() > kMaxSchemaBytes) {
    refuse_schema("it is longer than " + std::to_string(kMaxSchemaBytes) + " bytes");
  }
  JsonValue document;
  const JsonRead read = read_json_value(json, document, DuplicateKeys::refuse);
  if (read.fault != JsonFault::none) refuse_schema("it is not JSON: " + read.message);
  return document;
}

}  // namespace

Compiler::Compiler(const JsonValue& document, const std::deque<JsonValue>& others,
                   const SchemaOptions& options)
    : options_(options),
      resources_(document, options.draft == SchemaOptions::Draft::draft_07),
      program_(std::make_unique<Schema::Program>()),
      scopes_(1) {
  for (std::size_t i = 0; i < others.size(); ++i) {
    resources_.add_document(options.documents[i].uri, others[i],
                            options.draft == SchemaOptions::Draft::draft_07);
  }
  program_->nodes.emplace_back();
}

std::unique_ptr<const Schema::Program> Compiler::run() {
  program_->root = node_at(resources_.root(), 0, "");
  while (!jobs_.empty()) {
    Job job = std::move(jobs_.front());
    jobs_.pop_front();
    fill(std::move(job));
  }
  for (Node& node : program_->nodes) {
    if (node.object) node.object->properties.index();
  }
  simplify(*program_);
  return std::move(program_);
}

// ---- Nodes --------------------------------------------------------------------------------------

NodeId Compiler::new_node() {
  if (program_->nodes.size() >= kMaxSchemaNodes) {
    refuse_schema("it has more than " + std::to_string(kMaxSchemaNodes) + " subschemas");
  }
  program_->nodes.emplace_back();
  return static_cast<NodeId>(program_->nodes.size() - 1);
}

NodeId Compiler::node_at(Place place, ScopeId scope, std::string path) {
  const JsonValue& schema = *place.value;
  if (schema.kind == JsonValue::Kind::boolean && schema.boolean) return kAccept;
  if (schema.kind != JsonValue::Kind::boolean && !schema.is_object()) {
    refuse_schema("a schema must be an object or a boolean, at \"" + printable(path, kShownPath) +
                  "\"");
  }
  scope = enter(scope, *place.resource);
  const auto [known, added] = nodes_.try_emplace({place.value, scope}, kNone);
  if (!added) return known->second;
  const NodeId id = new_node();
  known->second = id;
  jobs_.push_back({id, place, scope, std::move(path)});
  return id;
}

/// The scope in which an outer resource's anchors hide those of `resource`.
Compiler::ScopeId Compiler::enter(ScopeId scope, const SchemaResource& resource) {
  if (!resources_.has_dynamic_refs() || resource.dynamic_anchors.empty()) return scope;
  Scope inner = scopes_[scope];
  for (const auto& [name, schema] : resource.dynamic_anchors) inner.emplace(name, schema);
  if (inner.size() == scopes_[scope].size()) return scope;
  if (inner.size() > kMaxDynamicAnchors || scopes_.size() >= kMaxDynamicScopes) {
    refuse_schema("\"$dynamicAnchor\" is used too often");
  }
  const auto [known, added] = scope_ids_.try_emplace(inner, scopes_.size());
  if (added) scopes_.push_back(std::move(inner));
  return known->second;
}

void Compiler::fill(Job job) {
  job_ = std::move(job);
  const JsonValue& schema = *job_.place.value;
  if (!schema.is_object()) {
    node().never = true;
    return;
  }
  const JsonValue* ref = schema.find("$ref");
  if (ref != nullptr && job_.place.resource->draft_07) {
    fill_keyword("$ref", *ref);
    return;
  }
  for (const auto& [keyword, value] : schema.members) fill_keyword(keyword, value);
}

void Compiler::fill_keyword(std::string_view keyword, const JsonValue& value) {
  keyword_ = keyword;
  const Handler handler = keyword_handler(keyword);
  if (handler != nullptr) {
    (this->*handler)(value);
  } else if (options_.refuse_unknown_keywords) {
    refuse("is not a keyword of JSON Schema");
  }
}

NodeId Compiler::held(const JsonValue& schema, std::string_view step) {
  std::string path = job_.path + escaped_step(keyword_);
  if (!step.empty()) path += escaped_step(step);
  return node_at(resources_.at(schema, job_.place.resource), job_.scope, std::move(path));
}

std::vector<NodeId> Compiler::held_list(const JsonValue& schemas) {
  require_kind(schemas, JsonValue::Kind::array, "an array of schemas");
  std::vector<NodeId> nodes;
  for (std::size_t i = 0; i < schemas.items.size(); ++i) {
    nodes.push_back(held(schemas.items[i], std::to_string(i)));
  }
  return nodes;
}

void Compiler::refuse(const std::string& what) const {
  refuse_schema("\"" + printable(keyword_, 100) + "\" " + what +
                (job_.path.empty() ? "" : ", at \"" + printable(job_.path, kShownPath) + "\""));
}

// ---- References ---------------------------------------------------------------------------------

Compiler::Place Compiler::resolve(const JsonValue& ref) {
  require_kind(ref, JsonValue::Kind::string, "a string");
  const Place place = resources_.resolve(*job_.place.resource, ref.text);
  if (place.value == nullptr) {
    refuse("leads to nothing in this schema: \"" + printable(ref.text, 200) +
           "\" (other documents are never fetched)");
  }
  return place;
}

void Compiler::on_ref(const JsonValue& value) {
  const Place place = resolve(value);
  in_place().all.push_back(node_at(place, job_.scope, value.text));
}

void Compiler::on_dynamic_ref(const JsonValue& value) {
  Place place = resolve(value);
  const std::size_t mark = value.text.find('#');
  const std::string_view anchor = mark == std::string::npos
                                      ? std::string_view()
                                      : std::string_view(value.text).substr(mark + 1);
  const JsonValue* dynamic = place.value->find("$dynamicAnchor");
  if (dynamic != nullptr && dynamic->is_string() && dynamic->text == anchor) {
    const Scope& scope = scopes_[enter(job_.scope, *place.resource)];
    if (const auto outermost = scope.find(anchor); outermost != scope.end()) {
      place = resources_.at(*outermost->second, place.resource);
    }
  }
  in_place().all.push_back(node_at(place, job_.scope, value.text));
}

void Compiler::on_definitions(const JsonValue& value) {
  require_kind(value, JsonValue::Kind::object, "an object");
  for (const auto& [name, schema] : value.members) held(schema, name);
}

// ---- Schemas of members and items ---------------------------------------------------------------

ObjectRules& Compiler::object_rules() {
  if (!node().object) node().object = std::make_unique<ObjectRules>();
  return *node().object;
}

ArrayRules& Compiler::array_rules() {
  if (!node().array) node().array = std::make_unique<ArrayRules>();
  return *node().array;
}

InPlace& Compiler::in_place() {
  if (!node().in_place) node().in_place = std::make_unique<InPlace>();
  return *node().in_place;
}

void Compiler::on_properties(const JsonValue& value) {
  require_kind(value, JsonValue::Kind::object, "an object");
  for (const auto& [key, schema] : value.members) {
    const NodeId id = held(schema, key);
    object_rules().properties.at(key).node = id;
  }
}

void Compiler::on_pattern_properties(const JsonValue& value) {
  require_kind(value, JsonValue::Kind::object, "an object");
  for (const auto& [pattern, schema] : value.members) {
    const NodeId id = held(schema, pattern);
    object_rules().patterns.emplace_back(make_pattern(pattern), id);
  }
}

void Compiler::on_additional_properties(const JsonValue& value) {
  object_rules().additional = held(value);
}
void Compiler::on_property_names(const JsonValue& value) { object_rules().names = held(value); }

void Compiler::add_dependent_schema(const std::string& trigger, NodeId id) {
  ObjectRules& rules = object_rules();
  rules.properties.at(trigger).dependent = static_cast<std::uint32_t>(rules.dependents.size());
  rules.dependents.push_back(id);
}

void Compiler::on_dependent_schemas(const JsonValue& value) {
  require_kind(value, JsonValue::Kind::object, "an object");
  for (const auto& [key, schema] : value.members) add_dependent_schema(key, held(schema, key));
}

void Compiler::on_dependencies(const JsonValue& value) {
  require_kind(value, JsonValue::Kind::object, "an object");
  for (const auto& [key, dependency] : value.members) {
    if (dependency.is_array()) {
      add_dependent_required(key, dependency);
    } else {
      add_dependent_schema(key, held(dependency, key));
    }
  }
}

void Compiler::on_prefix_items(const JsonValue& value) {
  std::vector<NodeId> nodes = held_list(value);
  array_rules().prefix = std::move(nodes);
}

void Compiler::on_items(const JsonValue& value) {
  if (value.is_array()) {
    on_prefix_items(value);
  } else {
    array_rules().items = held(value);
  }
}

/// Of draft-07; it means something beside an `items` that is an array only.
void Compiler::on_additional_items(const JsonValue& value) {
  const JsonValue* items = job_.place.value->find("items");
  const NodeId id = held(value);
  if (items != nullptr && items->is_array()) array_rules().items = id;
}

void Compiler::on_contains(const JsonValue& value) { array_rules().contains = held(value); }

// ---- Schemas of the same value ------------------------------------------------------------------

void Compiler::on_all_of(const JsonValue& value) {
  const std::vector<NodeId> nodes = held_list(value);
  in_place().all.insert(in_place().all.end(), nodes.begin(), nodes.end());
}

void Compiler::choice(Keyword keyword, const JsonValue& schemas) {
  std::vector<NodeId> nodes = held_list(schemas);
  if (nodes.empty()) refuse("must have at least one schema");
  in_place().choices.push_back({keyword, std::move(nodes)});
}

void Compiler::on_any_of(const JsonValue& value) { choice(Keyword::any_of, value); }
void Compiler::on_one_of(const JsonValue& value) { choice(Keyword::one_of, value); }
void Compiler::on_not(const JsonValue& value) { in_place().negations.push_back(held(value)); }
void Compiler::on_if(const JsonValue& value) { in_place().condition = held(value); }
void Compiler::on_then(const JsonValue& value) { in_place().then_node = held(value); }
void Compiler::on_else(const JsonValue& value) { in_place().else_node = held(value); }
void Compiler::on_unevaluated_properties(const JsonValue& value) {
  in_place().unevaluated_properties = held(value);
}
void Compiler::on_unevaluated_items(const JsonValue& value) {
  in_place().unevaluated_items = held(value);
}

std::unique_ptr<const Schema::Program> compile(std::string_view json,
                                               const SchemaOptions& options) {
  const JsonValue document = read_schema(json);
  std::deque<JsonValue> others;
  for (const SchemaDocument& other : options.documents) others.push_back(read_schema(other.json));
  return Compiler(document, others, options).run();
}

}  // namespace llmw::schema
