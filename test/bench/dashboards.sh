# shellcheck shell=bash
# Sourced by run.sh: how long the views take over a year of calls, in a database for each number of
# them, which goes before the next one comes: 30 million calls take 36 GB.
: "${work:?}" "${here:?}" "${bindir:?}"

if [ -n "${BENCH_QUICK:-}" ]; then
  dashboard_sizes=${BENCH_CALLS:-100000 300000}
else
  dashboard_sizes=${BENCH_CALLS:-1000000 3000000 10000000}
fi

# usage: seeded CALLS PSQL-OPTION...    psql in the database with that many calls
seeded() {
  local database=seeded_$1
  shift
  as_user "$bindir/psql" -X -q -A -t -h "$work" -U postgres -v ON_ERROR_STOP=1 "$database" "$@"
}

seed() {
  local began=$SECONDS
  sql -c "CREATE DATABASE seeded_$1"
  seeded "$1" -v calls="$1" -f "$work/seed_calls.sql" >"$work/seed.out" 2>&1 ||
    die "seed_calls.sql: $(tail -n 3 "$work/seed.out")"
  seeded "$1" -f "$work/dashboards.sql" -c CHECKPOINT
  echo "$1 calls made in $((SECONDS - began)) s, $(seeded "$1" -c \
    "SELECT pg_size_pretty(pg_database_size(current_database()))")" >&2
}

# usage: median_time CALLS RUNS QUERY    milliseconds, once the pages are in memory
median_time() {
  local calls=$1 runs=$2 query=$3 run=()
  while [ ${#run[@]} -lt $((2 * runs)) ]; do run+=(-c "$query"); done
  seeded "$calls" -o /dev/null -c "$query" -c '\timing on' "${run[@]}" |
    sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n | sed -n "$(((runs + 1) / 2))p"
}

# Views by day, and a condition that leaves a year of each.
daily_views() {
  seeded "$1" -c "SELECT c.relname, c.relname,
      'day > current_date - 365' || CASE c.relname WHEN 'workflow_stats_daily' THEN ' AND facet = ''total'''
                                                   ELSE '' END
    FROM pg_class c WHERE c.relkind = 'v' AND c.relname LIKE 'workflow\_%\_daily' ORDER BY 1"
}

# Views of the ledger that go by day.
direct_views() {
  seeded "$1" -c "SELECT c.relname
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'day'
    WHERE c.relkind = 'v' AND c.relname ~ '^(workflow|llm)_' AND c.relname NOT LIKE '%\_daily' ORDER BY 1"
}

# usage: measure_dashboards CALLS
measure_dashboards() {
  local calls=$1 view condition direct
  while IFS='|' read -r view _ condition; do
    figure "daily_${calls}_$view" "$(median_time "$calls" 7 "SELECT * FROM $view WHERE $condition")"
    direct=$(seeded "$calls" -c "SELECT query FROM directly WHERE view = '$view'")
    [ -z "$direct" ] || figure "directly_${calls}_$view" "$(median_time "$calls" 1 "$direct")"
  done < <(daily_views "$calls")
  while read -r view; do
    figure "week_${calls}_$view" \
      "$(median_time "$calls" 3 "SELECT * FROM $view WHERE day > current_date - 7")"
  done < <(direct_views "$calls")
}

run_dashboards() {
  local calls
  for calls in $dashboard_sizes; do
    seed "$calls"
    measure_dashboards "$calls"
    print_dashboard_plans "$calls" >"$work/plans"
    sql -c "DROP DATABASE seeded_$calls" -c CHECKPOINT
  done
  awk -v dashboard_sizes="$dashboard_sizes" -f "$here/table.awk" "$work/figures"
  cat "$work/plans"
}

# usage: print_dashboard_plans CALLS
print_dashboard_plans() {
  local view
  for view in workflow_summary_daily workflow_costs_daily workflow_agents_daily; do
    printf '\nThe plan of %s over a year of %s calls:\n' "$view" "$1"
    seeded "$1" -c "EXPLAIN (ANALYZE, COSTS off, TIMING off) SELECT * FROM $view WHERE day > current_date - 365"
  done
}
