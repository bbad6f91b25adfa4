#include "core/experiment_arm.hpp"

#include <cmath>
#include <cstdint>
#include <tuple>

#include "core/tags.hpp"

namespace llmw {

namespace {

constexpr std::string_view kTagPrefix = "tag:";
constexpr char kUnitSeparator = '\x1f';

bool names(const std::string& filter) { return !filter.empty(); }

bool takes(const std::string& filter, std::string_view value) {
  return filter.empty() || filter == value;
}

bool goes_before(const Experiment& a, const Experiment& b) {
  const auto rank = [](const Experiment& e) {
    return std::make_tuple(!names(e.category), !names(e.agent), std::string_view(e.name));
  };
  return rank(a) < rank(b);
}

}  // namespace

const char* to_string(Arm arm) { return arm == Arm::candidate ? "candidate" : "control"; }

const Experiment* choose_experiment(std::span<const Experiment> experiments,
                                    std::string_view category, std::string_view agent,
                                    std::string_view primary) {
  const Experiment* best = nullptr;
  for (const Experiment& experiment : experiments) {
    if (experiment.control_model != primary || !takes(experiment.category, category) ||
        !takes(experiment.agent, agent))
      continue;
    if (best == nullptr || goes_before(experiment, *best)) best = &experiment;
  }
  return best;
}

std::optional<std::string> assignment_value(std::string_view key,
                                            const AssignmentSubject& subject) {
  if (key == "request") return std::string(subject.request_id);
  if (key == "prompt") return std::string(subject.prompt);
  if (key == "role") return std::string(subject.role);
  if (!key.starts_with(kTagPrefix)) return std::nullopt;
  return RequestTags(subject.tags).value(key.substr(kTagPrefix.size()));
}

std::string assignment_text(std::string_view experiment, std::string_view value) {
  return std::string(experiment).append(1, kUnitSeparator).append(value);
}

// 53 bits are what a double holds exactly; the others could round a fraction up to 1.
Arm arm_of(std::string_view digest, double share) {
  std::uint64_t first = 0;
  for (const char byte : digest.substr(0, sizeof first))
    first = first << 8 | static_cast<unsigned char>(byte);
  return std::ldexp(static_cast<double>(first >> 11), -53) < share ? Arm::candidate : Arm::control;
}

}  // namespace llmw
