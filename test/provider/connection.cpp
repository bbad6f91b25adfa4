#include "connection.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace llmw::sim {
namespace {

constexpr size_t kReadBytes = 256 * 1024;
// What one connection may send before the others get their turn.
constexpr size_t kTurnBytes = 1024 * 1024;
constexpr size_t kMaxInputBytes = kMaxBodyBytes + 2 * kMaxHeaderBytes + kReadBytes;
constexpr size_t kKeptCapacity = 1024 * 1024;

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

Connection::~Connection() {
  if (in_flight_) {
    ++provider_->stats().aborted;
    leave_flight();
  }
  close(fd_);
}

void Connection::leave_flight() {
  if (in_flight_) --provider_->stats().in_flight;
  in_flight_ = false;
}

// Returns false when the peer is gone.
bool Connection::receive() {
  static char buffer[kReadBytes];
  const ssize_t size = recv(fd_, buffer, sizeof buffer, 0);
  if (size < 0) return would_block();
  if (size == 0) return false;
  input_.append(buffer, static_cast<size_t>(size));
  return input_.size() <= kMaxInputBytes;
}

Connection::Need Connection::on_readable() {
  if (!receive()) return Need::kClose;
  if (waiting_) return Need::kTimer;
  return advance();
}

Connection::Need Connection::on_timer() {
  waiting_ = false;
  return advance();
}

Connection::Need Connection::advance() {
  if (hanging_) return Need::kNothing;
  for (;;) {
    if (!replying_) read_request();
    if (!replying_) return Need::kRead;
    const Need need = send_reply();
    if (need != Need::kRead) return need;
  }
}

// Begins a reply if a whole request has arrived.
void Connection::read_request() {
  if (input_.empty()) return;
  const RequestParser::Result result = parser_.feed(input_);
  if (result == RequestParser::Result::kNeedMore) {
    if (parser_.headers_done() && parser_.request().expects_continue && !said_continue_) {
      constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
      said_continue_ = true;
      send(fd_, kContinue.data(), kContinue.size(), MSG_NOSIGNAL);
    }
    return;
  }
  if (result == RequestParser::Result::kComplete) {
    begin_reply(provider_->handle(parser_.request(), ++requests_));
    input_.erase(0, parser_.consumed());
  } else {
    begin_reply(provider_->handle_broken(result));
    input_.clear();
  }
  parser_.reset();
  said_continue_ = false;
  if (input_.empty() && input_.capacity() > kKeptCapacity) input_.shrink_to_fit();
}

void Connection::begin_reply(Reply reply) {
  reply_ = std::move(reply);
  piece_ = 0;
  round_ = 0;
  offset_ = 0;
  waited_ = false;
  replying_ = true;
  if (!reply_.counted) return;
  Stats& stats = provider_->stats();
  in_flight_ = true;
  stats.peak_in_flight = std::max(stats.peak_in_flight, ++stats.in_flight);
}

Connection::Need Connection::send_reply() {
  size_t turn = 0;
  while (piece_ < reply_.pieces.size()) {
    const Piece& piece = reply_.pieces[piece_];
    if (piece.wait_ms != 0 && !waited_) {
      waited_ = true;
      return pause(piece.wait_ms);
    }
    const size_t before = offset_;
    const Need need = send_piece(piece);
    if (need != Need::kRead) return need;
    turn += offset_ - before;
    if (offset_ == piece.bytes().size()) {
      offset_ = 0;
      if (++round_ == piece.repeat) {
        round_ = 0;
        waited_ = false;
        ++piece_;
      }
    }
    if (turn > kTurnBytes) return Need::kWrite;
    if (piece.step_wait_ms != 0 && offset_ != 0) return pause(piece.step_wait_ms);
  }
  return end_reply();
}

// Sends what the socket takes of a piece. Returns kRead when it made progress.
Connection::Need Connection::send_piece(const Piece& piece) {
  std::string_view bytes = piece.bytes().substr(offset_);
  if (bytes.empty()) return Need::kRead;
  if (piece.step_wait_ms != 0) bytes = bytes.substr(0, 1);
  const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0) return would_block() ? Need::kWrite : Need::kClose;
  offset_ += static_cast<size_t>(sent);
  return Need::kRead;
}

Connection::Need Connection::pause(uint32_t ms) {
  wait_ms_ = ms;
  waiting_ = true;
  return Need::kTimer;
}

// Returns kRead when the next request may come.
Connection::Need Connection::end_reply() {
  if (reply_.end == End::kHang) {
    hanging_ = true;
    return Need::kNothing;
  }
  leave_flight();
  replying_ = false;
  reply_.pieces.clear();
  if (reply_.end == End::kKeepAlive) return Need::kRead;
  if (reply_.end == End::kReset) {
    // A linger time of zero makes close() send RST in place of FIN.
    const linger now{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  return Need::kClose;
}

}  // namespace llmw::sim
