#include "worker/repair_adviser.hpp"

#include "pg/catalogue.hpp"

namespace llmw {

std::optional<Money> RepairAdviser::cost(const std::string& model, const Usage& usage) {
  const DatedPrice* price = find_price(model, usage.input, GetCurrentTimestamp());
  if (price == nullptr) return std::nullopt;
  return cost_of(usage, price->price);
}

RepairRecord RepairAdviser::repair_record(const std::string& model) {
  const auto found = records_.find(model);
  return found == records_.end() ? RepairRecord{} : found->second;
}

double RepairAdviser::token_factor(const std::string& model) const {
  const auto found = token_factors_.find(model);
  return found == token_factors_.end() ? 1 : found->second;
}

void RepairAdviser::refresh(Ledger& ledger) {
  records_ = ledger.repair_records();
  token_factors_ = ledger.token_factors();
}

}  // namespace llmw
