#pragma once
// One request while the worker has it: its flow, its call on the wire, and what both add to the
// ledger.
//
// Each function that advances it returns a Turn: the rows to commit and what to do once they are
// committed, never before. The functions read the catalogue, so they run inside a transaction; they
// may throw llmw::Error.

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/flow.hpp"
#include "core/request.hpp"
#include "core/result.hpp"
#include "http/transfer_engine.hpp"
#include "pg/catalogue.hpp"
#include "pg/postgres.hpp"
#include "pg/provider_server.hpp"
#include "shmem/slots.hpp"
#include "worker/ledger.hpp"

namespace llmw {

class Generation {
 public:
  enum class Action {
    ask,   ///< the next call is planned: send() it, or hold it and call on_admitted() later
    call,  ///< its intent is in the entry: once that is committed, send http_request()
    wait,
    finish
  };

  struct Turn {
    LedgerEntry entry;
    Action action = Action::finish;
    std::chrono::milliseconds wait{0};  ///< when action == wait
  };

  /// Reads the slot's bytes and finds the servers and keys of its models.
  explicit Generation(const TakenSlot& slot);

  Turn start();
  Turn on_reply(const HttpReply& reply, std::chrono::microseconds elapsed);
  Turn on_wait_over();
  /// The call that was held may be made.
  Turn on_admitted();
  /// Turns the planned call into one with an intent in `turn`: action becomes call.
  void send(Turn& turn);
  /// The backend left. The call on the wire, if any, must have been cancelled before.
  Turn on_cancel();

  int slot() const { return slot_; }
  /// When action == ask: the server of the planned call, and how many it takes at once (0: any).
  const std::string& server() const { return targets_[planned_->candidate].server; }
  int server_limit() const { return targets_[planned_->candidate].max_concurrency; }
  /// When action == call: what to send, and for how long.
  const HttpRequest& http_request() const { return call_->http; }
  std::chrono::milliseconds timeout() const;
  /// When action == finish: what the backend gets.
  GenerationResult result() const;
  /// The ledger cannot hold a value of `entry`, as `error` says: leaves out or replaces what it can
  /// be. A request that had its document fails.
  void fail_with(const Error& error, LedgerEntry& entry);

 private:
  /// Where a model of the chain is asked.
  struct Target {
    std::string server;
    Endpoint endpoint;
    int max_concurrency = 0;
  };
  struct OpenCall {
    Uuid id;
    CallPlan plan;
    HttpRequest http;
    TimestampTz started_at = 0;
  };

  Candidate make_candidate(const std::string& name);
  void find_key(const ProviderServer& server, Target& target, Candidate& candidate);
  Turn new_turn() const;
  Turn follow(FlowStep step, Turn turn);
  FlowStep draft(const CallPlan& plan, Turn& turn);
  CallRow close_call(const OpenCall& call, Answer answer, Judgement judgement,
                     std::chrono::microseconds elapsed);
  void price(CallRow& row, const ChatRequest& chat);
  void end(const char* status, FlowResult result, Turn& turn);
  void add_event(Turn& turn, const char* action, const char* severity, std::string details) const;

  GenerationRequest request_;
  int slot_;
  std::string role_name_;
  Oid role_;
  TimestampTz submitted_at_;
  std::vector<Target> targets_;
  std::optional<Flow> flow_;
  std::optional<CallPlan> planned_;
  std::optional<OpenCall> call_;
  RequestTotals totals_;
  FlowResult outcome_;
};

}  // namespace llmw
