// Triggers of the extension's own tables.

#include <string>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/text.hpp"
#include "pg/trigger.hpp"

namespace llmw {

namespace {

/// Whether the statement is an UPDATE of columns that the trigger names, and of no others. Another
/// trigger sees to it that what is in them is erased, and nothing else.
bool is_erasure(const TriggerData& trigger) {
  if (!TRIGGER_FIRED_BY_UPDATE(trigger.tg_event)) return false;
  return PgCall([&] {
    const Oid table = RelationGetRelid(trigger.tg_relation);
    Bitmapset* texts = nullptr;
    for (int i = 0; i < trigger.tg_trigger->tgnargs; ++i)
      texts = bms_add_member(texts, get_attnum(table, trigger.tg_trigger->tgargs[i]) -
                                        FirstLowInvalidHeapAttributeNumber);
    return bms_is_subset(trigger.tg_updatedcols, texts);
  });
}

const char* operation_of(const TriggerData& trigger) {
  if (TRIGGER_FIRED_BY_UPDATE(trigger.tg_event)) return "UPDATE";
  if (TRIGGER_FIRED_BY_DELETE(trigger.tg_event)) return "DELETE";
  return "TRUNCATE";
}

}  // namespace

}  // namespace llmw

/// Refuses the statement: the table is append-only. Its arguments are the columns that may be
/// erased.
LLMW_SQL_FUNCTION(llmw_refuse_change) {
  using namespace llmw;
  const TriggerData& trigger = trigger_of(fcinfo);
  if (is_erasure(trigger)) return PointerGetDatum(nullptr);
  const std::string table = to_utf8(RelationGetRelationName(trigger.tg_relation));
  throw Error(
      sqlstate::kInsufficientPrivilege,
      std::string(operation_of(trigger)) + " is not allowed on append-only table \"" + table + "\"",
      "Rows of the ledger are written once and never changed.",
      "Old rows go with their partition: ALTER TABLE ... DETACH PARTITION, then DROP TABLE.");
}
