#pragma once
// Wakes the workers of this database when the current transaction commits, once however often it
// was asked for. A transaction that is prepared wakes them at COMMIT PREPARED
// (worker/ddl_hooks.cpp).

namespace llmw {

/// With `cancellation`, the workers also look for requests that were cancelled. May throw
/// llmw::Error.
void wake_workers_at_commit(bool cancellation);

}  // namespace llmw
