// Trigger of the catalogue's tables: tells every process to read them anew.

#include "pg/boundary.hpp"
#include "pg/trigger.hpp"

/// Sends a relcache invalidation of the changed table; the caches of src/pg wait for it.
LLMW_SQL_FUNCTION(llmw_catalogue_changed) {
  CacheInvalidateRelcache(llmw::trigger_of(fcinfo).tg_relation);
  return PointerGetDatum(nullptr);
}
