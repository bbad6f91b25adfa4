#pragma once
// What is done for the audit chain now and then: what others wrote is sealed, and the heads of the
// chains are given away as llm_workflow.audit_digest_target says.
//
// Nothing waits for it: what fails is logged and done later.

#include <algorithm>
#include <optional>
#include <string>

#include "http/transfer_engine.hpp"
#include "pg/postgres.hpp"
#include "worker/ledger.hpp"

namespace llmw {

class ChainKeeper {
 public:
  /// Does what is due; before the worker leaves, all of it. Throws ExtensionGone.
  void keep(Ledger& ledger, SteadyTime now, bool leaving);
  SteadyTime due() const { return std::min(seal_at_, digest_at_); }

 private:
  void give_digest(Ledger& ledger);

  SteadyTime seal_at_{};
  SteadyTime digest_at_{};
  std::optional<TimestampTz> digest_since_;
  std::string digest_target_;  ///< to which the whole digest was given
};

}  // namespace llmw
