// set_workflow_setting(): sets a setting of the database or of a role with the caller's rights, and
// writes the event of it with those of the extension's owner.
//
// No function writes that event alone. What it tells was read and done here, in one call, so no
// role can have it tell anything else.

#include <algorithm>
#include <string>

#include "pg/boundary.hpp"
#include "sql_api/extension_owner.hpp"
#include "sql_api/recording.hpp"

namespace llmw {

namespace {

constexpr const char* kFindChange =
    "SELECT c.statement, c.former FROM @extschema@.llmw_setting_change($1, $2, $3, $4) c";

constexpr const char* kWriteEvent =
    "SELECT @extschema@.llmw_write_plan_event('SETTING_CHANGED', pg_catalog.jsonb_build_object("
    "'setting', $1, 'value', $2, 'scope', $3, 'role', $4, 'former', $5))";

constexpr Oid kTypes[] = {TEXTOID, TEXTOID, TEXTOID, NAMEOID, TEXTOID};
constexpr int kFormer = 4;  ///< $5. Those before it are the arguments.

struct SettingChange {
  Datum values[kFormer + 1];
  char nulls[kFormer + 2] = "     ";

  void put(int n, Datum value, bool is_null) {
    values[n] = value;
    nulls[n] = is_null ? 'n' : ' ';
  }
};

/// The statement that makes the change, nullptr when it is so already. Notes what is there now,
/// which may be newer than the snapshot of the caller's transaction.
const char* find_statement(const Extension& extension, SettingChange& change) {
  const std::string sql = in_schema(extension, kFindChange);
  return PgCall([&]() -> const char* {
    Oid types[kFormer];
    std::copy_n(kTypes, kFormer, types);
    PushActiveSnapshot(GetLatestSnapshot());
    SPI_execute_with_args(sql.c_str(), kFormer, types, change.values, change.nulls, true, 1);
    PopActiveSnapshot();
    HeapTuple row = SPI_tuptable->vals[0];
    bool is_null = false;
    const Datum former = SPI_getbinval(row, SPI_tuptable->tupdesc, 2, &is_null);
    change.put(kFormer, former, is_null);
    return SPI_getvalue(row, SPI_tuptable->tupdesc, 1);
  });
}

void make_change(SettingChange& change) {
  const Extension extension = installed_extension();
  const char* statement = find_statement(extension, change);
  if (statement == nullptr) return;
  PgCall([=] {
    const int result = SPI_execute(statement, false, 0);
    if (result < 0)
      ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR),
                      errmsg("could not set a setting: %s", SPI_result_code_string(result))));
  });
  write_record(kWriteEvent, kTypes, change.values, change.nulls);
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_set_workflow_setting) {
  using namespace llmw;
  SettingChange change;
  for (int n = 0; n < kFormer; ++n) change.put(n, PG_GETARG_DATUM(n), PG_ARGISNULL(n));
  PgCall([] { SPI_connect(); });
  make_change(change);
  PgCall([] { SPI_finish(); });
  PG_RETURN_VOID();
}
