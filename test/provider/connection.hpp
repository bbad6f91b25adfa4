// One client connection: its buffer, the request being read and the reply being sent.
//
// Owns the file descriptor. Never waits: each call does what the socket allows now and says what
// it needs next. The server owns the timers and the poll set.
#pragma once

#include <cstdint>
#include <string>

#include "http_request.hpp"
#include "provider.hpp"
#include "reply.hpp"

namespace llmw::sim {

class Connection {
 public:
  enum class Need {
    kRead,     // more bytes of a request
    kWrite,    // room in the socket
    kTimer,    // wait_ms() milliseconds
    kNothing,  // a hang: only the peer can end it
    kClose,    // this connection is over
  };

  // Takes over `fd`, a non-blocking socket. `provider` outlives the connection.
  Connection(int fd, Provider* provider) : fd_(fd), provider_(provider) {}
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Takes in what has arrived; also while a reply is under way, so that a peer that leaves is
  // noticed at once.
  Need on_readable();

  // Goes on with the reply.
  Need on_writable() { return waiting_ ? Need::kTimer : advance(); }
  Need on_timer();

  // After kTimer: how long to wait, in milliseconds.
  uint32_t wait_ms() const { return wait_ms_; }

 private:
  Need advance();
  void read_request();
  Need send_reply();
  Need send_piece(const Piece& piece);
  Need pause(uint32_t ms);
  void begin_reply(Reply reply);
  Need end_reply();
  void leave_flight();
  bool receive();

  int fd_;
  Provider* provider_;
  std::string input_;
  RequestParser parser_;
  uint64_t requests_ = 0;
  Reply reply_;
  size_t piece_ = 0;    // index of the piece being sent
  uint64_t round_ = 0;  // of its repetitions
  size_t offset_ = 0;   // in its bytes
  uint32_t wait_ms_ = 0;
  bool waited_ = false;  // the wait before this piece is over
  bool waiting_ = false;
  bool replying_ = false;
  bool hanging_ = false;
  bool in_flight_ = false;
  bool said_continue_ = false;
};

}  // namespace llmw::sim
