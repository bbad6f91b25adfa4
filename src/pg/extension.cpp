#include "pg/extension.hpp"

#include <string_view>

#include "pg/boundary.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

constexpr const char* kExtensionName = "llm_workflow";

struct ExtensionRow {
  Oid oid;
  Oid owner;
  const char* schema;
  const char* version;
};

// pg_extension has no syscache before PostgreSQL 18, so it is scanned by name.
ExtensionRow read_row() {
  ExtensionRow row{InvalidOid, InvalidOid, nullptr, nullptr};
  Relation relation = table_open(ExtensionRelationId, AccessShareLock);
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
              CStringGetDatum(kExtensionName));
  SysScanDesc scan = systable_beginscan(relation, ExtensionNameIndexId, true, nullptr, 1, &key);
  HeapTuple tuple = systable_getnext(scan);
  if (HeapTupleIsValid(tuple)) {
    auto* form = reinterpret_cast<Form_pg_extension>(GETSTRUCT(tuple));
    row.oid = form->oid;
    row.owner = form->extowner;
    const char* name = get_namespace_name(form->extnamespace);
    row.schema = name == nullptr ? nullptr : quote_identifier(name);
    bool is_null = false;  // the column is NOT NULL
    row.version = TextDatumGetCString(
        heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(relation), &is_null));
  }
  systable_endscan(scan);
  table_close(relation, AccessShareLock);
  return row;
}

}  // namespace

std::optional<Extension> find_extension() {
  const ExtensionRow row = PgCall(read_row);
  if (!OidIsValid(row.oid) || row.schema == nullptr) return std::nullopt;
  return Extension{row.oid, row.owner, to_utf8(row.schema), row.version};
}

std::optional<Extension> lock_extension(Oid oid) {
  PgCall([=] { LockDatabaseObject(ExtensionRelationId, oid, 0, AccessShareLock); });
  // It may have been dropped, and even made anew, before we got the lock.
  std::optional<Extension> found = find_extension();
  if (!found || found->oid != oid) return std::nullopt;
  return found;
}

std::string in_schema(const Extension& extension, std::string_view sql) {
  constexpr std::string_view kPlaceholder = "@extschema@";
  std::string result;
  for (std::size_t at = 0;;) {
    const std::size_t next = sql.find(kPlaceholder, at);
    result.append(sql.substr(at, next - at));
    if (next == std::string_view::npos) return result;
    result.append(extension.schema);
    at = next + kPlaceholder.size();
  }
}

}  // namespace llmw
