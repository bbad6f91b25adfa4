#pragma once
// Reading whole tables of the extension for a cache of this process.
//
// The rows are read by scans, as what they say must reach every role that may call a function which
// needs them. A cache holds the newest committed state, whatever the snapshot of a long transaction
// sees: it must be right for the transactions after it. Workers of a parallel statement may take no
// snapshot of their own; what they read is good for that statement only.
//
// RowReader and read_table raise errors of PostgreSQL: call them inside PgCall, and let a Row be
// trivially destructible.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

#include "pg/boundary.hpp"
#include "pg/postgres.hpp"

namespace llmw {

/// The table `name` in the extension's schema. Throws llmw::Error 42704 when the extension is not
/// installed in this database.
Oid find_own_table(const std::string& name);

/// When a cache was filled.
struct LoadMark {
  std::uint64_t generation = 0;
  TimestampTz parallel_statement = 0;  ///< not 0: good for that parallel statement only
};

/// Whether what a cache holds still is what its tables hold.
struct CacheAge {
  std::uint64_t generation = 1;  ///< counts the changes that this process has heard of
  LoadMark loaded;

  bool is_current() const;
};

/// Calls `read` with a snapshot of the newest state of `tables`. The locks are not kept until the
/// transaction ends: DROP EXTENSION would wait for callers of slow providers.
template <typename Read>
LoadMark read_newest(const CacheAge& age, std::initializer_list<Oid> tables, Read&& read) {
  for (const Oid table : tables) LockRelationOid(table, AccessShareLock);
  const bool parallel = IsInParallelMode();
  // Taken under the locks, before the rows: a change that is heard of later makes the load stale.
  const LoadMark mark{age.generation, parallel ? GetCurrentStatementStartTimestamp() : 0};
  Snapshot snapshot = RegisterSnapshot(parallel ? GetActiveSnapshot() : GetLatestSnapshot());
  read(snapshot);
  UnregisterSnapshot(snapshot);
  for (const Oid table : tables) UnlockRelationOid(table, AccessShareLock);
  return mark;
}

/// One row of a scan; columns are found by name, as an upgrade may have added some in between.
class RowReader {
 public:
  RowReader(Relation relation, TupleTableSlot* slot) : relation_(relation), slot_(slot) {}

  /// The text form of a text or json.
  const char* text_or_null(const char* column) const;
  const char* numeric_or_null(const char* column) const;
  const char* jsonb_or_null(const char* column) const;
  ArrayType* text_array_or_null(const char* column) const;
  std::int64_t bigint_or_zero(const char* column) const;
  int int_or_zero(const char* column) const;
  bool is_null(const char* column) const;
  Datum get(const char* column) const;

 private:
  Datum get(const char* column, bool& is_null) const;

  Relation relation_;
  TupleTableSlot* slot_;
};

/// Rows in CurrentMemoryContext.
template <typename Row>
struct Rows {
  Row* data;
  std::size_t count;
};

template <typename Row>
Rows<Row> read_table(Oid table, Snapshot snapshot, Row (*read)(const RowReader&)) {
  std::size_t capacity = 64;
  Rows<Row> rows{static_cast<Row*>(palloc(capacity * sizeof(Row))), 0};
  Relation relation = table_open(table, AccessShareLock);
  TupleTableSlot* slot = table_slot_create(relation, nullptr);
  TableScanDesc scan = table_beginscan(relation, snapshot, 0, nullptr);
  while (table_scan_getnextslot(scan, ForwardScanDirection, slot)) {
    if (rows.count == capacity) {
      capacity *= 2;
      rows.data = static_cast<Row*>(repalloc(rows.data, capacity * sizeof(Row)));
    }
    rows.data[rows.count++] = read(RowReader(relation, slot));
  }
  table_endscan(scan);
  ExecDropSingleTupleTableSlot(slot);
  table_close(relation, AccessShareLock);
  return rows;
}

/// Reads the newest rows of `table` and gives them to `use`; they are freed afterwards. Throws
/// llmw::Error.
template <typename Row, typename Use>
LoadMark load_table(const CacheAge& age, Oid table, Row (*read)(const RowReader&), Use&& use) {
  MemoryContext scratch = PgCall([] {
    return AllocSetContextCreate(CurrentMemoryContext, "llm_workflow cache",
                                 ALLOCSET_DEFAULT_SIZES);
  });
  Rows<Row> rows{};
  const LoadMark mark = PgCall([&] {
    MemoryContext before = MemoryContextSwitchTo(scratch);
    const LoadMark newest = read_newest(
        age, {table}, [&](Snapshot snapshot) { rows = read_table(table, snapshot, read); });
    MemoryContextSwitchTo(before);
    return newest;
  });
  use(std::span<const Row>(rows.data, rows.count));
  PgCall([=] { MemoryContextDelete(scratch); });
  return mark;
}

}  // namespace llmw
