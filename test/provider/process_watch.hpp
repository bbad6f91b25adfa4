// Looks whether another process still runs.
#pragma once

#include <cstdint>

namespace llmw::sim {

// False when `pid` does not exist or is a zombie, that is dead and only not waited for.
bool process_exists(int64_t pid);

}  // namespace llmw::sim
