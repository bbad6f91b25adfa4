#include "core/request.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/wire.hpp"

namespace llmw {

std::string encode(const GenerationRequest& request) {
  WireWriter out;
  out.text({reinterpret_cast<const char*>(request.id.bytes.data()), request.id.bytes.size()});
  out.text(request.prompt);
  out.list(request.services);
  out.text(request.format);
  out.text(request.agent);
  out.text(request.tags);
  out.flag(request.response_mode == ResponseMode::human_debug);
  out.number(request.max_output_tokens);
  out.number(request.max_retries);
  out.number(request.retry_base_delay_ms);
  out.number(request.timeout_ms);
  out.flag(request.store_prompt);
  out.list(request.models);
  out.list(request.forbidden);
  return out.bytes();
}

GenerationRequest decode_request(std::string_view bytes) {
  WireReader in(bytes);
  GenerationRequest request;
  const std::string id = in.text();
  if (id.size() != request.id.bytes.size())
    throw Error(sqlstate::kInternalError, "malformed message in shared memory");
  std::copy(id.begin(), id.end(), request.id.bytes.begin());
  request.prompt = in.text();
  request.services = in.list();
  request.format = in.text();
  request.agent = in.text();
  request.tags = in.text();
  request.response_mode = in.flag() ? ResponseMode::human_debug : ResponseMode::machine;
  request.max_output_tokens = static_cast<int>(in.number());
  request.max_retries = static_cast<int>(in.number());
  request.retry_base_delay_ms = in.number();
  request.timeout_ms = in.number();
  request.store_prompt = in.flag();
  request.models = in.list();
  request.forbidden = in.list();
  in.finish();
  return request;
}

std::string encode(const GenerationResult& result) {
  WireWriter out;
  out.flag(result.ok);
  out.text(result.json);
  out.text(result.error_sqlstate);
  out.text(result.error_message);
  out.text(result.error_detail);
  out.text(result.error_hint);
  return out.bytes();
}

GenerationResult decode_result(std::string_view bytes) {
  WireReader in(bytes);
  GenerationResult result;
  result.ok = in.flag();
  result.json = in.text();
  result.error_sqlstate = in.text();
  result.error_message = in.text();
  result.error_detail = in.text();
  result.error_hint = in.text();
  in.finish();
  return result;
}

}  // namespace llmw
