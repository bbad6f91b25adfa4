#include "fault_script.hpp"

#include <set>

#include "text.hpp"

namespace llmw::sim {
namespace {

constexpr uint64_t kMaxDelayMs = 86400000;  // one day

// The next segment of a path, without slashes; removes it from `path`.
std::string_view next_segment(std::string_view& path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const size_t slash = path.find('/');
  const std::string_view segment = path.substr(0, slash);
  path.remove_prefix(segment.size());
  return segment;
}

bool marker_is_for(std::string_view kind, Shape shape) {
  if (kind.empty()) return true;
  return kind.starts_with('-') && kind.substr(1) == shape_name(shape);
}

}  // namespace

std::string_view shape_name(Shape shape) {
  if (shape == Shape::kOpenAi) return "openai";
  return shape == Shape::kAnthropic ? "anthropic" : "-";
}

Target parse_target(std::string_view target) {
  const std::string_view path = target.substr(0, target.find('?'));
  const size_t at = path.rfind("/v1/");
  Target result;
  if (at == std::string_view::npos) return result;
  const std::string_view endpoint = path.substr(at + 4);
  result.prefix = path.substr(0, at);
  if (endpoint == "chat/completions") result.shape = Shape::kOpenAi;
  if (endpoint == "messages") result.shape = Shape::kAnthropic;
  result.redirected = result.prefix.starts_with("/redirected");
  return result;
}

Decision FaultScript::decide(const Target& target, std::string_view body, const Turns& turns) {
  Decision decision;
  decision.delay_ms = default_delay_ms_;
  decision.limits = default_limits_;
  // Of one family the fault that is read first acts.
  if (!orders_.empty()) read_order(target, turns, &decision);
  // Few requests carry a marker: most are decided by this one search.
  if (body.find("[[sim") != std::string_view::npos) read_markers(target, body, turns, &decision);
  if (!target.prefix.empty()) read_prefix(target, turns, &decision);
  if (const Fault* delay = decision.faults.find(Family::kDelay)) {
    if (!set_delay(delay->argument, &decision)) decision.wrong = "delay:" + delay->argument;
  }
  return decision;
}

bool FaultScript::order(std::string_view prefix, std::string_view faults) {
  if (faults.empty()) {
    orders_.erase(std::string(prefix));
    return true;
  }
  std::string wrong;
  written_.clear();
  if (!parse_faults(faults, &written_, &wrong)) return false;
  orders_[std::string(prefix)] = {.faults = std::string(faults), .counts = {}};
  return true;
}

void FaultScript::read_order(const Target& target, const Turns& turns, Decision* decision) {
  const auto found = orders_.find(std::string(target.prefix));
  if (found == orders_.end()) return;
  found->second.counts.add(turns);
  apply(found->second.faults, turns, found->second.counts, decision);
}

void FaultScript::read_prefix(const Target& target, const Turns& turns, Decision* decision) {
  Counts& counts = counts_[std::string(target.prefix)];
  counts.add(turns);
  std::string_view path = target.prefix;
  while (!path.empty()) {
    const std::string_view segment = next_segment(path);
    if (segment == "f") {
      if (!apply(next_segment(path), turns, counts, decision)) return;
    } else if (segment == "d" || segment == "rpm" || segment == "tpm") {
      const std::string_view value = next_segment(path);
      if (apply_segment(segment, value, decision)) continue;
      decision->wrong = std::string(segment) + '/' + std::string(value);
      return;
    }
  }
}

bool FaultScript::apply_segment(std::string_view kind, std::string_view value, Decision* decision) {
  if (kind == "d") return set_delay(value, decision);
  RateLimits& limits = decision->limits;
  uint64_t& limit = kind == "rpm" ? limits.requests_per_minute : limits.tokens_per_minute;
  return parse_number(value, kMaxPerMinute, &limit);
}

void FaultScript::read_markers(const Target& target, std::string_view body, const Turns& turns,
                               Decision* decision) {
  std::set<std::string_view> seen;  // a prompt may be quoted twice: it is one marker
  for (size_t at = body.find("[[sim"); at != std::string_view::npos;
       at = body.find("[[sim", at + 1)) {
    const std::string_view marker = body.substr(at + 5, body.find("]]", at) - at - 5);
    const size_t colon = marker.find(':');
    if (colon == std::string_view::npos || !seen.insert(marker).second) continue;
    if (!marker_is_for(marker.substr(0, colon), target.shape)) continue;
    Counts& counts = counts_[std::string(target.prefix) + "[[" + std::string(marker)];
    counts.add(turns);
    const std::string_view faults = marker.substr(colon + 1);
    if (!apply(faults.substr(0, faults.find('#')), turns, counts, decision)) return;
  }
}

bool FaultScript::apply(std::string_view text, const Turns& turns, const Counts& counts,
                        Decision* decision) {
  written_.clear();
  if (!parse_faults(text, &written_, &decision->wrong)) return false;
  for (WrittenFault& written : written_) {
    const bool percent = written.condition.kind == Condition::Kind::kPercent;
    const uint64_t draw = percent ? next_random() : 0;
    if (!written.condition.holds(turns, counts, draw)) continue;
    decision->faults.add(written.family, std::move(written.fault));
  }
  return true;
}

bool FaultScript::set_delay(std::string_view text, Decision* decision) {
  const size_t dash = text.find('-');
  uint64_t low = 0;
  if (!parse_number(text.substr(0, dash), kMaxDelayMs, &low)) return false;
  uint64_t high = low;
  if (dash != std::string_view::npos &&
      (!parse_number(text.substr(dash + 1), kMaxDelayMs, &high) || high < low)) {
    return false;
  }
  decision->delay_ms =
      static_cast<uint32_t>(high == low ? low : low + next_random() % (high - low + 1));
  return true;
}

// SplitMix64: one addition and three mixing steps, the same sequence on every machine.
uint64_t FaultScript::next_random() {
  random_state_ += 0x9E3779B97F4A7C15ULL;
  uint64_t mixed = random_state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
  return mixed ^ (mixed >> 31);
}

}  // namespace llmw::sim
