#pragma once
// Transactions of a background worker.

#include <utility>

#include "pg/boundary.hpp"

namespace llmw {

void begin_transaction();
void commit_transaction();
/// Rolls back whatever is open; keeps CurrentMemoryContext valid.
void abort_transaction();

/// Runs `body` in a transaction with a snapshot: committed when it returns, rolled back when it
/// throws. Allocations of `body` in CurrentMemoryContext end with it.
template <typename Body>
void in_transaction(Body&& body) {
  begin_transaction();
  try {
    body();
    commit_transaction();
  } catch (...) {
    abort_transaction();
    throw;
  }
}

}  // namespace llmw
