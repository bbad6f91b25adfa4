#include "sql_api/request_arguments.hpp"

#include <optional>
#include <utility>

#include "pg/boundary.hpp"
#include "pg/jsonb.hpp"
#include "pg/text.hpp"

namespace llmw {

namespace {

constexpr std::size_t kLongestIdempotencyKey = 255;  // bytes

ResponseMode parse_response_mode(const std::string& mode) {
  if (mode == "machine") return ResponseMode::machine;
  if (mode == "human_debug") return ResponseMode::human_debug;
  throw Error(sqlstate::kInvalidParameterValue, "unknown response mode \"" + mode + "\"", {},
              "Valid response modes are machine and human_debug.");
}

std::string read_tags(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(kTags)) return "{}";
  const Datum value = PG_GETARG_DATUM(kTags);
  if (!PgCall([=] { return JB_ROOT_IS_OBJECT(DatumGetJsonbP(value)); }))
    throw Error(sqlstate::kInvalidParameterValue, "tags must be a JSON object");
  return jsonb_to_utf8(value);
}

std::optional<std::string> read_text_or_null(FunctionCallInfo fcinfo, int n) {
  if (PG_ARGISNULL(n)) return std::nullopt;
  return read_text(fcinfo, n, "");
}

std::optional<int> read_max_output_tokens(FunctionCallInfo fcinfo) {
  if (PG_ARGISNULL(kMaxOutputTokens)) return std::nullopt;
  const int tokens = PG_GETARG_INT32(kMaxOutputTokens);
  if (tokens < 1)
    throw Error(sqlstate::kInvalidParameterValue, "max_output_tokens must be at least 1");
  return tokens;
}

std::optional<std::string> read_category(FunctionCallInfo fcinfo, int n) {
  std::optional<std::string> category = read_text_or_null(fcinfo, n);
  if (category && category->empty())
    throw Error(sqlstate::kInvalidParameterValue, "category must not be empty", {},
                "Use NULL for the category of the agent, or none.");
  return category;
}

std::optional<Complexity> read_complexity(FunctionCallInfo fcinfo, int n) {
  const std::optional<std::string> word = read_text_or_null(fcinfo, n);
  if (!word) return std::nullopt;
  const std::optional<Complexity> complexity = parse_complexity(*word);
  if (!complexity)
    throw Error(sqlstate::kInvalidParameterValue, "unknown complexity \"" + *word + "\"", {},
                "Valid complexities are low, medium and high.");
  return complexity;
}

}  // namespace

RequestChoices read_choices(FunctionCallInfo fcinfo, RoutingArguments routing) {
  RequestChoices choices;
  choices.agent = read_text(fcinfo, kAgent, "");
  choices.format = read_text_or_null(fcinfo, kFormat);
  if (!PG_ARGISNULL(kResponseMode))
    choices.response_mode = parse_response_mode(read_text(fcinfo, kResponseMode, ""));
  choices.max_output_tokens = read_max_output_tokens(fcinfo);
  choices.category = read_category(fcinfo, routing.category);
  choices.complexity = read_complexity(fcinfo, routing.complexity);
  choices.model = read_text_or_null(fcinfo, routing.model);
  return choices;
}

std::string read_text(FunctionCallInfo fcinfo, int n, const char* otherwise) {
  if (PG_ARGISNULL(n)) return to_utf8(otherwise);
  return to_utf8(reinterpret_cast<text*>(DatumGetPointer(PG_GETARG_DATUM(n))));
}

Error empty_prompt() { return {sqlstate::kInvalidParameterValue, "prompt must not be empty"}; }

std::string read_prompt(FunctionCallInfo fcinfo) {
  std::string prompt = read_text(fcinfo, kPrompt, "");
  if (has_only_blanks(prompt)) throw empty_prompt();
  return prompt;
}

GenerationRequest read_request(FunctionCallInfo fcinfo, const RequestChoices& choices,
                               std::string prompt) {
  GenerationRequest request = make_session_request(choices, std::move(prompt));
  if (!PG_ARGISNULL(kServices)) {
    const Datum services = PG_GETARG_DATUM(kServices);
    request.services =
        to_utf8_list(PgCall([=] { return DatumGetArrayTypeP(services); }), "services");
  }
  request.tags = read_tags(fcinfo);
  return request;
}

Uuid read_uuid(FunctionCallInfo fcinfo, int n) {
  const pg_uuid_t* uuid = PG_GETARG_UUID_P(n);
  Uuid id;
  std::memcpy(id.bytes.data(), uuid->data, id.bytes.size());
  return id;
}

std::string read_idempotency_key(FunctionCallInfo fcinfo, int n) {
  if (PG_ARGISNULL(n)) return {};
  std::string key = read_text(fcinfo, n, "");
  if (key.empty() || key.size() > kLongestIdempotencyKey)
    throw Error(
        sqlstate::kInvalidParameterValue,
        "idempotency_key must have 1 to " + std::to_string(kLongestIdempotencyKey) + " bytes", {},
        "Use NULL for a request without a key.");
  return key;
}

std::int64_t read_milliseconds(FunctionCallInfo fcinfo, int n, const char* argument) {
  if (PG_ARGISNULL(n)) return 0;
  // The largest interval has less than 2^63 milliseconds.
  const Interval* interval = PG_GETARG_INTERVAL_P(n);
  const std::int64_t days = std::int64_t{interval->month} * DAYS_PER_MONTH + interval->day;
  const std::int64_t time = days * (USECS_PER_DAY / 1000) + interval->time / 1000;
  if (time < 0 || (time == 0 && interval->time % 1000 < 0))
    throw Error(sqlstate::kInvalidParameterValue, std::string(argument) + " must not be negative");
  return time;
}

}  // namespace llmw
