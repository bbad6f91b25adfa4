#include "pg/table_cache.hpp"

#include "pg/boundary.hpp"

namespace llmw {

namespace {

constinit WatchedTable* watched = nullptr;

void on_relation_changed(Datum, Oid relation) {
  for (WatchedTable* table = watched; table != nullptr; table = table->next)
    if (relation == InvalidOid || relation == table->oid) ++table->age.generation;
}

}  // namespace

// One callback for all tables: a process has room for ten, those of other extensions included.
void WatchedTable::watch() {
  if (watched == nullptr) PgCall([] { CacheRegisterRelcacheCallback(on_relation_changed, 0); });
  if (!is_watched) {
    next = watched;
    watched = this;
    is_watched = true;
  }
  oid = find_own_table(name);
}

}  // namespace llmw
