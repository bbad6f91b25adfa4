#include "shmem/worker_table.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "pg/ids.hpp"
#include "pg/settings.hpp"
#include "shmem/shared_memory.hpp"

namespace llmw {

namespace {

constexpr int kNoEntry = -1;

// Not at once: a worker that fails each time must not spin, and DDL has the database to itself.
constexpr int64 kStartAgainAfter = USECS_PER_SEC;

bool is_reusable(const WorkerEntry& entry) {
  return entry.state == kWorkerNone && entry.slots == 0 && entry.wake_at == 0 && !entry.condemned;
}

/// The entries of one database, by ordinal.
struct Ordinals {
  int entries[kMostWorkersPerDatabase];

  explicit Ordinals(Oid database) {
    std::fill(std::begin(entries), std::end(entries), kNoEntry);
    for (int i = 0; i < shared().worker_count; ++i)
      if (shared_worker(i).database == database) entries[shared_worker(i).ordinal] = i;
  }

  bool is_absent(int ordinal) const {
    return entries[ordinal] == kNoEntry || shared_worker(entries[ordinal]).state == kWorkerNone;
  }
};

/// Calls `visit` with each entry of `database`.
template <typename Visit>
void for_each_worker(Oid database, Visit&& visit) {
  for (int i = 0; i < shared().worker_count; ++i)
    if (shared_worker(i).database == database) visit(shared_worker(i));
}

// What its last worker said about itself goes with the database that had the entry.
void reset(WorkerEntry& entry) {
  entry.leave_when_idle = false;
  pg_atomic_write_u32(&entry.cancellations, 0);
  pg_atomic_write_u32(&entry.jobs_changed, 0);
  entry.started_at = 0;
  entry.heartbeat_at = 0;
  entry.requests = 0;
  entry.calls_in_flight = 0;
  entry.calls_held = 0;
  entry.jobs = 0;
  entry.last_error_at = 0;
  entry.last_error[0] = '\0';
}

// Slots that a gone worker orphaned still name its entry, but only to be freed.
int make_entry(Oid database, int ordinal) {
  int reusable = kNoEntry;
  for (int i = 0; i < shared().worker_count; ++i) {
    if (!is_reusable(shared_worker(i))) continue;
    if (reusable == kNoEntry || !OidIsValid(shared_worker(i).database)) reusable = i;
    if (!OidIsValid(shared_worker(i).database)) break;
  }
  if (reusable == kNoEntry) return kNoEntry;
  WorkerEntry& entry = shared_worker(reusable);
  reset(entry);
  entry.database = database;
  entry.ordinal = ordinal;
  return reusable;
}

int find_or_make(const Ordinals& ordinals, Oid database, int ordinal) {
  const int found = ordinals.entries[ordinal];
  return found != kNoEntry ? found : make_entry(database, ordinal);
}

/// Marks the worker as wanted unless it runs or starts; kNoEntry when all entries are taken.
int want(const Ordinals& ordinals, Oid database, int ordinal) {
  const int index = find_or_make(ordinals, database, ordinal);
  if (index == kNoEntry) return kNoEntry;
  WorkerEntry& entry = shared_worker(index);
  if (entry.state == kWorkerNone) {
    entry.state = kWorkerWanted;
    entry.probe = false;
  }
  return index;
}

void vacate(WorkerEntry& entry, WorkerState state) {
  entry.state = state;
  entry.process = kNoProcess;
  entry.pid = 0;
  std::memset(&entry.incarnation, 0, sizeof entry.incarnation);
}

void wish_wake(WorkerEntry& entry, TimestampTz at) {
  if (entry.wake_at == 0 || at < entry.wake_at) entry.wake_at = at;
}

bool fetch_and_clear(pg_atomic_uint32& flag) {
  return pg_atomic_read_u32(&flag) != 0 && pg_atomic_exchange_u32(&flag, 0) != 0;
}

/// Processes to wake when the lock is released.
struct Processes {
  static constexpr int kMost = 64;
  int numbers[kMost];
  int count = 0;

  void add(int process) {
    if (count < kMost) numbers[count++] = process;
  }
  void wake() const {
    for (int i = 0; i < count; ++i) wake_process(numbers[i]);
  }
};

}  // namespace

// A slot goes to a worker that runs even while another one starts: that takes longer than sharing.
WorkerChoice choose_worker(Oid database) {
  const Ordinals ordinals(database);
  int running = kNoEntry;
  int coming = kNoEntry;
  int absent = -1;
  for (int ordinal = 0; ordinal < settings.workers_per_database; ++ordinal) {
    const int index = ordinals.entries[ordinal];
    if (ordinals.is_absent(ordinal)) {
      if (absent < 0) absent = ordinal;
      continue;
    }
    int& best = shared_worker(index).state == kWorkerRunning ? running : coming;
    if (best == kNoEntry || shared_worker(index).slots < shared_worker(best).slots) best = index;
  }
  const auto is_free = [](int i) { return i != kNoEntry && shared_worker(i).slots == 0; };
  if (!is_free(running) && !is_free(coming) && absent >= 0) {
    const int further = want(ordinals, database, absent);
    if (further != kNoEntry) coming = further;
  }
  const WorkerChoice choice{running != kNoEntry ? running : coming, coming != kNoEntry};
  if (choice.entry == kNoEntry) return choice;
  shared_worker(choice.entry).probe = false;
  shared_worker(choice.entry).leave_when_idle = false;
  return choice;
}

bool want_probe(Oid database) {
  return with_shared_lock([=] {
    const Ordinals ordinals(database);
    if (!ordinals.is_absent(0)) return true;
    const int index = want(ordinals, database, 0);
    if (index != kNoEntry) shared_worker(index).probe = true;
    return index != kNoEntry;
  });
}

void wake_workers(Oid database, bool cancellation) noexcept {
  if (!shared_memory_exists()) return;
  Processes to_wake;
  with_shared_lock([&] {
    const Ordinals ordinals(database);
    bool started = false;
    for (int ordinal = 0; ordinal < settings.workers_per_database; ++ordinal) {
      if (!ordinals.is_absent(ordinal)) continue;
      started = true;
      if (want(ordinals, database, ordinal) == kNoEntry && ordinal == 0)
        shared().lost_wishes = true;
    }
    if (started) to_wake.add(shared().launcher);
    for_each_worker(database, [&](WorkerEntry& entry) {
      if (entry.state == kWorkerNone) return;
      pg_atomic_write_u32(&entry.jobs_changed, 1);
      if (cancellation) pg_atomic_write_u32(&entry.cancellations, 1);
      to_wake.add(entry.process);
    });
  });
  to_wake.wake();
}

bool jobs_changed(int entry) { return fetch_and_clear(shared_worker(entry).jobs_changed); }

void set_wake_at(Oid database, TimestampTz at) noexcept {
  if (at == 0 || !shared_memory_exists()) return;
  with_shared_lock([=] {
    const int index = find_or_make(Ordinals(database), database, 0);
    if (index == kNoEntry)
      shared().lost_wishes = true;
    else
      wish_wake(shared_worker(index), at);
  });
  wake_process(shared().launcher);
}

std::vector<WakeWish> take_wake_wishes() {
  std::vector<WakeWish> wishes;
  wishes.reserve(static_cast<std::size_t>(shared().worker_count));
  with_shared_lock([&] {
    for (int i = 0; i < shared().worker_count; ++i) {
      WorkerEntry& entry = shared_worker(i);
      if (entry.wake_at == 0) continue;
      wishes.push_back({entry.database, entry.wake_at});
      entry.wake_at = 0;
    }
  });
  return wishes;
}

bool take_lost_wishes() {
  return with_shared_lock([] { return std::exchange(shared().lost_wishes, false); });
}

std::optional<WantedWorker> take_wanted() {
  return with_shared_lock([]() -> std::optional<WantedWorker> {
    for (int i = 0; i < shared().worker_count; ++i) {
      WorkerEntry& entry = shared_worker(i);
      if (entry.state != kWorkerWanted) continue;
      entry.state = kWorkerStarting;
      return WantedWorker{i, entry.database, entry.ordinal, ++entry.starts};
    }
    return std::nullopt;
  });
}

namespace {

// Waiters beyond the most that can be told find out by themselves: they look once a second.
Processes fail_start(WorkerEntry& entry) {
  vacate(entry, kWorkerNone);
  ++entry.failures;
  Processes waiters;
  for (int i = entry.ready_head; i != kNoSlot; i = shared_slot(i).next)
    waiters.add(shared_slot(i).waiter);
  return waiters;
}

}  // namespace

void report_start_failure(const WantedWorker& wanted) {
  with_shared_lock([=] {
    WorkerEntry& entry = shared_worker(wanted.entry);
    const bool is_this_one = entry.state == kWorkerStarting && entry.starts == wanted.start;
    return is_this_one ? fail_start(entry) : Processes{};
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

void end_probe(int entry) {
  with_shared_lock([=] { shared_worker(entry).probe = false; });
}

std::optional<WorkerClaim> claim_worker(int index) {
  const TimestampTz now = GetCurrentTimestamp();
  const Uuid incarnation = new_uuid(now);
  return with_shared_lock([&]() -> std::optional<WorkerClaim> {
    WorkerEntry& entry = shared_worker(index);
    if (entry.state != kWorkerStarting) return std::nullopt;
    entry.state = kWorkerRunning;
    entry.process = my_proc_number();
    entry.pid = MyProcPid;
    std::memcpy(entry.incarnation.data, incarnation.bytes.data(), sizeof entry.incarnation.data);
    entry.started_at = now;
    entry.heartbeat_at = now;
    return WorkerClaim{entry.database, entry.ordinal, entry.probe, incarnation};
  });
}

namespace {

Uuid incarnation_of(const WorkerEntry& entry) {
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), entry.incarnation.data, uuid.bytes.size());
  return uuid;
}

}  // namespace

// Written by this process only.
std::vector<Uuid> live_incarnations(Oid database) {
  std::vector<Uuid> live;
  live.reserve(kMostWorkersPerDatabase);
  with_shared_lock([&] {
    for_each_worker(database, [&](const WorkerEntry& entry) {
      if (entry.state == kWorkerRunning) live.push_back(incarnation_of(entry));
    });
  });
  return live;
}

// One that was asked to leave may leave jobs behind.
bool leave_if_idle(int index) {
  return with_shared_lock([=] {
    WorkerEntry& entry = shared_worker(index);
    if (entry.ready_head != kNoSlot || pg_atomic_read_u32(&entry.jobs_changed) != 0) return false;
    if (asked_to_leave(index)) wish_wake(entry, GetCurrentTimestamp() + kStartAgainAfter);
    entry.leave_when_idle = false;
    vacate(entry, kWorkerNone);
    return true;
  });
}

void leave_worker(int index, WorkerEnd end) noexcept {
  with_shared_lock([=] {
    WorkerEntry& entry = shared_worker(index);
    if (entry.pid != MyProcPid) return Processes{};
    if (end == WorkerEnd::never_served) return fail_start(entry);
    const bool slots_wait = entry.ready_head != kNoSlot;
    // What it left went with the extension.
    const bool left_calls = end == WorkerEnd::left_calls && !entry.dismissed;
    const bool at_once = (slots_wait || left_calls) && !entry.condemned;
    const bool look_again = !entry.condemned && !entry.dismissed;
    entry.dismissed = false;
    vacate(entry, at_once ? kWorkerWanted : kWorkerNone);
    entry.probe = !slots_wait;
    if (!at_once && look_again) wish_wake(entry, GetCurrentTimestamp() + kStartAgainAfter);
    return Processes{};
  }).wake();
  wake_process(shared().launcher);
}

bool asked_to_leave(int index) {
  const WorkerEntry& entry = shared_worker(index);
  return entry.leave_when_idle || entry.ordinal >= settings.workers_per_database;
}

WorkerPids running_worker_pids(Oid database) {
  return with_shared_lock([=] {
    WorkerPids running;
    for_each_worker(database, [&](const WorkerEntry& entry) {
      if (entry.state == kWorkerRunning) running.pids[running.count++] = entry.pid;
    });
    return running;
  });
}

bool ask_to_leave_when_idle(Oid database) {
  Processes asked;
  with_shared_lock([&] {
    for_each_worker(database, [&](WorkerEntry& entry) {
      if (entry.state == kWorkerNone) return;
      entry.leave_when_idle = true;  // one that starts would stay otherwise
      if (entry.state == kWorkerRunning) asked.add(entry.process);
    });
  });
  asked.wake();
  return asked.count > 0;
}

void dismiss_workers(Oid database) noexcept {
  with_shared_lock([=] {
    for_each_worker(database,
                    [](WorkerEntry& entry) { entry.dismissed = entry.state == kWorkerRunning; });
  });
}

void condemn_database(Oid database) {
  with_shared_lock(
      [=] { for_each_worker(database, [](WorkerEntry& entry) { entry.condemned = true; }); });
}

void keep_database(Oid database) noexcept {
  with_shared_lock([=] {
    for_each_worker(database, [](WorkerEntry& entry) {
      entry.condemned = false;
      if (entry.state != kWorkerNone) return;
      if (entry.ready_head != kNoSlot) entry.state = kWorkerWanted;
      wish_wake(entry, GetCurrentTimestamp());
    });
  });
  wake_process(shared().launcher);
}

void forget_database(Oid database) noexcept {
  with_shared_lock([=] {
    for_each_worker(database, [](WorkerEntry& entry) {
      entry.condemned = false;
      entry.wake_at = 0;
      if (is_reusable(entry)) entry.database = InvalidOid;
    });
  });
}

void report_worker(int index, const WorkerReport& report) noexcept {
  const TimestampTz now = GetCurrentTimestamp();
  with_shared_lock([&] {
    WorkerEntry& entry = shared_worker(index);
    entry.heartbeat_at = now;
    entry.requests = report.requests;
    entry.calls_in_flight = report.calls_in_flight;
    entry.calls_held = report.calls_held;
    entry.jobs = report.jobs;
  });
}

void report_worker_error(int index, const char* message) noexcept {
  const TimestampTz now = GetCurrentTimestamp();
  const int length =
      pg_mbcliplen(message, static_cast<int>(std::strlen(message)), kLastErrorBytes - 1);
  with_shared_lock([&] {
    WorkerEntry& entry = shared_worker(index);
    entry.last_error_at = now;
    std::memcpy(entry.last_error, message, static_cast<std::size_t>(length));
    entry.last_error[length] = '\0';
  });
}

std::vector<WorkerEntry> worker_entries(Oid database) {
  std::vector<WorkerEntry> entries;
  entries.reserve(kMostWorkersPerDatabase);
  with_shared_lock([&] {
    for_each_worker(database, [&](const WorkerEntry& entry) { entries.push_back(entry); });
  });
  std::sort(entries.begin(), entries.end(),
            [](const WorkerEntry& a, const WorkerEntry& b) { return a.ordinal < b.ordinal; });
  return entries;
}

void set_launcher(int process) noexcept {
  with_shared_lock([=] { shared().launcher = process; });
}

}  // namespace llmw
