#pragma once
// One request while the worker has it: its flow, its call on the wire, and what both add to the
// ledger.
//
// Each function that advances it returns a Turn: the rows to commit and what to do once they are
// committed, never before. The functions read the catalogue, so they run inside a transaction; they
// may throw llmw::Error.

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/flow.hpp"
#include "core/request.hpp"
#include "core/result.hpp"
#include "core/token_counter.hpp"
#include "http/transfer_engine.hpp"
#include "pg/catalogue.hpp"
#include "pg/postgres.hpp"
#include "pg/provider_server.hpp"
#include "shmem/slots.hpp"
#include "worker/ledger.hpp"
#include "worker/repair_adviser.hpp"

namespace llmw {

class Generation {
 public:
  /// Lanes are those of the flow: the conversations that a request has with a model at once.
  struct Turn {
    struct Wait {
      int lane = 0;
      std::chrono::milliseconds time{0};
    };

    LedgerEntry entry;
    std::vector<int> asks;     ///< the next call is planned: send() it, or hold it
    std::vector<int> sends;    ///< its intent is in the entry: once committed, send http_request()
    std::optional<Wait> wait;  ///< then call on_wait_over()
    bool finished = false;     ///< hand result() over once the entry is committed
  };

  /// Reads the slot's bytes and finds the format, and the servers and keys of its models.
  /// `adviser` outlives the object.
  Generation(const TakenSlot& slot, RepairAdviser& adviser);

  Turn start();
  Turn on_reply(int lane, const HttpReply& reply, std::chrono::microseconds elapsed);
  Turn on_wait_over(int lane);
  /// The call that was held may be made.
  Turn on_admitted(int lane);
  /// A held call is pointless: on_dropped() instead of on_admitted().
  bool drops_calls() const { return flow_->drops_calls(); }
  Turn on_dropped(int lane);
  /// Turns the planned call into one with an intent in `turn`.
  void send(int lane, Turn& turn);
  /// The backend left. The calls on the wire must have been cancelled before.
  Turn on_cancel();

  int slot() const { return slot_; }
  /// The server of a planned call, and how many it takes at once (0: any).
  const std::string& server(int lane) const { return target_of(planned_.at(lane)).server; }
  int server_limit(int lane) const { return target_of(planned_.at(lane)).max_concurrency; }
  /// What to send for a call with an intent, and for how long.
  const HttpRequest& http_request(int lane) const { return calls_.at(lane).http; }
  std::chrono::milliseconds timeout() const;
  /// When finished: what the backend gets.
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
    std::int64_t estimated_input_tokens = 0;
  };

  FlowInput make_flow_input(RepairAdviser& adviser);
  void add_counter(const Model& model, RepairAdviser& adviser, Candidate& candidate);
  const Target& target_of(const CallPlan& plan) const { return targets_[plan.candidate]; }
  Candidate make_candidate(const std::string& name, RepairAdviser& adviser);
  void find_key(const ProviderServer& server, Target& target, Candidate& candidate);
  Turn new_turn() const;
  Turn follow(FlowStep step, Turn turn);
  FlowStep draft(const CallPlan& plan, Turn& turn);
  CallRow close_call(const OpenCall& call, Answer answer, Judgement judgement,
                     std::chrono::microseconds elapsed);
  std::int64_t most_input_tokens(const CallPlan& plan) const;
  void price(CallRow& row, const CallPlan& plan);
  void end(const char* status, FlowResult result, Turn& turn);
  void add_event(Turn& turn, const char* action, const char* severity, std::string details) const;

  GenerationRequest request_;
  int slot_;
  std::string role_name_;
  Oid role_;
  TimestampTz submitted_at_;
  std::vector<Target> targets_;
  std::deque<TokenizerCounter> counters_;  ///< each stays where it is: candidates point to them
  std::optional<Flow> flow_;
  std::map<int, CallPlan> planned_;  ///< by lane
  std::map<int, OpenCall> calls_;    ///< on the wire, by lane
  RequestTotals totals_;
  FlowResult outcome_;
};

}  // namespace llmw
