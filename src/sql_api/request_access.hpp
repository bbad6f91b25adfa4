#pragma once
// Who may see a request, and who may end it.

#include <string>

#include "core/uuid.hpp"
#include "pg/postgres.hpp"

namespace llmw {

std::string role_name_of(Oid role);
/// The same as a value of type name, in CurrentMemoryContext.
Datum role_name_datum(Oid role);

/// Throws llmw::Error 42501 unless the current role made the request `id`, as `role_name` says, or
/// has the privileges of that role, or may read its row of workflow_requests.
void check_may_see(const Uuid& id, const std::string& role_name);

/// Throws llmw::Error 42501 unless the current role is `role_name` or has its privileges.
void check_may_end(const Uuid& id, const std::string& role_name);

/// Throws llmw::Error 42704.
[[noreturn]] void throw_unknown_request(const Uuid& id);

}  // namespace llmw
