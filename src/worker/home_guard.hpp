#pragma once
// Whether the worker may send calls, at the cost of a comparison: for each turn of its loop.
//
// pg/sending.hpp has the rule. The homes are read inside a transaction only, so the guard remembers
// them; refresh() when jobs_changed() says so, which llm_workflow_allow_here() brings about.

#include <optional>

#include "core/error.hpp"

namespace llmw {

class HomeGuard {
 public:
  /// Reads the homes anew if they changed. Call inside a transaction. May throw llmw::Error.
  void refresh();

  /// Whether no new call may be sent now: switched off, or the database is a copy. Before the first
  /// refresh() nothing may be sent.
  bool sending_forbidden() const;

  /// The error 55000 for those who ask; only when sending_forbidden().
  Error reason() const;

 private:
  std::optional<Error> away_;  ///< why the database is not at home
  bool known_ = false;
};

}  // namespace llmw
