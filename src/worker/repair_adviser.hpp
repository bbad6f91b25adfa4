#pragma once
// What the flow needs to weigh a repair: prices from the catalogue, and how recent repairs of each
// model went, from the ledger.
//
// The ledger is read from time to time, never while a request advances: somebody may have locked
// it.

#include <map>
#include <string>

#include "core/flow.hpp"
#include "worker/ledger.hpp"

namespace llmw {

class RepairAdviser final : public CostAdviser {
 public:
  /// Call inside a transaction, as they read the catalogue. May throw llmw::Error.
  std::optional<Money> cost(const std::string& model, const Usage& usage) override;
  RepairRecord repair_record(const std::string& model) override;

  /// Reads the records again, in a transaction of its own. Throws llmw::Error when that fails; the
  /// records then stay as they are.
  void refresh(Ledger& ledger) { records_ = ledger.repair_records(); }

 private:
  std::map<std::string, RepairRecord> records_;
};

}  // namespace llmw
