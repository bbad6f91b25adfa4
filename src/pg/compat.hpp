#pragma once
// Differences between PostgreSQL 15, 17 and 18, and nothing else. Included by postgres.hpp.

#if PG_VERSION_NUM < 150000
#error "llm_workflow needs PostgreSQL 15 or later"
#endif

// Declared here because libpq/libpq.h drags in the headers of the server's Kerberos library, which
// building an extension does not need.
extern "C" bool pq_check_connection(void);

// PostgreSQL 18 knows modules by name. Its PG_MODULE_MAGIC leaves a field without a value, of which
// Clang warns.
#if PG_VERSION_NUM >= 180000
#define LLMW_MODULE_MAGIC PG_MODULE_MAGIC_EXT(.name = "llm_workflow", .version = nullptr)
#else
#define LLMW_MODULE_MAGIC PG_MODULE_MAGIC
#endif

namespace llmw {

/// The number by which other processes find this process's latch. Survives in shared memory.
inline int my_proc_number() {
#if PG_VERSION_NUM >= 170000
  return MyProcNumber;
#else
  return MyProc->pgprocno;
#endif
}

inline WaitEventSet* create_wait_event_set(int events) {
#if PG_VERSION_NUM >= 170000
  return CreateWaitEventSet(nullptr, events);
#else
  return CreateWaitEventSet(TopMemoryContext, events);
#endif
}

/// Whether `role` may use the foreign server.
inline bool may_use_server(Oid server, Oid role) {
#if PG_VERSION_NUM >= 160000
  return object_aclcheck(ForeignServerRelationId, server, role, ACL_USAGE) == ACLCHECK_OK;
#else
  return pg_foreign_server_aclcheck(server, role, ACL_USAGE) == ACLCHECK_OK;
#endif
}

}  // namespace llmw
