// What becomes of a request whose rows the ledger cannot hold.

#include <string_view>
#include <utility>

#include "pg/ids.hpp"
#include "worker/generation.hpp"

namespace llmw {

namespace {

bool make_ascii(std::string& text) {
  bool changed = false;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x80) continue;
    c = '?';
    changed = true;
  }
  return changed;
}

// What providers wrote, in a form that every encoding holds. True when that changed anything.
bool make_ascii(LedgerEntry& entry) {
  bool changed = false;
  for (CallRow& call : entry.calls)
    for (std::string* text :
         {&call.answer.returned_model, &call.answer.provider_request_id, &call.answer.error_message,
          &call.answer.finish_reason, &call.judgement.error_code})
      changed = make_ascii(*text) || changed;
  for (EventRow& event : entry.events) changed = make_ascii(event.details) || changed;
  return changed;
}

}  // namespace

// A request that had failed anyway keeps its own error, if it was the texts of its calls.
void Generation::fail_with(const Error& error, LedgerEntry& entry) {
  const bool changed = make_ascii(entry);
  if (!entry.ended) return;
  const bool had_document = outcome_.ok;
  if (had_document || !changed) {
    outcome_ = {};
    outcome_.error_sqlstate = error.sqlstate();
    outcome_.error_message = error.message();
    outcome_.error_detail = error.detail();
    outcome_.error_hint = error.hint();
  }
  make_ascii(outcome_.error_message);
  make_ascii(outcome_.error_detail);
  entry.ended->result = job_ ? outcome_ : recorded();
  entry.ended->cached_from.reset();
  if (!had_document) return;
  entry.ended->status = "failed";
  std::erase_if(entry.events, [](const EventRow& event) {
    return std::string_view(event.action) == "WORKFLOW_GENERATED";
  });
  const TimestampTz now = GetCurrentTimestamp();
  entry.events.push_back(
      {new_uuid(now), now, "WORKFLOW_GENERATION_FAILED", "error", role_name_,
       failed_details(primary_model(), to_string(FallbackReason::validation_failed), recorded(),
                      totals_)});
}

}  // namespace llmw
