#include "shmem/job_events.hpp"

#include "shmem/shared_memory.hpp"

namespace llmw {

namespace {

// The last bits of an id are random.
ConditionVariable& variable_of(const Uuid& job) {
  return shared().job_ended[job.bytes.back() % kJobEndedVariables];
}

// Without shared memory no worker of this server announces anything, but a primary may.
void sleep_unannounced(long milliseconds) {
  (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
                  PG_WAIT_EXTENSION);
  ResetLatch(MyLatch);
  CHECK_FOR_INTERRUPTS();
}

}  // namespace

void announce_ended_jobs(std::span<const Uuid> jobs) noexcept {
  for (const Uuid& job : jobs) ConditionVariableBroadcast(&variable_of(job));
}

void enter_job_events(const Uuid& job) {
  if (shared_memory_exists()) ConditionVariablePrepareToSleep(&variable_of(job));
}

void sleep_for_job_event(const Uuid& job, long milliseconds) {
  if (!shared_memory_exists()) return sleep_unannounced(milliseconds);
  (void)ConditionVariableTimedSleep(&variable_of(job), milliseconds, PG_WAIT_EXTENSION);
}

void leave_job_events() {
  if (shared_memory_exists()) ConditionVariableCancelSleep();
}

}  // namespace llmw
