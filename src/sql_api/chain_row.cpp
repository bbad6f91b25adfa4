// The trigger that puts rows into the audit chain, and keeps what it says of them.

#include <string>

#include "core/audit_chain.hpp"
#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/bytes.hpp"
#include "pg/chain_form.hpp"
#include "pg/chain_sealer.hpp"
#include "pg/text.hpp"
#include "pg/trigger.hpp"

namespace llmw {

namespace {

[[noreturn]] void refuse(const TriggerData& trigger) {
  throw Error(sqlstate::kInsufficientPrivilege,
              "the audit chain of table \"" +
                  to_utf8(RelationGetRelationName(trigger.tg_relation)) + "\" cannot be changed",
              "The worker alone puts rows into it.");
}

bool same_place(const DeformedRow& before, const DeformedRow& after, const ChainColumns& own) {
  return before.is_null(own.chain_id) == after.is_null(own.chain_id) &&
         (before.is_null(own.chain_id) ||
          DatumGetInt32(before.get(own.chain_id)) == DatumGetInt32(after.get(own.chain_id))) &&
         before.is_null(own.chain_no) == after.is_null(own.chain_no) &&
         (before.is_null(own.chain_no) ||
          DatumGetInt64(before.get(own.chain_no)) == DatumGetInt64(after.get(own.chain_no))) &&
         before.bytes(own.chain_hash) == after.bytes(own.chain_hash) &&
         before.bytes(own.chain_salt) == after.bytes(own.chain_salt);
}

HeapTuple with_salt(const TriggerData& trigger, const ChainForm& form, const ChainDigest& texts) {
  Datum value = bytes_datum(bytes_of(texts));
  return PgCall([&] {
    int column = form.own().chain_salt;
    bool is_null = false;
    return heap_modify_tuple_by_cols(trigger.tg_newtuple, RelationGetDescr(trigger.tg_relation), 1,
                                     &column, &value, &is_null);
  });
}

/// A row whose texts are erased keeps their digest in the place of their salt.
HeapTuple keep_texts_digest(const TriggerData& trigger, const ChainForm& form,
                            const DeformedRow& before, const DeformedRow& after) {
  const std::string salt = before.bytes(form.own().chain_salt);
  if (kind_of_salt(salt) != SaltKind::salt) return trigger.tg_newtuple;
  CanonicalRow row;
  form.write(after, row);
  if (row.has_texts()) return trigger.tg_newtuple;
  form.write(before, row);
  std::string scratch;
  ChainHasher hash;
  const ChainDigest texts = texts_digest(hash, salt, row, scratch);
  hash.free();
  return with_salt(trigger, form, texts);
}

HeapTuple after_update(const TriggerData& trigger) {
  const ChainForm& form = chain_form_of(trigger.tg_relation);
  DeformedRow before;
  DeformedRow after;
  before.read(trigger.tg_trigtuple, RelationGetDescr(trigger.tg_relation));
  after.read(trigger.tg_newtuple, RelationGetDescr(trigger.tg_relation));
  if (same_place(before, after, form.own())) return keep_texts_digest(trigger, form, before, after);
  ChainSealer* sealer = ChainSealer::active();
  if (sealer == nullptr || !before.is_null(form.own().chain_id)) refuse(trigger);
  return sealer->seal(trigger.tg_relation, trigger.tg_newtuple);
}

}  // namespace

}  // namespace llmw

/// BEFORE INSERT OR UPDATE, for each row: the worker's rows get their place in the chain at once,
/// those of others when the worker comes to them.
LLMW_SQL_FUNCTION(llmw_chain_row) {
  using namespace llmw;
  const TriggerData& trigger = trigger_of(fcinfo);
  if (TRIGGER_FIRED_BY_UPDATE(trigger.tg_event)) return PointerGetDatum(after_update(trigger));
  ChainSealer* sealer = ChainSealer::active();
  if (sealer == nullptr) return PointerGetDatum(trigger.tg_trigtuple);
  return PointerGetDatum(sealer->seal(trigger.tg_relation, trigger.tg_trigtuple));
}
