// Experiments: which one a request belongs to, and that its arm is the same whenever it is asked.

#include "core/experiment_arm.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace llmw {
namespace {

Experiment experiment(std::string name, std::string category, std::string agent,
                      std::string control = "strong") {
  Experiment made;
  made.name = std::move(name);
  made.category = std::move(category);
  made.agent = std::move(agent);
  made.control_model = std::move(control);
  made.candidate_model = "cheap";
  made.share = 0.5;
  made.assignment_key = "request";
  return made;
}

std::string chosen(const std::vector<Experiment>& experiments, std::string_view category,
                   std::string_view agent, std::string_view primary = "strong") {
  const Experiment* found = choose_experiment(experiments, category, agent, primary);
  return found == nullptr ? "none" : found->name;
}

/// A digest whose first 8 bytes are `first`, the highest byte first.
std::string digest(std::uint64_t first) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(first >> shift);
  return bytes + std::string(24, '\xFF');
}

TEST(ExperimentChoice, FiltersMustMatch) {
  const std::vector<Experiment> experiments{experiment("c", "reports", ""),
                                            experiment("a", "", "planner")};
  EXPECT_EQ(chosen(experiments, "reports", ""), "c");
  EXPECT_EQ(chosen(experiments, "", "planner"), "a");
  EXPECT_EQ(chosen(experiments, "", ""), "none");
  EXPECT_EQ(chosen(experiments, "report", "Planner"), "none");
  EXPECT_EQ(chosen({experiment("both", "reports", "planner")}, "reports", ""), "none");
  EXPECT_EQ(chosen({experiment("both", "reports", "planner")}, "", "planner"), "none");
}

TEST(ExperimentChoice, OnlyOfRequestsThatWouldAskTheControl) {
  EXPECT_EQ(chosen({experiment("c", "reports", "")}, "reports", "", "cheap"), "none");
  EXPECT_EQ(chosen({experiment("c", "reports", "", "other"), experiment("d", "reports", "")},
                   "reports", ""),
            "d");
}

TEST(ExperimentChoice, TheNarrowestGoesFirstWhateverTheOrder) {
  std::vector<Experiment> experiments{
      experiment("z agent", "", "planner"), experiment("y category", "reports", ""),
      experiment("x both", "reports", "planner"), experiment("w both", "reports", "planner")};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(chosen(experiments, "reports", "planner"), "w both");
    EXPECT_EQ(chosen(experiments, "reports", "other"), "y category");
    EXPECT_EQ(chosen(experiments, "other", "planner"), "z agent");
    std::rotate(experiments.begin(), experiments.begin() + 1, experiments.end());
  }
  std::erase_if(experiments, [](const Experiment& e) { return e.name.ends_with("both"); });
  EXPECT_EQ(chosen(experiments, "reports", "planner"), "y category");
}

TEST(ExperimentKey, IsTakenFromTheRequest) {
  const AssignmentSubject subject{"id", "a prompt", "alice",
                                  R"({"team": "a", "n": 7, "no": null})"};
  EXPECT_EQ(assignment_value("request", subject), "id");
  EXPECT_EQ(assignment_value("prompt", subject), "a prompt");
  EXPECT_EQ(assignment_value("role", subject), "alice");
  EXPECT_EQ(assignment_value("tag:team", subject), "a");
  EXPECT_EQ(assignment_value("tag:n", subject), "7");
}

TEST(ExperimentKey, WithoutTheTagThereIsNone) {
  const AssignmentSubject subject{"id", "a prompt", "alice", R"({"team": "a", "no": null})"};
  for (const char* key : {"tag:other", "tag:no", "tag:", "team", ""})
    EXPECT_FALSE(assignment_value(key, subject)) << key;
  EXPECT_FALSE(assignment_value("tag:team", {"id", "p", "r", "[1]"}));
  EXPECT_FALSE(assignment_value("tag:team", {"id", "p", "r", "{"}));
}

TEST(ExperimentArm, IsBelowTheShareExactly) {
  constexpr std::uint64_t kHalf = std::uint64_t{1} << 63;
  EXPECT_EQ(arm_of(digest(0), 0.5), Arm::candidate);
  EXPECT_EQ(arm_of(digest(kHalf - 1), 0.5), Arm::candidate);
  EXPECT_EQ(arm_of(digest(kHalf), 0.5), Arm::control);
  EXPECT_EQ(arm_of(digest(~std::uint64_t{0}), 0.5), Arm::control);
}

TEST(ExperimentArm, TheHighestHashIsBelowNoShareThatIsLessThanOne) {
  EXPECT_EQ(arm_of(digest(~std::uint64_t{0}), 1 - 1e-15), Arm::control);
  EXPECT_EQ(arm_of(digest(1 << 11), 1e-18), Arm::control);
  EXPECT_EQ(arm_of(digest(0), 1e-18), Arm::candidate);
}

TEST(ExperimentArm, DependsOnTheExperimentAndOnTheValue) {
  EXPECT_EQ(assignment_text("e", "v"), std::string("e\x1f"
                                                   "v"));
  EXPECT_NE(assignment_text("e", "v"), assignment_text("f", "v"));
  EXPECT_STREQ(to_string(Arm::control), "control");
  EXPECT_STREQ(to_string(Arm::candidate), "candidate");
}

}  // namespace
}  // namespace llmw
