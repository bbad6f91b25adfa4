// extract_json() and extract_json_detail(): the document in a model's answer.

#include "core/extract.hpp"

#include <memory>
#include <string>

#include "core/error.hpp"
#include "core/format.hpp"
#include "core/json_value.hpp"
#include "core/schema.hpp"
#include "pg/boundary.hpp"
#include "pg/format_catalogue.hpp"
#include "pg/jsonb.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

const char* to_string(ExtractStatus status) {
  switch (status) {
    case ExtractStatus::ok: return "ok";
    case ExtractStatus::truncated: return "truncated";
    case ExtractStatus::reject: break;
  }
  return "reject";
}

std::string text_argument(FunctionCallInfo fcinfo, int n) {
  return to_utf8(reinterpret_cast<text*>(DatumGetPointer(PG_GETARG_DATUM(n))));
}

/// How far a document is from the schema of the format in argument 1; none without a format.
Misfit misfit_argument(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(1)) return {};
  return [format = find_latest_format(text_argument(fcinfo, 1))](const JsonValue& document) {
    return check_schema(format->schema(), document).size();
  };
}

struct Detail {
  Datum status;
  Datum document;
  Datum mends;
  Datum message;
  bool has_document;
  bool has_message;
};

Detail to_detail(Extracted found) {
  // Written anew, without escapes: in a database that is not UTF-8, jsonb refuses most of them.
  std::string json = found.document.is_null() ? std::string() : write_json(found.document);
  if (!fits_server_encoding(json)) {
    json.clear();
    found.status = ExtractStatus::reject;
    found.message = "the document has a character that the encoding of the database lacks";
  }
  Detail detail{};
  detail.status = PointerGetDatum(to_server_text(to_string(found.status)));
  detail.has_document = !json.empty();
  if (detail.has_document) detail.document = to_jsonb(json);
  detail.mends = to_text_array(found.mends);
  detail.has_message = !found.message.empty();
  if (detail.has_message) detail.message = PointerGetDatum(to_server_text(found.message));
  return detail;
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_extract_json) {
  using namespace llmw;
  const Extracted found = extract_json(text_argument(fcinfo, 0));
  if (found.status == ExtractStatus::ok) return to_jsonb(found.json);
  throw Error(sqlstate::kInvalidJsonText, found.message, {},
              found.status == ExtractStatus::truncated
                  ? "Ask for a shorter document or allow more output tokens."
                  : "");
}

LLMW_SQL_FUNCTION(llmw_extract_json_detail) {
  using namespace llmw;
  if (PG_ARGISNULL(0)) PG_RETURN_NULL();
  const Detail detail = to_detail(extract_json(text_argument(fcinfo, 0), misfit_argument(fcinfo)));
  return PgCall([&] {
    TupleDesc columns = nullptr;
    get_call_result_type(fcinfo, nullptr, &columns);
    Datum values[] = {detail.status, detail.document, detail.mends, detail.message};
    bool nulls[] = {false, !detail.has_document, false, !detail.has_message};
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(columns), values, nulls));
  });
}
