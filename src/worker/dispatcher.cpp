#include "worker/dispatcher.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/transaction.hpp"

namespace llmw {

namespace {

constexpr std::chrono::seconds kWriteAgainAfter{1};
constexpr std::string_view kLockNotAvailable = "55P03";  // lock_timeout

void log_failure(const char* what, const Error& error) {
  const char* message = error.message().c_str();
  PgCall([=] { ereport(LOG, (errmsg("llm_workflow worker could not %s: %s", what, message))); });
}

// Whether the values themselves cannot be stored, so that trying again will not help.
bool is_data_error(const Error& error) {
  const std::string_view state = error.sqlstate();
  return state.starts_with("22") || state.starts_with("54");
}

}  // namespace

Dispatcher::Dispatcher(int entry, const Extension& extension) : entry_(entry), ledger_(extension) {}

void Dispatcher::turn() {
  const SteadyTime now = std::chrono::steady_clock::now();
  engine_.drive(now);
  std::vector<Work> work;
  if (!unwritten_.empty() && now >= write_again_at_) work.swap(unwritten_);
  take_new(work);
  take_replies(work);
  take_due(now, work);
  take_admitted(work);
  take_cancelled(work);
  if (work.empty()) return;
  commit(work);
  for (Work& done : work) act(done, std::chrono::steady_clock::now());
  engine_.drive(std::chrono::steady_clock::now());  // what was started now leaves now
}

SteadyTime Dispatcher::next_deadline() const {
  if (admission_.any_admitted()) return SteadyTime::min();
  // Its request was busy: that is over now, or when what it added is written.
  if (look_for_cancelled_ && unwritten_.empty()) return SteadyTime::min();
  SteadyTime next = engine_.next_deadline();
  if (!waiting_.empty()) next = std::min(next, waiting_.begin()->first);
  if (!unwritten_.empty()) next = std::min(next, write_again_at_);
  return next;
}

// A request whose slot cannot be read or resolved is refused; the others are not held up by it.
void Dispatcher::take_new(std::vector<Work>& work) {
  for (const TakenSlot& slot : take_ready(entry_)) {
    try {
      in_transaction([&] {
        auto generation = std::make_unique<Generation>(slot, adviser_);
        Generation* key = generation.get();
        work.push_back({key, generation->start()});
        generations_.emplace(key, std::move(generation));
        admit(work.back());
      });
    } catch (const Error& error) {
      refuse(slot.index, error);
    }
  }
}

// An error here (the catalogue cannot be read) ends the worker; the next one accounts for all calls
// that were on the wire.
template <typename Advance>
void Dispatcher::advance(Generation* generation, std::vector<Work>& work, Advance&& step) {
  in_transaction([&] {
    work.push_back({generation, step(*generation)});
    admit(work.back());
  });
}

// A call that its server has no room for is held without an intent: it is not on the wire.
void Dispatcher::admit(Work& work) {
  Generation& generation = *work.generation;
  for (const int lane : work.turn.asks)
    if (admission_.enter({&generation, lane}, generation.server(lane),
                         generation.server_limit(lane)))
      generation.send(lane, work.turn);
}

void Dispatcher::take_replies(std::vector<Work>& work) {
  for (const FinishedTransfer& transfer : engine_.take_finished()) {
    const auto found = on_the_wire_.find(transfer.id);
    if (found == on_the_wire_.end()) continue;  // cancelled: accounted for already
    const CallKey call = found->second;
    on_the_wire_.erase(found);
    admission_.leave(call);
    advance(call.generation, work,
            [&](Generation& g) { return g.on_reply(call.lane, transfer.reply, transfer.elapsed); });
  }
}

void Dispatcher::take_due(SteadyTime now, std::vector<Work>& work) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const CallKey call = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    advance(call.generation, work, [=](Generation& g) { return g.on_wait_over(call.lane); });
  }
}

void Dispatcher::take_admitted(std::vector<Work>& work) {
  for (const CallKey call : admission_.take_admitted()) {
    const bool dropped = call.generation->drops_calls();
    if (dropped) admission_.leave(call);  // before the next call of the same lane enters
    advance(call.generation, work, [=](Generation& g) {
      return dropped ? g.on_dropped(call.lane) : g.on_admitted(call.lane);
    });
  }
}

void Dispatcher::take_cancelled(std::vector<Work>& work) {
  if (!cancellation_pending(entry_) && !look_for_cancelled_) return;
  look_for_cancelled_ = false;
  std::vector<Generation*> left;
  for (const auto& [generation, owner] : generations_)
    if (is_cancelled(generation->slot())) left.push_back(generation);
  for (Generation* generation : left) cancel(generation, work);
}

// A request that advances in this very turn is looked at again in the next.
void Dispatcher::cancel(Generation* generation, std::vector<Work>& work) {
  const auto same = [=](const Work& w) { return w.generation == generation; };
  if (std::any_of(work.begin(), work.end(), same) || is_unwritten(generation)) {
    look_for_cancelled_ = true;
    return;
  }
  std::erase_if(on_the_wire_, [&](const auto& transfer) {
    if (transfer.second.generation != generation) return false;
    engine_.cancel(transfer.first);
    return true;
  });
  admission_.leave_all(generation);
  std::erase_if(waiting_,
                [=](const auto& waiting) { return waiting.second.generation == generation; });
  advance(generation, work, [](Generation& g) { return g.on_cancel(); });
}

bool Dispatcher::is_unwritten(const Generation* generation) const {
  return std::any_of(unwritten_.begin(), unwritten_.end(),
                     [=](const Work& w) { return w.generation == generation; });
}

// All at once, which costs one flush; one by one only when that fails, to find the one that cannot
// be written. Works that were not written are taken out of `work`.
// The rows of a request are written in their order: what follows a row that could not be written
// waits for it.
void Dispatcher::commit(std::vector<Work>& work) {
  const auto held = std::stable_partition(
      work.begin(), work.end(), [this](const Work& w) { return !is_unwritten(w.generation); });
  std::move(held, work.end(), std::back_inserter(unwritten_));
  work.erase(held, work.end());
  if (work.empty()) return;
  std::vector<const LedgerEntry*> entries;
  entries.reserve(work.size());
  for (const Work& w : work) entries.push_back(&w.turn.entry);
  try {
    ledger_.write(entries);
    return;
  } catch (const Error& error) {
    log_failure("write a batch to the ledger", error);
    if (error.sqlstate() == kLockNotAvailable) return put_off(work, error);
  }
  std::vector<Work> written;
  for (Work& w : work)
    if (commit_one(w)) written.push_back(std::move(w));
  work.swap(written);
}

// A table of the ledger is locked; one by one, each would wait as long again. What calls added is
// written later. New requests, which write other tables, are tried once more without it.
void Dispatcher::put_off(std::vector<Work>& work, const Error& error) {
  const auto is_new = [](const Work& w) { return w.turn.entry.opened.has_value(); };
  const auto others = std::stable_partition(work.begin(), work.end(), is_new);
  const auto failed = others == work.end() ? work.begin() : others;
  for (auto w = failed; w != work.end(); ++w) write_failed(std::move(*w), error);
  work.erase(failed, work.end());
  if (!work.empty()) commit(work);
}

bool Dispatcher::commit_one(Work& work) {
  if (is_unwritten(work.generation)) {
    unwritten_.push_back(std::move(work));
    return false;
  }
  const LedgerEntry* entry = &work.turn.entry;
  try {
    ledger_.write({&entry, 1});
    return true;
  } catch (const Error& error) {
    write_failed(std::move(work), error);
    return false;
  }
}

// A request of which nothing was sent is refused. Of any other one money is on record only here:
// it is written again, without the document if that is what cannot be stored.
void Dispatcher::write_failed(Work work, const Error& error) {
  log_failure("write a request to the ledger", error);
  if (work.turn.entry.opened) {
    refuse(work.generation->slot(), error);
    remove(work.generation);
    return;
  }
  if (is_data_error(error)) work.generation->fail_with(error, work.turn.entry);
  unwritten_.push_back(std::move(work));
  write_again_at_ = std::chrono::steady_clock::now() + kWriteAgainAfter;
}

void Dispatcher::act(Work& work, SteadyTime now) {
  Generation* generation = work.generation;
  for (const int lane : work.turn.sends) {
    const TransferId transfer =
        engine_.start(generation->http_request(lane), now, now + generation->timeout());
    on_the_wire_.emplace(transfer, CallKey{generation, lane});
  }
  if (const auto& wait = work.turn.wait)
    waiting_.emplace(now + wait->time, CallKey{generation, wait->lane});
  if (!work.turn.finished) return;
  finish(generation->slot(), encode(generation->result()));
  remove(generation);
}

void Dispatcher::refuse(int slot, const Error& error) {
  GenerationResult result;
  result.error_sqlstate = error.sqlstate();
  result.error_message = error.message();
  result.error_detail = error.detail();
  result.error_hint = error.hint();
  finish(slot, encode(result));
}

void Dispatcher::remove(Generation* generation) {
  admission_.leave_all(generation);
  generations_.erase(generation);
}

}  // namespace llmw
