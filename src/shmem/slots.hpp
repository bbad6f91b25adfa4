#pragma once
// The slot by which a waiting backend and a worker meet. States: layout.hpp.
//
// Backend: enqueue, poll slot_state() while waiting on its latch, then release or abandon.
// Worker: take_ready, later finish; take_cancelled tells which backends left.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shmem/layout.hpp"

namespace llmw {

/// A request on its way. `failures` is the worker entry's count at that time.
struct EnqueuedSlot {
  int index = kNoSlot;
  int worker = 0;
  uint32 failures = 0;
};

/// Puts `request` into the ready list of a worker of `database`, asks the launcher for one if there
/// is none, and wakes it. A launcher that is only now starting finds the wish later. Errors:
/// 53400 no slot or no worker entry is free, 53200 the payload memory is full.
EnqueuedSlot enqueue(Oid database, Oid role, std::string_view request);

SlotState slot_state(const EnqueuedSlot& slot);

/// Whether the worker that should take the slot could not be started since it was enqueued.
bool worker_start_failed(const EnqueuedSlot& slot);

/// The result of a DONE slot, which is then FREE; nothing when the result did not fit the payload
/// memory. An ORPHANED slot is freed too.
std::optional<std::string> release(const EnqueuedSlot& slot);

/// The backend stops waiting. The worker, if it has the slot, is told to abort. Never raises.
void abandon(const EnqueuedSlot& slot) noexcept;

/// A slot that a worker took.
struct TakenSlot {
  int index = kNoSlot;
  Oid role = InvalidOid;
  std::string request;
};

/// Slots that are ready for the worker `entry`, in order of arrival; they are RUNNING then. Some
/// may be left: has_ready() tells. Read without the lock: a slot that arrives now sets our latch.
std::vector<TakenSlot> take_ready(int entry);
bool has_ready(int entry);

/// Whether any backend abandoned a slot of `entry` since the last call.
bool cancellation_pending(int entry);

bool is_cancelled(int slot);

/// Hands `result` over and wakes the waiter; a slot whose backend left is freed.
void finish(int slot, std::string_view result);

/// Marks what is RUNNING for `entry` as ORPHANED, frees what was CANCELLED, wakes the waiters; none
/// of it when the entry is no longer this process's. Returns how many were orphaned. For the exit
/// of a worker: never raises.
int orphan_slots(int entry) noexcept;

}  // namespace llmw
