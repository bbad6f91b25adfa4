#include "pg/transaction.hpp"

namespace llmw {

void begin_transaction() {
  PgCall([] {
    SetCurrentStatementStartTimestamp();
    StartTransactionCommand();
    PushActiveSnapshot(GetTransactionSnapshot());
  });
}

void commit_transaction() {
  PgCall([] {
    PopActiveSnapshot();
    CommitTransactionCommand();
    MemoryContextSwitchTo(TopMemoryContext);
  });
}

void abort_transaction() {
  PgCall([] {
    AbortCurrentTransaction();
    MemoryContextSwitchTo(TopMemoryContext);
  });
}

}  // namespace llmw
