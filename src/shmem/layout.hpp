#pragma once
// What backends, workers and the launcher share: slots, worker entries and payload memory.
//
// Everything here is plain data without pointers, descriptors or latches, so that no
// process-private value survives its process. All fields are written under SharedState's lock
// (slots.cpp, worker_table.cpp) unless the field says otherwise. Processes find each other by their
// number in PostgreSQL's process array; a latch set by mistake is harmless.
//
//   backend                    worker                       backend
//   enqueue()   FREE→READY     take_ready()  READY→RUNNING
//                              finish()      RUNNING→DONE   release()  DONE→FREE
//   abandon()   READY→FREE, RUNNING→CANCELLED
//                              finish()      CANCELLED→FREE
//                              (exit)        RUNNING→ORPHANED  release()  ORPHANED→FREE

#include <type_traits>

#include "pg/postgres.hpp"

namespace llmw {

enum SlotState : uint32 {
  kSlotFree,
  kSlotReady,      ///< filled, in its worker's ready list
  kSlotRunning,    ///< a worker has it
  kSlotDone,       ///< the result is there
  kSlotCancelled,  ///< the backend left; the worker frees it
  kSlotOrphaned,   ///< the worker ended without a result
};

inline constexpr int kNoSlot = -1;
inline constexpr int kNoProcess = -1;

struct Slot {
  pg_atomic_uint32 state;  ///< SlotState; written under the lock, read by its waiter without it
  int next;                ///< in the free list or a ready list; kNoSlot at the end
  int worker;              ///< index of the worker entry it was given to
  int waiter;              ///< process number of the backend
  Oid role;                ///< as whom the request runs
  dsa_pointer request;     ///< written by the backend, freed with the slot
  Size request_size;
  dsa_pointer result;  ///< written by the worker before DONE; InvalidDsaPointer if it did not fit
  Size result_size;
};

enum WorkerState : uint32 {
  kWorkerNone,      ///< the entry is free, or its database has no worker now
  kWorkerWanted,    ///< a backend waits for the launcher to start one
  kWorkerStarting,  ///< registered, has not reported yet
  kWorkerRunning,
};

inline constexpr int kMostWorkersPerDatabase = 32;
inline constexpr int kLastErrorBytes = 256;

struct WorkerEntry {
  Oid database;  ///< InvalidOid: the entry is free
  int ordinal;   ///< from 0, among the workers of the database
  WorkerState state;
  int process;            ///< process number when RUNNING, else kNoProcess
  int pid;                ///< when RUNNING, else 0
  pg_uuid_t incarnation;  ///< when RUNNING: tells this process from all others, for ever
  uint32 starts;          ///< counts starts: tells a worker from the one before it
  uint32 failures;        ///< counts starts that came to nothing; waiters compare it
  bool probe;             ///< started to look only: leaves at once if idle
  bool leave_when_idle;   ///< somebody needs the database to himself
  bool condemned;         ///< the database is being dropped: not started again
  bool dismissed;         ///< its extension was dropped: not started again for what it left
  int slots;              ///< READY, RUNNING and CANCELLED ones
  int ready_head;         ///< slots in order of arrival
  int ready_tail;
  TimestampTz wake_at;  ///< of the database, until the launcher took it; 0: none
  pg_atomic_uint32
      cancellations;  ///< set to 1 when a caller left, fetched and cleared by the worker
  pg_atomic_uint32 jobs_changed;  ///< the same, by wake_workers()

  // What the worker says about itself; that of the last one stays until the next reports.
  TimestampTz started_at;
  TimestampTz heartbeat_at;
  int64 requests;
  int64 calls_in_flight;
  int64 calls_held;
  int64 jobs;
  TimestampTz last_error_at;  ///< 0: none
  char last_error[kLastErrorBytes];
};

/// Sessions that wait for jobs sleep on one of these, by the job's id (job_events.cpp).
inline constexpr int kJobEndedVariables = 64;

struct SharedState {
  LWLock* lock;
  int launcher;  ///< process number, or kNoProcess
  int slot_count;
  int worker_count;
  int free_slots;  ///< head of the free list
  int used_slots;
  bool lost_wishes;  ///< a worker was wanted when no entry was free
  Size payload_size;
  ConditionVariable job_ended[kJobEndedVariables];  ///< not under the lock
  pg_atomic_uint64 payload_used;                    ///< bytes; read and written without the lock
};

static_assert(std::is_trivially_copyable_v<Slot> && std::is_standard_layout_v<Slot>);
static_assert(std::is_trivially_copyable_v<WorkerEntry> && std::is_standard_layout_v<WorkerEntry>);

}  // namespace llmw
