#pragma once
// The sockets that libcurl waits for, of all multi handles, in one epoll set.
//
// Level-triggered: a socket that was not read empty stays ready, so no event can be lost. The set
// itself is a descriptor that its owner's event loop waits on. A socket number belongs to one multi
// handle at a time: the kernel reuses numbers, and a late farewell from the former owner must not
// take the new owner's socket out of the set.

#include <curl/curl.h>
#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "http/curl_raii.hpp"

namespace llmw {

class Interest {
 public:
  struct Ready {
    std::uint32_t owner;  ///< the multi handle's index
    curl_socket_t socket;
    int select_bits;  ///< CURL_CSELECT_*
  };
  static constexpr std::size_t kMaxReady = 256;

  /// Throws llmw::Error when the kernel gives no epoll descriptor.
  Interest();

  int fd() const noexcept { return epoll_.get(); }

  /// Sets what `owner` waits for on `socket`: CURL_POLL_IN, _OUT, _INOUT or _REMOVE. A socket that
  /// the kernel refuses to watch is left to the deadline of its transfer. Throws std::bad_alloc.
  void watch(std::uint32_t owner, curl_socket_t socket, int what);

  /// At most kMaxReady sockets that are ready now; never waits. Valid until the next call.
  std::span<const Ready> ready();

 private:
  static constexpr std::uint32_t kNobody = UINT32_MAX;

  void forget(std::uint32_t owner, curl_socket_t socket) noexcept;

  UniqueFd epoll_;
  std::vector<std::uint32_t> owner_of_;  ///< by socket number
  std::array<epoll_event, kMaxReady> events_;
  std::array<Ready, kMaxReady> ready_;
};

}  // namespace llmw
