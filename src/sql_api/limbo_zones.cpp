// workflow_limbo_zones(): where work waits between the stages of a document.

#include <string>

#include "core/error.hpp"
#include "core/format.hpp"
#include "core/json_value.hpp"
#include "core/rules.hpp"
#include "pg/boundary.hpp"
#include "pg/format_catalogue.hpp"
#include "pg/jsonb.hpp"
#include "pg/result_rows.hpp"
#include "sql_api/request_arguments.hpp"

LLMW_SQL_FUNCTION(llmw_limbo_zones) {
  using namespace llmw;
  ResultRows rows(fcinfo);
  const std::string json = jsonb_to_utf8(PG_GETARG_DATUM(0));
  const auto format = find_latest_format(read_text(fcinfo, 1, ""));
  JsonValue document;
  const JsonRead read = read_json_value(json, document);
  if (read.fault != JsonFault::none)
    throw Error(sqlstate::kInvalidJsonText, "the document cannot be read: " + read.message);
  for (const LimboZone& zone : derive_limbo_zones(format->rules(), document))
    rows.text(zone.id)
        .text(zone.from)
        .text(zone.to)
        .text_array(zone.payload)
        .text_or_null(zone.join)
        .text_or_null(zone.from_team)
        .text_or_null(zone.to_team)
        .end_row();
  return 0;
}
