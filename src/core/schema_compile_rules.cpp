#include <algorithm>
#include <array>
#include <iterator>
#include <stdexcept>

#include "core/schema_canonical.hpp"
#include "core/schema_compiler.hpp"
#include "core/text.hpp"

namespace llmw::schema {
namespace {

constexpr std::int64_t kMaxCount = std::int64_t{1} << 53;
constexpr std::size_t kShownValues = 300;

struct NamedHandler {
  std::string_view keyword;
  Compiler::Handler handler;
};

/// In the order of their names.
constexpr NamedHandler kHandlers[] = {
    {"$anchor", &Compiler::on_annotation},
    {"$comment", &Compiler::on_annotation},
    {"$defs", &Compiler::on_definitions},
    {"$dynamicAnchor", &Compiler::on_annotation},
    {"$dynamicRef", &Compiler::on_dynamic_ref},
    {"$id", &Compiler::on_annotation},
    {"$recursiveAnchor", &Compiler::on_unsupported},
    {"$recursiveRef", &Compiler::on_unsupported},
    {"$ref", &Compiler::on_ref},
    {"$schema", &Compiler::on_annotation},
    {"$vocabulary", &Compiler::on_annotation},
    {"additionalItems", &Compiler::on_additional_items},
    {"additionalProperties", &Compiler::on_additional_properties},
    {"allOf", &Compiler::on_all_of},
    {"anyOf", &Compiler::on_any_of},
    {"const", &Compiler::on_const},
    {"contains", &Compiler::on_contains},
    {"contentEncoding", &Compiler::on_annotation},
    {"contentMediaType", &Compiler::on_annotation},
    {"contentSchema", &Compiler::on_annotation},
    {"default", &Compiler::on_annotation},
    {"definitions", &Compiler::on_definitions},
    {"dependencies", &Compiler::on_dependencies},
    {"dependentRequired", &Compiler::on_dependent_required},
    {"dependentSchemas", &Compiler::on_dependent_schemas},
    {"deprecated", &Compiler::on_annotation},
    {"description", &Compiler::on_annotation},
    {"else", &Compiler::on_else},
    {"enum", &Compiler::on_enum},
    {"examples", &Compiler::on_annotation},
    {"exclusiveMaximum", &Compiler::on_exclusive_maximum},
    {"exclusiveMinimum", &Compiler::on_exclusive_minimum},
    {"format", &Compiler::on_annotation},
    {"if", &Compiler::on_if},
    {"items", &Compiler::on_items},
    {"maxContains", &Compiler::on_max_contains},
    {"maxItems", &Compiler::on_max_items},
    {"maxLength", &Compiler::on_max_length},
    {"maxProperties", &Compiler::on_max_properties},
    {"maximum", &Compiler::on_maximum},
    {"minContains", &Compiler::on_min_contains},
    {"minItems", &Compiler::on_min_items},
    {"minLength", &Compiler::on_min_length},
    {"minProperties", &Compiler::on_min_properties},
    {"minimum", &Compiler::on_minimum},
    {"multipleOf", &Compiler::on_multiple_of},
    {"not", &Compiler::on_not},
    {"oneOf", &Compiler::on_one_of},
    {"pattern", &Compiler::on_pattern},
    {"patternProperties", &Compiler::on_pattern_properties},
    {"prefixItems", &Compiler::on_prefix_items},
    {"properties", &Compiler::on_properties},
    {"propertyNames", &Compiler::on_property_names},
    {"readOnly", &Compiler::on_annotation},
    {"required", &Compiler::on_required},
    {"then", &Compiler::on_then},
    {"title", &Compiler::on_annotation},
    {"type", &Compiler::on_type},
    {"unevaluatedItems", &Compiler::on_unevaluated_items},
    {"unevaluatedProperties", &Compiler::on_unevaluated_properties},
    {"uniqueItems", &Compiler::on_unique_items},
    {"writeOnly", &Compiler::on_annotation},
};

Types type_named(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Types>, 7> kTypes = {{
      {"null", kNull},
      {"boolean", kBoolean},
      {"integer", kInteger},
      {"number", kNumber | kInteger},
      {"string", kString},
      {"array", kArray},
      {"object", kObject},
  }};
  const auto* found = std::find_if(kTypes.begin(), kTypes.end(),
                                   [name](const auto& entry) { return entry.first == name; });
  return found == kTypes.end() ? Types{0} : found->second;
}

void add_value(ValueSet& set, const JsonValue& value) {
  switch (value.kind) {
    case JsonValue::Kind::null:
      set.types |= kNull;
      set.has_null = true;
      break;
    case JsonValue::Kind::boolean:
      set.types |= kBoolean;
      (value.boolean ? set.has_true : set.has_false) = true;
      break;
    case JsonValue::Kind::number:
      set.types |= kNumber | kInteger;
      set.numbers.push_back(canonical_value(value));
      break;
    case JsonValue::Kind::string:
      set.types |= kString;
      set.strings.push_back(value.text);
      break;
    case JsonValue::Kind::array:
    case JsonValue::Kind::object:
      set.types |= value.is_array() ? kArray : kObject;
      set.containers.push_back(canonical_value(value));
      break;
  }
  if (set.listed.size() < kShownValues) {
    if (!set.listed.empty()) set.listed += ", ";
    set.listed += printable(write_json(value), kShownValues);
  }
}

}  // namespace

Compiler::Handler keyword_handler(std::string_view keyword) {
  const auto* found = std::lower_bound(
      std::begin(kHandlers), std::end(kHandlers), keyword,
      [](const NamedHandler& entry, std::string_view wanted) { return entry.keyword < wanted; });
  return found == std::end(kHandlers) || found->keyword != keyword ? nullptr : found->handler;
}

void Compiler::on_unsupported(const JsonValue&) { refuse("is not supported"); }

void Compiler::require_kind(const JsonValue& value, JsonValue::Kind kind, const char* what) const {
  if (value.kind != kind) refuse(std::string("must be ") + what);
}

std::int64_t Compiler::count(const JsonValue& value) const {
  const std::int64_t count = value.kind == JsonValue::Kind::number
                                 ? Decimal(value.text).as_count(kMaxCount)
                                 : std::int64_t{-1};
  if (count < 0) refuse("must be an integer that is not negative");
  return count;
}

// ---- Values -------------------------------------------------------------------------------------

void Compiler::on_type(const JsonValue& value) {
  constexpr const char* kWhat = "must be the name of a JSON type or an array of them";
  Types types = 0;
  if (value.is_string()) types = type_named(value.text);
  for (const JsonValue& item : value.items) {
    const Types type = item.is_string() ? type_named(item.text) : Types{0};
    if (type == 0) refuse(kWhat);
    types |= type;
  }
  if (types == 0) refuse(kWhat);
  node().types = types;
}

void Compiler::on_enum(const JsonValue& value) {
  require_kind(value, JsonValue::Kind::array, "an array");
  auto set = std::make_unique<ValueSet>();
  for (const JsonValue& item : value.items) add_value(*set, item);
  for (auto* values : {&set->strings, &set->numbers, &set->containers}) {
    std::sort(values->begin(), values->end());
  }
  node().enumeration = std::move(set);
}

void Compiler::on_const(const JsonValue& value) {
  node().constant = std::make_unique<ValueSet>();
  add_value(*node().constant, value);
}

StringRules& Compiler::string_rules() {
  if (!node().string) node().string = std::make_unique<StringRules>();
  return *node().string;
}

SchemaPattern Compiler::make_pattern(std::string_view text) {
  if (++patterns_ > kMaxSchemaPatterns) {
    refuse("is one regular expression too many: at most " + std::to_string(kMaxSchemaPatterns) +
           " are taken");
  }
  try {
    return SchemaPattern(text);
  } catch (const std::invalid_argument& error) {
    refuse("has a regular expression that cannot be used, \"" + printable(text, 100) +
           "\": " + printable(error.what(), 200));
  }
}

void Compiler::on_min_length(const JsonValue& value) { string_rules().min_length = count(value); }
void Compiler::on_max_length(const JsonValue& value) { string_rules().max_length = count(value); }
void Compiler::on_pattern(const JsonValue& value) {
  require_kind(value, JsonValue::Kind::string, "a string");
  string_rules().pattern = make_pattern(value.text);
}

NumberRules& Compiler::number_rules() {
  if (!node().number) node().number = std::make_unique<NumberRules>();
  return *node().number;
}

void Compiler::add_bound(Keyword keyword, const JsonValue& value) {
  require_kind(value, JsonValue::Kind::number, "a number");
  number_rules().bounds.push_back({keyword, Decimal(value.text), value.text});
}

void Compiler::on_minimum(const JsonValue& value) { add_bound(Keyword::minimum, value); }
void Compiler::on_maximum(const JsonValue& value) { add_bound(Keyword::maximum, value); }
void Compiler::on_exclusive_minimum(const JsonValue& value) {
  add_bound(Keyword::exclusive_minimum, value);
}
void Compiler::on_exclusive_maximum(const JsonValue& value) {
  add_bound(Keyword::exclusive_maximum, value);
}

void Compiler::on_multiple_of(const JsonValue& value) {
  add_bound(Keyword::multiple_of, value);
  if (!Decimal(value.text).usable_as_divisor()) {
    refuse("must be a positive number of at most 18 digits");
  }
}

// ---- Objects ------------------------------------------------------------------------------------

void Compiler::on_min_properties(const JsonValue& value) { object_rules().min = count(value); }
void Compiler::on_max_properties(const JsonValue& value) { object_rules().max = count(value); }

void Compiler::on_required(const JsonValue& value) { watch_keys(value, nullptr, &object_rules()); }

void Compiler::on_dependent_required(const JsonValue& value) {
  require_kind(value, JsonValue::Kind::object, "an object");
  for (const auto& [trigger, names] : value.members) add_dependent_required(trigger, names);
}

/// Each trigger has nodes of its own.
void Compiler::add_dependent_required(const std::string& trigger, const JsonValue& names) {
  watch_keys(names, &trigger, nullptr);
}

/// Requires the names, when the key `trigger` is there if one is given. `rules` are those to begin
/// with; a node can watch so many keys only, the others are given to more nodes for the same value.
void Compiler::watch_keys(const JsonValue& names, const std::string* trigger, ObjectRules* rules) {
  require_kind(names, JsonValue::Kind::array, "an array of strings");
  for (const JsonValue& name : names.items) {
    require_kind(name, JsonValue::Kind::string, "an array of strings");
    if (trigger != nullptr && name.text == *trigger) continue;
    if (rules == nullptr || rules->required.size() == kWatchedKeys) rules = &more_rules(trigger);
    Property& property = rules->properties.at(name.text);
    if (property.seen_bit >= 0) continue;
    property.seen_bit = static_cast<int>(rules->required.size());
    rules->required.push_back(name.text);
  }
}

ObjectRules& Compiler::more_rules(const std::string* trigger) {
  const NodeId more = new_node();
  in_place().all.push_back(more);
  program_->nodes[more].object = std::make_unique<ObjectRules>();
  ObjectRules& rules = *program_->nodes[more].object;
  if (trigger != nullptr) {
    rules.trigger = *trigger;
    rules.has_trigger = true;
    rules.properties.at(*trigger).seen_bit = kTriggerBit;
  }
  return rules;
}

// ---- Arrays -------------------------------------------------------------------------------------

void Compiler::on_min_items(const JsonValue& value) { array_rules().min = count(value); }
void Compiler::on_max_items(const JsonValue& value) { array_rules().max = count(value); }
void Compiler::on_min_contains(const JsonValue& value) {
  array_rules().min_contains = count(value);
}
void Compiler::on_max_contains(const JsonValue& value) {
  array_rules().max_contains = count(value);
}
void Compiler::on_unique_items(const JsonValue& value) {
  require_kind(value, JsonValue::Kind::boolean, "a boolean");
  array_rules().unique = value.boolean;
}

}  // namespace llmw::schema
