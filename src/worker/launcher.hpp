#pragma once
// The launcher: the only static background worker. It is connected to no database, reads shared
// catalogs only, and alone starts the workers of databases.

namespace llmw {

/// Registers the launcher with the postmaster. Called by _PG_init.
void register_launcher();

}  // namespace llmw
