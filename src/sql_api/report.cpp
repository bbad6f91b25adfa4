// llmw_render_report(): the page of workflow_report().

#include "core/report.hpp"

#include "core/error.hpp"
#include "core/json_value.hpp"
#include "pg/boundary.hpp"
#include "pg/jsonb.hpp"
#include "pg/text.hpp"

LLMW_SQL_FUNCTION(llmw_render_report) {
  using namespace llmw;
  JsonValue data;
  const JsonRead read = read_json_value(jsonb_to_utf8(PG_GETARG_DATUM(0)), data);
  if (read.fault != JsonFault::none)
    throw Error(sqlstate::kInvalidParameterValue, "data is not that of a report", read.message);
  return PointerGetDatum(to_server_text(render_report(data)));
}
