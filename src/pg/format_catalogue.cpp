#include "pg/format_catalogue.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"
#include "pg/table_cache.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

struct KnownVersion {
  FormatRow row;
  bool enabled = true;
  std::shared_ptr<const Format> compiled;  ///< empty until it is asked for
};

using Versions = std::map<int, KnownVersion, std::greater<>>;  // newest first
using Formats = std::map<std::string, Versions, std::less<>>;

/// A row as read: trivially destructible, so that an error of PostgreSQL may skip it.
struct ReadRow {
  const char* name;
  const char* system_prompt;
  const char* json_schema;
  const char* rules;
  int version;
  int max_output_tokens;
  bool enabled;
};

constinit TableCache<Formats> cache{"workflow_formats"};

ReadRow read_row(const RowReader& row) {
  return {row.text_or_null("name"),        row.text_or_null("system_prompt"),
          row.text_or_null("json_schema"), row.jsonb_or_null("rules"),
          row.int_or_zero("version"),      row.int_or_zero("max_output_tokens"),
          DatumGetBool(row.get("enabled"))};
}

FormatRow to_format_row(const ReadRow& row) {
  return {to_utf8(row.name),
          row.version,
          to_utf8(row.system_prompt),
          to_utf8(row.json_schema),
          row.rules == nullptr ? std::string() : to_utf8(row.rules),
          row.max_output_tokens};
}

/// What an older load compiled for the same row, or nothing.
std::shared_ptr<const Format> compiled_before(const FormatRow& row) {
  const Formats* before = cache.last();
  if (before == nullptr) return nullptr;
  const auto format = before->find(row.name);
  if (format == before->end()) return nullptr;
  const auto version = format->second.find(row.version);
  if (version == format->second.end() || version->second.row != row) return nullptr;
  return version->second.compiled;
}

Formats to_formats(std::span<const ReadRow> rows) {
  Formats formats;
  for (const ReadRow& read : rows) {
    KnownVersion version{to_format_row(read), read.enabled, nullptr};
    version.compiled = compiled_before(version.row);
    Versions& versions = formats[version.row.name];
    versions.emplace(read.version, std::move(version));
  }
  return formats;
}

Formats& current() { return cache.current(read_row, to_formats); }

std::string quoted(std::string_view name) {
  constexpr std::size_t kMaxShownBytes = 64;
  return '"' + printable(name, kMaxShownBytes) + '"';
}

Versions& versions_of(std::string_view name) {
  Formats& formats = current();
  const auto found = formats.find(name);
  if (found != formats.end()) return found->second;
  throw Error(sqlstate::kUndefinedObject, "format " + quoted(name) + " does not exist", {},
              "Choose a format of the table workflow_formats, or make one: "
              "create_workflow_format().");
}

}  // namespace

std::shared_ptr<const Format> find_format(std::string_view name, int version) {
  Versions& versions = versions_of(name);
  const auto found = versions.find(version);
  if (found == versions.end())
    throw Error(sqlstate::kUndefinedObject, "version " + std::to_string(version) + " of format " +
                                                quoted(name) + " does not exist");
  KnownVersion& known = found->second;
  if (known.compiled == nullptr) known.compiled = std::make_shared<const Format>(known.row);
  return known.compiled;
}

int latest_format_version(std::string_view name) {
  for (const auto& [number, version] : versions_of(name))
    if (version.enabled) return number;
  throw Error(sqlstate::kNotInPrerequisiteState, "format " + quoted(name) + " is disabled", {},
              "Choose another format, or set enabled in one of its rows of workflow_formats.");
}

std::shared_ptr<const Format> find_latest_format(std::string_view name) {
  return find_format(name, latest_format_version(name));
}

std::shared_ptr<const Format> find_newest_format(std::string_view name) {
  const Formats& formats = current();
  const auto found = formats.find(name);
  if (found == formats.end() || found->second.empty()) return nullptr;
  return find_format(name, found->second.begin()->first);
}

std::vector<std::string> enabled_formats() {
  std::vector<std::string> names;
  for (const auto& [name, versions] : current()) {
    const bool is_enabled = std::any_of(versions.begin(), versions.end(),
                                        [](const auto& version) { return version.second.enabled; });
    if (is_enabled) names.push_back(name);
  }
  return names;
}

}  // namespace llmw
