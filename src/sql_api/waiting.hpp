#pragma once
// The way of requests to the workers of this database and of their results back.

#include <cstddef>
#include <optional>
#include <vector>

#include "core/request.hpp"
#include "pg/postgres.hpp"
#include "shmem/slots.hpp"

namespace llmw {

/// Throws llmw::Error when this server cannot generate: 55000 not preloaded, switched off, or a
/// copy of the database; 25006 a standby.
void check_can_generate();
/// The same for later: jobs wait while calls are switched off.
void check_can_submit();

/// Requests that this backend handed to workers and whose ends it waits for.
///
///   AwaitedRequests requests;
///   requests.add(request);
///   const AwaitedRequests::Ended ended = requests.wait_for_one();
///
/// Whatever ends the process, the workers are told of those that nobody waits for any more. Call
/// abandon_all() when the wait ends otherwise; the destructor touches no shared memory.
class AwaitedRequests {
 public:
  AwaitedRequests();  ///< for the current role, also when it changes
  ~AwaitedRequests();
  AwaitedRequests(const AwaitedRequests&) = delete;
  AwaitedRequests& operator=(const AwaitedRequests&) = delete;

  std::size_t size() const { return awaited_.size(); }

  /// Hands `request` over; its end comes with `tag`. Throws llmw::Error 53400 or 53200 when there
  /// is no room for it now.
  void add(const GenerationRequest& request, int tag = 0);

  struct Ended {
    int tag = 0;
    GenerationResult result;
  };
  /// Waits until one of the requests, of which there must be some, has ended: not for the first
  /// one. Interrupts are obeyed at once. Errors: 55000 no worker could be started.
  Ended wait_for_one();

  void abandon_all() noexcept;
  /// The same for all that live in this process.
  static void abandon_everything() noexcept;

 private:
  struct Awaited {
    EnqueuedSlot slot;
    Uuid request_id;
    int tag = 0;
  };

  std::optional<std::size_t> find_ended() const;
  void check_worker() const;
  Ended take(std::size_t index);

  Oid role_;
  std::vector<Awaited> awaited_;
  AwaitedRequests* next_;  ///< in the list of all that live in this process
};

/// Sleeps until something may have happened, at most a second. Obeys interrupts, and sees that a
/// client has vanished.
void wait_a_little();

/// Whether the client is still there; PostgreSQL looks only where client_connection_check_interval
/// is set. If not, the next CHECK_FOR_INTERRUPTS() ends the session. Call inside PgCall.
void check_client();

/// Hands `request` over and waits for its end. A request that failed is no error here.
GenerationResult generate(const GenerationRequest& request);

/// What a function gives back for `result`: a jsonb, or the error with `throw_on_error`.
Datum to_datum(const GenerationResult& result, bool throw_on_error);

}  // namespace llmw
