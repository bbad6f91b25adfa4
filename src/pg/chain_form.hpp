#pragma once
// Rows of audited tables in the canonical form of core/audit_chain.hpp.
//
// A form is made for a table as it is now, and serves as long as the table has the same columns. It
// knows no table: columns named chain_... are the chain's own, and what an erasure may take is told
// by name, as llmw_event_figures() and llmw_check_erasure() do.

#include <string>
#include <vector>

#include "core/audit_chain.hpp"
#include "pg/postgres.hpp"

namespace llmw {

/// A row taken apart: a value for each column of its table.
struct DeformedRow {
  std::vector<Datum> values;
  std::vector<char> nulls;  // bool, without the bit packing of std::vector<bool>

  /// May throw llmw::Error.
  void read(HeapTuple row, TupleDesc columns);
  bool is_null(int column) const { return nulls[static_cast<std::size_t>(column - 1)] != 0; }
  Datum get(int column) const { return values[static_cast<std::size_t>(column - 1)]; }
  /// Of a bytea; empty: NULL. Allocates in CurrentMemoryContext; may throw llmw::Error.
  std::string bytes(int column) const;
};

/// The numbers of the chain's own columns.
struct ChainColumns {
  int chain_id = 0;
  int chain_no = 0;
  int chain_salt = 0;
  int chain_hash = 0;
};

class ChainForm {
 public:
  /// Throws llmw::Error 55000 for a table without the columns of the chain.
  explicit ChainForm(TupleDesc columns);

  bool fits(TupleDesc columns) const;
  const ChainColumns& own() const { return own_; }
  /// Of the columns by which people find a row; 0: it has none.
  int row_id() const { return row_id_; }
  int row_time() const { return row_time_; }

  /// Allocates in CurrentMemoryContext; may throw llmw::Error.
  void write(const DeformedRow& row, CanonicalRow& canonical) const;

 private:
  struct Column {
    std::string name;
    int number;
    Oid type;
  };

  std::vector<Column> in_order_;  ///< of the table
  std::vector<Column> by_name_;   ///< those that are hashed
  ChainColumns own_;
  int request_id_ = 0;  ///< texts are those of a request
  int row_id_ = 0;
  int row_time_ = 0;
};

/// SHA-256 with one context for many digests. Good until the end of the transaction or of the
/// resource owner in which it was made; free() before.
class ChainHasher {
 public:
  ChainHasher();
  ChainDigest operator()(std::string_view bytes);
  void free();

 private:
  pg_cryptohash_ctx* context_;
};

/// The digest of the texts of a row with this salt; nothing but zeros when it has neither.
ChainDigest texts_digest(ChainHasher& hash, std::string_view salt, const CanonicalRow& row,
                         std::string& scratch);

}  // namespace llmw
