#pragma once
// Which calls may go to their endpoint now: the limits of servers and models, and their circuits.
//
// A call that finds a limit used up is held, without an intent and without consuming an attempt,
// until there is room; first come, first served at each endpoint. A call whose circuit is open is
// not held: its request asks the next model. The counts are shared by all workers.

#include <chrono>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/endpoint.hpp"
#include "http/transfer_engine.hpp"
#include "pg/postgres.hpp"
#include "pg/provider_server.hpp"
#include "shmem/endpoints.hpp"
#include "worker/call_key.hpp"

namespace llmw {

/// What the options of a server say of its calls.
inline EndpointOptions endpoint_options(const ProviderServer& server) {
  return {server.max_concurrency, server.requests_per_minute, server.tokens_per_minute,
          server.adaptive};
}

struct CallTicket {
  std::string server;
  std::string model;
  EndpointOptions options;
  std::int64_t tokens = 0;                ///< that it may take at most: input and max output
  std::chrono::microseconds patience{0};  ///< a limit that opens later than this is not waited for
};

enum class Entry {
  admitted,
  held,
  circuit_open,
  rate_limited,  ///< for longer than the call's patience
};

/// An endpoint's circuit changed; becomes an event.
struct CircuitChange {
  std::string server;
  std::string model;
  Circuit from = Circuit::closed;
  Circuit to = Circuit::closed;
  std::string reason;  ///< the last error when it opened
};

class Admission {
 public:
  explicit Admission(Oid database) : database_(database) {}

  /// `call` must not be known, that is neither held nor admitted.
  Entry enter(CallKey call, CallTicket ticket, SteadyTime now);

  struct Ended {
    Outcome outcome = Outcome::ok;
    int http_status = 0;
    bool reached = true;  ///< false: never sent
    std::chrono::microseconds latency{0};
    std::int64_t tokens_used = 0;
    const HttpReply* reply = nullptr;  ///< may be null
  };
  /// The call ended. Nothing happens for a call that is not known.
  std::optional<CircuitChange> leave(CallKey call, const Ended& ended, SteadyTime now);

  /// Not wanted any more, held or on the wire: counts as nothing. Idempotent.
  void drop(CallKey call);
  /// The same for all calls of a request.
  void drop_all(Generation* generation);

  struct Admitted {
    CallKey call;
    Entry entry = Entry::admitted;  ///< else: not admitted, what it waited for has changed
  };
  /// Held calls that need not wait any more.
  std::vector<Admitted> take_admitted(SteadyTime now);
  /// When take_admitted() may have something; max(): never, min(): now.
  SteadyTime next_deadline() const { return look_at_; }
  std::int64_t held() const { return held_; }

  /// How many calls to an endpoint could start now, those that are held not subtracted; a large
  /// number when nothing limits. An open circuit does not limit: its calls do not wait.
  static std::int64_t allowance(Oid database, const std::string& server, const std::string& model,
                                const EndpointOptions& options);

 private:
  using DoorKey = std::pair<std::string, std::string>;  // server, model
  struct Held {
    CallKey call;
    std::uint64_t number = 0;  ///< in order of arrival, over all doors
    EndpointOptions options;
    std::int64_t tokens = 0;
    Micros patience = 0;
  };
  struct Door {
    std::deque<Held> held;
    int reported = 0;  ///< to the other workers
  };
  using Doors = std::map<DoorKey, Door>;
  struct Known {
    Doors::iterator door;
    std::optional<EndpointPass> pass;  ///< nothing: held
  };

  EndpointName name_of(const Doors::iterator& door) const {
    return {database_, door->first.first, door->first.second};
  }
  std::optional<Admitted> try_head(Doors::iterator door, Micros now);
  void report(Doors::iterator door, Micros now);
  void look_again_at(Micros at, Micros now);
  void look_now();

  Oid database_;
  Doors doors_;
  std::map<CallKey, Known> known_;
  std::int64_t held_ = 0;
  std::int64_t reported_ = 0;
  std::uint64_t arrivals_ = 0;
  SteadyTime look_at_ = SteadyTime::max();
};

}  // namespace llmw
