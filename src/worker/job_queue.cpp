#include "worker/job_queue.hpp"

#include <utility>

#include "core/money.hpp"
#include "pg/boundary.hpp"
#include "pg/spi_plan.hpp"
#include "worker/owner_transaction.hpp"

namespace llmw {

namespace {

constexpr std::int64_t kPromoteAtOnce = 10'000;

constexpr Oid kUuid[] = {UUIDOID};
constexpr Oid kNumbers[] = {INT8OID};
constexpr Oid kLeases[] = {UUIDOID, INT8OID};
constexpr Oid kQuotas[] = {TEXTOID, TEXTOID, INT8OID};
constexpr Oid kRequeues[] = {UUIDOID, INT8OID, TIMESTAMPTZOID, BOOLOID, INT8OID,
                             INT8OID, INT8OID, TEXTOID,        TEXTOID, TEXTOID};

Columns::Parameters one(const Uuid& uuid) {
  Columns columns(kUuid, 1);
  return columns.add(uuid).row();
}

/// The values of `first`, then those of `rest`.
Columns::Parameters join(Columns::Parameters first, const Columns::Parameters& rest) {
  first.values.insert(first.values.end(), rest.values.begin(), rest.values.end());
  first.nulls += rest.nulls;
  return first;
}

TakenJob taken_job(const SpiRow& row) {
  TakenJob job;
  job.request_id = row.uuid(1);
  job.role_name = row.text(2);
  job.request = row.text(3);
  job.attempt = row.integer(4);
  job.calls = row.integer(5);
  job.totals.input_tokens = row.bigint(6);
  job.totals.output_tokens = row.bigint(7);
  const std::optional<Money> cost = parse_money(row.text(8));
  job.totals.cost_known = cost.has_value();
  job.totals.cost = cost.value_or(Money());
  job.max_attempts = row.integer(9);
  job.run_at = row.bigint(10);
  return job;
}

std::vector<JobGroup> read_groups(std::uint64_t rows) {
  std::vector<JobGroup> groups;
  groups.reserve(rows);
  for (std::uint64_t i = 0; i < rows; ++i) {
    const SpiRow row(i);
    groups.push_back({row.text(1), row.text(2), row.integer(3), row.bigint(4), 0});
  }
  return groups;
}

Columns::Parameters quotas_of(const std::vector<JobGroup>& groups,
                              const std::vector<std::int64_t>& shares) {
  Columns quotas(kQuotas, groups.size());
  for (std::size_t i = 0; i < groups.size(); ++i)
    if (shares[i] > 0) quotas.add(groups[i].role).add(groups[i].model).add(shares[i]);
  return quotas.arrays();
}

}  // namespace

std::uint64_t JobQueue::run(JobStatement statement, const Columns::Parameters& parameters) {
  const auto index = static_cast<std::size_t>(statement);
  const JobStatementText& text = kJobStatementTexts[index];
  if (plans_[index] == nullptr)
    plans_[index] =
        keep_plan(in_schema(extension_, text.sql), {text.types.begin(), text.types.end()});
  return run_plan(plans_[index], parameters);
}

std::vector<TakenJob> JobQueue::taken(std::uint64_t rows) const {
  std::vector<TakenJob> jobs;
  jobs.reserve(rows);
  for (std::uint64_t i = 0; i < rows; ++i) jobs.push_back(taken_job(SpiRow(i)));
  return jobs;
}

void JobQueue::join(int ordinal) {
  as_owner(extension_, [&] {
    constexpr Oid kPair[] = {INT8OID, INT8OID};
    Columns pair(kPair, 1);
    run(JobStatement::join, llmw::join(one(worker_), pair.add(ordinal).add(MyProcPid).row()));
  });
}

bool JobQueue::renew() {
  bool renewed = false;
  as_owner(extension_, [&] {
    run(JobStatement::renew, one(worker_));
    renewed = DatumGetBool(SpiRow(0).get(1).value_or(BoolGetDatum(false)));
  });
  return renewed;
}

void JobQueue::leave() {
  as_owner(extension_, [&] { run(JobStatement::leave, one(worker_)); });
}

std::optional<TimestampTz> JobQueue::promote() {
  std::optional<TimestampTz> next;
  as_owner(extension_, [&] {
    Columns most(kNumbers, 1);
    run(JobStatement::promote, most.add(kPromoteAtOnce).row());
    run(JobStatement::next_at, {});
    if (const std::optional<Datum> at = SpiRow(0).get(1)) next = DatumGetTimestampTz(*at);
  });
  return next;
}

std::vector<TakenJob> JobQueue::take(const Decide& decide) {
  std::vector<TakenJob> jobs;
  as_owner(extension_, [&] {
    std::vector<JobGroup> groups = read_groups(run(JobStatement::groups, {}));
    const std::vector<std::int64_t> shares = decide(groups);
    if (groups.empty()) return;
    const Columns::Parameters quotas = quotas_of(groups, shares);
    jobs = taken(run(JobStatement::take, llmw::join(one(worker_), quotas)));
  });
  return jobs;
}

std::vector<TakenJob> JobQueue::take_cancelled() {
  std::vector<TakenJob> jobs;
  as_owner(extension_, [&] { jobs = taken(run(JobStatement::take_cancelled, one(worker_))); });
  return jobs;
}

std::vector<Uuid> JobQueue::cancellations() {
  std::vector<Uuid> ids;
  as_owner(extension_, [&] {
    const std::uint64_t rows = run(JobStatement::cancellations, {});
    for (std::uint64_t i = 0; i < rows; ++i) ids.push_back(SpiRow(i).uuid(1));
  });
  return ids;
}

void JobQueue::sweep(const Live& live, const std::optional<Uuid>& suspect,
                     const SetAside& set_aside) {
  as_owner(extension_, [&] {
    const std::vector<Uuid> running = live();
    Columns workers(kUuid, running.size());
    for (const Uuid& worker : running) workers.add(worker);
    Columns accused(kUuid, 1);
    suspect ? accused.add(*suspect) : accused.add_null();
    std::vector<TakenJob> jobs =
        taken(run(JobStatement::sweep, llmw::join(workers.arrays(), accused.row())));
    if (!jobs.empty()) set_aside(std::move(jobs));
  });
}

std::vector<Uuid> JobQueue::run_guarded(JobStatement statement, const Columns& columns) {
  const std::uint64_t rows = run(statement, llmw::join(one(worker_), columns.arrays()));
  std::vector<Uuid> ids;
  ids.reserve(rows);
  for (std::uint64_t i = 0; i < rows; ++i) ids.push_back(SpiRow(i).uuid(1));
  return ids;
}

std::vector<Uuid> JobQueue::end(std::span<const Lease> jobs) {
  Columns columns(kLeases, jobs.size());
  for (const Lease& job : jobs) columns.add(job.request_id).add(job.attempt);
  return run_guarded(JobStatement::end, columns);
}

std::vector<Uuid> JobQueue::requeue(std::span<const Lease> jobs,
                                    std::span<const Requeue* const> how) {
  Columns columns(kRequeues, jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const Requeue& requeue = *how[i];
    columns.add(jobs[i].request_id).add(jobs[i].attempt).add(requeue.run_at);
    columns.add(requeue.give_back).add(requeue.calls);
    columns.add(requeue.totals.input_tokens).add(requeue.totals.output_tokens);
    columns.add_or_null(requeue.totals.cost_known ? requeue.totals.cost.to_string() : "");
    columns.add_or_null(requeue.error_code).add_or_null(requeue.error_message);
  }
  return run_guarded(JobStatement::requeue, columns);
}

}  // namespace llmw
