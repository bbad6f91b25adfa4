#!/usr/bin/env bash
# `make bench`: what generate_workflow and token_cost() do on this machine, beside what a reference
# does in the same run. README.md says what each row means.
#
# Run it in the folder where `make` built the extension. Environment:
#   LLM_PROVIDER_SIM   the simulated providers (make sets it)
#   BENCH_BIN_DIR      the folder with multi_client (make sets it)
#   PG_CONFIG          of the server to use
#   BENCH_QUICK=1      one short round, about a minute: to see that it works, not for figures
#   BENCH_INSTALLED=1  the installed extension in place of the one built here
#   NODE_MODULES=DIR   has npm tiktoken and gpt-tokenizer, to count tokens beside them
#   BENCH_ROUNDS=N     rounds; each figure is the median over them (default 3)
#   BENCH_ONLY=jobs    only the rows of jobs
#   BENCH_ONLY=audit   only the audit chain
#   BENCH_ONLY=dashboards  only the views over a year of calls, which nothing else runs
#   BENCH_CALLS="N..." how many calls (default 1000000 3000000 10000000; 1.3 GB of disk for a million)
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/.ci/setup.sh"
forget_callers_settings
here=$top/test/bench

: "${LLM_PROVIDER_SIM:?run it by make bench}" "${BENCH_BIN_DIR:?run it by make bench}"
PG_CONFIG=${PG_CONFIG:-pg_config}
bindir=$("$PG_CONFIG" --bindir) || die "set PG_CONFIG"
if [ -n "${BENCH_QUICK:-}" ]; then
  rounds=1 seconds=2 delayed_waves=6 cost_rows=500000
  bare_requests=5000
  queues="1000 10000"
else
  rounds=${BENCH_ROUNDS:-3} seconds=4 delayed_waves=24 cost_rows=5000000
  bare_requests=30000
  queues="1000 100000 1000000"
fi
clients="1 16 64 256"

work=$(mktemp -d) || exit 1
. "$here/tokens.sh"
. "$here/jobs.sh"
: "${delayed_at_once:?}"
. "$here/claim.sh"
. "$here/audit.sh"
. "$here/dashboards.sh"
started=()
cleanup() {
  [ ! -f "$work/data/postmaster.pid" ] ||
    as_user "$bindir/pg_ctl" -D "$work/data" -m immediate stop >/dev/null 2>&1
  [ ${#started[@]} = 0 ] || kill "${started[@]}" 2>/dev/null
  if [ -n "${BENCH_KEEP:-}" ]; then echo "kept: $work"; else rm -rf "$work"; fi
}
trap cleanup EXIT
trap 'exit 130' INT TERM

# ---- What runs ------------------------------------------------------------------------------------
wait_for_file() {
  local tries=0
  until [ -s "$1" ]; do
    tries=$((tries + 1))
    [ $tries -lt 200 ] || die "$2 did not start"
    sleep 0.05
  done
}

# Prints the setting by which a server finds an extension in $work/stage.
staged_settings() {
  local major=$1
  echo "dynamic_library_path = '$work/stage$("$PG_CONFIG" --pkglibdir):\$libdir'"
  if [ "$major" -ge 18 ]; then
    echo "extension_control_path = '$work/stage$("$PG_CONFIG" --sharedir):\$system'"
  else
    echo "extension_destdir = '$work/stage'"
  fi
}

start_cluster() {
  local major
  major=$("$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
  as_user "$bindir/initdb" -D "$work/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 \
    >"$work/initdb.log" 2>&1 || die "initdb failed: $(tail -n 3 "$work/initdb.log")"
  {
    cat <<CONF
listen_addresses = ''
unix_socket_directories = '$work'
shared_preload_libraries = 'llm_workflow'
max_connections = 300
shared_buffers = 512MB
max_wal_size = 4GB
checkpoint_timeout = 15min
synchronous_commit = on
fsync = on
llm_workflow.fallback_models = ''
CONF
    # Bulk loads, and nothing that writes is measured.
    [ "${BENCH_ONLY:-}" != dashboards ] || printf '%s\n' 'fsync = off' 'wal_level = minimal' 'max_wal_senders = 0'
    [ -n "${BENCH_INSTALLED:-}" ] || staged_settings "$major"
  } | as_user tee -a "$work/data/postgresql.conf" >/dev/null
  as_user "$bindir/pg_ctl" -D "$work/data" -w -l "$work/server.log" start >/dev/null ||
    die "the server did not start: $(tail -n 3 "$work/server.log")"
}

sql() { as_user "$bindir/psql" -X -q -A -t -h "$work" -U postgres -v ON_ERROR_STOP=1 postgres "$@"; }

stage_extension() {
  [ -z "${BENCH_INSTALLED:-}" ] || return 0
  make -f "$top/Makefile" install DESTDIR="$work/stage" PG_CONFIG="$PG_CONFIG" \
    >"$work/stage.log" 2>&1 || die "make install failed: $(tail -n 3 "$work/stage.log")"
}

start_simulator() {
  "$LLM_PROVIDER_SIM" --port-file "$work/sim.port" --parent-pid $$ 2>"$work/sim.log" &
  started+=($!)
  wait_for_file "$work/sim.port" "the simulator"
  sim=http://127.0.0.1:$(cat "$work/sim.port")
}

start_capture() {
  perl "$here/capture_body.pl" "$work/capture.port" "$work/body.json" 2>"$work/capture.log" &
  started+=($!)
  wait_for_file "$work/capture.port" "capture_body.pl"
}

# What the extension sends for generate.sql, for the reference client to send too.
capture_body() {
  PGOPTIONS="-c llm_workflow.primary_model=captured -c llm_workflow.max_retries=0" \
    sql -f "$work/generate.sql" >/dev/null 2>&1
  [ -s "$work/body.json" ] || die "no request arrived: $(cat "$work/capture.log" "$work/server.log")"
}

# ---- Measuring ------------------------------------------------------------------------------------
# Each figure of each round is a line "NAME VALUE" of $work/figures.
figure() { echo "$1 $2" >>"$work/figures"; }

# usage: latency NAME <MICROSECONDS    one number a line
latency() {
  sort -n | awk -v name="$1" '{ t[NR] = $1 }
    END { printf "%s_p50 %.3f\n%s_p99 %.3f\n", name, t[int((NR + 1) / 2)] / 1000,
                 name, t[int((NR * 99 + 99) / 100)] / 1000 }' >>"$work/figures"
}

worker_pids() {
  sql -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'llm_workflow worker'
    AND datname = 'postgres'"
}

# Processor time of the workers so far, in ticks of 10 ms.
worker_ticks() {
  local pid
  for pid in $(worker_pids); do cat "/proc/$pid/stat"; done | awk '{ sum += $14 + $15 } END { print sum }'
}

# usage: run_pgbench NAME SCRIPT CLIENTS PGBENCH-OPTION...    sets transactions
run_pgbench() {
  local name=$1 script=$2 count=$3
  shift 3
  as_user rm -rf "$work/log"
  as_user mkdir "$work/log"
  as_user "$bindir/pgbench" -n -M prepared -h "$work" -U postgres -f "$work/$script" -c "$count" \
    -j 1 -l --log-prefix="$work/log/l" "$@" postgres >"$work/pgbench.out" 2>&1 ||
    die "pgbench failed: $(tail -n 5 "$work/pgbench.out" "$work/server.log")"
  transactions=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$work/pgbench.out")
  figure "${name}_rps" "$(sed -n 's/^tps = \([0-9.]*\).*/\1/p' "$work/pgbench.out")"
  cat "$work"/log/l.* | cut -d ' ' -f 3 | latency "$name"
}

# usage: measure_ours NAME MODEL CLIENTS PGBENCH-OPTION...
measure_ours() {
  local name=$1 model=$2 count=$3 before
  shift 3
  before=$(worker_ticks)
  PGOPTIONS="-c llm_workflow.primary_model=$model" run_pgbench "$name" generate.sql "$count" "$@"
  figure "${name}_cpu" "$(awk -v ticks=$(($(worker_ticks) - before)) -v n="$transactions" \
    'BEGIN { printf "%.1f", ticks * 10000 / n }')"
  generated=$((generated + transactions))
}

# usage: measure_bare NAME PATH CLIENTS REQUESTS
measure_bare() {
  "$BENCH_BIN_DIR/multi_client" --url "$sim$2/v1/chat/completions" --body-file "$work/body.json" \
    --concurrency "$3" --requests "$4" >"$work/bare.out" || die "multi_client: $(cat "$work/bare.out")"
  sed 's/requests_per_second=\([^ ]*\) p50_ms=\([^ ]*\) p99_ms=\([^ ]*\).*/\1 \2 \3/' "$work/bare.out" |
    awk -v name="$1" '{ printf "%s_rps %s\n%s_p50 %s\n%s_p99 %s\n", name, $1, name, $2, name, $3 }' \
      >>"$work/figures"
}

measure_cost() {
  figure "$1" "$(as_user "$bindir/psql" -X -A -t -h "$work" -U postgres postgres \
    -c 'SET max_parallel_workers_per_gather = 0' -c '\timing on' -f "$work/$2" |
    sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p')"
}

# Speed in MB/s of each row of schema_bench; nothing when Google Benchmark is not there.
measure_schema() {
  [ -x "$BENCH_BIN_DIR/schema_bench" ] || return 0
  "$BENCH_BIN_DIR/schema_bench" --benchmark_format=csv 2>/dev/null |
    awk -F , '/^name,/ { for (i = 1; i <= NF; i++) { gsub(/"/, "", $i); column[$i] = i } next }
      !column["bytes_per_second"] { next }
      { gsub(/"/, ""); gsub(/[^A-Za-z0-9_,.+-]/, "_", $1) }
      $column["bytes_per_second"] > 0 { printf "%s %.1f\n", $1, $column["bytes_per_second"] / 1000000 }' \
      >>"$work/figures"
}

one_round() {
  local n
  if [ "${BENCH_ONLY:-}" = audit ]; then
    measure_sealing
    return 0
  fi
  measure_all_jobs
  measure_submissions
  [ "${BENCH_ONLY:-}" != jobs ] || return 0
  for n in $clients; do
    measure_bare "bare_$n" "" "$n" "$bare_requests"
    measure_ours "ours_$n" at-once "$n" -T "$seconds"
    [ "$n" != 1 ] || run_pgbench commit insert.sql 1 -T "$((seconds / 2))"
  done
  measure_bare bare_delayed /d/500 256 $((256 * delayed_waves / 2))
  measure_ours ours_delayed delayed 256 -t "$delayed_waves"
  measure_cost cost_inline cost_inline.sql
  measure_cost cost_ours cost_ours.sql
  measure_schema
  measure_tokens
  # shellcheck disable=SC2086
  measure_claims $queues
  measure_sealing
}

# Every transaction that pgbench counted must be on record, and nothing else.
verify_ledger() {
  local want=$1 found
  found=$(sql -c "SELECT (SELECT count(*) FROM workflow_requests WHERE status = 'succeeded'),
    (SELECT count(*) FROM llm_calls WHERE outcome = 'ok' AND cost_source = 'reported'),
    (SELECT count(*) FROM audit_logs WHERE action = 'WORKFLOW_GENERATED'),
    (SELECT count(*) FROM llm_call_intents)")
  [ "$found" = "$want|$want|$want|0" ] ||
    die "$want transactions, but requests|calls|events|open intents are $found"
}

verify_cost() {
  local ours inline
  ours=$(sql -f "$work/cost_ours.sql") inline=$(sql -f "$work/cost_inline.sql")
  awk -v a="$ours" -v b="$inline" 'BEGIN { exit !(a + 0 > 0 && a + 0 == b + 0) }' ||
    die "token_cost() sums to $ours, the inline arithmetic to $inline"
}

# ---- The run --------------------------------------------------------------------------------------
ulimit -n "$(ulimit -H -n)" # the worker and the simulator have a connection for each call
chmod 755 "$work"
[ "$(id -u)" != 0 ] || chown "$(run_as)" "$work"
cp "$here"/*.sql "$work" && chmod a+r "$work"/*.sql || exit 1 # $here may be closed to the server's user
stage_extension
cd "$work" || exit 1
if [ "${BENCH_ONLY:-}" = dashboards ]; then
  start_cluster
  run_dashboards
  exit
fi
generated=0
start_simulator
start_capture
start_cluster
sql -v url="$sim" -v capture_url="http://127.0.0.1:$(cat "$work/capture.port")" \
  -v rows="$cost_rows" -f "$work/setup.sql" >"$work/setup.log" 2>&1 ||
  die "setup.sql: $(tail -n 3 "$work/setup.log")"
capture_body
[ "${BENCH_ONLY:-}" = audit ] || make_submissions
if [ -z "${BENCH_ONLY:-}" ]; then
  make_texts
  load_texts
  # shellcheck disable=SC2086
  make_queues $queues
  verify_cost
fi
measure_ours warm_up at-once 16 -T 2
for ((round = 1; round <= rounds; round++)); do
  echo "round $round of $rounds" >&2
  one_round
done
verify_ledger "$generated"
[ "${BENCH_ONLY:-}" = jobs ] || measure_verifying
echo
awk -v cost_rows="$cost_rows" -v at_once="$delayed_at_once" -v queues="$queues" -f "$here/table.awk" \
  "$work/figures"
if [ -z "${BENCH_ONLY:-}" ]; then
  echo
  print_claim_plan "${queues##* }"
fi
echo
echo "$generated requests by generate_workflow and submit_workflow in all: as many rows in workflow_requests, in llm_calls"
echo "and as events in audit_logs; no intent is left. synchronous_commit and fsync are on."
