#include "worker/dispatcher.hpp"

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/crash_point.hpp"
#include "pg/settings.hpp"
#include "pg/text.hpp"
#include "pg/transaction.hpp"
#include "shmem/job_events.hpp"

namespace llmw {

namespace {

constexpr std::chrono::seconds kWriteAgainAfter{1};
constexpr std::chrono::milliseconds kAskBudgetsEvery{200};
constexpr std::size_t kAskAtOnce = 8;

// Whether the values themselves cannot be stored, so that trying again will not help.
bool is_data_error(const Error& error) {
  const std::string_view state = error.sqlstate();
  return state.starts_with("22") || state.starts_with("54");
}

std::string name_of_role(Oid role) {
  const char* name = PgCall([=] { return GetUserNameFromId(role, true); });
  return name == nullptr ? std::to_string(role) : to_utf8(name);
}

/// Why a call does not even wait.
Refusal refusal_of(Entry entry, const CallTicket& ticket) {
  const std::string where = "model \"" + ticket.model + "\" at server \"" + ticket.server + "\"";
  if (entry == Entry::rate_limited)
    return {FallbackReason::rate_limited, "the rate limit of " + where + " is used up",
            "It opens later than llm_workflow.request_timeout.",
            "llm_endpoint_status says when it opens."};
  return {FallbackReason::circuit_open,
          "the circuit of " + where + " is open after recent failures", "",
          "It is tried again by itself; llm_endpoint_status says when."};
}

}  // namespace

/// In the server's log, and in llm_workflow_status.
void Dispatcher::log_failure(const char* what, const Error& error) const {
  const char* message = error.message().c_str();
  const int entry = entry_;
  PgCall([=] {
    report_worker_error(entry, message);
    ereport(LOG, (errmsg("llm_workflow worker could not %s: %s", what, message)));
  });
}

Dispatcher::Dispatcher(int entry, const WorkerClaim& claim, const Extension& extension)
    : entry_(entry),
      ordinal_(claim.ordinal),
      extension_(extension),
      jobs_(extension, claim.incarnation),
      budgets_(extension),
      ledger_(extension, jobs_, budgets_, claim.ordinal),
      witness_(claim.database, claim.ordinal),
      admission_(claim.database) {}

void Dispatcher::turn() {
  const SteadyTime now = std::chrono::steady_clock::now();
  engine_.drive(now);
  admitted_now_ = 0;
  std::vector<Work> work;
  if (!unwritten_.empty() && now >= write_again_at_) work.swap(unwritten_);
  take_new(work);
  take_replies(work);
  take_due(now, work);
  take_admitted(now, work);
  take_cancelled(work);
  look_after_queue(now, work);
  take_followers(work);
  if (!for_budget_.empty()) take_budget_waiters(now, work);
  if (work.empty()) return;
  commit(work);
  bool any_sent = false;
  for (Work& done : work) {
    any_sent = any_sent || !done.turn.sends.empty();
    act(done, std::chrono::steady_clock::now());
  }
  if (!ended_jobs_.empty()) {
    announce_ended_jobs(ended_jobs_);
    crash_point("notified");
  }
  ended_jobs_.clear();
  if (!any_sent) return;
  engine_.drive(std::chrono::steady_clock::now());  // what was started now leaves now
  crash_point("sent");
}

SteadyTime Dispatcher::next_deadline() const {
  // Its request was busy: that is over now, or when what it added is written.
  if ((look_for_cancelled_ || !jobs_to_cancel_.empty()) && unwritten_.empty())
    return SteadyTime::min();
  if (!answers_.empty() || !to_start_.empty()) return SteadyTime::min();
  SteadyTime next = std::min(
      {engine_.next_deadline(), admission_.next_deadline(), promote_at_, renew_at_, sweep_at_});
  if (free_places() > 0) next = std::min(next, take_jobs_at_);
  if (!overflow_.empty() && !is_full()) next = SteadyTime::min();
  if (!for_budget_.empty())
    next = std::min(next, budgets_are_full_ ? ask_budgets_at_ : SteadyTime::min());
  if (!waiting_.empty()) next = std::min(next, waiting_.begin()->first);
  if (!unwritten_.empty()) next = std::min(next, write_again_at_);
  return next;
}

// A request whose slot cannot be read or resolved is refused; the others are not held up by it.
void Dispatcher::take_new(std::vector<Work>& work) {
  for (const TakenSlot& slot : take_ready(entry_)) {
    try {
      Asked asked;
      in_transaction([&] {
        asked.request = decode_request(slot.request);
        asked.role_name = name_of_role(slot.role);
        home_.refresh();
      });
      asked.role = slot.role;
      asked.slot = slot.index;
      add(std::make_unique<Generation>(std::move(asked)), work);
      launch(work);
    } catch (const Error& error) {
      refuse(slot.index, error);
    }
  }
}

Dispatcher::Work& Dispatcher::add(std::unique_ptr<Generation> owned, std::vector<Work>& work) {
  Generation* generation = owned.get();
  generations_.emplace(generation, std::move(owned));
  if (generation->is_job()) ++jobs_of_role_[generation->role_name()];
  return work.emplace_back(Work{generation, generation->open()});
}

/// Starts the request that was added last, unless it shares the document of another one.
void Dispatcher::launch(std::vector<Work>& work) {
  Work& last = work.back();
  if (!shares(last.generation, last.turn) && !start(last)) work.pop_back();
}

/// False: it was refused, and is gone.
bool Dispatcher::start(Work& work) {
  Generation* generation = work.generation;
  try {
    in_transaction([&] {
      witness_.advancing(generation->id());
      crash_point("advance", generation->request().prompt);
      generation->start(adviser_, work.turn);
      admit(work);
      witness_.done();
    });
    return true;
  } catch (const Error& error) {
    witness_.done();
    forget_calls(generation);
    if (generation->is_job()) {
      work.turn = generation->open();
      generation->fail(error, work.turn);
      return true;
    }
    refuse(generation->slot(), error);
    remove(generation);
    return false;
  }
}

// An error here (the catalogue cannot be read) ends the worker; the next one accounts for all calls
// that were on the wire.
template <typename Advance>
void Dispatcher::advance(Generation* generation, std::vector<Work>& work, Advance&& step) {
  in_transaction([&] {
    witness_.advancing(generation->id());
    crash_point("advance", generation->request().prompt);
    work.push_back({generation, step(*generation)});
    admit(work.back());
    witness_.done();
  });
}

// A call that must wait for its endpoint is held without an intent: it is not on the wire.
void Dispatcher::admit(Work& work) {
  Generation& generation = *work.generation;
  const SteadyTime now = std::chrono::steady_clock::now();
  while (!work.turn.asks.empty()) {
    const int lane = work.turn.asks.front();
    work.turn.asks.erase(work.turn.asks.begin());
    const CallKey call{&generation, lane};
    if (home_.sending_forbidden()) {
      generation.forbid(lane, home_.reason(), work.turn);
      continue;
    }
    if (is_full()) {
      overflow_.push_back(call);
      continue;
    }
    const CallTicket ticket = generation.ticket(lane);
    const Entry entry = admission_.enter(call, ticket, now);
    if (entry == Entry::admitted) {
      generation.send(lane, work.turn);
      ++admitted_now_;
    } else if (entry != Entry::held) {
      generation.refuse(lane, refusal_of(entry, ticket), work.turn);
    }
  }
  // Its other lanes may have calls that wait: there is nobody to make them for.
  if (work.turn.finished) forget_calls(&generation);
}

/// Drops the calls that `generation` has planned and not made.
void Dispatcher::forget_calls(Generation* generation) {
  admission_.drop_all(generation);
  for (std::deque<CallKey>* queue : {&overflow_, &for_budget_})
    std::erase_if(*queue, [=](const CallKey& call) { return call.generation == generation; });
  std::erase_if(waiting_,
                [=](const auto& waiting) { return waiting.second.generation == generation; });
}

bool Dispatcher::is_full() const {
  return on_the_wire_.size() + admitted_now_ >=
         static_cast<std::size_t>(settings.max_concurrent_calls);
}

// One transaction for all: it only reads the catalogue, and begins and ends cost more than that.
void Dispatcher::take_replies(std::vector<Work>& work) {
  const std::vector<FinishedTransfer> finished = engine_.take_finished();
  if (finished.empty()) return;
  in_transaction([&] {
    for (const FinishedTransfer& transfer : finished) {
      const auto found = on_the_wire_.find(transfer.id);
      if (found == on_the_wire_.end()) continue;  // cancelled: accounted for already
      const CallKey call = found->second;
      on_the_wire_.erase(found);
      take_reply(transfer, call, work);
    }
  });
  crash_point("answered");
}

void Dispatcher::take_reply(const FinishedTransfer& transfer, CallKey call,
                            std::vector<Work>& work) {
  Generation& generation = *call.generation;
  witness_.advancing(generation.id());
  crash_point("advance", generation.request().prompt);
  Work& answered = work.emplace_back(
      Work{&generation, generation.on_reply(call.lane, transfer.reply, transfer.elapsed)});
  const auto ended = Generation::ended(answered.turn, transfer.reply, transfer.elapsed);
  if (const auto change = admission_.leave(call, ended, std::chrono::steady_clock::now()))
    generation.note(*change, answered.turn);
  admit(answered);
  witness_.done();
}

void Dispatcher::take_due(SteadyTime now, std::vector<Work>& work) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const CallKey call = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    advance(call.generation, work, [=](Generation& g) { return g.on_wait_over(call.lane); });
  }
}

void Dispatcher::take_admitted(SteadyTime now, std::vector<Work>& work) {
  for (const Admission::Admitted& admitted : admission_.take_admitted(now)) {
    const CallKey call = admitted.call;
    if (!call.generation->has_planned(call.lane)) continue;  // another lane has ended the request
    const bool dropped = call.generation->drops_calls();
    const bool forbidden = home_.sending_forbidden();
    // Before the next call of the same lane enters.
    if (dropped || forbidden) admission_.drop(call);
    const bool sends = !dropped && !forbidden && admitted.entry == Entry::admitted;
    advance(call.generation, work, [&](Generation& g) {
      if (dropped) return g.on_dropped(call.lane);
      Generation::Turn turn = g.new_turn();
      if (forbidden)
        g.forbid(call.lane, home_.reason(), turn);
      else if (sends)
        g.send(call.lane, turn);
      else
        g.refuse(call.lane, refusal_of(admitted.entry, g.ticket(call.lane)), turn);
      return turn;
    });
    if (sends) ++admitted_now_;
  }
  while (!overflow_.empty() && !is_full()) ask_again(overflow_, work);
}

// A call that ended frees what was reserved for it, mostly enough for about one more; what ends
// elsewhere is found out from time to time.
void Dispatcher::take_budget_waiters(SteadyTime now, std::vector<Work>& work) {
  std::size_t ended = 0;
  for (const Work& w : work) ended += w.turn.entry.calls.size();
  if (ended == 0 && budgets_are_full_ && now < ask_budgets_at_) return;
  ask_budgets_at_ = now + kAskBudgetsEvery;
  budgets_are_full_ = false;  // unless one of these has to wait again
  for (std::size_t i = std::min(ended + kAskAtOnce, for_budget_.size()); i > 0; --i)
    ask_again(for_budget_, work);
}

/// The first call of `queue` asks again whether it may go.
void Dispatcher::ask_again(std::deque<CallKey>& queue, std::vector<Work>& work) {
  const CallKey call = queue.front();
  queue.pop_front();
  advance(call.generation, work, [=](Generation& g) {
    if (g.drops_calls()) return g.on_dropped(call.lane);
    Generation::Turn turn = g.new_turn();
    turn.asks.push_back(call.lane);
    return turn;
  });
}

void Dispatcher::take_cancelled(std::vector<Work>& work) {
  if (cancellation_pending(entry_)) {
    look_for_cancelled_ = true;
    take_cancelled_jobs(work);
  }
  if (!look_for_cancelled_ && jobs_to_cancel_.empty()) return;
  look_for_cancelled_ = false;
  std::vector<Generation*> left;
  for (const auto& [generation, owner] : generations_) {
    if (generation->is_job() ? std::erase(jobs_to_cancel_, generation->id()) > 0
                             : is_cancelled(generation->slot()))
      left.push_back(generation);
  }
  jobs_to_cancel_.clear();  // the others are not here
  for (Generation* generation : left) {
    if (cancel(generation, work)) continue;
    // It advances in this very turn, or waits to be written: it is looked at again in the next.
    if (generation->is_job())
      jobs_to_cancel_.push_back(generation->id());
    else
      look_for_cancelled_ = true;
  }
}

bool Dispatcher::cancel(Generation* generation, std::vector<Work>& work) {
  const auto same = [=](const Work& w) { return w.generation == generation; };
  if (std::any_of(work.begin(), work.end(), same) || is_unwritten(generation)) return false;
  std::erase_if(on_the_wire_, [&](const auto& transfer) {
    if (transfer.second.generation != generation) return false;
    engine_.cancel(transfer.first);
    return true;
  });
  forget_calls(generation);
  advance(generation, work, [](Generation& g) {
    Generation::Turn turn = g.new_turn();
    g.on_cancel(turn);
    return turn;
  });
  return true;
}

bool Dispatcher::is_unwritten(const Generation* generation) const {
  return std::any_of(unwritten_.begin(), unwritten_.end(),
                     [=](const Work& w) { return w.generation == generation; });
}

/// Reserves what the calls of `work` may cost; what is refused may ask another model at once.
void Dispatcher::reserve(Work& work, BudgetBook& book) {
  for (std::size_t i = 0; i < work.turn.sends.size();) {
    const CallKey call{work.generation, work.turn.sends[i]};
    const Generation::Reserved reserved = call.generation->reserve(call.lane, book, work.turn);
    if (reserved == Generation::Reserved::yes) {
      ++i;
      continue;
    }
    admission_.drop(call);
    if (reserved == Generation::Reserved::refused) {
      admit(work);
      continue;
    }
    for_budget_.push_back(call);
    budgets_are_full_ = true;
  }
}

void Dispatcher::write(std::span<Work> work) {
  std::vector<const LedgerEntry*> entries;
  entries.reserve(work.size());
  for (const Work& w : work) entries.push_back(&w.turn.entry);
  ledger_.write(entries, [&](BudgetBook& book) {
    for (Work& w : work) reserve(w, book);
    crash_point("reserve");
  });
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
  try {
    write(work);
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
  try {
    write({&work, 1});
    return true;
  } catch (const Error& error) {
    write_failed(std::move(work), error);
    return false;
  }
}

// A request of which nothing was sent is refused; a job is tried again later. Of any other one
// money is on record only here: it is written again, without the document if that is what cannot be
// stored.
void Dispatcher::write_failed(Work work, const Error& error) {
  log_failure("write a request to the ledger", error);
  if (work.turn.entry.opened && !work.generation->is_job()) {
    refuse(work.generation->slot(), error);
    remove(work.generation);
    return;
  }
  if (work.turn.entry.opened) {
    forget_calls(work.generation);
    work.turn = work.generation->not_opened(error);
  } else if (is_data_error(error)) {
    work.generation->fail_with(error, work.turn.entry);
  }
  unwritten_.push_back(std::move(work));
  write_again_at_ = std::chrono::steady_clock::now() + kWriteAgainAfter;
}

void Dispatcher::act(Work& work, SteadyTime now) {
  Generation* generation = work.generation;
  if (!work.turn.sends.empty()) crash_point("intent");
  for (const int lane : work.turn.sends) {
    const TransferId transfer =
        engine_.start(generation->http_request(lane), now, now + generation->timeout());
    on_the_wire_.emplace(transfer, CallKey{generation, lane});
  }
  if (const auto& wait = work.turn.wait)
    waiting_.emplace(now + wait->time, CallKey{generation, wait->lane});
  if (!work.turn.finished) return;
  crash_point(work.turn.entry.requeued ? "lease_released" : "settled");
  if (!generation->is_job())
    finish(generation->slot(), encode(generation->result()));
  else if (work.turn.entry.ended)
    ended_jobs_.push_back(generation->id());
  leave_equals(generation, work.turn.entry.ended && generation->succeeded());
  remove(generation);
}

void Dispatcher::refuse(int slot, const Error& error) {
  GenerationResult result;
  result.cost = "0";
  result.error_sqlstate = error.sqlstate();
  result.error_message = error.message();
  result.error_detail = error.detail();
  result.error_hint = error.hint();
  finish(slot, encode(result));
}

void Dispatcher::remove(Generation* generation) {
  forget_calls(generation);
  leave_equals(generation, false);
  if (generation->is_job() && --jobs_of_role_[generation->role_name()] == 0)
    jobs_of_role_.erase(generation->role_name());
  generations_.erase(generation);
}

}  // namespace llmw
