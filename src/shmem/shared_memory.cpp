#include "shmem/shared_memory.hpp"

#include "pg/settings.hpp"

namespace llmw {

namespace {

constexpr const char* kName = "llm_workflow";

SharedState* state = nullptr;
shmem_request_hook_type previous_request_hook = nullptr;
shmem_startup_hook_type previous_startup_hook = nullptr;

Size slots_offset() { return MAXALIGN(sizeof(SharedState)); }

Size workers_offset() {
  return slots_offset() + MAXALIGN(mul_size(sizeof(Slot), settings.max_waiting_requests));
}

Size payload_offset() {
  return workers_offset() + MAXALIGN(mul_size(sizeof(WorkerEntry), settings.max_workers));
}

Size payload_bytes() { return MAXALIGN(mul_size(settings.payload_memory, 1024)); }

Size total_bytes() { return add_size(payload_offset(), payload_bytes()); }

char* base() { return reinterpret_cast<char*>(state); }

void initialise_slots() {
  for (int i = 0; i < state->slot_count; ++i) {
    Slot& slot = shared_slot(i);
    pg_atomic_init_u32(&slot.state, kSlotFree);
    slot.next = i + 1 < state->slot_count ? i + 1 : kNoSlot;
    slot.request = InvalidDsaPointer;
    slot.result = InvalidDsaPointer;
  }
  state->free_slots = 0;
}

void initialise_workers() {
  for (int i = 0; i < state->worker_count; ++i) {
    WorkerEntry& entry = shared_worker(i);
    entry.database = InvalidOid;
    entry.state = kWorkerNone;
    entry.process = kNoProcess;
    entry.ready_head = kNoSlot;
    entry.ready_tail = kNoSlot;
    pg_atomic_init_u32(&entry.cancellations, 0);
    pg_atomic_init_u32(&entry.jobs_changed, 0);
  }
}

// The whole area lies in main shared memory and cannot grow: that bounds it, and leaves no dynamic
// segment behind after a crash.
void initialise_payload() {
  dsa_area* area = dsa_create_in_place(shared_payload_place(), state->payload_size,
                                       state->lock->tranche, nullptr);
  dsa_pin(area);
  dsa_set_size_limit(area, state->payload_size);
  dsa_detach(area);
}

extern "C" {

static void llmw_shmem_request() {
  if (previous_request_hook != nullptr) previous_request_hook();
  RequestAddinShmemSpace(total_bytes());
  RequestNamedLWLockTranche(kName, 1);
}

static void llmw_shmem_startup() {
  if (previous_startup_hook != nullptr) previous_startup_hook();
  LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
  bool found = false;
  state = static_cast<SharedState*>(ShmemInitStruct(kName, total_bytes(), &found));
  if (!found) {
    std::memset(state, 0, payload_offset());
    state->lock = &GetNamedLWLockTranche(kName)->lock;
    state->launcher = kNoProcess;
    state->slot_count = settings.max_waiting_requests;
    state->worker_count = settings.max_workers;
    state->payload_size = payload_bytes();
    pg_atomic_init_u64(&state->payload_used, 0);
    initialise_slots();
    initialise_workers();
    initialise_payload();
    for (ConditionVariable& variable : state->job_ended) ConditionVariableInit(&variable);
  }
  LWLockRelease(AddinShmemInitLock);
}

}  // extern "C"

}  // namespace

void install_shared_memory_hooks() {
  previous_request_hook = shmem_request_hook;
  shmem_request_hook = llmw_shmem_request;
  previous_startup_hook = shmem_startup_hook;
  shmem_startup_hook = llmw_shmem_startup;
  install_endpoint_hooks();
}

bool shared_memory_exists() { return state != nullptr; }

SharedState& shared() { return *state; }

Slot& shared_slot(int index) { return reinterpret_cast<Slot*>(base() + slots_offset())[index]; }

WorkerEntry& shared_worker(int index) {
  return reinterpret_cast<WorkerEntry*>(base() + workers_offset())[index];
}

void* shared_payload_place() { return base() + payload_offset(); }

void wake_process(int process) {
  if (process != kNoProcess) SetLatch(&GetPGProcByNumber(process)->procLatch);
}

}  // namespace llmw
