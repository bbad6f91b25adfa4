#pragma once
// The table of endpoints in shared memory: limits and circuits that all workers share.
//
// A cell for each (database, server, model), and one for each (database, server, "") that counts
// the server's calls for max_concurrency. Cells without calls are reused when the table is full,
// the one that was used least recently first; when all have calls, further endpoints are not
// limited. One lock of its own protects the table. What a process has on the wire or holds is taken
// back when it exits.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/endpoint.hpp"
#include "pg/postgres.hpp"

namespace llmw {

struct EndpointName {
  Oid database = InvalidOid;
  std::string_view server;
  std::string_view model;
};

/// A call that was let through.
struct EndpointPass {
  int server_cell = -1;
  int model_cell = -1;  ///< -1: the table was full, nothing is counted
  CallPass call;
};

struct EndpointAnswer {
  Gate gate = Gate::open;
  Micros at = 0;  ///< when to ask again, for Gate::wait
  EndpointPass pass;
};

/// Lets a call through if its server has room and its endpoint's limits and circuit allow.
EndpointAnswer enter_endpoint(const EndpointName& name, const EndpointOptions& options,
                              std::int64_t tokens, Micros now);

struct CircuitTurn {
  Circuit from = Circuit::closed;
  Circuit to = Circuit::closed;
};

/// The call ended. What became of the circuit, if it changed.
std::optional<CircuitTurn> leave_endpoint(const EndpointPass& pass, const CallReport& report,
                                          Micros now);
/// The call is not wanted any more: it counts as nothing.
void drop_endpoint_call(const EndpointPass& pass, Micros now);

/// How many calls this process holds for the endpoint. It is woken when another's call ends there.
void report_held(const EndpointName& name, int held, Micros now);

/// How many calls could start now; EndpointState::kNoLimit when nothing limits.
int endpoint_allowance(const EndpointName& name, const EndpointOptions& options, Micros now);

/// Takes back what this process has on the wire and holds. Also called at its exit. Never raises.
void leave_endpoints() noexcept;

/// A copy for the view.
struct EndpointReport {
  std::string server;
  std::string model;
  EndpointOptions options;
  int in_flight = 0;
  int held = 0;
  EndpointState state;
};
std::vector<EndpointReport> read_endpoints(Oid database);

}  // namespace llmw
