#include "pg/sending.hpp"

#include <string>

#include "pg/boundary.hpp"
#include "pg/own_table.hpp"
#include "pg/settings.hpp"

namespace llmw {

namespace {

constexpr Place kNowhere;

/// The cache of this process. The places are read only while `age` is current.
struct HomesCache {
  CacheAge age;
  Oid table;
  bool at_home;
  Place foreign;
  bool callback_registered;
};

constinit HomesCache cache{{}, InvalidOid, false, {}, false};

void on_relation_changed(Datum, Oid relation) {
  if (relation == InvalidOid || relation == cache.table) ++cache.age.generation;
}

void register_callback() {
  if (cache.callback_registered) return;
  PgCall([] { CacheRegisterRelcacheCallback(on_relation_changed, 0); });
  cache.callback_registered = true;
}

Place read_place(const RowReader& row) {
  return {row.bigint_or_zero("system_identifier"), DatumGetObjectId(row.get("database_oid"))};
}

void load() {
  register_callback();
  cache.table = find_own_table("llm_workflow_homes");
  PgCall([] {
    const Place here = this_place();
    bool at_home = false;
    Place foreign;
    const LoadMark mark = read_newest(cache.age, {cache.table}, [&](Snapshot snapshot) {
      const Rows<Place> homes = read_table(cache.table, snapshot, read_place);
      at_home = homes.count > 0;
      for (std::size_t i = 0; i < homes.count; ++i) {
        if (homes.data[i] == here) continue;
        at_home = false;
        foreign = homes.data[i];
      }
      pfree(homes.data);
    });
    cache.at_home = at_home;
    cache.foreign = foreign;
    cache.age.loaded = mark;
  });
}

std::string place_text(const Place& place) {
  return "database " + std::to_string(place.database) + " of the server with system identifier " +
         std::to_string(static_cast<std::uint64_t>(place.system_identifier));
}

Error is_a_copy(const Place& home) {
  const std::string recorded =
      home == kNowhere ? "No home is recorded for it." : "Its home is " + place_text(home) + ".";
  return Error(sqlstate::kNotInPrerequisiteState, "this database is a copy, and may not make calls",
               recorded + " This is " + place_text(this_place()) + ".",
               "If it shall make calls and spend, run SELECT llm_workflow_allow_here().");
}

}  // namespace

Place this_place() { return {static_cast<std::int64_t>(GetSystemIdentifier()), MyDatabaseId}; }

// Whoever is woken by a commit can see its rows before it hears of the change: that the database is
// away is therefore never taken from the cache.
std::optional<Error> not_at_home() {
  if (!cache.at_home || !cache.age.is_current()) load();
  if (cache.at_home) return std::nullopt;
  return is_a_copy(cache.foreign);
}

Error switched_off() {
  return Error(sqlstate::kNotInPrerequisiteState, "llm_workflow is switched off",
               "The setting llm_workflow.enabled is off: no call leaves this server.",
               "Set llm_workflow.enabled to on in postgresql.conf and reload the configuration.");
}

void check_sending_allowed() {
  if (!settings.enabled) throw switched_off();
  if (std::optional<Error> error = not_at_home()) throw *error;
}

}  // namespace llmw
