// Trigger of llm_models and llm_model_prices: tells every process to read them anew.

#include "core/error.hpp"
#include "pg/boundary.hpp"

/// Sends a relcache invalidation of the changed table; pg/catalogue.cpp waits for it.
LLMW_SQL_FUNCTION(llmw_catalogue_changed) {
  if (!CALLED_AS_TRIGGER(fcinfo))
    throw llmw::Error("39P01", "this function can be called as a trigger only");
  Relation relation = reinterpret_cast<TriggerData*>(fcinfo->context)->tg_relation;
  CacheInvalidateRelcache(relation);
  return PointerGetDatum(nullptr);
}
