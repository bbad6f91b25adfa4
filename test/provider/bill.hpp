// The bank statement: an append-only record of what the simulated providers billed.
//
// One line is one write() on a file opened with O_APPEND, and it is written before the answer is
// sent: killing this program or its client at any instant loses no line. Fields, tab separated:
// unix time in microseconds, attempt id, shape, model, input tokens, output tokens, billed (1 or
// 0), fault. A missing text is `-`. The object owns the file descriptor.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace llmw::sim {

struct BillLine {
  std::string_view attempt_id;
  std::string_view shape;
  std::string_view model;
  uint64_t input_tokens = 0;
  uint64_t output_tokens = 0;
  bool billed = false;
  std::string_view fault;
};

class Bill {
 public:
  // Opens `path` for appending and makes it if needed; an empty path makes a bill that records
  // nothing. Throws std::system_error when the file cannot be opened.
  explicit Bill(const std::string& path);
  ~Bill();
  Bill(const Bill&) = delete;
  Bill& operator=(const Bill&) = delete;

  // Appends one line. Ends the program with status 3 when the line cannot be written whole: a
  // statement with holes would prove nothing.
  void append(const BillLine& line);

 private:
  int fd_ = -1;
  std::string buffer_;  // reused, so that a line costs no allocation
};

}  // namespace llmw::sim
