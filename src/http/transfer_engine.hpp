#pragma once
// Many HTTP transfers at once over libcurl, for an event loop that somebody else runs.
//
// The engine never waits by itself. It owns one epoll descriptor, poll_fd(), that becomes readable
// when one of its sockets needs work; its owner waits on that descriptor beside whatever else it
// waits for, and then calls drive(). Transfers are spread over several curl multi handles because
// one handle slows down badly with thousands of transfers.
//
// What it guarantees (measured reasons: src/README.md):
//  - a request is put on the wire at most once: libcurl's silent re-send on a dead reused
//    connection is refused; every deadline is the engine's own, by the clock passed in;
//  - bodies are counted decoded, beyond the cap the transfer ends as too_large; headers too;
//  - no redirect is followed, no proxy, netrc or cookie of the environment is used, TLS is
//    verified, only http and https are spoken; link-local addresses are never connected to;
//  - all signals are blocked while curl may start threads.
// Single-threaded. Nothing is called back: finished transfers are fetched with take_finished().
// start() and drive() throw std::bad_alloc, nothing else.
//
// The first engine of a process initialises libcurl for the whole process. So engines are made in
// the database worker (and in tests), never in the postmaster: its children would inherit the state
// of libcurl and OpenSSL. The process must ignore SIGPIPE, as PostgreSQL's processes do.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/provider.hpp"

namespace llmw {

using SteadyTime = std::chrono::steady_clock::time_point;

struct TransferLimits {
  std::size_t max_body_bytes = 16 * 1024 * 1024;
  std::size_t max_header_bytes = 256 * 1024;
  int multi_handles = 16;
  /// Until the connection stands; a provider that needs longer is as good as down.
  std::chrono::milliseconds connect_timeout{10'000};
};

/// Identifies a transfer while it runs. Never reused by the same engine.
using TransferId = std::uint64_t;

struct FinishedTransfer {
  TransferId id = 0;
  HttpReply reply;
  std::chrono::microseconds elapsed{0};
};

class TransferEngine {
 public:
  /// Throws llmw::Error when libcurl or epoll cannot be set up.
  explicit TransferEngine(TransferLimits limits = {});
  ~TransferEngine();
  TransferEngine(const TransferEngine&) = delete;
  TransferEngine& operator=(const TransferEngine&) = delete;

  /// Starts a POST of `request`. A failure to start is a finished transfer like any other. The
  /// request leaves with the next drive(). Its connection must stand within the connect timeout.
  ///
  /// HttpReply.error begins with a code. Of not_sent: dns_error, connection_refused,
  /// connect_failed, connect_timeout, tls_error, address_refused, invalid_url, invalid_header,
  /// http_setup, out_of_memory. Of timeout: timeout, or connect_timeout when nothing was sent.
  /// Of cancelled: cancelled, or cancelled_unsent when nothing was sent. Of connection_lost:
  /// connection_lost, truncated, out_of_memory. The others: too_large, malformed.
  TransferId start(HttpRequest request, SteadyTime now, SteadyTime deadline);

  /// Ends a transfer at once; it is then finished as `cancelled`. Unknown ids are ignored.
  void cancel(TransferId id);

  /// Readable when drive() has work. Owned by the engine, valid as long as it lives.
  int poll_fd() const;

  /// When drive() must be called even if poll_fd() stays quiet; max() when never.
  SteadyTime next_deadline() const;

  /// Does all work that is due. Never blocks.
  void drive(SteadyTime now);

  /// Transfers that ended since the last call, in the order in which they ended.
  std::vector<FinishedTransfer> take_finished();

  std::size_t running() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace llmw
