// Bytes from shared memory: whatever they are, they are read or refused, and what was read is
// written back the same.

#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.hpp"
#include "core/request.hpp"

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

template <typename Decode>
void read_and_write_back(std::string_view bytes, Decode&& decode) {
  try {
    const auto message = decode(bytes);
    require(decode(llmw::encode(message)) == message);
  } catch (const llmw::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_and_write_back(bytes, llmw::decode_request);
  read_and_write_back(bytes, llmw::decode_result);
  return 0;
}
