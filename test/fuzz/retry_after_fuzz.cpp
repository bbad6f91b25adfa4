// Retry-After of any bytes: a wait is never negative and never absurd enough to overflow a timer.

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "core/provider.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::int64_t now = 784'111'777;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (size > sizeof now && data[0] == 0) {
    std::memcpy(&now, data + 1, sizeof now);
    text.remove_prefix(1 + sizeof now);
  }
  const std::size_t split = text.find('\n');
  const std::string_view seconds = text.substr(0, split);
  const std::string_view ms =
      split == std::string_view::npos ? std::string_view() : text.substr(split + 1);
  const auto wait = llmw::parse_retry_after(ms, seconds, now);
  if (wait && (wait->count() < 0 || *wait > std::chrono::hours(24 * 366))) std::abort();
  return 0;
}
