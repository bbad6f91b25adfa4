#include "shmem/worker_table.hpp"

#include "shmem/shared_memory.hpp"

namespace llmw {

namespace {

bool is_reusable(const WorkerEntry& entry) {
  return entry.state == kWorkerNone && entry.ready_head == kNoSlot;
}

// Slots that a gone worker orphaned still name its entry, but only to be freed.
int find_or_make_entry(Oid database) {
  int reusable = -1;
  for (int i = 0; i < shared().worker_count; ++i) {
    const WorkerEntry& entry = shared_worker(i);
    if (entry.database == database) return i;
    if (reusable < 0 && is_reusable(entry)) reusable = i;
  }
  if (reusable >= 0) shared_worker(reusable).database = database;
  return reusable;
}

int find_running(Oid database) {
  for (int i = 0; i < shared().worker_count; ++i) {
    const WorkerEntry& entry = shared_worker(i);
    if (entry.database == database && entry.state == kWorkerRunning) return i;
  }
  return -1;
}

}  // namespace

int want_worker(Oid database) {
  const int index = find_or_make_entry(database);
  if (index < 0) return index;
  WorkerEntry& entry = shared_worker(index);
  if (entry.state == kWorkerNone) entry.state = kWorkerWanted;
  entry.probe = false;
  entry.leave_when_idle = false;
  return index;
}

bool want_probe(Oid database) {
  return with_shared_lock([=] {
    const int index = find_or_make_entry(database);
    if (index < 0) return false;
    WorkerEntry& entry = shared_worker(index);
    if (entry.state != kWorkerNone) return true;
    entry.state = kWorkerWanted;
    entry.probe = true;
    return true;
  });
}

std::optional<WantedWorker> take_wanted() {
  return with_shared_lock([]() -> std::optional<WantedWorker> {
    for (int i = 0; i < shared().worker_count; ++i) {
      WorkerEntry& entry = shared_worker(i);
      if (entry.state != kWorkerWanted) continue;
      entry.state = kWorkerStarting;
      return WantedWorker{i, entry.database, ++entry.starts};
    }
    return std::nullopt;
  });
}

namespace {

// Waiters beyond these find out by themselves: they look once a second.
struct Waiters {
  static constexpr int kMost = 64;
  int processes[kMost];
  int count = 0;

  void wake() const {
    for (int i = 0; i < count; ++i) wake_process(processes[i]);
  }
};

Waiters fail_start(WorkerEntry& entry) {
  entry.state = kWorkerNone;
  entry.process = kNoProcess;
  entry.pid = 0;
  ++entry.failures;
  Waiters waiters;
  for (int i = entry.ready_head; i != kNoSlot && waiters.count < Waiters::kMost;
       i = shared_slot(i).next)
    waiters.processes[waiters.count++] = shared_slot(i).waiter;
  return waiters;
}

}  // namespace

void report_start_failure(const WantedWorker& wanted) {
  with_shared_lock([=] {
    WorkerEntry& entry = shared_worker(wanted.entry);
    const bool is_this_one = entry.state == kWorkerStarting && entry.starts == wanted.start;
    return is_this_one ? fail_start(entry) : Waiters{};
  }).wake();
}

bool any_probe() {
  return with_shared_lock([] {
    for (int i = 0; i < shared().worker_count; ++i) {
      const WorkerEntry& entry = shared_worker(i);
      if (entry.state != kWorkerNone && entry.probe) return true;
    }
    return false;
  });
}

std::optional<WorkerClaim> claim_worker(int index) {
  return with_shared_lock([=]() -> std::optional<WorkerClaim> {
    WorkerEntry& entry = shared_worker(index);
    if (entry.state != kWorkerStarting) return std::nullopt;
    entry.state = kWorkerRunning;
    entry.process = my_proc_number();
    entry.pid = MyProcPid;
    return WorkerClaim{entry.database, entry.probe};
  });
}

bool leave_if_idle(int index) {
  return with_shared_lock([=] {
    WorkerEntry& entry = shared_worker(index);
    if (entry.ready_head != kNoSlot) return false;
    entry.state = kWorkerNone;
    entry.process = kNoProcess;
    entry.pid = 0;
    return true;
  });
}

void leave_worker(int index, WorkerEnd end) noexcept {
  with_shared_lock([=] {
    WorkerEntry& entry = shared_worker(index);
    if (entry.pid != MyProcPid) return Waiters{};
    if (end == WorkerEnd::never_served) return fail_start(entry);
    const bool slots_wait = entry.ready_head != kNoSlot;
    entry.state = slots_wait || end == WorkerEnd::left_calls ? kWorkerWanted : kWorkerNone;
    entry.probe = !slots_wait;
    entry.process = kNoProcess;
    entry.pid = 0;
    return Waiters{};
  }).wake();
  wake_process(shared().launcher);
}

bool asked_to_leave(int index) { return shared_worker(index).leave_when_idle; }

int running_worker_pid(Oid database) {
  return with_shared_lock([=] {
    const int index = find_running(database);
    return index < 0 ? 0 : shared_worker(index).pid;
  });
}

bool ask_to_leave_when_idle(Oid database) {
  int process = kNoProcess;
  with_shared_lock([&] {
    const int index = find_running(database);
    if (index < 0) return;
    shared_worker(index).leave_when_idle = true;
    process = shared_worker(index).process;
  });
  wake_process(process);
  return process != kNoProcess;
}

void set_launcher(int process) noexcept {
  with_shared_lock([=] { shared().launcher = process; });
}

}  // namespace llmw
