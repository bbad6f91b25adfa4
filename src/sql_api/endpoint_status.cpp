// llmw_endpoint_status(): limits and circuits of the database's endpoints as the workers see them.

#include <chrono>
#include <optional>
#include <string>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/result_rows.hpp"
#include "shmem/endpoints.hpp"
#include "shmem/shared_memory.hpp"

namespace llmw {

namespace {

/// The clock of the endpoints and PostgreSQL's, read together.
struct Clocks {
  Micros endpoints = std::chrono::duration_cast<std::chrono::microseconds>(
                         std::chrono::steady_clock::now().time_since_epoch())
                         .count();
  TimestampTz server = GetCurrentTimestamp();
};

void add_number(ResultRows& rows, std::optional<std::int64_t> value) {
  if (value)
    rows.datum(Int64GetDatum(*value));
  else
    rows.null();
}

void add_milliseconds(ResultRows& rows, Micros latency) {
  if (latency >= 0)
    rows.datum(Int64GetDatum((latency + kMillisecond / 2) / kMillisecond));
  else
    rows.null();
}

/// 0 is NULL.
void add_time(ResultRows& rows, Micros at, const Clocks& clocks) {
  if (at != 0)
    rows.datum(TimestampTzGetDatum(clocks.server + (at - clocks.endpoints)));
  else
    rows.null();
}

void add_error_rate(ResultRows& rows, const MinuteWindow::Counts& minute) {
  if (minute.ended > 0)
    rows.datum(Float8GetDatum(static_cast<double>(minute.failed) / minute.ended));
  else
    rows.null();
}

void add_row(ResultRows& rows, EndpointReport& endpoint, const Clocks& clocks) {
  const Micros now = clocks.endpoints;
  EndpointState& state = endpoint.state;
  const MinuteWindow::Counts minute = state.last_minute(now);
  rows.text(endpoint.server).text(endpoint.model).text(to_string(state.circuit()));
  rows.number(endpoint.in_flight).number(endpoint.held).number(minute.started);
  add_error_rate(rows, minute);
  add_milliseconds(rows, state.latencies().percentile(0.5));
  add_milliseconds(rows, state.latencies().percentile(0.95));
  add_number(rows, state.remaining_requests(endpoint.options, now));
  add_number(rows, state.remaining_tokens(endpoint.options, now));
  add_time(rows, state.opened_at(), clocks);
  add_time(rows, state.retry_at(now), clocks);
  rows.text_or_null(state.last_error());
  rows.end_row();
}

}  // namespace

}  // namespace llmw

LLMW_SQL_FUNCTION(llmw_endpoint_status) {
  using namespace llmw;
  ResultRows rows(fcinfo);
  if (!shared_memory_exists())
    throw Error(sqlstate::kNotInPrerequisiteState, "llm_workflow is not preloaded", {},
                "Add shared_preload_libraries = 'llm_workflow' to postgresql.conf and restart the "
                "server.");
  const Clocks clocks;
  for (EndpointReport& endpoint : read_endpoints(MyDatabaseId)) add_row(rows, endpoint, clocks);
  return 0;
}
