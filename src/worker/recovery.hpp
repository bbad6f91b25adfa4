#pragma once
// What a crash left, settled before a worker serves.

#include <cstdint>

#include "pg/extension.hpp"

namespace llmw {

/// Turns intents of workers that are gone into calls with outcome lost, at their worst case, which
/// budgets are charged; running requests fail, or wait for their next attempt if they are jobs. An
/// event says so. All in one transaction, which waits for that of another worker. Returns how many
/// calls were lost. Throws llmw::Error, or ExtensionGone.
std::int64_t recover(const Extension& extension);

}  // namespace llmw
