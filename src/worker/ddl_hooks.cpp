#include "worker/ddl_hooks.hpp"

#include <algorithm>

#include "pg/boundary.hpp"
#include "shmem/shared_memory.hpp"
#include "shmem/wake_at_commit.hpp"
#include "shmem/worker_table.hpp"
#include "worker/crash_witness.hpp"

namespace llmw {

namespace {

constexpr int kLookEvery = 10;     // milliseconds
constexpr int kLooksForIdle = 50;  // an idle worker leaves within one turn of its loop
constexpr int kLooksForExit = 400;

object_access_hook_type previous_access_hook = nullptr;
ProcessUtility_hook_type previous_utility_hook = nullptr;
bool transaction_callback_registered = false;
Oid dropped_extension = InvalidOid;  // by the current transaction
Oid dropped_database = InvalidOid;   // the same; never in a block with other commands

bool any_runs(Oid database, const WorkerPids& workers) {
  const WorkerPids running = running_worker_pids(database);
  const int* end = running.pids + running.count;
  return std::any_of(workers.pids, workers.pids + workers.count,
                     [&](int pid) { return std::find(running.pids, end, pid) != end; });
}

void wait_until_gone(Oid database, const WorkerPids& workers, int looks) {
  for (int i = 0; i < looks && any_runs(database, workers); ++i) {
    PgCall([] {
      (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, kLookEvery,
                      PG_WAIT_EXTENSION);
      ResetLatch(MyLatch);
      CHECK_FOR_INTERRUPTS();
    });
  }
}

void terminate(const WorkerPids& workers) {
  for (int i = 0; i < workers.count; ++i) (void)kill(workers.pids[i], SIGTERM);
}

// PostgreSQL calls the hook after it checked that the role may drop the database and before it
// counts the sessions in it. What the workers had on the wire goes with the database. If the
// command fails after all, a worker is started to resolve it.
void end_workers(Oid database) {
  dropped_database = database;
  condemn_database(database);
  const WorkerPids workers = running_worker_pids(database);
  terminate(workers);
  wait_until_gone(database, workers, kLooksForExit);
}

void let_workers_leave(const char* name) {
  if (name == nullptr) return;
  const Oid database = PgCall([=] { return get_database_oid(name, true); });
  if (!OidIsValid(database)) return;
  const WorkerPids workers = running_worker_pids(database);
  if (ask_to_leave_when_idle(database)) wait_until_gone(database, workers, kLooksForIdle);
}

/// The database that `statement` needs for itself, or nullptr.
const char* database_needed_by(Node* statement) {
  switch (nodeTag(statement)) {
    case T_CreatedbStmt: {
      ListCell* cell = nullptr;
      foreach (cell, reinterpret_cast<CreatedbStmt*>(statement)->options) {
        auto* option = static_cast<DefElem*>(lfirst(cell));
        if (std::strcmp(option->defname, "template") == 0 && option->arg != nullptr)
          return defGetString(option);
      }
      return "template1";
    }
    case T_RenameStmt: {
      auto* rename = reinterpret_cast<RenameStmt*>(statement);
      return rename->renameType == OBJECT_DATABASE ? rename->subname : nullptr;
    }
    case T_AlterDatabaseStmt: {
      auto* alter = reinterpret_cast<AlterDatabaseStmt*>(statement);
      ListCell* cell = nullptr;
      foreach (cell, alter->options)
        if (std::strcmp(static_cast<DefElem*>(lfirst(cell))->defname, "tablespace") == 0)
          return alter->dbname;
      return nullptr;
    }
    default: return nullptr;
  }
}

bool is_our_extension(Oid extension) {
  const char* name = PgCall([=] { return get_extension_name(extension); });
  return name != nullptr && std::strcmp(name, "llm_workflow") == 0;
}

bool commits_prepared(const PlannedStmt* statement) {
  if (nodeTag(statement->utilityStmt) != T_TransactionStmt) return false;
  auto* transaction = reinterpret_cast<TransactionStmt*>(statement->utilityStmt);
  return transaction->kind == TRANS_STMT_COMMIT_PREPARED;
}

// Jobs of a prepared transaction start when it is committed; the session that prepared it may be
// gone.
void wake_if_installed() {
  if (OidIsValid(PgCall([] { return get_extension_oid("llm_workflow", true); })))
    wake_workers(MyDatabaseId, true);
}

// Jobs may have waited for the versions of library and SQL objects to be the same.
bool updates_our_extension(const PlannedStmt* statement) {
  if (nodeTag(statement->utilityStmt) != T_AlterExtensionStmt) return false;
  auto* alter = reinterpret_cast<AlterExtensionStmt*>(statement->utilityStmt);
  return std::strcmp(alter->extname, "llm_workflow") == 0;
}

// Before the commit it shows whether the drop was rolled back to a savepoint. The workers are ended
// after it.
void end_of_extension_drop(XactEvent event) {
  if (event == XACT_EVENT_PRE_COMMIT) {
    PgBoundary([] {
      if (is_our_extension(dropped_extension)) dropped_extension = InvalidOid;
    });
    return;
  }
  if (event == XACT_EVENT_COMMIT) {
    dismiss_workers(MyDatabaseId);
    terminate(running_worker_pids(MyDatabaseId));
  }
  if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
    dropped_extension = InvalidOid;
}

void end_of_database_drop(XactEvent event) noexcept {
  if (event != XACT_EVENT_COMMIT && event != XACT_EVENT_ABORT) return;
  if (event == XACT_EVENT_ABORT) {
    keep_database(dropped_database);
  } else {
    forget_database(dropped_database);
    remove_crash_witnesses(dropped_database);
  }
  dropped_database = InvalidOid;
}

extern "C" {

static void llmw_transaction_end(XactEvent event, void*) {
  if (OidIsValid(dropped_extension)) end_of_extension_drop(event);
  if (OidIsValid(dropped_database)) end_of_database_drop(event);
}

static void llmw_object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id,
                               void* argument) {
  if (previous_access_hook != nullptr)
    previous_access_hook(access, class_id, object_id, sub_id, argument);
  if (access != OAT_DROP) return;
  if (class_id != DatabaseRelationId && class_id != ExtensionRelationId) return;
  if (!transaction_callback_registered) {
    RegisterXactCallback(llmw_transaction_end, nullptr);
    transaction_callback_registered = true;
  }
  PgBoundary([=] {
    if (class_id == DatabaseRelationId)
      end_workers(object_id);
    else if (is_our_extension(object_id))
      dropped_extension = object_id;
  });
}

static void llmw_process_utility(PlannedStmt* statement, const char* query, bool read_only_tree,
                                 ProcessUtilityContext context, ParamListInfo parameters,
                                 QueryEnvironment* environment, DestReceiver* receiver,
                                 QueryCompletion* completion) {
  PgBoundary([=] { let_workers_leave(database_needed_by(statement->utilityStmt)); });
  // The statement may be gone after it ran.
  const bool has_committed = commits_prepared(statement);
  const bool has_updated = updates_our_extension(statement);
  (previous_utility_hook != nullptr ? previous_utility_hook : standard_ProcessUtility)(
      statement, query, read_only_tree, context, parameters, environment, receiver, completion);
  if (has_committed) PgBoundary([] { wake_if_installed(); });
  if (has_updated) PgBoundary([] { wake_workers_at_commit(true); });
}

}  // extern "C"

}  // namespace

void install_ddl_hooks() {
  previous_access_hook = object_access_hook;
  object_access_hook = llmw_object_access;
  previous_utility_hook = ProcessUtility_hook;
  ProcessUtility_hook = llmw_process_utility;
}

}  // namespace llmw
