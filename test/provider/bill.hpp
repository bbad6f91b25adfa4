// The bank statement: an append-only record of what the simulated providers billed.
//
// A line is written before the answer is sent: killing this program or its client at any instant
// loses none. Fields, tab separated: unix time in microseconds, attempt id, shape, model, input
// tokens, output tokens, billed (1 or 0), fault. A missing text is `-`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "append_file.hpp"

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
  // An empty path makes a bill that records nothing. Throws std::system_error when the file cannot
  // be opened.
  explicit Bill(const std::string& path) : file_("bill", path) {}

  void append(const BillLine& line);

 private:
  AppendFile file_;
  std::string buffer_;  // reused, so that a line costs no allocation
};

}  // namespace llmw::sim
