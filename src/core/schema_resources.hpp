#pragma once
// The resources of one schema document ($id, $anchor, $dynamicAnchor) and where a $ref in it leads.
// Nothing outside of the document is ever fetched.

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/json_value.hpp"

namespace llmw {

struct SchemaResource {
  std::string uri;    ///< without fragment; empty for a document without $id
  std::string alias;  ///< a second URI: under which the caller gave the document
  const JsonValue* root = nullptr;
  bool draft_07 = false;  ///< a $ref replaces what stands beside it
  std::map<std::string, const JsonValue*, std::less<>> anchors;
  std::vector<std::pair<std::string, const JsonValue*>> dynamic_anchors;
};

class SchemaResources {
 public:
  /// A schema and the resource that it belongs to; `value` is null when there is none.
  struct Place {
    const JsonValue* value = nullptr;
    const SchemaResource* resource = nullptr;
  };

  /// Throws llmw::Error 22023 for a "$schema" that is not supported. `document` must outlive this.
  SchemaResources(const JsonValue& document, bool draft_07);

  /// Another document that a $ref may lead to; must outlive this too.
  void add_document(const std::string& uri, const JsonValue& document, bool draft_07);

  Place root() const { return {&document_, resources_.front().get()}; }
  bool has_dynamic_refs() const { return has_dynamic_refs_; }
  /// A schema inside `parent`, which is in `resource`.
  Place at(const JsonValue& schema, const SchemaResource* resource) const;
  Place resolve(const SchemaResource& from, std::string_view ref) const;

 private:
  void visit(const JsonValue& schema, SchemaResource* resource);
  void visit_children(const JsonValue& schema, SchemaResource* resource);
  SchemaResource* add_resource(const JsonValue& root, std::string uri, bool draft_07);
  const SchemaResource* find(std::string_view uri) const;
  Place follow_pointer(Place from, std::string_view pointer) const;

  const JsonValue& document_;
  std::vector<std::unique_ptr<SchemaResource>> resources_;
  std::unordered_map<const JsonValue*, const SchemaResource*> resource_of_;
  bool has_dynamic_refs_ = false;
};

/// RFC 3986, as far as schemas need it: `reference`, without fragment, as seen from `base`.
std::string resolve_uri(std::string_view base, std::string_view reference);

}  // namespace llmw
