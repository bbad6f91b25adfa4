#pragma once
// Reserves and finds the shared memory of layout.hpp.
//
// Exists only when the library was loaded by shared_preload_libraries.

#include "shmem/layout.hpp"

namespace llmw {

/// Installs the hooks that reserve and initialise the memory. Called by _PG_init in the postmaster.
void install_shared_memory_hooks();
/// The same for the table of endpoints, which stands on its own. Called by the one above.
void install_endpoint_hooks();

/// Whether the library was preloaded, so that everything below may be called.
bool shared_memory_exists();

SharedState& shared();
Slot& shared_slot(int index);
WorkerEntry& shared_worker(int index);
void* shared_payload_place();

/// Runs `body` under the lock. It must neither raise nor throw, and be short.
template <typename Body>
auto with_shared_lock(Body&& body) {
  LWLockAcquire(shared().lock, LW_EXCLUSIVE);
  if constexpr (std::is_void_v<std::invoke_result_t<Body&>>) {
    body();
    LWLockRelease(shared().lock);
  } else {
    auto result = body();
    LWLockRelease(shared().lock);
    return result;
  }
}

/// Sets the latch of the process with that number; kNoProcess is ignored.
void wake_process(int process);

}  // namespace llmw
