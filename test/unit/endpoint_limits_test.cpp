// Rate limits of an endpoint: set by options, learned from headers, and 429s.

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>

#include "endpoint_testing.hpp"

namespace llmw::test {
namespace {

RateLimits requests_left(std::int64_t limit, std::int64_t remaining, Micros reset) {
  RateLimits limits;
  limits.requests = RateLimit{limit, remaining, reset};
  return limits;
}

RateLimits tokens_left(std::int64_t limit, std::int64_t remaining, Micros reset) {
  RateLimits limits;
  limits.tokens = RateLimit{limit, remaining, reset};
  return limits;
}

/// Sends as fast as the gate allows for `time`; the starts.
std::deque<Micros> run(TestedEndpoint& endpoint, Micros time, std::int64_t tokens = 1) {
  std::deque<Micros> starts;
  const Micros end = endpoint.now + time;
  while (endpoint.now < end) {
    const GateAnswer answer = endpoint.state.ask(endpoint.options, tokens, endpoint.now);
    EXPECT_NE(answer.gate, Gate::circuit_open);
    if (answer.gate == Gate::open) {
      starts.push_back(endpoint.now);
      endpoint.end(endpoint.start(tokens), CallVerdict::answered, {.tokens_used = tokens});
    } else {
      EXPECT_GT(answer.at, endpoint.now) << "a wait of nothing would spin";
      endpoint.now = answer.at;
    }
  }
  return starts;
}

/// The most starts within any minute.
std::ptrdiff_t most_in_a_minute(const std::deque<Micros>& starts) {
  std::ptrdiff_t most = 0;
  for (auto first = starts.begin(); first != starts.end(); ++first)
    most = std::max(most, std::lower_bound(first, starts.end(), *first + kMinute) - first);
  return most;
}

TEST(RequestsPerMinute, NoMinuteHasMoreAndLittleIsWasted) {
  for (const int limit : {1, 5, 60, 600}) {
    TestedEndpoint endpoint;
    endpoint.options.requests_per_minute = limit;
    const std::deque<Micros> starts = run(endpoint, 20 * kMinute);
    EXPECT_LE(most_in_a_minute(starts), limit);
    EXPECT_GE(static_cast<double>(starts.size()), 20 * limit * 0.97);
  }
}

TEST(RequestsPerMinute, ABurstTakesATenthOfTheMinute) {
  TestedEndpoint endpoint;
  endpoint.options.requests_per_minute = 100;
  EXPECT_EQ(endpoint.rush(), 10);
  EXPECT_EQ(endpoint.gate(), Gate::wait);
  EXPECT_LE(endpoint.wait(), 600 * kMillisecond);
}

TEST(RequestsPerMinute, ACallThatWasNeverSentDoesNotCount) {
  TestedEndpoint endpoint;
  endpoint.options.requests_per_minute = 1;
  endpoint.end(endpoint.start(), CallVerdict::nothing, {.reached = false});
  endpoint.pass_time(kMinute);
  EXPECT_EQ(endpoint.state.last_minute(endpoint.now).started, 0);
  EXPECT_EQ(endpoint.gate(), Gate::open);
}

TEST(RequestsPerMinute, WithoutAnOptionNothingLimits) {
  TestedEndpoint endpoint;
  EXPECT_EQ(endpoint.rush(10'000), 10'000);
  EXPECT_EQ(endpoint.state.allowance({}, endpoint.now), EndpointState::kNoLimit);
  EXPECT_EQ(endpoint.state.remaining_requests({}, endpoint.now), std::nullopt);
  EXPECT_EQ(endpoint.state.remaining_tokens({}, endpoint.now), std::nullopt);
}

TEST(RequestsPerMinute, AnOptionThatChangesHoldsAtOnce) {
  TestedEndpoint endpoint;
  endpoint.rush(100);
  endpoint.options.requests_per_minute = 50;
  EXPECT_EQ(endpoint.gate(), Gate::wait) << "100 have gone within the minute";
  endpoint.options.requests_per_minute = 0;
  EXPECT_EQ(endpoint.gate(), Gate::open);
}

TEST(TokensPerMinute, NoMinuteHasMore) {
  TestedEndpoint endpoint;
  endpoint.options.tokens_per_minute = 1000;
  const std::deque<Micros> starts = run(endpoint, 20 * kMinute, 90);
  EXPECT_LE(90 * most_in_a_minute(starts), 1000);
  EXPECT_GE(90 * starts.size(), 20 * 1000 * 0.9);
}

TEST(TokensPerMinute, WhatACallDidNotUseIsFreeAgain) {
  TestedEndpoint endpoint;
  endpoint.options.tokens_per_minute = 1000;
  const CallPass pass = endpoint.start(1000);
  EXPECT_EQ(endpoint.gate(100), Gate::wait);
  endpoint.end(pass, CallVerdict::answered, {.tokens_used = 200});
  EXPECT_EQ(endpoint.gate(800), Gate::open);
  EXPECT_EQ(endpoint.gate(801), Gate::wait);
  EXPECT_EQ(endpoint.state.remaining_tokens(endpoint.options, endpoint.now), 800);
}

TEST(TokensPerMinute, ACallLargerThanTheLimitGoesAloneInsteadOfNever) {
  TestedEndpoint endpoint;
  endpoint.options.tokens_per_minute = 1000;
  EXPECT_EQ(endpoint.gate(5000), Gate::open);
  endpoint.start(10);
  EXPECT_EQ(endpoint.gate(5000), Gate::wait);
  EXPECT_LE(endpoint.wait(5000), 61 * kSecond);
  endpoint.pass_time(endpoint.wait(5000));
  EXPECT_EQ(endpoint.gate(5000), Gate::open);
}

TEST(LearnedLimits, WhatIsLeftMayGoAndNoMore) {
  TestedEndpoint endpoint;
  endpoint.call(CallVerdict::answered, {.limits = requests_left(100, 7, 56 * kSecond)});
  EXPECT_EQ(endpoint.state.remaining_requests({}, endpoint.now), 7);
  EXPECT_EQ(endpoint.state.allowance({}, endpoint.now), 7);
  EXPECT_EQ(endpoint.rush(), 7);
  EXPECT_EQ(endpoint.state.allowance({}, endpoint.now), 0);
  EXPECT_NEAR(static_cast<double>(endpoint.wait()), 56.0 / 93 * kSecond, kMillisecond);
}

TEST(LearnedLimits, CallsThatLeftSinceAreSubtracted) {
  TestedEndpoint endpoint;
  const CallPass first = endpoint.start();
  for (int i = 0; i < 20; ++i) endpoint.start();
  endpoint.end(first, CallVerdict::answered, {.limits = requests_left(60, 30, 30 * kSecond)});
  EXPECT_EQ(endpoint.state.remaining_requests({}, endpoint.now), 10);
}

TEST(LearnedLimits, TokensHoldCallsByTheirSize) {
  TestedEndpoint endpoint;
  endpoint.call(CallVerdict::answered, {.limits = tokens_left(60'000, 1'000, 59 * kSecond)});
  EXPECT_EQ(endpoint.gate(1'000), Gate::open);
  EXPECT_EQ(endpoint.gate(3'000), Gate::wait);
  EXPECT_NEAR(static_cast<double>(endpoint.wait(3'000)), 2.0 * kSecond, kMillisecond);
  EXPECT_NEAR(static_cast<double>(endpoint.wait(1'000'000)), 59.0 * kSecond, kMillisecond)
      << "more than the limit: when all of it is there";
}

TEST(LearnedLimits, AProviderCannotStopItsCallsForEver) {
  TestedEndpoint endpoint;
  endpoint.call(CallVerdict::answered, {.limits = requests_left(1, 0, kMaxResetAfter)});
  EXPECT_EQ(endpoint.gate(), Gate::wait);
  EXPECT_LE(endpoint.wait(), kLongestHold);
  endpoint.pass_time(kLongestHold);
  EXPECT_EQ(endpoint.gate(), Gate::open);
}

TEST(LearnedLimits, TheLowerOfOptionAndHeaderHolds) {
  TestedEndpoint endpoint;
  endpoint.options.requests_per_minute = 1000;
  endpoint.call(CallVerdict::answered, {.limits = requests_left(100, 3, kMinute)});
  EXPECT_EQ(endpoint.rush(), 3);
}

TEST(RateLimited, RetryAfterShutsTheDoorUntilThenAndNotTheCircuit) {
  TestedEndpoint endpoint;
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(endpoint.call(CallVerdict::rate_limited, {.retry_after = 7 * kSecond}));
    EXPECT_EQ(endpoint.gate(), Gate::wait);
    EXPECT_EQ(endpoint.wait(), 7 * kSecond);
    EXPECT_EQ(endpoint.state.retry_at(endpoint.now), endpoint.now + 7 * kSecond);
    EXPECT_EQ(endpoint.state.allowance({}, endpoint.now), 0);
    endpoint.pass_time(7 * kSecond);
  }
  EXPECT_EQ(endpoint.state.circuit(), Circuit::closed);
}

TEST(RateLimited, WithoutRetryAfterItBacksOffToAMinute) {
  TestedEndpoint endpoint;
  for (const int seconds : {1, 2, 4, 8, 16, 32, 60, 60}) {
    endpoint.call(CallVerdict::rate_limited);
    EXPECT_EQ(endpoint.wait(), seconds * kSecond);
    endpoint.pass_time(seconds * kSecond);
  }
  endpoint.call(CallVerdict::answered);
  endpoint.call(CallVerdict::rate_limited);
  EXPECT_EQ(endpoint.wait(), kSecond) << "a success starts anew";
}

TEST(RateLimited, ManyAtOnceAreOneBackOff) {
  TestedEndpoint endpoint;
  std::deque<CallPass> passes;
  for (int i = 0; i < 100; ++i) passes.push_back(endpoint.start());
  for (const CallPass& pass : passes) endpoint.end(pass, CallVerdict::rate_limited);
  EXPECT_EQ(endpoint.wait(), kSecond);
}

TEST(RateLimited, ALaterRetryAfterOfAnotherCallHolds) {
  TestedEndpoint endpoint;
  const CallPass first = endpoint.start();
  const CallPass second = endpoint.start();
  endpoint.end(first, CallVerdict::rate_limited, {.retry_after = 2 * kSecond});
  endpoint.end(second, CallVerdict::rate_limited, {.retry_after = 9 * kSecond});
  EXPECT_EQ(endpoint.wait(), 9 * kSecond);
}

TEST(RateLimited, AbsurdRetryAfterIsBounded) {
  TestedEndpoint endpoint;
  endpoint.call(CallVerdict::rate_limited, {.retry_after = 366LL * 24 * 60 * kMinute});
  EXPECT_EQ(endpoint.wait(), kLongestHold);
}

TEST(RateLimited, HeldCallsComeBackGradually) {
  TestedEndpoint endpoint;
  endpoint.call(CallVerdict::rate_limited, {.retry_after = kSecond});
  endpoint.pass_time(kSecond);
  EXPECT_LE(endpoint.rush(), 8) << "all at once would be answered with 429 again";
}

TEST(RateLimited, AsTheAnswerOfAProbeItShowsThatTheServerIsThere) {
  TestedEndpoint endpoint;
  endpoint.open_circuit();
  endpoint.pass_time(kFirstCoolDown);
  EXPECT_TRUE(endpoint.call(CallVerdict::rate_limited, {.retry_after = kSecond}));
  EXPECT_EQ(endpoint.state.circuit(), Circuit::closed);
  EXPECT_EQ(endpoint.gate(), Gate::wait);
}

TEST(NotAdaptive, NothingIsLearnedAndTheOptionsHold) {
  TestedEndpoint endpoint;
  endpoint.options.adaptive = false;
  endpoint.options.requests_per_minute = 1000;
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(endpoint.call(CallVerdict::failed, {.limits = requests_left(1, 0, kMinute)}));
    EXPECT_FALSE(endpoint.call(CallVerdict::rate_limited, {.retry_after = kMinute}));
  }
  EXPECT_EQ(endpoint.gate(), Gate::wait) << "a tenth of the minute has gone at once";
  endpoint.pass_time(kSecond);
  EXPECT_EQ(endpoint.gate(), Gate::open);
}

TEST(NotAdaptive, SwitchingItOffOpensWhatIsClosed) {
  TestedEndpoint endpoint;
  endpoint.call(CallVerdict::rate_limited, {.retry_after = kMinute});
  endpoint.options.adaptive = false;
  EXPECT_EQ(endpoint.gate(), Gate::open);
  endpoint.options.adaptive = true;
  endpoint.open_circuit();
  endpoint.options.adaptive = false;
  EXPECT_EQ(endpoint.gate(), Gate::open);
  EXPECT_EQ(endpoint.state.circuit(), Circuit::closed);
}

TEST(Allowance, NeverSaysMoreThanCanGo) {
  std::mt19937 random(20'260'101);
  for (int round = 0; round < 200; ++round) {
    TestedEndpoint endpoint;
    endpoint.options.requests_per_minute = static_cast<int>(random() % 200);
    endpoint.options.tokens_per_minute = random() % 2 == 0 ? 0 : 500;
    for (int i = 0; i < 30; ++i) {
      endpoint.pass_time(random() % (2 * kSecond));
      if (endpoint.gate() != Gate::open) continue;
      const auto limit = static_cast<std::int64_t>(1 + random() % 50);
      endpoint.end(endpoint.start(), CallVerdict::answered,
                   {.limits = requests_left(limit, static_cast<std::int64_t>(random()) % limit,
                                            random() % kMinute)});
    }
    const int allowed = endpoint.state.allowance(endpoint.options, endpoint.now);
    TestedEndpoint copy = endpoint;
    const int went = copy.rush(allowed);
    EXPECT_GE(went, std::min(allowed, endpoint.options.tokens_per_minute > 0 ? 1 : allowed));
  }
}

TEST(Allowance, CallsOfAnOpenCircuitNeedNotWait) {
  TestedEndpoint endpoint;
  endpoint.open_circuit();
  EXPECT_EQ(endpoint.state.allowance({}, endpoint.now), EndpointState::kNoLimit);
  endpoint.pass_time(kFirstCoolDown);
  EXPECT_EQ(endpoint.state.allowance({}, endpoint.now), 1) << "the probe";
}

TEST(Latencies, PercentilesAreWithinAnEighth) {
  LatencyHistogram latencies{};
  EXPECT_EQ(latencies.percentile(0.5), -1);
  for (int ms = 1; ms <= 1000; ++ms) latencies.record(ms * kMillisecond, 5 * kMinute);
  EXPECT_NEAR(static_cast<double>(latencies.percentile(0.5)), 500e3, 500e3 / 8);
  EXPECT_NEAR(static_cast<double>(latencies.percentile(0.95)), 950e3, 950e3 / 8);
}

TEST(Latencies, OldOnesFadeAndAbsurdOnesFit) {
  LatencyHistogram latencies{};
  Micros now = 100 * kMinute;
  for (int i = 0; i < 100; ++i) latencies.record(10 * kSecond, now);
  now += 10 * kMinute;
  for (int i = 0; i < 10; ++i) latencies.record(100 * kMillisecond, now);
  EXPECT_LT(latencies.percentile(0.9), 200 * kMillisecond);
  latencies.record(-5, now);
  latencies.record(1'000 * kMinute, now);
  EXPECT_LT(latencies.percentile(1), 60 * kMinute);
  EXPECT_GE(latencies.percentile(0), kMillisecond);
}

TEST(MinuteWindowCounts, AreThoseOfTheLastMinute) {
  MinuteWindow window{};
  std::mt19937 random(7);
  std::deque<std::pair<Micros, std::int64_t>> calls;
  Micros now = 5 * kSecond;
  for (int i = 0; i < 5000; ++i) {
    now += random() % (i % 100 == 0 ? 90 * kSecond : kSecond / 4);
    window.advance(now);
    const auto tokens = static_cast<std::int64_t>(random() % 1000);
    window.count_start(tokens);
    calls.emplace_back(now, tokens);
    std::int64_t least = 0;
    std::int64_t most = 0;
    for (const auto& [at, counted] : calls) {
      if (at > now - kMinute) least += counted;
      if (at > now - 61 * kSecond) most += counted;
    }
    EXPECT_GE(window.sum().tokens, least);
    EXPECT_LE(window.sum().tokens, most);
    while (calls.front().first < now - 2 * kMinute) calls.pop_front();
  }
}

TEST(MinuteWindowCounts, AClockThatIsReadLateDoesNotTurnItBack) {
  MinuteWindow window{};
  window.advance(100 * kSecond);
  window.count_start(5);
  window.advance(98 * kSecond);
  window.count_start(6);
  EXPECT_EQ(window.sum().tokens, 11);
  window.advance(1'000 * kSecond);
  EXPECT_EQ(window.sum().tokens, 0);
  EXPECT_EQ(window.sum().started, 0);
}

}  // namespace
}  // namespace llmw::test
