// The module's entry: defines the settings and, when preloaded, reserves shared memory, installs
// the hooks and registers the launcher. Loads harmlessly without shared_preload_libraries.

#include "pg/postgres.hpp"
#include "pg/settings.hpp"
#include "shmem/shared_memory.hpp"
#include "worker/ddl_hooks.hpp"
#include "worker/launcher.hpp"

extern "C" {

LLMW_MODULE_MAGIC;

PGDLLEXPORT void _PG_init();

void _PG_init() {
  llmw::define_settings();
  if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade) return;
  llmw::install_shared_memory_hooks();
  llmw::install_ddl_hooks();
  llmw::register_launcher();
}

}  // extern "C"
