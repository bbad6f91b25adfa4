// The place of this database, and waking its workers: for the SQL of 27_home.sql.

#include "pg/boundary.hpp"
#include "pg/sending.hpp"
#include "shmem/wake_at_commit.hpp"

/// llmw_this_place(OUT system_identifier bigint, OUT database_oid oid)
LLMW_SQL_FUNCTION(llmw_this_place) {
  using namespace llmw;
  return PgCall([=] {
    TupleDesc columns = nullptr;
    get_call_result_type(fcinfo, nullptr, &columns);
    const Place here = this_place();
    Datum values[] = {Int64GetDatum(here.system_identifier), ObjectIdGetDatum(here.database)};
    bool nulls[] = {false, false};
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls));
  });
}

/// llmw_wake_workers()
LLMW_SQL_FUNCTION(llmw_wake_workers) {
  llmw::wake_workers_at_commit(false);
  return 0;
}
