// workflow_result(): what became of a request, for whoever did not wait for it at first.

#include "pg/boundary.hpp"
#include "sql_api/request_arguments.hpp"
#include "sql_api/request_result.hpp"
#include "sql_api/waiting.hpp"

LLMW_SQL_FUNCTION(llmw_workflow_result) {
  using namespace llmw;
  enum Argument { kRequestId, kWait };
  if (PG_ARGISNULL(kRequestId)) PG_RETURN_NULL();
  const std::optional<GenerationResult> result =
      find_result(read_uuid(fcinfo, kRequestId), read_milliseconds(fcinfo, kWait, "wait"));
  if (!result) PG_RETURN_NULL();
  return to_datum(*result, false);
}
