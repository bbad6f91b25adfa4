#include "pg/own_table.hpp"

#include <optional>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/extension.hpp"

namespace llmw {

Oid find_own_table(const std::string& name) {
  const std::optional<Extension> extension = find_extension();
  if (!extension)
    throw Error(sqlstate::kUndefinedObject,
                "extension \"llm_workflow\" is not installed in this database", {},
                "Run CREATE EXTENSION llm_workflow.");
  const Oid table = PgCall([&] {
    char* schema = pg_any_to_server(extension->schema.c_str(),
                                    static_cast<int>(extension->schema.size()), PG_UTF8);
    List* names = textToQualifiedNameList(cstring_to_text(schema));
    return get_relname_relid(name.c_str(), get_namespace_oid(strVal(linitial(names)), false));
  });
  if (!OidIsValid(table))
    throw Error(sqlstate::kInternalError,
                "table \"" + name + "\" of extension \"llm_workflow\" is missing", {},
                "Update the extension: ALTER EXTENSION llm_workflow UPDATE.");
  return table;
}

bool CacheAge::is_current() const {
  if (loaded.generation != generation) return false;
  return loaded.parallel_statement == 0 ||
         (IsInParallelMode() && loaded.parallel_statement == GetCurrentStatementStartTimestamp());
}

const char* RowReader::text_or_null(const char* column) const {
  bool is_null = false;
  const Datum value = get(column, is_null);
  return is_null ? nullptr : TextDatumGetCString(value);
}

const char* RowReader::numeric_or_null(const char* column) const {
  bool is_null = false;
  const Datum value = get(column, is_null);
  return is_null ? nullptr : DatumGetCString(DirectFunctionCall1(numeric_out, value));
}

const char* RowReader::jsonb_or_null(const char* column) const {
  bool is_null = false;
  const Datum value = get(column, is_null);
  return is_null ? nullptr : DatumGetCString(DirectFunctionCall1(jsonb_out, value));
}

ArrayType* RowReader::text_array_or_null(const char* column) const {
  bool is_null = false;
  const Datum value = get(column, is_null);
  return is_null ? nullptr : DatumGetArrayTypePCopy(value);
}

std::int64_t RowReader::bigint_or_zero(const char* column) const {
  bool is_null = false;
  const Datum value = get(column, is_null);
  return is_null ? 0 : DatumGetInt64(value);
}

int RowReader::int_or_zero(const char* column) const {
  bool is_null = false;
  const Datum value = get(column, is_null);
  return is_null ? 0 : DatumGetInt32(value);
}

bool RowReader::is_null(const char* column) const {
  bool null = false;
  get(column, null);
  return null;
}

Datum RowReader::get(const char* column) const {
  bool is_null = false;
  return get(column, is_null);
}

Datum RowReader::get(const char* column, bool& is_null) const {
  const AttrNumber number = get_attnum(RelationGetRelid(relation_), column);
  if (number == InvalidAttrNumber)
    ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
                    errmsg("column \"%s\" of table \"%s\" does not exist", column,
                           RelationGetRelationName(relation_)),
                    errhint("Update the extension: ALTER EXTENSION llm_workflow UPDATE.")));
  return slot_getattr(slot_, number, &is_null);
}

}  // namespace llmw
