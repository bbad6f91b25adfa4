#pragma once
// One request while the worker has it: its flow, its calls on the wire, and what both add to the
// ledger. It comes from a backend that waits at a slot, or from the queue: a job.
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
#include "worker/admission.hpp"
#include "worker/budget_book.hpp"
#include "worker/job_queue.hpp"
#include "worker/ledger.hpp"
#include "worker/repair_adviser.hpp"

namespace llmw {

/// A request as the worker got it.
struct Asked {
  GenerationRequest request;
  std::string role_name;
  Oid role = InvalidOid;
  int slot = kNoSlot;           ///< of the backend that waits
  std::optional<TakenJob> job;  ///< or this; its `request` is not used any more
};

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

  explicit Generation(Asked asked);

  /// The request's row: it is running now. What start() yields comes later, or at once with it.
  Turn open() const;
  /// Finds the format, and the servers and keys of its models, and plans the first call. `adviser`
  /// outlives the object.
  void start(RepairAdviser& adviser, Turn& turn);
  /// It cannot be started, as `error` says.
  void fail(const Error& error, Turn& turn);
  /// An equal request has the document.
  void answer(const CachedDocument& document, Turn& turn);
  Turn on_reply(int lane, const HttpReply& reply, std::chrono::microseconds elapsed);
  Turn on_wait_over(int lane);
  /// A held call is pointless: on_dropped() instead of send().
  bool drops_calls() const { return flow_->drops_calls(); }
  Turn on_dropped(int lane);
  /// Turns the planned call into one with an intent in `turn`.
  void send(int lane, Turn& turn);
  /// The planned call must not be made.
  void refuse(int lane, const Refusal& refusal, Turn& turn);
  /// Nothing may be sent now, as `error` says: the request fails, a job waits for better times.
  void forbid(int lane, const Error& error, Turn& turn);
  /// Nobody wants the result. The calls on the wire must have been cancelled before.
  void on_cancel(Turn& turn);

  /// Reserves what the call of `lane` in `turn` may cost, in the transaction that writes its
  /// intent. not_yet: it is taken out of `turn` and planned again. refused: the same, and `turn`
  /// may ask another model.
  enum class Reserved { yes, not_yet, refused };
  Reserved reserve(int lane, BudgetBook& book, Turn& turn);

  Turn new_turn() const;
  /// An event: what became of the circuit of an endpoint.
  void note(const CircuitChange& change, Turn& turn) const;
  /// Of a job whose row could not be written, as `error` says: it is tried again later, or given
  /// up.
  Turn not_opened(const Error& error);

  const Uuid& id() const { return request_.id; }
  const std::string& role_name() const { return role_name_; }
  bool is_job() const { return job_.has_value(); }
  int slot() const { return slot_; }
  const GenerationRequest& request() const { return request_; }
  bool succeeded() const { return outcome_.ok; }
  /// When it succeeded: what answers equal requests.
  CachedDocument document() const;
  bool has_planned(int lane) const { return planned_.contains(lane); }
  /// What a planned call asks of its endpoint.
  CallTicket ticket(int lane) const;
  /// The answer to the latest call of `lane`, for its endpoint; the call row is in `turn`.
  static Admission::Ended ended(const Turn& turn, const HttpReply& reply,
                                std::chrono::microseconds elapsed);
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
    EndpointOptions options;
  };
  struct OpenCall {
    Uuid id;
    CallPlan plan;
    HttpRequest http;
    TimestampTz started_at = 0;
    std::int64_t estimated_input_tokens = 0;
    Reservation reservation;
  };

  FlowInput make_flow_input(RepairAdviser& adviser);
  void add_counter(const Model& model, RepairAdviser& adviser, Candidate& candidate);
  const Target& target_of(const CallPlan& plan) const { return targets_[plan.candidate]; }
  Candidate make_candidate(const std::string& name, RepairAdviser& adviser);
  void find_key(const ProviderServer& server, Target& target, Candidate& candidate);
  void follow(FlowStep step, Turn& turn);
  void finish(FlowResult result, Turn& turn);
  std::string primary_model() const;
  bool asked_nobody(const FlowResult& result) const;
  bool may_try_again(const FlowResult& result) const;
  void requeue(const FlowResult& result, bool give_back, Turn& turn);
  BudgetDecision ask_budgets(BudgetBook& book, OpenCall& call, IntentRow& intent, Turn& turn);
  std::optional<BudgetRefusal> over_own_limit(const OpenCall& call) const;
  std::optional<BudgetRefusal> over_agent_limit(const OpenCall& call) const;
  FlowStep draft(const CallPlan& plan, Turn& turn);
  CallRow close_call(const OpenCall& call, Answer answer, Judgement judgement,
                     std::chrono::microseconds elapsed);
  std::int64_t most_input_tokens(const CallPlan& plan) const;
  void price(CallRow& row, const CallPlan& plan);
  void end(const char* status, FlowResult result, Turn& turn);
  FlowResult recorded() const;
  std::vector<AcceptedCall> accepted_calls(TimestampTz finished_at);
  void add_event(Turn& turn, const char* action, const char* severity, std::string details) const;

  GenerationRequest request_;
  int slot_;
  std::optional<TakenJob> job_;
  std::string role_name_;
  Oid role_;
  TimestampTz submitted_at_;
  TimestampTz due_at_;  ///< for this attempt
  TimestampTz taken_at_;
  std::vector<Target> targets_;
  std::deque<TokenizerCounter> counters_;  ///< each stays where it is: candidates point to them
  std::optional<Flow> flow_;
  std::map<int, CallPlan> planned_;     ///< by lane
  std::map<int, OpenCall> calls_;       ///< on the wire, by lane
  int calls_made_ = 0;                  ///< of all attempts of a job
  RequestTotals totals_;                ///< the same
  std::vector<AcceptedCall> ok_calls_;  ///< accepted if the request succeeds
  FlowResult outcome_;
};

}  // namespace llmw
