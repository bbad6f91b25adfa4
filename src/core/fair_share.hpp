#pragma once
// Which queued jobs are taken next: so many of each group, so that nobody starves.
//
// A group is the jobs of one role for one primary model. Each place goes to the role that has the
// fewest jobs running, counting those given just now; of its groups the one whose first job has the
// highest priority, then the one that waits longest. A group gets no more than may be called now:
// jobs of a model whose rate limit is used up wait in the queue, and cost no attempt.

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace llmw {

struct JobGroup {
  std::string role;
  std::string model;
  int priority = 0;            ///< of its first job; higher goes first
  std::int64_t run_at = 0;     ///< of its first job, any unit
  std::int64_t allowance = 0;  ///< calls that may start now
};

/// For each group, in the order of `groups`, how many jobs to take; `places` in all at most.
/// `running` counts each role's jobs that run now.
std::vector<std::int64_t> share_places(const std::vector<JobGroup>& groups,
                                       const std::map<std::string, std::int64_t>& running,
                                       std::int64_t places);

}  // namespace llmw
