#pragma once
// A request of the ledger that is to be generated again.

#include <string>
#include <vector>

#include "core/learned_rules.hpp"
#include "core/uuid.hpp"

namespace llmw {

/// What a new request takes over from the one that it regenerates.
struct ParentRequest {
  std::string format;
  std::string prompt;
  std::vector<std::string> services;
  std::string agent;       ///< empty: none
  std::string category;    ///< empty: none
  std::string complexity;  ///< low, medium or high; empty: it was not asked for
  std::string tags;        ///< JSON object
  std::string document;    ///< JSON; empty: it had none
  std::string findings;    ///< one line for each of its warnings
  std::vector<DocumentIssue> issues;
};

/// The request `id`. Allowed are the role that made it and roles that may read all requests.
/// Throws llmw::Error: 42704 there is no such request, 42501 not allowed, 55000 it is running or
/// its prompt was not stored.
ParentRequest find_parent_request(const Uuid& id);

}  // namespace llmw
