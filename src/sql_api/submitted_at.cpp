// llmw_submitted_at(): when a request was submitted, by its id.

#include "pg/boundary.hpp"
#include "pg/ids.hpp"

LLMW_SQL_FUNCTION(llmw_submitted_at) {
  using namespace llmw;
  const pg_uuid_t& value = *DatumGetUUIDP(PG_GETARG_DATUM(0));
  if (value.data[6] >> 4 != 7) PG_RETURN_NULL();
  Uuid id;
  std::memcpy(id.bytes.data(), value.data, id.bytes.size());
  return TimestampTzGetDatum(from_unix_micros(uuid7_unix_micros(id)));
}
