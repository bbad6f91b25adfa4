// Triggers of the extension's own tables.

#include <string>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/text.hpp"
#include "pg/trigger.hpp"

namespace llmw {

namespace {

const char* operation_of(const TriggerData& trigger) {
  if (TRIGGER_FIRED_BY_UPDATE(trigger.tg_event)) return "UPDATE";
  if (TRIGGER_FIRED_BY_DELETE(trigger.tg_event)) return "DELETE";
  return "TRUNCATE";
}

}  // namespace

}  // namespace llmw

/// Refuses the statement: the table is append-only.
LLMW_SQL_FUNCTION(llmw_refuse_change) {
  using namespace llmw;
  const TriggerData& trigger = trigger_of(fcinfo);
  const std::string table = to_utf8(RelationGetRelationName(trigger.tg_relation));
  throw Error(
      sqlstate::kInsufficientPrivilege,
      std::string(operation_of(trigger)) + " is not allowed on append-only table \"" + table + "\"",
      "Rows of the ledger are written once and never changed.",
      "Old rows go with their partition: ALTER TABLE ... DETACH PARTITION, then DROP TABLE.");
}
