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

struct WorkerEntry {
  Oid database;  ///< InvalidOid: the entry is free
  WorkerState state;
  int process;           ///< process number when RUNNING, else kNoProcess
  int pid;               ///< when RUNNING, else 0
  uint32 starts;         ///< counts starts: tells a worker from the one before it
  uint32 failures;       ///< counts starts that came to nothing; waiters compare it
  bool probe;            ///< started to look for unfinished intents only: leaves at once if idle
  bool leave_when_idle;  ///< somebody needs the database to himself
  int ready_head;        ///< slots in order of arrival
  int ready_tail;
  pg_atomic_uint32 cancellations;  ///< set to 1 by abandon(), fetched and cleared by the worker
};

struct SharedState {
  LWLock* lock;
  int launcher;  ///< process number, or kNoProcess
  int slot_count;
  int worker_count;
  int free_slots;  ///< head of the free list
  Size payload_size;
};

static_assert(std::is_trivially_copyable_v<Slot> && std::is_standard_layout_v<Slot>);
static_assert(std::is_trivially_copyable_v<WorkerEntry> && std::is_standard_layout_v<WorkerEntry>);

}  // namespace llmw
