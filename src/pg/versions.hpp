#pragma once
// Whether the library and the SQL objects of this database are of one version.
//
// A server loads the library when it starts; ALTER EXTENSION ... UPDATE changes the SQL objects,
// database by database. In between the two may not meet: a function that takes an argument more
// would read one that is not there. So each SQL function of ours checks it first
// (LLMW_SQL_FUNCTION), and the worker in each of its transactions.
//
// Call inside a transaction.

#include <optional>
#include <string_view>

#include "core/error.hpp"

namespace llmw {

/// The version of this library: default_version of the control file that it was built with.
std::string_view library_version();

/// The error 55000 with its remedy when SQL objects of `version` are of another one than the
/// library.
std::optional<Error> version_mismatch(std::string_view version);

/// Throws version_mismatch() of the extension in this database. Does nothing when it is not
/// installed, and in its own scripts, which run while the versions differ. Looks once in each
/// command.
void check_versions();

}  // namespace llmw
