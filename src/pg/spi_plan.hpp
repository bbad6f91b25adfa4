#pragma once
// Statements that a process runs again and again by SPI, and the rows that they give back.
//
// Call inside a transaction with SPI connected. May throw llmw::Error.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/uuid.hpp"
#include "pg/columns.hpp"
#include "pg/extension.hpp"
#include "pg/postgres.hpp"

namespace llmw {

/// A plan that stays for the life of the process: made once, and generic, as planning costs more
/// than most of these statements.
SPIPlanPtr keep_plan(const std::string& sql, std::vector<Oid> types);

/// Runs a plan; returns how many rows there are.
std::uint64_t run_plan(SPIPlanPtr plan, Columns::Parameters parameters);

/// Runs a statement that is not worth a plan, with @extschema@; returns how many rows there are.
std::uint64_t run_once(const Extension& extension, const char* sql);

/// A row of the result of the latest statement. Columns count from 1.
class SpiRow {
 public:
  explicit SpiRow(std::uint64_t index) : row_(SPI_tuptable->vals[index]) {}

  std::optional<Datum> get(int column) const;
  std::string text(int column) const;  ///< of a text or a name, in UTF-8; empty: NULL
  std::int64_t bigint(int column) const;
  int integer(int column) const;
  Uuid uuid(int column) const;
  std::string bytes(int column) const;  ///< of a bytea; empty: NULL

 private:
  HeapTuple row_;
};

}  // namespace llmw
