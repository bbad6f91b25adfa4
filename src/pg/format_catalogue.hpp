#pragma once
// The formats of the current database, each compiled once per version and process.
//
// Like the models (pg/catalogue.hpp): read from workflow_formats on first use and again when the
// table has changed; a version whose row is as before is not compiled again. Call inside a
// transaction; all functions may throw llmw::Error.

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/format.hpp"

namespace llmw {

/// A version of a format, enabled or not. Error 42704 when there is none.
std::shared_ptr<const Format> find_format(std::string_view name, int version);

/// The newest enabled version. Error 42704 when there is no such format, 55000 when all its
/// versions are disabled.
int latest_format_version(std::string_view name);

/// The format of that version.
std::shared_ptr<const Format> find_latest_format(std::string_view name);

/// The newest version of the format, enabled or not; nullptr when there is none.
std::shared_ptr<const Format> find_newest_format(std::string_view name);

/// The names of all formats that have an enabled version, in order.
std::vector<std::string> enabled_formats();

}  // namespace llmw
