#pragma once
// Whether this server may call providers for this database: llm_workflow.enabled is on, and the
// database is not a copy of one that was made elsewhere.
//
// Each row of llm_workflow_homes names a place: system identifier of the server and oid of the
// database. CREATE EXTENSION adds the place where it runs, dumps carry the rows along. While all
// rows name this place, the database is at home; llm_workflow_allow_here() makes it so.

#include <cstdint>
#include <optional>

#include "core/error.hpp"
#include "pg/postgres.hpp"

namespace llmw {

struct Place {
  std::int64_t system_identifier = 0;
  Oid database = InvalidOid;

  bool operator==(const Place&) const = default;
};

/// This server and database.
Place this_place();

/// The error 55000 that says where the database is at home, which is not here; nothing when it is
/// at home. The table is read once, then again when it changed. Call inside a transaction. May
/// throw llmw::Error.
std::optional<Error> not_at_home();

/// The error 55000 of calls that llm_workflow.enabled = off forbids.
Error switched_off();

/// Throws the one that applies: no call may be made. Call inside a transaction.
void check_sending_allowed();

}  // namespace llmw
