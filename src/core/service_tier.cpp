#include "core/service_tier.hpp"

#include <algorithm>
#include <array>

namespace llmw {
namespace {

/// In the order of ServiceTier.
constexpr std::array<std::string_view, 4> kNames{"standard", "batch", "flex", "priority"};

}  // namespace

std::optional<ServiceTier> parse_service_tier(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<ServiceTier>(found - kNames.begin());
}

std::string_view to_string(ServiceTier tier) { return kNames[static_cast<std::size_t>(tier)]; }

ServiceTier billed_service_tier(std::string_view word) {
  if (word == "fast") return ServiceTier::priority;
  return parse_service_tier(word).value_or(ServiceTier::standard);
}

}  // namespace llmw
