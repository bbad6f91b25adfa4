#include "sql_api/request_access.hpp"

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/own_table.hpp"
#include "pg/text.hpp"
#include "sql_api/extension_owner.hpp"

namespace llmw {

namespace {

// A job that was not yet taken has no row.
constexpr const char* kMayRead =
    "SELECT WHERE @extschema@.llmw_reads_all_requests() OR EXISTS ("
    " SELECT FROM @extschema@.workflow_requests"
    " WHERE request_id OPERATOR(pg_catalog.=) $1 AND submitted_at OPERATOR(pg_catalog.=) $2)";

/// Whether the current role, which may read the table, finds the row in it, as committed now.
bool finds_row(const Uuid& id) {
  const Extension extension = installed_extension();
  PgCall([] {
    SPI_connect();
    PushActiveSnapshot(GetLatestSnapshot());
  });
  const bool found = find_by_request(extension, kMayRead, id);
  PgCall([] {
    PopActiveSnapshot();
    SPI_finish();
  });
  return found;
}

bool may_read(const Uuid& id) {
  const Oid table = find_own_table("workflow_requests");
  return PgCall([=] { return pg_class_aclcheck(table, GetUserId(), ACL_SELECT) == ACLCHECK_OK; }) &&
         finds_row(id);
}

/// As for pg_cancel_backend. The role may have been dropped since.
bool has_privileges_of(const std::string& role_name) {
  return PgCall([&] {
    const char* name =
        pg_any_to_server(role_name.c_str(), static_cast<int>(role_name.size()), PG_UTF8);
    const Oid role = get_role_oid(name, true);
    return OidIsValid(role) ? has_privs_of_role(GetUserId(), role) : superuser();
  });
}

[[noreturn]] void deny(const Uuid& id, std::string hint) {
  throw Error(sqlstate::kInsufficientPrivilege, "permission denied for request " + to_string(id),
              "Another role made it.", std::move(hint));
}

}  // namespace

std::string role_name_of(Oid role) {
  return to_utf8(PgCall([=] { return GetUserNameFromId(role, false); }));
}

Datum role_name_datum(Oid role) {
  return PgCall(
      [=] { return DirectFunctionCall1(namein, CStringGetDatum(GetUserNameFromId(role, false))); });
}

void check_may_see(const Uuid& id, const std::string& role_name) {
  if (role_name != role_name_of(GetUserId()) && !has_privileges_of(role_name) && !may_read(id))
    deny(id, "Ask for SELECT on workflow_requests.");
}

void check_may_end(const Uuid& id, const std::string& role_name) {
  if (role_name != role_name_of(GetUserId()) && !has_privileges_of(role_name))
    deny(id, "Ask for membership in that role.");
}

void throw_unknown_request(const Uuid& id) {
  throw Error(sqlstate::kUndefinedObject, "request " + to_string(id) + " does not exist", {},
              "Requests go when their month is detached from workflow_requests.");
}

}  // namespace llmw
