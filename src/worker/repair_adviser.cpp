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

}  // namespace llmw
