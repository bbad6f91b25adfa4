#pragma once
// How a session that waits for a job hears of its end.
//
// The truth is in the tables: an announcement only says that it is worth looking. Sessions that
// wait are told apart by the job's id, roughly, so that a worker which ends thousands of jobs a
// second does not wake all of them each time.

#include <span>

#include "core/uuid.hpp"

namespace llmw {

/// For workers, once the end of `jobs` is committed.
void announce_ended_jobs(std::span<const Uuid> jobs) noexcept;

/// From here on until leave_job_events(), an announcement of `job` ends the next sleep at once:
/// look at the tables after this, then sleep. Raises PostgreSQL's errors, as the others do: PgCall.
void enter_job_events(const Uuid& job);

/// Sleeps until `job` may have been announced, at most for some milliseconds. Obeys interrupts.
void sleep_for_job_event(const Uuid& job, long milliseconds);

void leave_job_events();

}  // namespace llmw
