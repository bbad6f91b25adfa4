#pragma once
// A document that is too large for one answer, put together from parts.
//
// Two ways lead here. An answer was cut: its complete items are kept and the rest is asked for,
// call after call. Or the request asks for many items: their outline comes first, then parts of it
// in parallel. Either way the ids are given before a part is asked for, so they stay consistent.

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/flow_prompts.hpp"
#include "core/format.hpp"

namespace llmw {

class PartsCollector {
 public:
  explicit PartsCollector(const Rules& rules) : rules_(rules) {}

  /// Starts from the complete part of an answer that was cut.
  void keep(JsonValue document);
  /// Starts from an outline.
  void plan(std::vector<OutlineItem> outline) { outline_ = std::move(outline); }

  /// Takes the items of `part` whose ids are not there yet and, with an outline, are in it. Lists
  /// beside the items are joined. Returns how many were new.
  int add(JsonValue part);

  /// Ids that are there, in order of arrival.
  const std::vector<std::string>& ids() const { return ids_; }
  const std::vector<OutlineItem>& outline() const { return outline_; }
  /// Ids of the outline that are not there, in groups for one call each.
  std::vector<std::vector<std::string>> missing() const;

  const JsonValue& document() const { return document_; }
  /// The document with its items in the order of the outline.
  JsonValue assemble() &&;

 private:
  int add_items(JsonValue& from, JsonValue& to);
  std::string id_of(const JsonValue& item) const;
  bool is_planned(const std::string& id) const;

  const Rules& rules_;
  std::vector<OutlineItem> outline_;
  JsonValue document_;
  std::vector<std::string> ids_;
  std::set<std::string> known_;
};

/// What the items of a format are called: "steps" or "stages".
std::string_view noun_of(const Rules& rules);

/// Whether the answer from which only `document` is left was cut after its items.
bool has_all_items(const Rules& rules, const JsonValue& document);

}  // namespace llmw
