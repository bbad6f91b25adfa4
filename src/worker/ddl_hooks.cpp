#include "worker/ddl_hooks.hpp"

#include <optional>

#include "pg/boundary.hpp"
#include "shmem/shared_memory.hpp"
#include "shmem/worker_table.hpp"

namespace llmw {

namespace {

constexpr int kLookEvery = 10;     // milliseconds
constexpr int kLooksForIdle = 50;  // an idle worker leaves within one turn of its loop
constexpr int kLooksForExit = 400;

object_access_hook_type previous_access_hook = nullptr;
ProcessUtility_hook_type previous_utility_hook = nullptr;
bool transaction_callback_registered = false;
Oid dropped_extension = InvalidOid;  // by the current transaction

void wait_until_gone(Oid database, int pid, int looks) {
  for (int i = 0; i < looks && running_worker_pid(database) == pid; ++i) {
    PgCall([] {
      (void)WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, kLookEvery,
                      PG_WAIT_EXTENSION);
      ResetLatch(MyLatch);
      CHECK_FOR_INTERRUPTS();
    });
  }
}

// PostgreSQL calls the hook after it checked that the role may drop the database and before it
// counts the sessions in it. What the worker had on the wire goes with the database. A worker that
// is started to resolve it waits for the lock that our command has on the database.
void end_worker(Oid database) {
  const int pid = running_worker_pid(database);
  if (pid == 0) return;
  (void)kill(pid, SIGTERM);
  wait_until_gone(database, pid, kLooksForExit);
}

void let_worker_leave(const char* name) {
  if (name == nullptr) return;
  const Oid database = PgCall([=] { return get_database_oid(name, true); });
  if (!OidIsValid(database)) return;
  const int pid = running_worker_pid(database);
  if (pid != 0 && ask_to_leave_when_idle(database)) wait_until_gone(database, pid, kLooksForIdle);
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

extern "C" {

// Before the commit it shows whether the drop was rolled back to a savepoint. The worker is ended
// after it.
static void llmw_transaction_end(XactEvent event, void*) {
  if (!OidIsValid(dropped_extension)) return;
  if (event == XACT_EVENT_PRE_COMMIT) {
    PgBoundary([] {
      if (is_our_extension(dropped_extension)) dropped_extension = InvalidOid;
    });
    return;
  }
  if (event == XACT_EVENT_COMMIT) {
    const int pid = running_worker_pid(MyDatabaseId);
    if (pid != 0) (void)kill(pid, SIGTERM);
  }
  if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
    dropped_extension = InvalidOid;
}

static void llmw_object_access(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id,
                               void* argument) {
  if (previous_access_hook != nullptr)
    previous_access_hook(access, class_id, object_id, sub_id, argument);
  if (access != OAT_DROP) return;
  if (class_id == DatabaseRelationId) {
    PgBoundary([=] { end_worker(object_id); });
  } else if (class_id == ExtensionRelationId) {
    PgBoundary([=] {
      if (is_our_extension(object_id)) dropped_extension = object_id;
    });
    if (OidIsValid(dropped_extension) && !transaction_callback_registered) {
      RegisterXactCallback(llmw_transaction_end, nullptr);
      transaction_callback_registered = true;
    }
  }
}

static void llmw_process_utility(PlannedStmt* statement, const char* query, bool read_only_tree,
                                 ProcessUtilityContext context, ParamListInfo parameters,
                                 QueryEnvironment* environment, DestReceiver* receiver,
                                 QueryCompletion* completion) {
  PgBoundary([=] { let_worker_leave(database_needed_by(statement->utilityStmt)); });
  (previous_utility_hook != nullptr ? previous_utility_hook : standard_ProcessUtility)(
      statement, query, read_only_tree, context, parameters, environment, receiver, completion);
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
