#pragma once
// What the flow needs to weigh a repair: prices from the catalogue, and how recent repairs of each
// model went, from the ledger. And from the ledger too: by how much providers count other than we.
//
// The ledger is read from time to time, never while a request advances: somebody may have locked
// it.

#include <map>
#include <string>

#include "core/flow.hpp"
#include "core/token_counter.hpp"
#include "worker/ledger.hpp"

namespace llmw {

class RepairAdviser final : public CostAdviser {
 public:
  /// Call inside a transaction, as they read the catalogue. May throw llmw::Error.
  std::optional<Money> cost(const std::string& model, const Usage& usage) override;
  RepairRecord repair_record(const std::string& model) override;

  /// Tokens of `model` for one of our estimate; 1 when too few calls are known.
  double token_factor(const std::string& model) const;

  /// Counts of the texts of all requests: system prompts and schemas are the same in most.
  CountedTexts& counted_texts() { return counted_texts_; }

  /// Reads the records again, in transactions of their own. Throws llmw::Error when that fails;
  /// what was not read again stays as it is.
  void refresh(Ledger& ledger);

 private:
  std::map<std::string, RepairRecord> records_;
  std::map<std::string, double> token_factors_;
  CountedTexts counted_texts_;
};

}  // namespace llmw
