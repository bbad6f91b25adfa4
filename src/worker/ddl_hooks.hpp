#pragma once
// Lets go of a database that is to be dropped, renamed, moved or copied, and of an extension that
// was dropped, so that no worker of ours ever stands in the way of DDL; and starts workers when the
// extension was updated.

namespace llmw {

/// Installs the hooks. Called by _PG_init when preloaded.
void install_ddl_hooks();

}  // namespace llmw
