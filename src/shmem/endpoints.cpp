#include "shmem/endpoints.hpp"

#include <algorithm>

#include "core/text.hpp"
#include "pg/boundary.hpp"
#include "pg/settings.hpp"
#include "shmem/shared_memory.hpp"

namespace llmw {

namespace {

constexpr const char* kTableName = "llm_workflow_endpoints";

/// Longer names are told apart by their hash; the view shows what fits.
constexpr std::size_t kMaxNameBytes = 200;

/// Workers of one database, at most.
constexpr int kMostWaiters = 32;

/// For who waits for a place at a server: backstop for a wake that was lost.
constexpr Micros kLookAgainAfter = kSecond;

/// What makes a cell that of an endpoint. All cells' keys lie side by side, as each call is looked
/// up.
struct KeyOfCell {
  uint64 hash;
  Oid database;  ///< InvalidOid: the cell is free
};

struct EndpointCell {
  char server[kMaxNameBytes + 1];
  char model[kMaxNameBytes + 1];  ///< empty: the cell of the server
  EndpointOptions options;        ///< of the latest call
  Micros used_at;
  int in_flight;
  int held;
  int waiter_count;
  int waiters[kMostWaiters];  ///< numbers of the processes that hold calls for the server
  EndpointState state;
};
static_assert(std::is_trivially_copyable_v<EndpointCell>);

struct EndpointTable {
  LWLock* lock;
  int count;
};

/// What this process has in a cell.
struct Mine {
  int in_flight;
  int held;
  bool probe;
};

EndpointTable* table = nullptr;
Mine* mine = nullptr;  ///< one for each cell; nullptr until the first call
bool told_full = false;
shmem_request_hook_type previous_request_hook = nullptr;
shmem_startup_hook_type previous_startup_hook = nullptr;

Size keys_offset() { return MAXALIGN(sizeof(EndpointTable)); }
Size cells_offset() {
  return keys_offset() + MAXALIGN(mul_size(sizeof(KeyOfCell), settings.max_endpoints));
}
Size table_bytes() {
  return add_size(cells_offset(), mul_size(sizeof(EndpointCell), settings.max_endpoints));
}

KeyOfCell& key_at(int index) {
  return reinterpret_cast<KeyOfCell*>(reinterpret_cast<char*>(table) + keys_offset())[index];
}

EndpointCell& cell_at(int index) {
  return reinterpret_cast<EndpointCell*>(reinterpret_cast<char*>(table) + cells_offset())[index];
}

extern "C" {

static void llmw_endpoints_request() {
  if (previous_request_hook != nullptr) previous_request_hook();
  RequestAddinShmemSpace(table_bytes());
  RequestNamedLWLockTranche(kTableName, 1);
}

static void llmw_endpoints_startup() {
  if (previous_startup_hook != nullptr) previous_startup_hook();
  LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
  bool found = false;
  table = static_cast<EndpointTable*>(ShmemInitStruct(kTableName, table_bytes(), &found));
  if (!found) {
    std::memset(static_cast<void*>(table), 0, table_bytes());
    table->lock = &GetNamedLWLockTranche(kTableName)->lock;
    table->count = settings.max_endpoints;
  }
  LWLockRelease(AddinShmemInitLock);
}

static void llmw_endpoints_exit(int, Datum) { leave_endpoints(); }

}  // extern "C"

/// `body` must neither raise nor throw.
template <typename Body>
auto with_table_lock(LWLockMode mode, Body&& body) {
  LWLockAcquire(table->lock, mode);
  auto result = body();
  LWLockRelease(table->lock);
  return result;
}

/// The exit callback comes first: nothing of a process may stay behind.
void prepare_process() {
  if (mine != nullptr) return;
  PgCall([] {
    Size bytes = mul_size(sizeof(Mine), settings.max_endpoints);
    auto* counts = static_cast<Mine*>(MemoryContextAllocZero(TopMemoryContext, bytes));
    before_shmem_exit(llmw_endpoints_exit, 0);
    mine = counts;
  });
}

uint64 hash_of(const EndpointName& name) {
  uint64 hash = 14'695'981'039'346'656'037U;  // FNV-1a
  const auto add = [&](char c) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211U;
  };
  for (const char c : name.server) add(c);
  add('\0');
  for (const char c : name.model) add(c);
  return hash;
}

std::string_view kept_name(std::string_view name) { return cut_utf8(name, kMaxNameBytes); }

void keep_name(char (&place)[kMaxNameBytes + 1], std::string_view name) {
  const std::string_view kept = kept_name(name);
  std::memcpy(place, kept.data(), kept.size());
  place[kept.size()] = 0;
}

bool is_cell_of(int index, const EndpointName& name, uint64 hash) {
  const KeyOfCell& key = key_at(index);
  return key.hash == hash && key.database == name.database &&
         cell_at(index).server == kept_name(name.server) &&
         cell_at(index).model == kept_name(name.model);
}

int find_cell(const EndpointName& name) {
  const uint64 hash = hash_of(name);
  for (int i = 0; i < table->count; ++i)
    if (is_cell_of(i, name, hash)) return i;
  return -1;
}

/// A free cell, or the idle one that was used least recently; -1: all have calls. Never `keep`.
int find_room(int keep) {
  int best = -1;
  for (int i = 0; i < table->count; ++i) {
    if (key_at(i).database == InvalidOid) return i;
    const EndpointCell& cell = cell_at(i);
    if (i == keep || cell.in_flight > 0 || cell.held > 0) continue;
    if (best < 0 || cell.used_at < cell_at(best).used_at) best = i;
  }
  return best;
}

int find_or_make_cell(const EndpointName& name, Micros now, int keep = -1) {
  int index = find_cell(name);
  if (index < 0) {
    index = find_room(keep);
    if (index < 0) return index;
    EndpointCell& cell = cell_at(index);
    std::memset(static_cast<void*>(&cell), 0, sizeof cell);
    key_at(index) = {hash_of(name), name.database};
    keep_name(cell.server, name.server);
    keep_name(cell.model, name.model);
  }
  cell_at(index).used_at = now;
  return index;
}

struct Cells {
  int server = -1;
  int model = -1;

  bool exist() const { return server >= 0 && model >= 0; }
};

Cells find_or_make_cells(const EndpointName& name, Micros now) {
  Cells cells;
  cells.server = find_or_make_cell({name.database, name.server, {}}, now);
  if (cells.server >= 0) cells.model = find_or_make_cell(name, now, cells.server);
  return cells;
}

/// The processes that hold calls for a server, to be woken once the lock is released.
struct Waiters {
  int processes[kMostWaiters];
  int count = 0;

  void wake() const {
    for (int i = 0; i < count; ++i) wake_process(processes[i]);
  }
};

Waiters other_waiters(const EndpointCell& server) {
  Waiters others;
  for (int i = 0; i < server.waiter_count; ++i)
    if (server.waiters[i] != my_proc_number()) others.processes[others.count++] = server.waiters[i];
  return others;
}

void set_waiting(EndpointCell& server, bool waits) {
  int* const end = server.waiters + server.waiter_count;
  int* const me = std::find(server.waiters, end, my_proc_number());
  if (waits && me == end && server.waiter_count < kMostWaiters) {
    server.waiters[server.waiter_count++] = my_proc_number();
  } else if (!waits && me != end) {
    *me = server.waiters[--server.waiter_count];
  }
}

// Who has calls on the wire sees places become free first, so that others would starve.
bool has_room(int index, int places) {
  const EndpointCell& server = cell_at(index);
  if (places <= 0) return true;
  if (server.in_flight >= places) return false;
  const int others = other_waiters(server).count;
  return others == 0 || mine[index].in_flight < (places + others) / (others + 1);
}

EndpointPass let_in(const Cells& cells, std::int64_t tokens, Micros now) {
  for (const int index : {cells.server, cells.model}) {
    ++cell_at(index).in_flight;
    ++mine[index].in_flight;
  }
  const CallPass call = cell_at(cells.model).state.admit(tokens, now);
  if (call.probe) mine[cells.model].probe = true;
  return {cells.server, cells.model, call};
}

Waiters let_out(const EndpointPass& pass, Micros now) {
  for (const int index : {pass.server_cell, pass.model_cell}) {
    --cell_at(index).in_flight;
    --mine[index].in_flight;
    cell_at(index).used_at = now;
  }
  if (pass.call.probe) mine[pass.model_cell].probe = false;
  return other_waiters(cell_at(pass.server_cell));
}

void tell_full() {
  if (told_full) return;
  told_full = true;
  PgCall([] {
    ereport(LOG, (errmsg("too many endpoints of llm_workflow are in use: some are not limited"),
                  errhint("Increase llm_workflow.max_endpoints and restart the server.")));
  });
}

}  // namespace

void install_endpoint_hooks() {
  previous_request_hook = shmem_request_hook;
  shmem_request_hook = llmw_endpoints_request;
  previous_startup_hook = shmem_startup_hook;
  shmem_startup_hook = llmw_endpoints_startup;
}

EndpointAnswer enter_endpoint(const EndpointName& name, const EndpointOptions& options,
                              std::int64_t tokens, Micros now) {
  prepare_process();
  const EndpointAnswer answer = with_table_lock(LW_EXCLUSIVE, [&]() -> EndpointAnswer {
    const Cells cells = find_or_make_cells(name, now);
    if (!cells.exist()) return {};
    EndpointCell& model = cell_at(cells.model);
    model.options = options;
    const GateAnswer gate = model.state.ask(options, tokens, now);
    if (gate.gate != Gate::open) return {gate.gate, gate.at, {}};
    if (!has_room(cells.server, options.max_concurrency))
      return {Gate::wait, now + kLookAgainAfter, {}};
    return {Gate::open, now, let_in(cells, tokens, now)};
  });
  if (answer.gate == Gate::open && answer.pass.model_cell < 0) tell_full();
  return answer;
}

std::optional<CircuitTurn> leave_endpoint(const EndpointPass& pass, const CallReport& report,
                                          Micros now) {
  if (pass.model_cell < 0) return std::nullopt;
  std::optional<CircuitTurn> turn;
  with_table_lock(LW_EXCLUSIVE, [&] {
    EndpointState& state = cell_at(pass.model_cell).state;
    const Circuit before = state.circuit();
    if (state.leave(pass.call, report, now)) turn = {before, state.circuit()};
    return let_out(pass, now);
  }).wake();
  return turn;
}

void drop_endpoint_call(const EndpointPass& pass, Micros now) {
  if (pass.model_cell < 0) return;
  with_table_lock(LW_EXCLUSIVE, [&] {
    cell_at(pass.model_cell).state.drop(pass.call, now);
    return let_out(pass, now);
  }).wake();
}

void report_held(const EndpointName& name, int held, Micros now) {
  prepare_process();
  with_table_lock(LW_EXCLUSIVE, [&] {
    const Cells cells = find_or_make_cells(name, now);
    if (!cells.exist()) return false;
    const int more = held - mine[cells.model].held;
    for (const int index : {cells.server, cells.model}) {
      cell_at(index).held += more;
      mine[index].held += more;
    }
    set_waiting(cell_at(cells.server), mine[cells.server].held > 0);
    return true;
  });
}

int endpoint_allowance(const EndpointName& name, const EndpointOptions& options, Micros now) {
  return with_table_lock(LW_EXCLUSIVE, [&] {
    const int model = find_cell(name);
    const int server = find_cell({name.database, name.server, {}});
    EndpointState unknown{};
    EndpointState& state = model < 0 ? unknown : cell_at(model).state;
    const int calls = state.allowance(options, now);
    if (options.max_concurrency <= 0) return calls;
    const int places = options.max_concurrency - (server < 0 ? 0 : cell_at(server).in_flight);
    return std::min(calls, std::max(0, places));
  });
}

void leave_endpoints() noexcept {
  if (mine == nullptr) return;
  for (int i = 0; i < table->count; ++i) {
    Mine& counts = mine[i];
    if (counts.in_flight == 0 && counts.held == 0 && !counts.probe) continue;
    with_table_lock(LW_EXCLUSIVE, [&] {
      EndpointCell& cell = cell_at(i);
      cell.in_flight -= counts.in_flight;
      cell.held -= counts.held;
      if (counts.probe) cell.state.drop({.probe = true}, cell.used_at);
      set_waiting(cell, false);
      counts = {};
      return other_waiters(cell);
    }).wake();
  }
}

std::vector<EndpointReport> read_endpoints(Oid database) {
  std::vector<EndpointReport> reports;
  for (int i = 0; i < table->count; ++i) {
    EndpointCell cell;
    const bool is_wanted = with_table_lock(LW_SHARED, [&] {
      if (key_at(i).database != database) return false;
      cell = cell_at(i);
      return true;
    });
    if (!is_wanted || cell.model[0] == 0) continue;
    reports.push_back(
        {cell.server, cell.model, cell.options, cell.in_flight, cell.held, cell.state});
  }
  return reports;
}

}  // namespace llmw
