#pragma once
// Where the extension lives in the current database.
//
// Call inside a transaction. May throw llmw::Error.

#include <optional>
#include <string>

#include "pg/postgres.hpp"

namespace llmw {

struct Extension {
  Oid oid = InvalidOid;
  Oid owner = InvalidOid;
  std::string schema;   ///< quoted as an identifier, in UTF-8: ready to stand before ".llm_calls"
  std::string version;  ///< of its SQL objects
};

/// The extension as installed in this database, or nothing. Takes no lock.
std::optional<Extension> find_extension();

/// The extension `oid`, with AccessShareLock on it until the transaction ends: it cannot be dropped
/// or moved meanwhile. Nothing if it is gone when the lock is granted.
std::optional<Extension> lock_extension(Oid oid);

/// `sql` with each "@extschema@" replaced by the extension's schema.
std::string in_schema(const Extension& extension, std::string_view sql);

}  // namespace llmw
