#include "core/schema_resources.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "core/error.hpp"
#include "core/text.hpp"

namespace llmw {
namespace {

enum class Holds { schema, list, map };

struct Applicator {
  std::string_view keyword;
  Holds holds;
};

/// Where a schema holds others. `items` and the values of `dependencies` may be something else.
constexpr std::array<Applicator, 23> kApplicators = {{
    {"$defs", Holds::map},
    {"additionalItems", Holds::schema},
    {"additionalProperties", Holds::schema},
    {"allOf", Holds::list},
    {"anyOf", Holds::list},
    {"contains", Holds::schema},
    {"contentSchema", Holds::schema},
    {"definitions", Holds::map},
    {"dependencies", Holds::map},
    {"dependentSchemas", Holds::map},
    {"else", Holds::schema},
    {"if", Holds::schema},
    {"items", Holds::schema},
    {"items", Holds::list},
    {"not", Holds::schema},
    {"oneOf", Holds::list},
    {"patternProperties", Holds::map},
    {"prefixItems", Holds::list},
    {"properties", Holds::map},
    {"propertyNames", Holds::schema},
    {"then", Holds::schema},
    {"unevaluatedItems", Holds::schema},
    {"unevaluatedProperties", Holds::schema},
}};

bool has_scheme(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  return colon != std::string_view::npos && colon > 0 && uri.find_first_of("/?#") > colon;
}

/// The path without `.` and `..` steps.
std::string without_dots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/', 1), path.size());
    const std::string_view step = path.substr(0, end);
    path.remove_prefix(end);
    if (step == "/..") {
      out.resize(std::min(out.rfind('/'), out.size()));
      if (path.empty()) out += '/';
    } else if (step == "/.") {
      if (path.empty()) out += '/';
    } else {
      out += step;
    }
  }
  return out;
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    int code = 0;
    if (text[at] == '%' && at + 2 < text.size() &&
        std::from_chars(&text[at] + 1, &text[at] + 3, code, 16).ptr == &text[at] + 3) {
      out += static_cast<char>(code);
      at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

std::string unescaped_step(std::string_view step) {
  std::string out;
  for (std::size_t at = 0; at < step.size(); ++at) {
    const bool escaped = step[at] == '~' && at + 1 < step.size();
    out += !escaped ? step[at] : step[++at] == '1' ? '/' : '~';
  }
  return out;
}

const JsonValue* child(const JsonValue& value, const std::string& step) {
  if (value.is_object()) return value.find(step);
  std::size_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  if (!value.is_array() || error != std::errc{} || end != step.data() + step.size() ||
      index >= value.items.size()) {
    return nullptr;
  }
  return &value.items[index];
}

const std::string* string_member(const JsonValue& schema, std::string_view key) {
  const JsonValue* value = schema.find(key);
  return value != nullptr && value->is_string() ? &value->text : nullptr;
}

std::string_view without_fragment(std::string_view uri) { return uri.substr(0, uri.find('#')); }

/// Whether "$schema" names a draft in which a $ref replaces its neighbours.
bool is_draft_07(const std::string& schema) {
  constexpr std::string_view kSupported = "2020-12, 2019-09, draft-07 and draft-06 are supported.";
  const std::string_view uri = without_fragment(schema);
  for (const char* draft : {"draft-07", "draft-06"}) {
    if (uri == std::string("http://json-schema.org/") + draft + "/schema") return true;
  }
  for (const char* draft : {"2020-12", "2019-09"}) {
    if (uri == std::string("https://json-schema.org/draft/") + draft + "/schema") return false;
  }
  throw Error(
      sqlstate::kInvalidParameterValue,
      "JSON schema has a \"$schema\" that is not supported: \"" + printable(schema, 200) + "\"",
      std::string(kSupported));
}

}  // namespace

std::string resolve_uri(std::string_view base, std::string_view reference) {
  if (reference.empty()) return std::string(base);
  if (base.empty() || has_scheme(reference)) return std::string(reference);
  const std::size_t scheme = has_scheme(base) ? base.find(':') + 1 : 0;
  if (reference.starts_with("//")) return std::string(base.substr(0, scheme)).append(reference);
  std::size_t path = scheme;
  if (base.substr(scheme).starts_with("//")) {
    path = std::min(base.find('/', scheme + 2), base.size());
  }
  std::string merged(reference);
  if (!reference.starts_with('/')) {
    const std::string_view old_path = base.substr(path);
    const std::size_t slash = old_path.rfind('/');
    merged.insert(0, slash == std::string_view::npos ? "/" : old_path.substr(0, slash + 1));
  }
  return std::string(base.substr(0, path)).append(without_dots(merged));
}

SchemaResources::SchemaResources(const JsonValue& document, bool draft_07) : document_(document) {
  visit(document, add_resource(document, "", draft_07));
}

void SchemaResources::add_document(const std::string& uri, const JsonValue& document,
                                   bool draft_07) {
  SchemaResource* resource = add_resource(document, uri, draft_07);
  resource->alias = uri;
  visit(document, resource);
}

SchemaResource* SchemaResources::add_resource(const JsonValue& root, std::string uri,
                                              bool draft_07) {
  auto& resource = resources_.emplace_back(std::make_unique<SchemaResource>());
  resource->uri = std::move(uri);
  resource->root = &root;
  const std::string* schema = string_member(root, "$schema");
  resource->draft_07 = schema == nullptr ? draft_07 : is_draft_07(*schema);
  return resource.get();
}

void SchemaResources::visit(const JsonValue& schema, SchemaResource* resource) {
  if (!schema.is_object()) return;
  const std::string* id = string_member(schema, "$id");
  if (id != nullptr && !(resource->draft_07 && schema.find("$ref") != nullptr)) {
    if (const std::string_view uri = without_fragment(*id); !uri.empty()) {
      const std::string absolute = resolve_uri(resource->uri, uri);
      if (&schema == resource->root) {
        resource->uri = absolute;
      } else {
        resource = add_resource(schema, absolute, resource->draft_07);
      }
    }
    if (const std::size_t mark = id->find('#');
        mark != std::string::npos && mark + 1 < id->size()) {
      resource->anchors.emplace(id->substr(mark + 1), &schema);
    }
  }
  if (const std::string* anchor = string_member(schema, "$anchor")) {
    resource->anchors.emplace(*anchor, &schema);
  }
  if (const std::string* anchor = string_member(schema, "$dynamicAnchor")) {
    resource->anchors.emplace(*anchor, &schema);
    resource->dynamic_anchors.emplace_back(*anchor, &schema);
  }
  has_dynamic_refs_ = has_dynamic_refs_ || schema.find("$dynamicRef") != nullptr;
  resource_of_.emplace(&schema, resource);
  visit_children(schema, resource);
}

void SchemaResources::visit_children(const JsonValue& schema, SchemaResource* resource) {
  for (const Applicator& applicator : kApplicators) {
    const JsonValue* held = schema.find(applicator.keyword);
    if (held == nullptr) continue;
    if (applicator.holds == Holds::schema) visit(*held, resource);
    if (applicator.holds == Holds::list) {
      for (const JsonValue& item : held->items) visit(item, resource);
    }
    if (applicator.holds == Holds::map) {
      for (const auto& [key, member] : held->members) visit(member, resource);
    }
  }
}

SchemaResources::Place SchemaResources::at(const JsonValue& schema,
                                           const SchemaResource* resource) const {
  const auto known = resource_of_.find(&schema);
  return {&schema, known == resource_of_.end() ? resource : known->second};
}

const SchemaResource* SchemaResources::find(std::string_view uri) const {
  const auto found =
      std::find_if(resources_.begin(), resources_.end(), [uri](const auto& resource) {
        return resource->uri == uri || (!uri.empty() && resource->alias == uri);
      });
  return found == resources_.end() ? nullptr : found->get();
}

SchemaResources::Place SchemaResources::resolve(const SchemaResource& from,
                                                std::string_view ref) const {
  const std::string_view uri = without_fragment(ref);
  const SchemaResource* resource = uri.empty() ? &from : find(resolve_uri(from.uri, uri));
  if (resource == nullptr) return {};
  const Place whole{resource->root, resource};
  if (uri.size() + 1 >= ref.size()) return whole;
  const std::string fragment = percent_decoded(ref.substr(uri.size() + 1));
  if (fragment.starts_with('/')) return follow_pointer(whole, fragment);
  const auto anchor = resource->anchors.find(fragment);
  return anchor == resource->anchors.end() ? Place{} : at(*anchor->second, resource);
}

SchemaResources::Place SchemaResources::follow_pointer(Place place,
                                                       std::string_view pointer) const {
  while (!pointer.empty() && place.value != nullptr) {
    pointer.remove_prefix(1);
    const std::size_t end = std::min(pointer.find('/'), pointer.size());
    place.value = child(*place.value, unescaped_step(pointer.substr(0, end)));
    if (place.value != nullptr) place = at(*place.value, place.resource);
    pointer.remove_prefix(end);
  }
  return place;
}

}  // namespace llmw
