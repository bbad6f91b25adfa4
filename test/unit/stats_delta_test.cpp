#include "core/stats_delta.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace llmw {
namespace {

using Measure = StatsMeasure;

constexpr std::int64_t kHour = 3'600'000'000;
constexpr StatsSubject kAlice{"pilot", "planner", "alice"};

CallFact call_at(std::int64_t started_at) {
  CallFact call;
  call.started_at = started_at;
  call.model = "gpt";
  call.usage = {100, 40, 20, 30, 10};
  call.cost = Money::from_units(7);
  call.latency_ms = 1200;
  return call;
}

RequestFact request_with(std::span<const AcceptedCall> accepted) {
  RequestFact request;
  request.status = "succeeded";
  request.generator = "gpt";
  request.items = 5;
  request.zones = 2;
  request.queue_ms = 3;
  request.total_ms = 1500;
  request.accepted = accepted;
  return request;
}

std::vector<std::int64_t> measures_of(const StatsDelta& delta) {
  return {delta.measures().begin(), delta.measures().end()};
}

const StatsDelta& only(const StatsDeltas& deltas) {
  EXPECT_EQ(deltas.by_key().size(), 1u);
  return deltas.by_key().begin()->second;
}

TEST(StatsDelta, ALoneRequestWithItsCallIsOneRow) {
  const std::vector<AcceptedCall> accepted{{kHour + 1, "gpt", {100, 40, 20, 30, 10}}};
  RequestFact request = request_with(accepted);
  request.submitted_at = kHour;
  StatsDeltas deltas;
  deltas.add_call(kAlice, call_at(kHour + 1));
  deltas.add_request(kAlice, request);
  const StatsKey key{kHour, "gpt", "pilot", "planner", "alice", ""};
  ASSERT_EQ(deltas.by_key().begin()->first, key);
  const StatsDelta& delta = only(deltas);
  EXPECT_EQ(measures_of(delta),
            (std::vector<std::int64_t>{1,  1,  0,  0, 0,    0, 0,   0,  0,  0,  0,    100, 40,
                                       20, 30, 10, 0, 1200, 1, 100, 40, 20, 30, 100,  1,   1,
                                       0,  0,  0,  0, 0,    5, 30,  2,  30, 1,  1500, 3}));
  EXPECT_EQ(delta.cost().units(), 7);
  EXPECT_EQ(delta.estimated_cost().units(), 0);
  EXPECT_EQ(delta.provider_times().count(), 1);
  EXPECT_EQ(delta.total_times().count(), 1);
  EXPECT_EQ(delta.queue_times().to_text(), "{3,1}");
}

TEST(StatsDelta, EachCallCountsInTheHourInWhichItStarted) {
  StatsDeltas deltas;
  deltas.add_call(kAlice, call_at(kHour - 1));
  deltas.add_call(kAlice, call_at(kHour));
  deltas.add_call(kAlice, call_at(-1));
  deltas.add_call(kAlice, call_at(-kHour));
  std::vector<std::int64_t> hours;
  for (const auto& [key, delta] : deltas.by_key()) hours.push_back(key.hour);
  EXPECT_EQ(hours, (std::vector<std::int64_t>{-kHour, 0, kHour}));
  EXPECT_EQ(deltas.by_key().begin()->second[Measure::calls], 2);
}

TEST(StatsDelta, WhatDoesNotShareAllDimensionsIsNotAddedUp) {
  CallFact other_model = call_at(0);
  other_model.model = "claude";
  StatsDeltas deltas;
  deltas.add_call(kAlice, call_at(0));
  deltas.add_call(kAlice, other_model);
  deltas.add_call({"stages", "planner", "alice"}, call_at(0));
  deltas.add_call({"pilot", "", "alice"}, call_at(0));
  deltas.add_call({"pilot", "planner", "bob"}, call_at(0));
  RequestFact left_primary = request_with({});
  left_primary.fallback_reason = "timeout";
  deltas.add_request(kAlice, left_primary);
  EXPECT_EQ(deltas.by_key().size(), 6u);
}

TEST(StatsDelta, CallsAndAcceptedCallsHaveNoReason) {
  const std::vector<AcceptedCall> accepted{{0, "claude", {9, 0, 0, 8, 0}}};
  RequestFact request = request_with(accepted);
  request.generator = "claude";
  request.fallback_reason = "refused";
  StatsDeltas deltas;
  deltas.add_request(kAlice, request);
  ASSERT_EQ(deltas.by_key().size(), 2u);
  const auto& [calls_key, calls] = *deltas.by_key().begin();
  const auto& [request_key, ended] = *std::next(deltas.by_key().begin());
  EXPECT_EQ(calls_key.fallback_reason, "");
  EXPECT_EQ(calls[Measure::accepted_output_tokens], 8);
  EXPECT_EQ(calls[Measure::requests], 0);
  EXPECT_EQ(request_key.fallback_reason, "refused");
  EXPECT_EQ(ended[Measure::fallback_requests], 1);
  EXPECT_EQ(ended[Measure::item_output_tokens], 8);
  EXPECT_EQ(ended[Measure::accepted_calls], 0);
}

TEST(StatsDelta, EachOutcomeHasItsCounter) {
  constexpr std::pair<Outcome, Measure> kCounters[] = {
      {Outcome::ok, Measure::ok_calls},
      {Outcome::validation_failed, Measure::validation_failed_calls},
      {Outcome::api_error, Measure::api_error_calls},
      {Outcome::timeout, Measure::timeout_calls},
      {Outcome::rate_limited, Measure::rate_limited_calls},
      {Outcome::truncated, Measure::truncated_calls},
      {Outcome::refused, Measure::refused_calls},
      {Outcome::context_window_exceeded, Measure::context_window_exceeded_calls},
      {Outcome::cancelled, Measure::cancelled_calls},
      {Outcome::lost, Measure::lost_calls},
  };
  for (const auto& [outcome, counter] : kCounters) {
    CallFact call = call_at(0);
    call.outcome = outcome;
    StatsDeltas deltas;
    deltas.add_call(kAlice, call);
    EXPECT_EQ(only(deltas)[counter], 1) << to_string(outcome);
    EXPECT_EQ(only(deltas)[Measure::calls], 1) << to_string(outcome);
  }
}

TEST(StatsDelta, AbortedCallsSayNothingAboutTheProvidersTime) {
  for (const Outcome outcome : {Outcome::cancelled, Outcome::lost}) {
    CallFact call = call_at(0);
    call.outcome = outcome;
    StatsDeltas deltas;
    deltas.add_call(kAlice, call);
    EXPECT_EQ(only(deltas)[Measure::provider_ms], 0);
    EXPECT_EQ(only(deltas).provider_times().to_text(), "{}");
    EXPECT_EQ(only(deltas)[Measure::output_tokens], 30);
  }
}

TEST(StatsDelta, EstimatesArePartOfTheCostAndUnknownPricesAreCounted) {
  CallFact estimated = call_at(0);
  estimated.cost_is_estimated = true;
  CallFact unpriced = call_at(0);
  unpriced.cost.reset();
  StatsDeltas deltas;
  for (const CallFact& call : {call_at(0), estimated, unpriced}) deltas.add_call(kAlice, call);
  EXPECT_EQ(only(deltas).cost().units(), 14);
  EXPECT_EQ(only(deltas).estimated_cost().units(), 7);
  EXPECT_EQ(only(deltas)[Measure::unpriced_calls], 1);
}

TEST(StatsDelta, ACachedAnswerIsARequestAndNothingElse) {
  const std::vector<AcceptedCall> accepted{{0, "gpt", {9, 0, 0, 8, 0}}};
  RequestFact request = request_with(accepted);
  request.cached = true;
  request.fallback_reason = "timeout";
  StatsDeltas deltas;
  deltas.add_request(kAlice, request);
  std::vector<std::int64_t> expected(kStatsMeasures);
  for (const Measure measure :
       {Measure::requests, Measure::succeeded_requests, Measure::cached_requests})
    expected[static_cast<std::size_t>(measure)] = 1;
  EXPECT_EQ(measures_of(only(deltas)), expected);
}

TEST(StatsDelta, AFailedRequestIsTimedACancelledOneIsNot) {
  const std::vector<AcceptedCall> accepted{{0, "gpt", {9, 0, 0, 8, 0}}};
  RequestFact failed = request_with(accepted);
  failed.status = "failed";
  RequestFact cancelled = request_with(accepted);
  cancelled.status = "cancelled";
  cancelled.regenerates = true;
  StatsDeltas deltas;
  deltas.add_request(kAlice, failed);
  deltas.add_request(kAlice, cancelled);
  const StatsDelta& delta = only(deltas);
  EXPECT_EQ(delta[Measure::requests], 2);
  EXPECT_EQ(delta[Measure::failed_requests], 1);
  EXPECT_EQ(delta[Measure::cancelled_requests], 1);
  EXPECT_EQ(delta[Measure::regenerated_requests], 1);
  EXPECT_EQ(delta[Measure::timed_requests], 1);
  EXPECT_EQ(delta[Measure::total_ms], 1500);
  EXPECT_EQ(delta[Measure::queue_ms], 3);
  EXPECT_EQ(delta[Measure::accepted_calls], 0);
  EXPECT_EQ(delta[Measure::items], 0);
}

TEST(StatsDelta, DocumentsWithoutItemsOrZonesAddNoOutputTokensToThem) {
  const std::vector<AcceptedCall> accepted{{0, "gpt", {9, 0, 0, 8, 0}}};
  RequestFact plain = request_with(accepted);
  plain.items.reset();
  plain.zones.reset();
  StatsDeltas deltas;
  deltas.add_request(kAlice, plain);
  EXPECT_EQ(only(deltas)[Measure::item_output_tokens], 0);
  EXPECT_EQ(only(deltas)[Measure::zone_output_tokens], 0);
  EXPECT_EQ(only(deltas)[Measure::accepted_output_tokens], 8);
}

TEST(StatsDelta, TheLargestAcceptedInputIsNoSum) {
  const std::vector<AcceptedCall> accepted{{0, "gpt", {900, 0, 0, 1, 0}},
                                           {1, "gpt", {300, 0, 0, 1, 0}}};
  StatsDeltas deltas;
  deltas.add_request(kAlice, request_with(accepted));
  EXPECT_EQ(only(deltas)[Measure::largest_accepted_input_tokens], 900);
  EXPECT_EQ(only(deltas)[Measure::accepted_input_tokens], 1200);
  EXPECT_EQ(only(deltas)[Measure::accepted_calls], 2);
}

}  // namespace
}  // namespace llmw
