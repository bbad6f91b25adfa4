#include <array>

#include "core/schema_program.hpp"
#include "core/text.hpp"

namespace llmw::schema {
namespace {

constexpr std::size_t kShown = 200;

std::string quoted(std::string_view text) { return '"' + printable(text, kShown) + '"'; }

std::string plural(std::int64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

/// `a string`, `an object or null`
std::string list_types(Types types) {
  constexpr std::array<std::pair<Types, std::string_view>, 7> kNames = {{
      {kObject, "an object"},
      {kArray, "an array"},
      {kString, "a string"},
      {kNumber, "a number"},
      {kInteger, "an integer"},
      {kBoolean, "true or false"},
      {kNull, "null"},
  }};
  if ((types & kNumber) != 0) types &= static_cast<Types>(~kInteger);
  std::string out;
  for (const auto& [type, name] : kNames) {
    if ((types & type) == 0) continue;
    if (!out.empty()) out += " or ";
    out += name;
  }
  return out;
}

std::string list_values(const ValueSet& values, bool only) {
  if (values.listed.empty()) return "has no value that is allowed";
  return (only ? "must be " : "must be one of ") + printable(values.listed, 2 * kShown);
}

std::string describe_bound(const NumberRules::Bound& bound) {
  const char* relation = "a multiple of ";
  switch (bound.keyword) {
    case Keyword::minimum: relation = "at least "; break;
    case Keyword::maximum: relation = "at most "; break;
    case Keyword::exclusive_minimum: relation = "more than "; break;
    case Keyword::exclusive_maximum: relation = "less than "; break;
    default: break;
  }
  return std::string("must be ") + relation + printable(bound.literal, kShown);
}

std::string describe_string(const Failure& failure) {
  const StringRules& rules = *failure.node->string;
  switch (failure.keyword) {
    case Keyword::min_length:
      return "must have at least " + plural(rules.min_length, "character", "characters");
    case Keyword::max_length:
      return "must have at most " + plural(rules.max_length, "character", "characters");
    default: return "must match the pattern " + quoted(rules.pattern->text());
  }
}

std::string describe_array(const Failure& failure) {
  const ArrayRules& rules = *failure.node->array;
  switch (failure.keyword) {
    case Keyword::min_items: return "must have at least " + plural(rules.min, "item", "items");
    case Keyword::max_items: return "must have at most " + plural(rules.max, "item", "items");
    case Keyword::contains: return "must have an item that matches the schema of \"contains\"";
    case Keyword::min_contains:
      return "must have at least " + plural(rules.min_contains, "item", "items") +
             " that match the schema of \"contains\"";
    case Keyword::max_contains:
      return "must have at most " + plural(rules.max_contains, "item", "items") +
             " that match the schema of \"contains\"";
    default: return "must not have two equal items";
  }
}

std::string describe_object(const Failure& failure, std::string_view key) {
  const ObjectRules& rules = *failure.node->object;
  switch (failure.keyword) {
    case Keyword::required: return "must have the key " + quoted(rules.required[failure.detail]);
    case Keyword::dependent_required:
      return "must have the key " + quoted(rules.required[failure.detail]) +
             " because it has the key " + quoted(rules.trigger);
    case Keyword::min_properties: return "must have at least " + plural(rules.min, "key", "keys");
    case Keyword::max_properties: return "must have at most " + plural(rules.max, "key", "keys");
    default:
      return key.empty() ? "must not have keys that the schema does not name"
                         : "the key " + quoted(key) + " is not allowed";
  }
}

std::string describe_group(const Failure& failure, std::string_view key) {
  switch (failure.keyword) {
    case Keyword::any_of: return "must match one of the schemas of \"anyOf\"";
    case Keyword::one_of:
      return "must match one of the schemas of \"oneOf\"" +
             (failure.detail > 1 ? ", but matches " + std::to_string(failure.detail) : "");
    case Keyword::negation: return "must not match the schema of \"not\"";
    case Keyword::then_branch:
      return "matches \"if\", and " + (key.empty() ? "not \"then\"" : std::string(key));
    case Keyword::unevaluated_properties:
      return key.empty() ? "must not have keys that the schema does not name"
                         : "the key " + quoted(key) + " is not allowed";
    case Keyword::unevaluated_items: return "is an item that is not allowed";
    default: return "does not match the schema";
  }
}

}  // namespace

std::string describe(const Failure& failure, std::string_view key) {
  switch (failure.keyword) {
    case Keyword::false_schema: return "is not allowed here";
    case Keyword::type: return "must be " + list_types(failure.node->types);
    case Keyword::enumeration: return list_values(*failure.node->enumeration, false);
    case Keyword::constant: return list_values(*failure.node->constant, true);
    case Keyword::min_length:
    case Keyword::max_length:
    case Keyword::pattern: return describe_string(failure);
    case Keyword::minimum:
    case Keyword::maximum:
    case Keyword::exclusive_minimum:
    case Keyword::exclusive_maximum:
    case Keyword::multiple_of: return describe_bound(failure.node->number->bounds[failure.detail]);
    case Keyword::min_properties:
    case Keyword::max_properties:
    case Keyword::required:
    case Keyword::additional_properties:
    case Keyword::dependent_required: return describe_object(failure, key);
    case Keyword::min_items:
    case Keyword::max_items:
    case Keyword::unique_items:
    case Keyword::contains:
    case Keyword::min_contains:
    case Keyword::max_contains: return describe_array(failure);
    default: return describe_group(failure, key);
  }
}

std::string_view keyword_name(Keyword keyword) {
  constexpr std::array<std::string_view, 33> kNames = {
      "",
      "false",
      "type",
      "enum",
      "const",
      "minLength",
      "maxLength",
      "pattern",
      "minimum",
      "maximum",
      "exclusiveMinimum",
      "exclusiveMaximum",
      "multipleOf",
      "minProperties",
      "maxProperties",
      "required",
      "additionalProperties",
      "propertyNames",
      "dependentRequired",
      "dependentSchemas",
      "minItems",
      "maxItems",
      "uniqueItems",
      "contains",
      "minContains",
      "maxContains",
      "anyOf",
      "oneOf",
      "not",
      "then",
      "else",
      "unevaluatedProperties",
      "unevaluatedItems",
  };
  return kNames[static_cast<std::size_t>(keyword)];
}

}  // namespace llmw::schema
