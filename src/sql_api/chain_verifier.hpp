#pragma once
// Walks along all audit chains of this database and tells of each what is wrong with it.
//
//   ChainVerifier verifier;
//   for (const KeptHead& head : kept) verifier.expect(head);
//   verifier.run();
//   for (const ChainReport& report : verifier.reports()) ...
//
// Call with SPI connected. Reads with the active snapshot; may throw llmw::Error.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/audit_chain.hpp"
#include "pg/chain_form.hpp"
#include "pg/extension.hpp"
#include "pg/postgres.hpp"

namespace llmw {

/// A head that audit_digest() gave and somebody kept.
struct KeptHead {
  int chain = 0;
  ChainHead head;
};

/// By what people find a row.
struct RowName {
  std::optional<Datum> id{};
  std::optional<Datum> time{};
};

/// What is told of a chain, or of the rows of a partition that are in none.
struct ChainReport {
  std::string partition;
  std::optional<int> worker{};
  std::optional<int> chain{};
  std::int64_t rows = 0;
  std::int64_t erased = 0;
  ChainProblem problem = ChainProblem::none;
  std::int64_t no = 0;
  RowName row{};
};

class ChainVerifier {
 public:
  explicit ChainVerifier(const Extension& extension) : extension_(extension) {}

  void expect(const KeptHead& kept) { kept_.emplace(kept.chain, kept.head); }
  void run();
  const std::vector<ChainReport>& reports() const { return reports_; }

 private:
  struct Partition {
    std::string name;
    std::string qualified;
  };
  struct Chain {
    std::string partition;
    std::optional<int> worker;
    ChainHead noted;
    bool retired = false;
    ChainWalk walk;
    std::optional<ChainHead> kept{};
    std::int64_t erased = 0;
    bool met = false;
    RowName bad_row{};
    std::optional<std::int64_t> stray_no{};  ///< a row of it is in another partition
    RowName stray_row{};
  };

  void read_chains();
  void read_partitions();
  void verify_partition(const Partition& partition);
  void verify_row(const Partition& partition, const ChainForm& form, ChainHasher& hash);
  void follow(Chain& chain, std::int64_t no, const ChainForm& form, ChainHasher& hash);
  Chain& chain_of(int id);
  bool is_home(const Chain& chain, const Partition& partition) const;
  RowName name_row(const ChainForm& form) const;
  static void finish(Chain& chain);
  void report();

  Extension extension_;
  std::map<int, ChainHead> kept_;
  std::map<int, Chain> chains_;
  std::vector<Partition> partitions_;
  std::vector<ChainReport> reports_;
  MemoryContext names_ = CurrentMemoryContext;  ///< of what the reports point to

  // Of the row that is being verified.
  DeformedRow row_;
  CanonicalRow canonical_;
  std::string input_;
  std::int64_t unsealed_ = 0;
};

}  // namespace llmw
