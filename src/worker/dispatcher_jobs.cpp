// The dispatcher's part for jobs: it takes them from the queue as there is room, steadily and for
// each role its share, keeps the lease on them, and takes over what others left.

#include <algorithm>

#include "core/fair_share.hpp"
#include "core/request_json.hpp"
#include "pg/boundary.hpp"
#include "pg/catalogue.hpp"
#include "pg/crash_point.hpp"
#include "pg/ids.hpp"
#include "pg/provider_server.hpp"
#include "pg/settings.hpp"
#include "pg/text.hpp"
#include "pg/transaction.hpp"
#include "worker/dispatcher.hpp"
#include "worker/recovery.hpp"

namespace llmw {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kRenewEvery{10};
constexpr seconds kSweepEvery{5};
constexpr seconds kLookEvery{1};           // for jobs whose wake-up was lost
constexpr milliseconds kTakeEvery{20};     // unless there is room for many
constexpr milliseconds kLookAgain{100};    // when all that wait are over a limit
constexpr std::int64_t kMostAtOnce = 500;  // taken in one turn

/// InvalidOid for those that are gone.
std::map<std::string, Oid> roles_of(const std::vector<TakenJob>& jobs) {
  std::map<std::string, Oid> roles;
  for (const TakenJob& job : jobs) roles.emplace(job.role_name, InvalidOid);
  in_transaction([&] {
    for (auto& [utf8_name, role] : roles) {
      const text* name = to_server_text(utf8_name);
      role = PgCall([=] { return get_role_oid(text_to_cstring(name), true); });
    }
  });
  return roles;
}

Error set_aside_error() {
  return Error(sqlstate::kJobSetAside, "the job was set aside after its worker died over it twice",
               {}, "See the server log. Submit it again when the cause is known.");
}

}  // namespace

void Dispatcher::begin_service() {
  ledger_.ensure_partitions();
  jobs_.join(ordinal_);
  const std::int64_t lost = recover(extension_);
  crash_point("recovered");
  if (lost > 0)
    PgCall([=] {
      ereport(LOG,
              (errmsg("llm_workflow recorded %lld calls as lost", static_cast<long long>(lost)),
               errdetail("A former worker or the server ended while they were on the wire.")));
    });
  in_transaction([&] { home_.refresh(); });
  sweep(witness_.suspect());
  witness_.done();
}

void Dispatcher::leave() {
  try {
    jobs_.leave();
    crash_point("lease_released");
  } catch (const Error& error) {
    log_failure("give up its lease", error);
  }
  constexpr TimestampTz kSoon = 2 * USECS_PER_SEC;
  if (more_jobs_)
    set_wake_at(MyDatabaseId, GetCurrentTimestamp() + kSoon);
  else if (next_job_at_)
    set_wake_at(MyDatabaseId, *next_job_at_);
}

WorkerReport Dispatcher::report() const {
  WorkerReport report;
  report.requests = static_cast<std::int64_t>(generations_.size());
  report.calls_in_flight = static_cast<std::int64_t>(on_the_wire_.size());
  report.calls_held =
      admission_.held() + static_cast<std::int64_t>(overflow_.size() + for_budget_.size());
  for (const auto& [role, jobs] : jobs_of_role_) report.jobs += jobs;
  return report;
}

// An error of the queue is no reason to end: whoever locks a table lets go of it some time.
void Dispatcher::look_after_queue(SteadyTime now, std::vector<Work>& work) {
  try {
    if (jobs_changed(entry_)) {
      in_transaction([&] { home_.refresh(); });
      promote_at_ = now;
      more_jobs_ = true;
      take_jobs_at_ = now;
    }
    keep_lease(now);
    if (now >= promote_at_) promote(now);
    take_jobs(now, work);
  } catch (const Error& error) {
    log_failure("look after its jobs", error);
    take_jobs_at_ = promote_at_ = now + kLookEvery;
    renew_at_ = std::max(renew_at_, now + kLookEvery);
    sweep_at_ = std::max(sweep_at_, now + kLookEvery);
  }
}

void Dispatcher::keep_lease(SteadyTime now) {
  if (now >= renew_at_) {
    renew_at_ = now + kRenewEvery;
    if (!jobs_.renew()) jobs_.join(ordinal_);  // what others took meanwhile is guarded
    crash_point("lease_renewed");
  }
  if (now >= sweep_at_) {
    sweep_at_ = now + kSweepEvery;
    sweep(std::nullopt);
  }
}

void Dispatcher::sweep(const std::optional<Uuid>& suspect) {
  const auto live = [] { return live_incarnations(MyDatabaseId); };
  jobs_.sweep(live, suspect, [&](std::vector<TakenJob> jobs) {
    for (TakenJob& job : jobs) set_aside(std::move(job));
  });
}

/// Records a job that is no longer in the queue.
void Dispatcher::set_aside(TakenJob job) {
  std::optional<Error> unreadable;
  Generation generation(read_job(std::move(job), unreadable));
  Generation::Turn turn = generation.open();
  generation.fail(set_aside_error(), turn);
  turn.entry.job_attempt.reset();
  const LedgerEntry* entry = &turn.entry;
  ledger_.write_rows({&entry, 1});
  ended_jobs_.push_back(generation.id());
}

void Dispatcher::promote(SteadyTime now) {
  next_job_at_ = jobs_.promote();
  promote_at_ = now + kSweepEvery;
  if (!next_job_at_) return;
  const std::int64_t until = std::max<std::int64_t>(0, *next_job_at_ - GetCurrentTimestamp());
  if (until == 0) more_jobs_ = true;
  promote_at_ = std::min(promote_at_, now + std::chrono::microseconds{until});
}

// Those that wait are ended without being started, those that run are told.
void Dispatcher::take_cancelled_jobs(std::vector<Work>& work) {
  try {
    for (TakenJob& job : jobs_.take_cancelled()) {
      std::optional<Error> unreadable;
      Asked asked = read_job(std::move(job), unreadable);
      Work& cancelled = add(std::make_unique<Generation>(std::move(asked)), work);
      cancelled.generation->on_cancel(cancelled.turn);
    }
    for (const Uuid& id : jobs_.cancellations()) jobs_to_cancel_.push_back(id);
  } catch (const Error& error) {
    log_failure("cancel jobs", error);
  }
}

std::int64_t Dispatcher::free_places() const {
  return settings.max_concurrent_calls - static_cast<std::int64_t>(generations_.size());
}

// Taking is a transaction: at most each 20 ms, unless there was room for more than it takes at
// once.
void Dispatcher::take_jobs(SteadyTime now, std::vector<Work>& work) {
  const std::int64_t places = std::min(free_places(), kMostAtOnce);
  if (places <= 0 || now < take_jobs_at_) return;
  std::vector<TakenJob> jobs = jobs_.take([&](std::vector<JobGroup>& groups) {
    more_jobs_ = !groups.empty();
    return decide(groups, places);
  });
  const bool took_all = static_cast<std::int64_t>(jobs.size()) == places;
  if (took_all && places == kMostAtOnce)
    take_jobs_at_ = now;
  else if (!jobs.empty())
    take_jobs_at_ = now + kTakeEvery;
  else
    take_jobs_at_ = now + (more_jobs_ ? kLookAgain : milliseconds(kLookEvery));
  if (jobs.empty()) return;
  crash_point("lease_taken");
  const std::map<std::string, Oid> roles = roles_of(jobs);
  for (TakenJob& job : jobs) {
    std::optional<Error> error;
    Asked asked = read_job(std::move(job), error);
    asked.role = roles.at(asked.role_name);
    if (!error && !OidIsValid(asked.role))
      error.emplace(sqlstate::kUndefinedObject, "role \"" + asked.role_name + "\" does not exist");
    Work& taken = add(std::make_unique<Generation>(std::move(asked)), work);
    if (error)
      taken.generation->fail(*error, taken.turn);
    else
      launch(work);
  }
  crash_point("claimed");
}

/// How many jobs of each group to take. None when nothing may be sent, or somebody needs the
/// database to himself.
std::vector<std::int64_t> Dispatcher::decide(std::vector<JobGroup>& groups,
                                             std::int64_t places) const {
  if (home_.sending_forbidden() || asked_to_leave(entry_))
    return std::vector<std::int64_t>(groups.size(), 0);
  for (JobGroup& group : groups) {
    group.allowance = places;
    try {
      const Model* model = find_model(group.model);
      if (model == nullptr) continue;  // it fails when it is started
      const std::string name = model->server;
      const ProviderServer server = find_provider_server(name);
      group.allowance =
          Admission::allowance(MyDatabaseId, name, group.model, endpoint_options(server));
    } catch (const Error&) {  // the server is gone: the same
    }
  }
  return share_places(groups, jobs_of_role_, places);
}

/// Of what cannot be read only the id is known.
Asked Dispatcher::read_job(TakenJob job, std::optional<Error>& error) {
  Asked asked;
  asked.request.id = job.request_id;
  asked.request.tags = "{}";
  asked.role_name = job.role_name;
  try {
    asked.request = request_from_json(job.request_id, job.request);
  } catch (const Error& unreadable) {
    error.emplace(unreadable);
  }
  job.request.clear();
  asked.job = std::move(job);
  return asked;
}

}  // namespace llmw
