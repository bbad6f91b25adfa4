#include "http/multi_handle.hpp"

#include "core/error.hpp"

namespace llmw {
namespace {

/// Connections kept open beyond those in use. libcurl's limit counts busy ones too, and below the
/// number of running transfers it would close each connection right after its answer.
constexpr std::size_t kIdleConnections = 64;

template <class Value>
void set_option(CURLM* multi, CURLMoption option, Value value) {
  if (curl_multi_setopt(multi, option, value) != CURLM_OK) {
    throw Error(sqlstate::kInternalError, "could not set up libcurl");
  }
}

}  // namespace

MultiHandle::MultiHandle(LoopState& loop, std::uint32_t index)
    : loop_(loop), index_(index), handle_(curl_multi_init()) {
  if (!handle_) throw Error(sqlstate::kOutOfMemory, "could not set up libcurl");
  set_option(handle_.get(), CURLMOPT_SOCKETFUNCTION, &MultiHandle::on_socket);
  set_option(handle_.get(), CURLMOPT_SOCKETDATA, this);
  set_option(handle_.get(), CURLMOPT_TIMERFUNCTION, &MultiHandle::on_timeout);
  set_option(handle_.get(), CURLMOPT_TIMERDATA, this);
  set_option(handle_.get(), CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
}

bool MultiHandle::add(CURL* easy) {
  const auto limit = static_cast<long>(running_ + 1 + kIdleConnections);
  curl_multi_setopt(handle_.get(), CURLMOPT_MAXCONNECTS, limit);
  if (curl_multi_add_handle(handle_.get(), easy) != CURLM_OK) return false;
  ++running_;
  return true;
}

void MultiHandle::remove(CURL* easy) {
  curl_multi_remove_handle(handle_.get(), easy);
  --running_;
}

void MultiHandle::on_ready(curl_socket_t socket, int select_bits) {
  int running = 0;
  curl_multi_socket_action(handle_.get(), socket, select_bits, &running);
  touched_ = true;
}

void MultiHandle::on_timer() {
  timer_ = SteadyTime::max();
  int running = 0;
  curl_multi_socket_action(handle_.get(), CURL_SOCKET_TIMEOUT, 0, &running);
  touched_ = true;
}

std::optional<MultiHandle::Done> MultiHandle::next_done() {
  if (!touched_) return std::nullopt;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(handle_.get(), &left)) {
    if (message->msg == CURLMSG_DONE) return Done{message->easy_handle, message->data.result};
  }
  touched_ = false;
  return std::nullopt;
}

/// Never reports a failure: libcurl would give up the whole multi handle, where one transfer that
/// meets its deadline is the smaller harm.
int MultiHandle::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept {
  auto* multi = static_cast<MultiHandle*>(self);
  try {
    multi->loop_.interest.watch(multi->index_, socket, what);
  } catch (...) {
    return 0;
  }
  return 0;
}

/// Counted from the clock of the current turn, which is a little behind: at worst libcurl is called
/// early and asks again.
int MultiHandle::on_timeout(CURLM*, long timeout_ms, void* self) noexcept {
  auto* multi = static_cast<MultiHandle*>(self);
  multi->timer_ =
      timeout_ms < 0 ? SteadyTime::max() : multi->loop_.now + std::chrono::milliseconds(timeout_ms);
  return 0;
}

}  // namespace llmw
