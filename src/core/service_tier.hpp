#pragma once
// The class of service that a call is billed by: the same tokens cost less in a batch and more with
// priority.

#include <cstdint>
#include <optional>
#include <string_view>

namespace llmw {

/// Columns service_tier of llm_model_prices and llm_calls.
enum class ServiceTier : std::uint8_t { standard, batch, flex, priority };

/// The tier of that name; nothing when there is none.
std::optional<ServiceTier> parse_service_tier(std::string_view name);
std::string_view to_string(ServiceTier tier);

/// The tier that a provider's answer names, in its own words ("default", "fast"). Words that no
/// price list knows ("scale", "on_demand") are the standard tier.
ServiceTier billed_service_tier(std::string_view word);

}  // namespace llmw
