// The jsonb of a job, which an administrator may have edited: it is read or refused, and what was
// read is written back the same.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.hpp"
#include "core/request_json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const llmw::Uuid id = llmw::make_uuid7(1'795'000'000'123'456, 42);
  try {
    const std::string_view json(reinterpret_cast<const char*>(data), size);
    const llmw::GenerationRequest request = llmw::request_from_json(id, json);
    if (llmw::request_from_json(id, llmw::request_to_json(request)) != request) std::abort();
    if (request.models.empty()) std::abort();
  } catch (const llmw::Error&) {
  }
  return 0;
}
