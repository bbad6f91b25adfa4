#pragma once
// Which experiment a request belongs to, and in which arm.
//
// The arm follows from a hash of the experiment's name and the value of its assignment key, so that
// the same value is in the same arm for as long as the experiment runs, whoever asks and wherever.
// The name is in the hash so that the candidates of one experiment are not those of the next.
//
//   const Experiment* found = choose_experiment(running, "reports", "planner", "gpt-4o");
//   const auto value = assignment_value(found->assignment_key, subject);
//   const Arm arm = arm_of(sha256(assignment_text(found->name, *value)), found->share);

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace llmw {

enum class Arm { control, candidate };
const char* to_string(Arm arm);

/// A running row of llm_experiments.
struct Experiment {
  std::string name;
  std::string category;  ///< of which requests; empty: any
  std::string agent;     ///< the same
  std::string control_model;
  std::string candidate_model;
  double share = 0;            ///< of the arm candidate, 0 to 1
  std::string assignment_key;  ///< request, prompt, role, or tag:KEY
};

/// Of the experiments that share out requests of `category` and `agent` whose primary model is
/// `primary`: one that names both goes before one that names the category, and that before one that
/// names the agent; among equals the first by name. nullptr when there is none.
const Experiment* choose_experiment(std::span<const Experiment> experiments,
                                    std::string_view category, std::string_view agent,
                                    std::string_view primary);

/// What an assignment key can be taken from.
struct AssignmentSubject {
  std::string_view request_id;
  std::string_view prompt;
  std::string_view role;
  std::string_view tags;  ///< JSON object
};

/// The value of `key`; nothing when the request has no such tag.
std::optional<std::string> assignment_value(std::string_view key, const AssignmentSubject& subject);

/// What is hashed.
std::string assignment_text(std::string_view experiment, std::string_view value);

/// `digest`: at least 8 bytes, evenly distributed. The first 8, as a fraction of 2^64, are below
/// `share` in the arm candidate.
Arm arm_of(std::string_view digest, double share);

}  // namespace llmw
