#pragma once
// Tables of the extension, read and written for callers that have no rights on them.
//
// The rights are those of the extension's owner, the search_path is still the caller's: statements
// name schemas, operators and types in full.

#include "core/uuid.hpp"
#include "pg/boundary.hpp"
#include "pg/extension.hpp"
#include "pg/postgres.hpp"

namespace llmw {

/// The extension in this database. Throws llmw::Error 42704 when it is not installed.
Extension installed_extension();

/// Runs `body` with the owner's rights and with SPI connected. An exception must go on: the abort
/// puts the caller's rights back.
template <typename Body>
void as_extension_owner(const Extension& extension, Body&& body) {
  Oid user = InvalidOid;
  int context = 0;
  GetUserIdAndSecContext(&user, &context);
  SetUserIdAndSecContext(extension.owner,
                         context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
  PgCall([] { SPI_connect(); });
  body();
  PgCall([] { SPI_finish(); });
  SetUserIdAndSecContext(user, context);
}

/// The same, and what `body` reads is as committed now or done by this transaction, whatever the
/// snapshot of the caller's transaction sees: the worker writes in transactions of its own.
template <typename Body>
void read_newest_as_owner(const Extension& extension, Body&& body) {
  as_extension_owner(extension, [&] {
    PgCall([] { PushActiveSnapshot(GetLatestSnapshot()); });
    body();
    PgCall([] { PopActiveSnapshot(); });
  });
}

/// Runs a SELECT that finds at most one row by the request `id`, $1, and the time that the id
/// holds, $2. @extschema@ is replaced. True if there is a row: SpiRow(0).
bool find_by_request(const Extension& extension, const char* sql, const Uuid& id);

/// A statement that this session runs again and again, once for each row of somebody's table.
struct KeptStatement {
  const char* sql;  ///< with @extschema@
  const Oid* types;
  int parameters;
  SPIPlanPtr plan = nullptr;
  const Extension* of = nullptr;  ///< what the plan was made for

  /// Runs it, as the owner.
  void run(const Extension& extension, Datum* values);
};

}  // namespace llmw
