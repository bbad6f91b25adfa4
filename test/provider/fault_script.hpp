// Decides which faults act on a request: from the path prefix, and from markers in its prompt.
//
// `/f/<faults>/` and `/d/<ms>[-<ms>]/` stand in the path before `/v1/`; other path segments only
// make a prefix, and so a counter, of their own. `[[sim:<faults>]]`, `[[sim-openai:<faults>]]` and
// `[[sim-anthropic:<faults>]]` may stand anywhere in the body; what a marker says goes before what
// the prefix says. Owns the counters behind `@` conditions and the random generator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "fault.hpp"

namespace llmw::sim {

enum class Shape { kNone, kOpenAi, kAnthropic };

// The word used in the bill and in markers: "openai", "anthropic" or "-".
std::string_view shape_name(Shape shape);

// A request path taken apart.
struct Target {
  std::string_view prefix;  // before "/v1/"
  Shape shape = Shape::kNone;
  bool redirected = false;  // the client followed a redirect of ours
};

// Takes a request target (path and query) apart; the views point into it.
Target parse_target(std::string_view target);

struct Decision {
  FaultSet faults;
  uint32_t delay_ms = 0;
  std::string wrong;  // the part that is no known fault; empty when all are known
};

class FaultScript {
 public:
  FaultScript(uint32_t default_delay_ms, uint64_t seed)
      : default_delay_ms_(default_delay_ms), random_state_(seed) {}

  // Decides for one complete request and counts it.
  Decision decide(const Target& target, std::string_view body, const Turns& turns);

 private:
  void read_markers(const Target& target, std::string_view body, const Turns& turns,
                    Decision* decision);
  void read_prefix(const Target& target, const Turns& turns, Decision* decision);
  bool apply(std::string_view text, const Turns& turns, const Counts& counts, Decision* decision);
  bool set_delay(std::string_view text, Decision* decision);
  uint64_t next_random();

  uint32_t default_delay_ms_;
  uint64_t random_state_;
  std::unordered_map<std::string, Counts> counts_;
  std::vector<WrittenFault> written_;  // reused between requests
};

}  // namespace llmw::sim
