// How an answer travels: the bytes, the waits between them, and what happens to the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "answer.hpp"
#include "fault.hpp"

namespace llmw::sim {

struct Piece {
  std::string own;
  std::shared_ptr<const std::string> shared = nullptr;  // in place of `own` when set
  uint64_t repeat = 1;
  uint32_t wait_ms = 0;       // before the first byte
  uint32_t step_wait_ms = 0;  // not 0: send single bytes with this wait between them

  std::string_view bytes() const { return shared ? *shared : own; }
};

enum class End {
  kKeepAlive,
  kClose,  // orderly: all bytes arrive, then end of stream
  kReset,  // RST
  kHang,   // nothing more, the connection stays open until the peer leaves
};

struct Reply {
  std::vector<Piece> pieces;
  End end = End::kKeepAlive;
  bool counted = true;  // false: not part of the counts in /stats
};

struct Travel {
  const FaultSet& faults;
  uint32_t delay_ms = 0;
  bool keep_alive = true;  // what the client asked for
};

// Turns an answer into bytes, with the wire faults.
Reply make_reply(const Answer& answer, const Travel& travel);

// A reply without faults.
Reply make_plain_reply(const Answer& answer, bool keep_alive);

}  // namespace llmw::sim
