#pragma once
// Tells after a kill which request the worker was advancing: the record of core/crash_record.hpp in
// a small file that is mapped into memory, so that it costs some stores and outlives the process
// and a crash restart of the server. One file for each database and ordinal, in the folder
// llm_workflow of the data directory.
//
//   CrashWitness witness(database, ordinal);
//   if (const auto suspect = witness.suspect()) ...   // of the process before this one
//   witness.done();                                   // when that is counted, and not before
//   witness.advancing(request);  ...work...  witness.done();
//
// A process that exits in order leaves no record, a termination in the middle of the work included;
// nor does one that the postmaster stops because another process crashed. keep() is for errors.

#include <optional>

#include "core/uuid.hpp"
#include "pg/postgres.hpp"

namespace llmw {

struct CrashRecord;

class CrashWitness {
 public:
  /// Without a file, when it cannot be made: that is logged, and nothing is witnessed. One object
  /// in a process; it is never taken apart. Call when connected. May throw llmw::Error.
  CrashWitness(Oid database, int ordinal);

  /// What the former process was advancing when it was killed.
  const std::optional<Uuid>& suspect() const { return suspect_; }

  void advancing(const Uuid& request) noexcept;
  void done() noexcept;

  /// An error that `advancing` has led to ends the worker: the record stays for the next one.
  static void keep() noexcept;

 private:
  CrashRecord* record_ = nullptr;
  std::optional<Uuid> suspect_;
};

/// Removes the files of a database that was dropped.
void remove_crash_witnesses(Oid database) noexcept;

}  // namespace llmw
