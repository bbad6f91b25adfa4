// Decides which faults act on a request: from the path prefix, from markers in its prompt, and from
// orders that were given for its prefix while the program runs.
//
// `/f/<faults>/` and `/d/<ms>[-<ms>]/` stand in the path before `/v1/`; other path segments only
// make a prefix, and so a counter, of their own. `[[sim:<faults>]]`, `[[sim-openai:<faults>]]` and
// `[[sim-anthropic:<faults>]]` may stand anywhere in the body; what a marker says goes before what
// the prefix says, and an order before both. Owns the counters behind `@` conditions and the random
// generator.
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

inline constexpr uint64_t kMaxPerMinute = 1'000'000'000'000;

// What one prefix and model may do in a minute; 0: no limit.
struct RateLimits {
  uint64_t requests_per_minute = 0;
  uint64_t tokens_per_minute = 0;
};

struct Decision {
  FaultSet faults;
  uint32_t delay_ms = 0;
  RateLimits limits;
  std::string wrong;  // the part that is no known fault; empty when all are known
};

class FaultScript {
 public:
  // Delay and limits hold where the path says nothing else.
  FaultScript(uint32_t default_delay_ms, const RateLimits& default_limits, uint64_t seed)
      : default_delay_ms_(default_delay_ms), default_limits_(default_limits), random_state_(seed) {}

  // Decides for one complete request and counts it.
  Decision decide(const Target& target, std::string_view body, const Turns& turns);

  // From now on these faults act on the requests of exactly this prefix; empty: none. Returns false
  // and changes nothing when one of them is not known.
  bool order(std::string_view prefix, std::string_view faults);

 private:
  struct Order {
    std::string faults;
    Counts counts;
  };

  void read_order(const Target& target, const Turns& turns, Decision* decision);
  void read_markers(const Target& target, std::string_view body, const Turns& turns,
                    Decision* decision);
  void read_prefix(const Target& target, const Turns& turns, Decision* decision);
  bool apply(std::string_view text, const Turns& turns, const Counts& counts, Decision* decision);
  bool apply_segment(std::string_view kind, std::string_view value, Decision* decision);
  bool set_delay(std::string_view text, Decision* decision);
  uint64_t next_random();

  uint32_t default_delay_ms_;
  RateLimits default_limits_;
  uint64_t random_state_;
  std::unordered_map<std::string, Counts> counts_;
  std::unordered_map<std::string, Order> orders_;  // by prefix
  std::vector<WrittenFault> written_;              // reused between requests
};

}  // namespace llmw::sim
