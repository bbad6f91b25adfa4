// Command line of the simulated providers.
//
// There is no option for the address: the program listens on 127.0.0.1 and nowhere else.
#pragma once

#include <cstdint>
#include <string>

#include "fault_script.hpp"

namespace llmw::sim {

struct Options {
  uint16_t port = 0;         // 0: the kernel picks a free port
  std::string port_file;     // written when the program listens; empty: none
  std::string bill_file;     // append-only record; empty: none
  std::string request_file;  // append-only copy of the requests; empty: none
  std::string reply_file;    // text that replaces the built-in document; empty: built-in
  std::string service_tier;  // by which answers say they are billed; empty: the ordinary one
  uint32_t delay_ms = 0;     // wait before each answer whose URL gives no delay
  RateLimits limits;         // where the URL gives none
  uint64_t seed = 1;         // start of the generator behind `@p=` and random delays
  int64_t parent_pid = 0;    // end when this process is gone; 0: run until a signal comes
  bool require_auth = true;  // answer 401 when the key header is missing
};

// Reads the command line. On a wrong option prints the reason on stderr and ends the program with
// status 2; `--help` prints the usage and ends it with status 0.
Options parse_options(int argc, char** argv);

}  // namespace llmw::sim
