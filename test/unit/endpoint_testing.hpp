#pragma once
// An endpoint with a clock that only the test moves.

#include <gtest/gtest.h>

#include <string>

#include "core/endpoint.hpp"

namespace llmw::test {

class TestedEndpoint {
 public:
  EndpointState state{};
  EndpointOptions options;
  Micros now = 1'000 * kSecond;

  void pass_time(Micros time) { now += time; }

  Gate gate(std::int64_t tokens = 1) { return state.ask(options, tokens, now).gate; }
  /// How long the next call has to wait.
  Micros wait(std::int64_t tokens = 1) { return state.ask(options, tokens, now).at - now; }

  CallPass start(std::int64_t tokens = 1) { return state.admit(tokens, now); }

  bool end(const CallPass& pass, CallVerdict verdict, CallReport report = {}) {
    report.verdict = verdict;
    return state.leave(pass, report, now);
  }

  /// A call from start to end, if the gate is open.
  bool call(CallVerdict verdict, const CallReport& report = {}) {
    EXPECT_EQ(gate(), Gate::open);
    return end(start(), verdict, report);
  }

  /// How many calls go at once before one must wait or is turned away.
  int rush(int most = 100'000) {
    int started = 0;
    while (started < most && gate() == Gate::open) {
      start();
      ++started;
    }
    return started;
  }

  void open_circuit() {
    for (int i = 0; i < 5; ++i) call(CallVerdict::failed);
    ASSERT_EQ(state.circuit(), Circuit::open);
  }
};

}  // namespace llmw::test
