#pragma once
// What a process keeps of one table of the extension, read again when the table has changed.
//
//   constinit TableCache<Agents> agents{"llm_agents"};
//   const Agents& all = agents.current(read_row, to_agents);
//
// The table's triggers send a relcache invalidation (llmw_catalogue_changed), which reaches every
// process at commit and the changing one at once. Every role sees all rows, whatever it may read.
// Call inside a transaction; may throw llmw::Error.

#include <memory>
#include <span>
#include <utility>

#include "pg/own_table.hpp"

namespace llmw {

/// A table whose changes this process hears of. Lives as long as the process.
struct WatchedTable {
  const char* name = nullptr;
  Oid oid = InvalidOid;
  CacheAge age;
  bool is_watched = false;
  WatchedTable* next = nullptr;  ///< of those that are watched

  /// Finds the table, and has `age` follow its changes from now on.
  void watch();
};

/// `Contents` is what is made of all rows.
template <typename Contents>
class TableCache {
 public:
  constexpr explicit TableCache(const char* table) { table_.name = table; }

  /// What the table holds now. `read` makes a Row, which is trivially destructible, of each row,
  /// and may raise errors of PostgreSQL; `make` makes the contents of a span of them. The reference
  /// stays valid until the next call.
  template <typename Row, typename Make>
  Contents& current(Row (*read)(const RowReader&), Make&& make) {
    if (!table_.age.is_current()) load(read, make);
    return *contents_;
  }

  /// What the table held when it was last read; nullptr before that.
  const Contents* last() const { return contents_; }

 private:
  template <typename Row, typename Make>
  void load(Row (*read)(const RowReader&), Make&& make) {
    table_.watch();
    const LoadMark mark =
        load_table<Row>(table_.age, table_.oid, read, [&](std::span<const Row> rows) {
          auto fresh = std::make_unique<Contents>(make(rows));
          delete std::exchange(contents_, fresh.release());
        });
    table_.age.loaded = mark;
  }

  WatchedTable table_;
  Contents* contents_ = nullptr;
};

}  // namespace llmw
