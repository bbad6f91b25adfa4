// validate_workflow(), workflow_is_valid() and extract_json(): what generation does with an answer,
// for documents and answers that come from elsewhere.

#include "core/validate.hpp"

#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/extract.hpp"
#include "pg/boundary.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

/// The findings about the arguments (workflow jsonb, format text, services text[]).
std::vector<Finding> findings_of(FunctionCallInfo fcinfo) {
  const char* json = PgCall([=] {
    Jsonb* workflow = PG_GETARG_JSONB_P(0);
    return JsonbToCString(nullptr, &workflow->root, VARSIZE(workflow));
  });
  const std::string format = to_utf8(DatumGetTextP(fcinfo->args[1].value));
  ArrayType* services = PgCall([=] { return PG_GETARG_ARRAYTYPE_P(2); });
  return validate_document(format, to_utf8(json), to_utf8_list(services, "services"));
}

void put_row(const ReturnSetInfo& result, const Finding& finding) {
  const auto text_datum = [](std::string_view utf8) {
    return PointerGetDatum(to_server_text(utf8));
  };
  Datum values[] = {text_datum(finding.code), text_datum(to_string(finding.severity)),
                    text_datum(finding.path), text_datum(finding.message),
                    text_datum(finding.hint)};
  bool nulls[std::size(values)] = {};
  PgCall([&] { tuplestore_putvalues(result.setResult, result.setDesc, values, nulls); });
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_validate_workflow) {
  using namespace llmw;
  PgCall([=] { InitMaterializedSRF(fcinfo, 0); });
  const auto& result = *reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  for (const Finding& finding : findings_of(fcinfo)) put_row(result, finding);
  return 0;
}

LLMW_SQL_FUNCTION(llmw_workflow_is_valid) {
  return BoolGetDatum(!llmw::has_errors(llmw::findings_of(fcinfo)));
}

LLMW_SQL_FUNCTION(llmw_extract_json) {
  using namespace llmw;
  const Extracted found = extract_json(to_utf8(DatumGetTextP(fcinfo->args[0].value)));
  if (found.status == ExtractStatus::ok) return to_jsonb(found.json);
  throw Error(sqlstate::kInvalidJsonText, found.message, {},
              found.status == ExtractStatus::truncated
                  ? "Ask for a shorter document or allow more output tokens."
                  : "");
}
