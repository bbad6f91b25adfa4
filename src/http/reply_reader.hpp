#pragma once
// Collects one HTTP answer as libcurl delivers it: header lines and decoded body bytes.
//
// It owns the HttpReply and both budgets. libcurl's own size limit does not hold for chunked or
// compressed bodies, and its last of two Content-Length headers wins silently; so both are
// checked here. Interim (1xx) answers and trailers cost header budget and leave no trace.

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/provider.hpp"
#include "http/transfer_engine.hpp"

namespace llmw {

/// Why the rest of an answer is not wanted.
enum class ReplyFault { none, body_too_large, headers_too_large, bad_content_length };

class ReplyReader {
 public:
  explicit ReplyReader(const TransferLimits& limits);

  /// Takes one header line with its line end, the status line included. False: stop the transfer,
  /// fault() says why. Throws std::bad_alloc.
  bool take_header(std::string_view line);

  /// Takes decoded body bytes. The body never holds more than the cap, and is given back when more
  /// arrives. False: stop the transfer, fault() says why. Throws std::bad_alloc.
  bool take_body(std::string_view bytes);

  ReplyFault fault() const { return fault_; }
  bool headers_done() const { return headers_done_; }
  HttpReply& reply() { return reply_; }

 private:
  void begin_answer(std::string_view status_line);
  bool take_content_length(std::string_view value);
  void take_field(std::string_view name, std::string_view value);
  void take_rate_limit(std::string_view name, std::string_view value);
  bool stop(ReplyFault fault);

  std::size_t max_body_bytes_;
  std::size_t max_header_bytes_;
  std::size_t header_bytes_ = 0;  ///< of all answers, interim ones included
  std::optional<std::size_t> content_length_;
  bool headers_done_ = false;  ///< of the final answer; what follows are trailers
  ReplyFault fault_ = ReplyFault::none;
  HttpReply reply_;
};

}  // namespace llmw
