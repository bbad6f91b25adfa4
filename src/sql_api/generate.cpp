// generate_workflow(): reads its arguments into a request.

#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/request.hpp"
#include "pg/boundary.hpp"
#include "pg/settings.hpp"
#include "pg/text.hpp"
#include "sql_api/session_request.hpp"
#include "sql_api/waiting.hpp"

namespace llmw {

namespace {

enum Argument {
  kPrompt,
  kServices,
  kFormat,
  kAgent,
  kResponseMode,
  kMaxOutputTokens,
  kTags,
  kThrowOnError
};

std::string text_argument(FunctionCallInfo fcinfo, int n, const char* otherwise) {
  if (PG_ARGISNULL(n)) return to_utf8(otherwise);
  return to_utf8(reinterpret_cast<text*>(DatumGetPointer(PG_GETARG_DATUM(n))));
}

ResponseMode parse_response_mode(const std::string& mode) {
  if (mode == "machine") return ResponseMode::machine;
  if (mode == "human_debug") return ResponseMode::human_debug;
  throw Error(sqlstate::kInvalidParameterValue, "unknown response mode \"" + mode + "\"", {},
              "Valid response modes are machine and human_debug.");
}

std::string tags_argument(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(kTags)) return "{}";
  const Datum value = PG_GETARG_DATUM(kTags);
  if (!PgCall([=] { return JB_ROOT_IS_OBJECT(DatumGetJsonbP(value)); }))
    throw Error(sqlstate::kInvalidParameterValue, "tags must be a JSON object");
  return jsonb_to_utf8(value);
}

std::optional<int> max_output_tokens_argument(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(kMaxOutputTokens)) return std::nullopt;
  const int tokens = PG_GETARG_INT32(kMaxOutputTokens);
  if (tokens < 1)
    throw Error(sqlstate::kInvalidParameterValue, "max_output_tokens must be at least 1");
  return tokens;
}

std::string prompt_argument(FunctionCallInfo fcinfo) {
  std::string prompt = text_argument(fcinfo, kPrompt, "");
  if (has_only_blanks(prompt))
    throw Error(sqlstate::kInvalidParameterValue, "prompt must not be empty");
  return prompt;
}

GenerationRequest make_request(FunctionCallInfo fcinfo) {
  std::string prompt = prompt_argument(fcinfo);
  GenerationRequest request = make_session_request(text_argument(fcinfo, kFormat, settings.format),
                                                   max_output_tokens_argument(fcinfo));
  request.prompt = std::move(prompt);
  if (!PG_ARGISNULL(kServices)) {
    const Datum services = PG_GETARG_DATUM(kServices);
    request.services =
        to_utf8_list(PgCall([=] { return DatumGetArrayTypeP(services); }), "services");
  }
  request.agent = text_argument(fcinfo, kAgent, "");
  request.tags = tags_argument(fcinfo);
  if (!PG_ARGISNULL(kResponseMode))
    request.response_mode = parse_response_mode(text_argument(fcinfo, kResponseMode, ""));
  return request;
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_generate_workflow) {
  using namespace llmw;
  if (PG_ARGISNULL(kPrompt)) PG_RETURN_NULL();
  check_can_generate();
  const bool throw_on_error = PG_ARGISNULL(kThrowOnError) || PG_GETARG_BOOL(kThrowOnError);
  return generate(make_request(fcinfo), throw_on_error);
}
