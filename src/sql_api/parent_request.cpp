#include "sql_api/parent_request.hpp"

#include <optional>

#include "core/error.hpp"
#include "core/json_value.hpp"
#include "pg/boundary.hpp"
#include "pg/extension.hpp"
#include "pg/ids.hpp"
#include "pg/own_table.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

// Runs with the rights of the extension's owner while the caller's search_path is in force: nothing
// in it is looked up there.
constexpr const char* kFindRequest =
    "SELECT role_name, status, format, prompt, services, agent, tags, document, warnings"
    " FROM @extschema@.workflow_requests"
    " WHERE request_id OPERATOR(pg_catalog.=) $1 AND submitted_at OPERATOR(pg_catalog.=) $2";

enum Column {
  kRoleName = 1,
  kStatus,
  kFormat,
  kPrompt,
  kServices,
  kAgent,
  kTags,
  kDocument,
  kWarnings
};

struct RequestRow {
  std::string role_name;
  std::string status;
  bool has_prompt = false;
  std::string warnings;  ///< JSON; empty: none
  ParentRequest parent;
};

/// The only row of the query that SPI has run.
class FoundRow {
 public:
  /// The value of a column, when it is not NULL.
  std::optional<Datum> get(Column column) const {
    struct Value {
      Datum datum;
      bool is_null;
    };
    const Value value = PgCall([=] {
      Value v{};
      v.datum = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, column, &v.is_null);
      return v;
    });
    if (value.is_null) return std::nullopt;
    return value.datum;
  }
  std::string text(Column column) const {
    const std::optional<Datum> value = get(column);
    return value ? to_utf8(reinterpret_cast<::text*>(DatumGetPointer(*value))) : std::string();
  }
  std::string jsonb(Column column) const {
    const std::optional<Datum> value = get(column);
    return value ? jsonb_to_utf8(*value) : std::string();
  }
};

RequestRow read_row(const FoundRow& found) {
  RequestRow row;
  row.role_name = to_utf8(NameStr(*DatumGetName(*found.get(kRoleName))));
  row.status = found.text(kStatus);
  row.has_prompt = found.get(kPrompt).has_value();
  row.warnings = found.jsonb(kWarnings);
  row.parent.format = found.text(kFormat);
  row.parent.prompt = found.text(kPrompt);
  const Datum services = *found.get(kServices);
  row.parent.services =
      to_utf8_list(PgCall([=] { return DatumGetArrayTypeP(services); }), "services");
  row.parent.agent = found.text(kAgent);
  row.parent.tags = found.jsonb(kTags);
  row.parent.document = found.jsonb(kDocument);
  return row;
}

/// The row of `id` as committed now, whatever the snapshot of the caller's transaction sees: the
/// worker writes the ledger in transactions of its own.
std::optional<RequestRow> query_row(const Extension& extension, const Uuid& id) {
  const std::string sql = in_schema(extension, kFindRequest);
  const TimestampTz submitted_at = from_unix_micros(uuid7_unix_micros(id));
  const std::uint64_t rows = PgCall([&] {
    pg_uuid_t uuid;
    std::memcpy(uuid.data, id.bytes.data(), sizeof uuid.data);
    Oid types[] = {UUIDOID, TIMESTAMPTZOID};
    Datum values[] = {UUIDPGetDatum(&uuid), TimestampTzGetDatum(submitted_at)};
    SPI_connect();
    PushActiveSnapshot(GetLatestSnapshot());
    SPI_execute_with_args(sql.c_str(), 2, types, values, nullptr, true, 1);
    PopActiveSnapshot();
    return SPI_processed;
  });
  std::optional<RequestRow> row;
  if (rows > 0) row = read_row(FoundRow());
  PgCall([] { SPI_finish(); });
  return row;
}

/// The same with the rights of the extension's owner. An error ends the transaction, which puts the
/// caller's rights back.
std::optional<RequestRow> query_row_as_owner(const Uuid& id) {
  const std::optional<Extension> extension = find_extension();
  if (!extension) return std::nullopt;
  Oid user = InvalidOid;
  int context = 0;
  GetUserIdAndSecContext(&user, &context);
  SetUserIdAndSecContext(extension->owner,
                         context | SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
  std::optional<RequestRow> row = query_row(*extension, id);
  SetUserIdAndSecContext(user, context);
  return row;
}

bool is_current_role(const std::string& name) {
  return name == to_utf8(PgCall([] { return GetUserNameFromId(GetUserId(), false); }));
}

bool may_read_all_requests() {
  const Oid table = find_own_table("workflow_requests");
  return PgCall([=] {
    return pg_class_aclcheck(table, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
           check_enable_rls(table, InvalidOid, true) != RLS_ENABLED;
  });
}

/// "CODE at PATH: MESSAGE" for each finding in a column `warnings`.
std::string to_lines(const std::string& warnings) {
  JsonValue findings;
  read_json_value(warnings, findings);
  std::string lines;
  const auto member = [](const JsonValue& finding, const char* key) {
    const JsonValue* value = finding.find(key);
    return value != nullptr ? value->text : std::string();
  };
  for (const JsonValue& finding : findings.items) {
    const std::string path = member(finding, "path");
    lines += member(finding, "code");
    if (!path.empty()) lines += " at " + path;
    lines += ": " + member(finding, "message") + '\n';
  }
  return lines;
}

}  // namespace

ParentRequest find_parent_request(const Uuid& id) {
  std::optional<RequestRow> row = query_row_as_owner(id);
  if (!row)
    throw Error(sqlstate::kUndefinedObject, "request " + to_string(id) + " does not exist", {},
                "Requests go when their month is detached from workflow_requests.");
  if (!is_current_role(row->role_name) && !may_read_all_requests())
    throw Error(sqlstate::kInsufficientPrivilege, "permission denied for request " + to_string(id),
                "Another role made it.", "Ask for SELECT on workflow_requests.");
  if (row->status == "running")
    throw Error(sqlstate::kNotInPrerequisiteState, "request " + to_string(id) + " is running", {},
                "Wait for its end.");
  if (!row->has_prompt)
    throw Error(sqlstate::kNotInPrerequisiteState,
                "the prompt of request " + to_string(id) + " was not stored", {},
                "Generate with the prompt again, and with llm_workflow.store_prompts on.");
  row->parent.findings = to_lines(row->warnings);
  return std::move(row->parent);
}

}  // namespace llmw
