#pragma once
// Named places at which a test can have the process killed, as by kill -9.
//
//   crash_point("intent");                 // killed where llm_workflow.crash_point = 'intent'
//   crash_point("advance", prompt);        // 'advance:3/poison': the third whose text has "poison"
//
// The setting's form is name[:count][/text]. Passings are counted by each process from when it saw
// the setting. One branch when it is not set.

#include <string_view>

#include "pg/settings.hpp"

namespace llmw {

namespace crash_point_detail {
void pass(std::string_view name, std::string_view text) noexcept;
}

inline void crash_point(std::string_view name, std::string_view text = {}) noexcept {
  const char* setting = settings.crash_point;
  if (setting != nullptr && *setting != '\0') [[unlikely]]
    crash_point_detail::pass(name, text);
}

}  // namespace llmw
