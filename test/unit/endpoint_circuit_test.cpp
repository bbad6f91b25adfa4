// The circuit of an endpoint: when it opens, who probes, when it closes.

#include <gtest/gtest.h>

#include "endpoint_testing.hpp"

namespace llmw::test {
namespace {

TEST(Circuit, FiveFailuresInARowOpenItAndFourDoNot) {
  TestedEndpoint endpoint;
  for (int i = 0; i < 4; ++i) {
    EXPECT_FALSE(endpoint.call(CallVerdict::failed));
    EXPECT_EQ(endpoint.state.circuit(), Circuit::closed);
  }
  EXPECT_TRUE(endpoint.call(CallVerdict::failed)) << "the change becomes an event";
  EXPECT_EQ(endpoint.state.circuit(), Circuit::open);
  EXPECT_EQ(endpoint.gate(), Gate::circuit_open);
  EXPECT_EQ(endpoint.state.opened_at(), endpoint.now);
}

TEST(Circuit, ASuccessBetweenFailuresStartsTheRowAnew) {
  TestedEndpoint endpoint;
  for (int round = 0; round < 3; ++round) {
    endpoint.pass_time(2 * kMinute);
    for (int i = 0; i < 4; ++i) endpoint.call(CallVerdict::failed);
    endpoint.call(CallVerdict::answered);
  }
  EXPECT_EQ(endpoint.state.circuit(), Circuit::closed);
}

TEST(Circuit, MoreThanHalfOfTenCallsOpenIt) {
  TestedEndpoint endpoint;
  for (int i = 0; i < 4; ++i) {
    endpoint.call(CallVerdict::answered);
    endpoint.call(CallVerdict::failed);
  }
  endpoint.call(CallVerdict::answered);
  endpoint.call(CallVerdict::failed);
  EXPECT_EQ(endpoint.state.circuit(), Circuit::closed) << "5 of 10 are half, not more";
  EXPECT_TRUE(endpoint.call(CallVerdict::failed));
  EXPECT_EQ(endpoint.state.circuit(), Circuit::open);
}

TEST(Circuit, FewCallsOrOldFailuresDoNotOpenItByTheirShare) {
  TestedEndpoint endpoint;
  for (int i = 0; i < 4; ++i) endpoint.call(CallVerdict::failed);
  endpoint.call(CallVerdict::answered);
  endpoint.call(CallVerdict::failed);
  EXPECT_EQ(endpoint.state.circuit(), Circuit::closed) << "5 of 6, but only 6 calls";
  endpoint.pass_time(61 * kSecond);
  for (int i = 0; i < 6; ++i) endpoint.call(CallVerdict::answered);
  for (int i = 0; i < 4; ++i) endpoint.call(CallVerdict::failed);
  EXPECT_EQ(endpoint.state.circuit(), Circuit::closed) << "4 of 10 within the minute";
}

TEST(Circuit, ExactlyOneProbeGoesWhenTheCoolDownIsOver) {
  TestedEndpoint endpoint;
  endpoint.open_circuit();
  endpoint.pass_time(kFirstCoolDown - 1);
  EXPECT_EQ(endpoint.gate(), Gate::circuit_open);
  endpoint.pass_time(1);
  EXPECT_EQ(endpoint.rush(), 1) << "a herd would bring the server down again";
  EXPECT_EQ(endpoint.state.circuit(), Circuit::half_open);
  EXPECT_EQ(endpoint.gate(), Gate::circuit_open);
}

TEST(Circuit, AProbeThatIsAnsweredClosesIt) {
  TestedEndpoint endpoint;
  endpoint.open_circuit();
  endpoint.pass_time(kFirstCoolDown);
  const CallPass probe = endpoint.start();
  EXPECT_TRUE(endpoint.end(probe, CallVerdict::answered));
  EXPECT_EQ(endpoint.state.circuit(), Circuit::closed);
  EXPECT_EQ(endpoint.state.opened_at(), 0);
  endpoint.call(CallVerdict::failed);
  EXPECT_EQ(endpoint.state.circuit(), Circuit::closed) << "failures of the outage count no more";
}

TEST(Circuit, TheCoolDownDoublesUpToFiveMinutesAndASuccessResetsIt) {
  TestedEndpoint endpoint;
  endpoint.open_circuit();
  const Micros opened_at = endpoint.now;
  for (const Micros seconds : {5, 10, 20, 40, 80, 160, 300, 300}) {
    EXPECT_EQ(endpoint.state.retry_at(endpoint.now), endpoint.now + seconds * kSecond);
    endpoint.pass_time(seconds * kSecond - 1);
    EXPECT_EQ(endpoint.gate(), Gate::circuit_open) << seconds;
    endpoint.pass_time(1);
    EXPECT_TRUE(endpoint.call(CallVerdict::failed)) << seconds;
    EXPECT_EQ(endpoint.state.opened_at(), opened_at) << "the outage began then";
  }
  endpoint.pass_time(5 * kMinute);
  endpoint.call(CallVerdict::answered);
  endpoint.pass_time(kMinute);
  endpoint.open_circuit();
  EXPECT_EQ(endpoint.state.retry_at(endpoint.now), endpoint.now + kFirstCoolDown);
}

TEST(Circuit, AProbeThatIsDroppedMakesWayForTheNext) {
  TestedEndpoint endpoint;
  endpoint.open_circuit();
  endpoint.pass_time(kFirstCoolDown);
  const CallPass probe = endpoint.start();
  endpoint.state.drop(probe, endpoint.now);
  EXPECT_EQ(endpoint.state.circuit(), Circuit::open);
  EXPECT_EQ(endpoint.rush(), 1) << "else nobody would ever probe again";
}

TEST(Circuit, AProbeThatNeverComesBackDoesNotCloseTheEndpointForEver) {
  TestedEndpoint endpoint;
  endpoint.open_circuit();
  endpoint.pass_time(kFirstCoolDown);
  endpoint.start();
  endpoint.pass_time(kLongestHold);
  EXPECT_EQ(endpoint.rush(), 1);
}

TEST(Circuit, CallsThatLeftBeforeItOpenedDecideNothing) {
  TestedEndpoint endpoint;
  const CallPass slow = endpoint.start();
  const CallPass slower = endpoint.start();
  endpoint.open_circuit();
  const Micros retry_at = endpoint.state.retry_at(endpoint.now);
  EXPECT_FALSE(endpoint.end(slow, CallVerdict::failed));
  EXPECT_EQ(endpoint.state.retry_at(endpoint.now), retry_at) << "no longer cool-down";
  EXPECT_FALSE(endpoint.end(slower, CallVerdict::answered));
  EXPECT_EQ(endpoint.state.circuit(), Circuit::open);
}

TEST(Circuit, AfterAnOutageCallsComeBackGradually) {
  TestedEndpoint endpoint;
  endpoint.open_circuit();
  endpoint.pass_time(kFirstCoolDown);
  endpoint.call(CallVerdict::answered);
  int before = endpoint.rush();
  EXPECT_LE(before, 8);
  for (int second = 1; second < 8; ++second) {
    endpoint.pass_time(kSecond);
    const int now = endpoint.rush();
    EXPECT_GT(now, before);
    EXPECT_LE(now, 8 << second);
    before = now;
  }
  endpoint.pass_time(kSecond);
  EXPECT_EQ(endpoint.rush(10'000), 10'000);
}

TEST(Circuit, AShortTimeoutOfOneRoleDoesNotOpenItForAll) {
  TestedEndpoint endpoint;
  endpoint.call(CallVerdict::answered, {.latency = 4 * kSecond});
  for (int i = 0; i < 20; ++i) endpoint.call(CallVerdict::timed_out, {.latency = kSecond});
  EXPECT_EQ(endpoint.state.circuit(), Circuit::closed);
  for (int i = 0; i < 5; ++i) endpoint.call(CallVerdict::timed_out, {.latency = 30 * kSecond});
  EXPECT_EQ(endpoint.state.circuit(), Circuit::open);
}

TEST(Circuit, CallsThatNobodyWaitedForSayNothing) {
  TestedEndpoint endpoint;
  for (int i = 0; i < 20; ++i) {
    endpoint.call(CallVerdict::nothing);
    endpoint.state.drop(endpoint.start(), endpoint.now);
  }
  EXPECT_EQ(endpoint.state.circuit(), Circuit::closed);
  EXPECT_EQ(endpoint.state.last_minute(endpoint.now).ended, 0);
}

TEST(Circuit, TheLastErrorIsKeptWholeCharactersAndBounded) {
  TestedEndpoint endpoint;
  endpoint.call(CallVerdict::failed, {.error = "HTTP 503"});
  endpoint.call(CallVerdict::answered);
  EXPECT_STREQ(endpoint.state.last_error(), "HTTP 503");
  std::string text;
  for (int i = 0; i < 200; ++i) text += "\u00e4";
  endpoint.call(CallVerdict::failed, {.error = text});
  EXPECT_EQ(std::string(endpoint.state.last_error()), text.substr(0, 158));
}

CallVerdict verdict(Outcome outcome, int status, TransferEnd end = TransferEnd::complete) {
  HttpReply reply;
  reply.end = end;
  return verdict_of(outcome, status, &reply);
}

TEST(CallVerdictOf, ServersThatAreDownAreFailures) {
  for (const int status : {500, 502, 503, 504, 529})
    EXPECT_EQ(verdict(Outcome::api_error, status), CallVerdict::failed) << status;
  EXPECT_EQ(verdict(Outcome::rate_limited, 529), CallVerdict::failed) << "overloaded";
  EXPECT_EQ(verdict(Outcome::api_error, 0, TransferEnd::not_sent), CallVerdict::failed);
  EXPECT_EQ(verdict(Outcome::api_error, 200, TransferEnd::connection_lost), CallVerdict::failed);
  EXPECT_EQ(verdict(Outcome::api_error, 0, TransferEnd::malformed), CallVerdict::failed);
  EXPECT_EQ(verdict(Outcome::timeout, 0, TransferEnd::timeout), CallVerdict::timed_out);
  EXPECT_EQ(verdict_of(Outcome::timeout, 0, nullptr), CallVerdict::timed_out);
  EXPECT_EQ(verdict_of(Outcome::api_error, 0, nullptr), CallVerdict::failed);
}

TEST(CallVerdictOf, AnswersThatPeopleDislikeAreAnswers) {
  for (const int status : {400, 401, 403, 404, 408, 409, 413, 422})
    EXPECT_EQ(verdict(Outcome::api_error, status), CallVerdict::answered) << status;
  EXPECT_EQ(verdict(Outcome::ok, 200), CallVerdict::answered);
  EXPECT_EQ(verdict(Outcome::truncated, 200), CallVerdict::answered);
  EXPECT_EQ(verdict(Outcome::refused, 200), CallVerdict::answered);
  EXPECT_EQ(verdict(Outcome::api_error, 200, TransferEnd::too_large), CallVerdict::answered);
}

TEST(CallVerdictOf, RateLimitsAreNoFailuresAndCancellationsAreNothing) {
  EXPECT_EQ(verdict(Outcome::rate_limited, 429), CallVerdict::rate_limited);
  EXPECT_EQ(verdict(Outcome::api_error, 429), CallVerdict::rate_limited);
  EXPECT_EQ(verdict(Outcome::cancelled, 0, TransferEnd::cancelled), CallVerdict::nothing);
  EXPECT_EQ(verdict(Outcome::lost, 0), CallVerdict::nothing);
  EXPECT_EQ(verdict(Outcome::credentials_missing, 0), CallVerdict::nothing);
}

}  // namespace
}  // namespace llmw::test
