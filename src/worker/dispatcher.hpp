#pragma once
// All requests of one database: takes them from slots, drives their calls, writes the ledger, hands
// the results back. One turn of the event loop is one call of turn().
//
// Order within a turn, which is what makes spend survive a crash:
//   1. take what happened (new slots, replies, waits that are over, callers that left);
//   2. let each request advance, which yields rows and an action;
//   3. commit the rows of all requests in one transaction;
//   4. only then act: send, wait, or wake the caller.
// No transaction is open while HTTP runs.

#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "http/transfer_engine.hpp"
#include "worker/admission.hpp"
#include "worker/generation.hpp"
#include "worker/ledger.hpp"
#include "worker/repair_adviser.hpp"

namespace llmw {

class Dispatcher {
 public:
  /// `entry` is the worker's entry in shared memory.
  Dispatcher(int entry, const Extension& extension);

  /// Does all work that is due. Throws llmw::Error only when the worker cannot go on, ExtensionGone
  /// when the extension was dropped.
  void turn();

  /// When turn() must be called although nothing happened.
  SteadyTime next_deadline() const;
  /// Readable when turn() has work.
  int poll_fd() const { return engine_.poll_fd(); }
  bool idle() const { return generations_.empty(); }
  /// Reads what the ledger says of recent repairs, in a transaction of its own.
  void refresh_adviser() { adviser_.refresh(ledger_); }

 private:
  struct Work {
    Generation* generation = nullptr;
    Generation::Turn turn;
  };

  void take_new(std::vector<Work>& work);
  void take_replies(std::vector<Work>& work);
  void take_due(SteadyTime now, std::vector<Work>& work);
  void take_admitted(std::vector<Work>& work);
  void take_cancelled(std::vector<Work>& work);
  void cancel(Generation* generation, std::vector<Work>& work);
  template <typename Advance>
  void advance(Generation* generation, std::vector<Work>& work, Advance&& step);
  void admit(Work& work);
  void commit(std::vector<Work>& work);
  void put_off(std::vector<Work>& work, const Error& error);
  bool commit_one(Work& work);
  bool is_unwritten(const Generation* generation) const;
  void write_failed(Work work, const Error& error);
  void act(Work& work, SteadyTime now);
  void refuse(int slot, const Error& error);
  void remove(Generation* generation);

  int entry_;
  Ledger ledger_;
  RepairAdviser adviser_;
  TransferEngine engine_;
  Admission admission_;
  std::unordered_map<Generation*, std::unique_ptr<Generation>> generations_;
  std::unordered_map<TransferId, CallKey> on_the_wire_;
  std::multimap<SteadyTime, CallKey> waiting_;
  std::vector<Work> unwritten_;  ///< money is in them: written again until it works
  SteadyTime write_again_at_;
  bool look_for_cancelled_ = false;
};

}  // namespace llmw
