#include "pg/versions.hpp"

#include <compare>
#include <string>

#include "core/version.hpp"
#include "pg/boundary.hpp"
#include "pg/extension.hpp"

namespace llmw {

namespace {

/// The command of this session for which the versions were found to be the same.
struct CheckedCommand {
  TimestampTz statement;
  CommandId command;

  bool operator==(const CheckedCommand&) const = default;
};

constinit CheckedCommand last_checked{0, 0};

}  // namespace

std::string_view library_version() { return LLMW_VERSION; }

std::optional<Error> version_mismatch(std::string_view version) {
  const std::string_view ours = library_version();
  if (version == ours) return std::nullopt;
  const std::string theirs(version);
  const bool library_is_older = std::is_lt(compare_versions(ours, version));
  return Error(sqlstate::kNotInPrerequisiteState,
               "the library and the SQL objects of llm_workflow are of different versions",
               "The library that is loaded is of version " + std::string(ours) +
                   ", the SQL objects of this database are of version " + theirs + ".",
               library_is_older ? "Install llm_workflow " + theirs +
                                      " if it is not, and restart the server to load it."
                                : "Run ALTER EXTENSION llm_workflow UPDATE in this database.");
}

void check_versions() {
  if (creating_extension || IsBinaryUpgrade) return;
  const CheckedCommand now{GetCurrentStatementStartTimestamp(), GetCurrentCommandId(false)};
  if (now == last_checked) return;
  if (const std::optional<Extension> extension = find_extension())
    if (std::optional<Error> error = version_mismatch(extension->version)) throw std::move(*error);
  last_checked = now;
}

}  // namespace llmw
