#pragma once
// Other names under which one model goes: with its provider before it, with a date after it.
//
// "openai/gpt-4o-2024-08-06" is the snapshot of that day of gpt-4o at openai. Providers and price
// lists mix these forms; the catalogue has one name for each model. Only the text is looked at
// here: whether a model of that name exists, and at that provider, the catalogue knows.

#include <optional>
#include <string_view>

namespace llmw {

/// `name` without a date at its end ("-2024-08-06" or "-20240806", in this century). Nothing when
/// it has none or is nothing but a date.
std::optional<std::string_view> without_date(std::string_view name);

struct ProviderAndModel {
  std::string_view provider;
  std::string_view model;
};

/// `name` parted at its first slash. Nothing when either part would be empty. What is behind the
/// slash may have slashes of its own: of "openrouter/openai/gpt-4o" the provider is openrouter.
std::optional<ProviderAndModel> split_provider(std::string_view name);

}  // namespace llmw
