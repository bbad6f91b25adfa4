# shellcheck shell=bash
# Sourced by run.sh: jobs by the ten thousand.
: "${work:?}" "${here:?}"

if [ -n "${BENCH_QUICK:-}" ]; then
  delayed_jobs=2000 delayed_at_once=1000 quick_jobs=2000
else
  delayed_jobs=10000 delayed_at_once=5000 quick_jobs=50000
fi

# usage: submit MODEL COUNT    prints the time when they were committed
submit() {
  PGOPTIONS="-c llm_workflow.primary_model=$1" sql -v count="$2" -f "$work/submit.sql" \
    -c 'SELECT extract(epoch FROM clock_timestamp())' >"$work/submit.out" || die "submit_workflow failed"
  tail -n 1 "$work/submit.out"
}

wait_for_jobs() {
  local tries=0
  until [ "$(sql -c "SELECT NOT EXISTS (SELECT FROM workflow_jobs)")" = t ]; do
    tries=$((tries + 1))
    [ $tries -lt 1200 ] || die "jobs do not end: $(sql -c "SELECT state, count(*), max(error_message)
      FROM workflow_jobs GROUP BY 1"; tail -n 3 "$work/server.log")"
    sleep 0.25
  done
}

# usage: use_workers COUNT AT-ONCE    that many workers, which make AT-ONCE calls in all
use_workers() {
  sql -c "ALTER SYSTEM SET llm_workflow.workers_per_database = $1" \
    -c "ALTER SYSTEM SET llm_workflow.max_concurrent_calls = $(($2 / $1))" -c 'SELECT pg_reload_conf()' >/dev/null
  until [ "$(worker_pids | wc -w)" = "$1" ]; do
    submit delayed "$(($1 * 20))" >/dev/null # enough for each to start
    generated=$((generated + $1 * 20))
    wait_for_jobs
  done
}

# Memory of processes that is their own, in KB. usage: own_memory /proc/PID...
own_memory() { awk '$1 == "RssAnon:" { sum += $2 } END { print sum }' "${@/%//status}"; }

# Writes the most of it, looked at ten times a second, to FILE until it is killed. usage: watch_memory FILE /proc/PID...
watch_memory() {
  local file=$1 most=0 now
  shift
  while now=$(own_memory "$@") && [ -n "$now" ]; do
    [ "$now" -le "$most" ] || { most=$now && echo "$most" >"$file"; }
    sleep 0.1
  done
}

# usage: measure_jobs NAME MODEL COUNT WORKERS AT-ONCE    jobs a second from commit to the last result
measure_jobs() {
  local name=$1 model=$2 count=$3 workers=$4 at_once=$5 pids before base watcher committed
  use_workers "$workers" "$at_once"
  generated=$((generated + count))
  mapfile -t pids < <(worker_pids | sed 's|^|/proc/|')
  before=$(worker_ticks) base=$(own_memory "${pids[@]}")
  watch_memory "$work/memory" "${pids[@]}" 2>/dev/null &
  watcher=$!
  committed=$(submit "$model" "$count")
  wait_for_jobs
  kill "$watcher"
  figure "${name}_rps" "$(sql -c "SELECT count(*) / extract(epoch FROM max(finished_at) - to_timestamp($committed))
    FROM workflow_requests WHERE finished_at > to_timestamp($committed)")"
  figure "${name}_cpu" "$(awk -v ticks=$(($(worker_ticks) - before)) -v n="$count" 'BEGIN { print ticks * 10000 / n }')"
  figure "${name}_kb" "$(awk -v most="$(cat "$work/memory")" -v base="$base" -v n="$at_once" \
    'BEGIN { print (most - base) / n }')"
}

measure_all_jobs() {
  local workers
  measure_bare bare_jobs "" 64 "$quick_jobs"
  for workers in 1 2; do
    measure_jobs "jobs_delayed_$workers" delayed-2s "$delayed_jobs" "$workers" "$delayed_at_once"
    measure_jobs "jobs_quick_$workers" at-once "$quick_jobs" "$workers" 1000
  done
  use_workers 1 1000
}
