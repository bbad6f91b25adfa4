#pragma once
// Puts rows into the audit chain as they are written.
//
// A chain is that of one partition and one worker: no worker waits for another one, and a chain
// goes as a whole with its partition. Where it has come to is kept in this process; each
// transaction adds a row to audit_chain_heads, and follows no old version of one.
//
//   ChainSealer sealer(extension, ordinal);
//   SealedWrites sealed(sealer);     // rows that the trigger llmw_chain_row sees now are sealed
//   begin; INSERT ...; sealed.write_heads(); commit;
//   sealed.keep();
//
// No row may be sealed in a subtransaction that is rolled back: its number would be missing. All
// may throw llmw::Error.

#include <map>
#include <optional>
#include <string>

#include "core/audit_chain.hpp"
#include "pg/chain_form.hpp"
#include "pg/columns.hpp"
#include "pg/extension.hpp"
#include "pg/postgres.hpp"

namespace llmw {

class ChainSealer {
 public:
  ChainSealer(const Extension& extension, int ordinal) : extension_(extension), ordinal_(ordinal) {}

  /// The one whose rows are sealed now; nullptr: rows are written without a seal.
  static ChainSealer* active();

  /// `row` of `partition` with its place in the chain. In CurrentMemoryContext.
  HeapTuple seal(Relation partition, HeapTuple row);

 private:
  friend class SealedWrites;

  struct Tip {
    int chain = 0;
    ChainHead head;
    bool moved = false;  ///< since the last row of audit_chain_heads
  };

  Tip& tip_of(Relation partition);
  Tip read_tip(Relation partition);
  bool fits(Relation partition, const Tip& tip);
  Tip make_chain(Relation partition);
  void write_heads();
  void run_kept(SPIPlanPtr& plan, const char* sql, std::span<const Oid> types,
                const Columns& row) const;
  void forget();

  Extension extension_;
  int ordinal_;
  std::map<Oid, Tip> tips_;  ///< by partition
  SPIPlanPtr add_head_ = nullptr;
  SPIPlanPtr add_two_heads_ = nullptr;
  std::optional<ChainHasher> hasher_;  ///< of this transaction, which frees it if it fails
};

/// While it lives, rows are sealed by `sealer`. For one transaction.
class SealedWrites {
 public:
  explicit SealedWrites(ChainSealer& sealer);
  ~SealedWrites();
  SealedWrites(const SealedWrites&) = delete;
  SealedWrites& operator=(const SealedWrites&) = delete;

  /// Notes where the chains have come to, as the last thing in the transaction.
  void write_heads() { sealer_.write_heads(); }
  /// The transaction is committed. Without it, what was sealed is taken for rolled back.
  void keep() { kept_ = true; }

 private:
  ChainSealer& sealer_;
  bool kept_ = false;
};

/// The form of a table of the ledger, made once.
const ChainForm& chain_form_of(Relation table);

}  // namespace llmw
