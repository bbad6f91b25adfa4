// generate_workflow(): reads its arguments into a request and waits for what becomes of it.

#include "core/error.hpp"
#include "core/request.hpp"
#include "pg/boundary.hpp"
#include "sql_api/idempotency.hpp"
#include "sql_api/request_arguments.hpp"
#include "sql_api/request_result.hpp"
#include "sql_api/session_request.hpp"
#include "sql_api/waiting.hpp"

namespace llmw {

namespace {

enum Argument { kThrowOnError = kFurtherArguments, kIdempotencyKey, kCacheFor, kCategory };

GenerationRequest make_request(FunctionCallInfo fcinfo) {
  std::string prompt = read_prompt(fcinfo);
  const RequestChoices choices = read_choices(fcinfo, {kCategory});
  GenerationRequest request = read_request(fcinfo, choices, std::move(prompt));
  request.idempotency_key = read_idempotency_key(fcinfo, kIdempotencyKey);
  request.cache_for_ms = read_milliseconds(fcinfo, kCacheFor, "cache_for");
  complete_request(choices, request);
  return request;
}

// The worker writes the key down with the request. Until then, and so until the end, its lock keeps
// others from making the same request: they wait for the one that has it.
GenerationResult generate_once(const GenerationRequest& request) {
  const KeyLock lock = lock_key(request.idempotency_key, LockedUntil::unlock);
  try {
    const std::optional<Uuid> earlier = find_request_of_key(request.idempotency_key, request);
    GenerationResult result = earlier ? wait_for_result(*earlier) : generate(request);
    unlock_key(lock);
    return result;
  } catch (...) {
    unlock_key(lock);
    throw;
  }
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_generate_workflow) {
  using namespace llmw;
  if (PG_ARGISNULL(kPrompt)) PG_RETURN_NULL();
  check_can_generate();
  const bool throw_on_error = PG_ARGISNULL(kThrowOnError) || PG_GETARG_BOOL(kThrowOnError);
  const GenerationRequest request = make_request(fcinfo);
  return to_datum(request.idempotency_key.empty() ? generate(request) : generate_once(request),
                  throw_on_error);
}
