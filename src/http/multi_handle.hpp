#pragma once
// One curl multi handle as a part of somebody else's event loop.
//
// Its callbacks record in the shared LoopState what libcurl waits for (sockets, and the time at
// which it wants to be called again). A multi handle slows down with the number of its transfers,
// so the engine has several. Every call may start a name lookup's thread: the caller holds
// SignalsBlocked. The object's address must not change: libcurl holds it.

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "http/curl_raii.hpp"
#include "http/interest.hpp"
#include "http/transfer_engine.hpp"

namespace llmw {

/// What all multi handles of an engine share. Outlives them.
struct LoopState {
  Interest interest;
  SteadyTime now{};  ///< the clock as the owner last passed it in
};

class MultiHandle {
 public:
  struct Done {
    CURL* easy;
    CURLcode code;
  };

  /// Throws llmw::Error when libcurl gives no handle.
  MultiHandle(LoopState& loop, std::uint32_t index);
  MultiHandle(const MultiHandle&) = delete;
  MultiHandle& operator=(const MultiHandle&) = delete;

  /// Starts `easy`; false when libcurl could not take it.
  bool add(CURL* easy);
  /// Takes `easy` out; a transfer that still runs is aborted and its connection closed.
  void remove(CURL* easy);
  std::size_t running() const { return running_; }

  void on_ready(curl_socket_t socket, int select_bits);
  bool timer_is_due() const { return timer_ <= loop_.now; }
  void on_timer();
  SteadyTime timer() const { return timer_; }

  /// The next transfer that libcurl has ended; it must be removed before the next call.
  std::optional<Done> next_done();

 private:
  static int on_socket(CURL* easy, curl_socket_t socket, int what, void* self,
                       void* per_socket) noexcept;
  static int on_timeout(CURLM* multi, long timeout_ms, void* self) noexcept;

  LoopState& loop_;
  std::uint32_t index_;
  std::size_t running_ = 0;
  SteadyTime timer_ = SteadyTime::max();
  bool touched_ = false;  ///< libcurl ran since next_done() last found nothing
  CurlMulti handle_;      ///< last: its end still calls back into the members above
};

}  // namespace llmw
