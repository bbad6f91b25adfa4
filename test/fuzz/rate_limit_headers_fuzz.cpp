// Rate limit headers of any bytes: what is believed is sane enough to compute waits with.
//
// Input: lines "name: value".

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "core/rate_limit_headers.hpp"

namespace {

void check(const std::optional<llmw::RateLimit>& limit) {
  if (!limit) return;
  if (limit->limit < 1 || limit->remaining < 0 || limit->remaining > limit->limit) std::abort();
  if (!limit->reset_after) return;
  if (*limit->reset_after < 0 || *limit->reset_after > llmw::kMaxResetAfter) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  llmw::RateLimitHeaders headers;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  constexpr llmw::Micros kNow = 1'767'225'600 * llmw::kSecond;
  const llmw::RateLimits limits = llmw::parse_rate_limits(headers, kNow);
  check(limits.requests);
  check(limits.tokens);
  return 0;
}
