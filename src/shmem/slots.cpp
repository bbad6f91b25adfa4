#include "shmem/slots.hpp"

#include "core/error.hpp"
#include "shmem/payload.hpp"
#include "shmem/shared_memory.hpp"
#include "shmem/worker_table.hpp"

namespace llmw {

namespace {

void set_state(Slot& slot, SlotState state) {
  pg_write_barrier();  // what the state announces must be visible before it
  pg_atomic_write_u32(&slot.state, state);
}

SlotState state_of(const Slot& slot) {
  const auto state =
      static_cast<SlotState>(pg_atomic_read_u32(const_cast<pg_atomic_uint32*>(&slot.state)));
  pg_read_barrier();
  return state;
}

// Payloads are freed by the caller, outside the lock.
struct Payloads {
  dsa_pointer request = InvalidDsaPointer;
  dsa_pointer result = InvalidDsaPointer;

  void free() const {
    free_payload(request);
    free_payload(result);
  }
};

bool has_worker(const Slot& slot) {
  const SlotState state = state_of(slot);
  return state == kSlotReady || state == kSlotRunning || state == kSlotCancelled;
}

Payloads free_slot(int index) {
  Slot& slot = shared_slot(index);
  if (has_worker(slot)) --shared_worker(slot.worker).slots;
  --shared().used_slots;
  const Payloads payloads{slot.request, slot.result};
  slot.request = InvalidDsaPointer;
  slot.result = InvalidDsaPointer;
  slot.next = shared().free_slots;
  shared().free_slots = index;
  set_state(slot, kSlotFree);
  return payloads;
}

void append_ready(WorkerEntry& entry, int index) {
  shared_slot(index).next = kNoSlot;
  if (entry.ready_tail == kNoSlot)
    entry.ready_head = index;
  else
    shared_slot(entry.ready_tail).next = index;
  entry.ready_tail = index;
}

void remove_ready(WorkerEntry& entry, int index) {
  int previous = kNoSlot;
  for (int i = entry.ready_head; i != index; i = shared_slot(i).next) previous = i;
  const int next = shared_slot(index).next;
  (previous == kNoSlot ? entry.ready_head : shared_slot(previous).next) = next;
  if (entry.ready_tail == index) entry.ready_tail = previous;
}

int take_head(WorkerEntry& entry) {
  const int index = entry.ready_head;
  entry.ready_head = shared_slot(index).next;
  if (entry.ready_head == kNoSlot) entry.ready_tail = kNoSlot;
  return index;
}

enum class Refusal { none, no_entry, no_slot };

[[noreturn]] void refuse(Refusal refusal) {
  switch (refusal) {
    case Refusal::no_entry:
      throw Error(sqlstate::kConfigurationLimitExceeded,
                  "too many databases use llm_workflow at once", {},
                  "Increase llm_workflow.max_workers and restart the server.");
    default:
      throw Error(sqlstate::kConfigurationLimitExceeded, "too many requests are waiting", {},
                  "Increase llm_workflow.max_waiting_requests and restart the server.");
  }
}

}  // namespace

EnqueuedSlot enqueue(Oid database, Oid role, std::string_view request) {
  attach_payload();
  const dsa_pointer payload = store_payload(request);
  if (!DsaPointerIsValid(payload))
    throw Error(sqlstate::kOutOfMemory, "the payload memory of llm_workflow is full",
                "The request needs " + std::to_string(request.size()) + " bytes.",
                "Increase llm_workflow.payload_memory and restart the server.");
  EnqueuedSlot enqueued;
  int worker = kNoProcess;
  int launcher = kNoProcess;
  const Refusal refusal = with_shared_lock([&] {
    if (shared().free_slots == kNoSlot) return Refusal::no_slot;
    const WorkerChoice choice = choose_worker(database);
    if (choice.entry < 0) return Refusal::no_entry;
    enqueued.worker = choice.entry;
    enqueued.index = shared().free_slots;
    Slot& slot = shared_slot(enqueued.index);
    shared().free_slots = slot.next;
    ++shared().used_slots;
    slot.worker = enqueued.worker;
    slot.waiter = my_proc_number();
    slot.role = role;
    slot.request = payload;
    slot.request_size = request.size();
    set_state(slot, kSlotReady);
    WorkerEntry& entry = shared_worker(enqueued.worker);
    append_ready(entry, enqueued.index);
    ++entry.slots;
    enqueued.failures = entry.failures;
    worker = entry.process;
    if (choice.launch) launcher = shared().launcher;
    return Refusal::none;
  });
  if (refusal != Refusal::none) {
    free_payload(payload);
    refuse(refusal);
  }
  wake_process(worker);
  wake_process(launcher);
  return enqueued;
}

SlotState slot_state(const EnqueuedSlot& slot) { return state_of(shared_slot(slot.index)); }

bool worker_start_failed(const EnqueuedSlot& slot) {
  return with_shared_lock([&] {
    return state_of(shared_slot(slot.index)) == kSlotReady &&
           shared_worker(slot.worker).failures != slot.failures;
  });
}

std::optional<std::string> release(const EnqueuedSlot& slot) {
  const Slot& shared = shared_slot(slot.index);
  std::optional<std::string> result;
  if (DsaPointerIsValid(shared.result)) result = load_payload(shared.result, shared.result_size);
  with_shared_lock([&] { return free_slot(slot.index); }).free();
  return result;
}

void abandon(const EnqueuedSlot& slot) noexcept {
  int to_wake = kNoProcess;
  const Payloads payloads = with_shared_lock([&] {
    Slot& shared = shared_slot(slot.index);
    WorkerEntry& entry = shared_worker(slot.worker);
    if (state_of(shared) == kSlotReady) remove_ready(entry, slot.index);
    if (state_of(shared) != kSlotRunning) return free_slot(slot.index);
    set_state(shared, kSlotCancelled);
    pg_atomic_write_u32(&entry.cancellations, 1);
    to_wake = entry.process;
    return Payloads{};
  });
  payloads.free();
  wake_process(to_wake);
}

std::vector<TakenSlot> take_ready(int entry) {
  constexpr int kMost = 256;  // the lock is not held for long, and nothing is allocated under it
  int indexes[kMost];
  const int count = with_shared_lock([&] {
    WorkerEntry& worker = shared_worker(entry);
    int taken = 0;
    while (worker.ready_head != kNoSlot && taken < kMost) {
      indexes[taken] = take_head(worker);
      set_state(shared_slot(indexes[taken++]), kSlotRunning);
    }
    return taken;
  });
  std::vector<TakenSlot> taken;
  taken.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    const Slot& slot = shared_slot(indexes[i]);
    taken.push_back({indexes[i], slot.role, load_payload(slot.request, slot.request_size)});
  }
  return taken;
}

bool has_ready(int entry) { return shared_worker(entry).ready_head != kNoSlot; }

bool cancellation_pending(int entry) {
  pg_atomic_uint32& flag = shared_worker(entry).cancellations;
  return pg_atomic_read_u32(&flag) != 0 && pg_atomic_exchange_u32(&flag, 0) != 0;
}

bool is_cancelled(int slot) { return state_of(shared_slot(slot)) == kSlotCancelled; }

void finish(int slot, std::string_view result) {
  const dsa_pointer payload = is_cancelled(slot) ? InvalidDsaPointer : store_payload(result);
  int waiter = kNoProcess;
  const Payloads payloads = with_shared_lock([&] {
    Slot& shared = shared_slot(slot);
    shared.result = payload;
    shared.result_size = result.size();
    if (state_of(shared) == kSlotCancelled) return free_slot(slot);
    waiter = shared.waiter;
    --shared_worker(shared.worker).slots;
    set_state(shared, kSlotDone);
    return Payloads{};
  });
  payloads.free();
  wake_process(waiter);
}

int orphan_slots(int entry) noexcept {
  int orphaned = 0;
  for (int i = 0; i < shared().slot_count; ++i) {
    int waiter = kNoProcess;
    const Payloads payloads = with_shared_lock([&] {
      Slot& slot = shared_slot(i);
      // A worker that left when it was idle may have a successor, whose slots are not its own.
      if (slot.worker != entry || shared_worker(entry).pid != MyProcPid) return Payloads{};
      if (state_of(slot) == kSlotCancelled) return free_slot(i);
      if (state_of(slot) != kSlotRunning) return Payloads{};
      --shared_worker(entry).slots;
      set_state(slot, kSlotOrphaned);
      waiter = slot.waiter;
      ++orphaned;
      return Payloads{};
    });
    payloads.free();
    wake_process(waiter);
  }
  return orphaned;
}

}  // namespace llmw
