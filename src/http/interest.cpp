#include "http/interest.hpp"

#include <cerrno>

#include "core/error.hpp"

namespace llmw {
namespace {

std::uint32_t epoll_bits(int what) {
  std::uint32_t bits = 0;
  if ((what & CURL_POLL_IN) != 0) bits |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) bits |= EPOLLOUT;
  return bits;
}

/// An error or hang-up is given as both directions: reading or writing then shows the reason,
/// where CURL_CSELECT_ERR alone would make libcurl end the transfer without looking.
int select_bits(std::uint32_t events) {
  int bits = 0;
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) bits |= CURL_CSELECT_IN;
  if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) bits |= CURL_CSELECT_OUT;
  return bits;
}

}  // namespace

Interest::Interest() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
  if (epoll_.get() < 0) {
    throw Error(sqlstate::kInternalError, "could not create an epoll descriptor");
  }
}

void Interest::watch(std::uint32_t owner, curl_socket_t socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    forget(owner, socket);
    return;
  }
  const auto slot = static_cast<std::size_t>(socket);
  if (slot >= owner_of_.size()) owner_of_.resize(slot + 1, kNobody);

  epoll_event event{};
  event.events = epoll_bits(what);
  event.data.u64 = std::uint64_t{owner} << 32 | static_cast<std::uint32_t>(socket);
  // The kernel drops a closed socket from the set by itself, so the record may be out of date in
  // either direction: the second call repairs it.
  const bool known = owner_of_[slot] != kNobody;
  const int first = known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
  const int second = known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_.get(), first, socket, &event) != 0 && (errno == ENOENT || errno == EEXIST)) {
    epoll_ctl(epoll_.get(), second, socket, &event);
  }
  owner_of_[slot] = owner;
}

void Interest::forget(std::uint32_t owner, curl_socket_t socket) noexcept {
  const auto slot = static_cast<std::size_t>(socket);
  if (slot >= owner_of_.size() || owner_of_[slot] != owner) return;
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
  owner_of_[slot] = kNobody;
}

std::span<const Interest::Ready> Interest::ready() {
  const int count = epoll_wait(epoll_.get(), events_.data(), static_cast<int>(kMaxReady), 0);
  if (count <= 0) return {};
  const auto n = static_cast<std::size_t>(count);
  for (std::size_t i = 0; i < n; ++i) {
    const std::uint64_t tag = events_[i].data.u64;
    ready_[i] = {static_cast<std::uint32_t>(tag >> 32), static_cast<curl_socket_t>(tag),
                 select_bits(events_[i].events)};
  }
  return std::span<const Ready>(ready_).first(n);
}

}  // namespace llmw
