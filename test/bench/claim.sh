# shellcheck shell=bash
# Sourced by run.sh: what claiming jobs costs, by the length of the queue, and what submitting them does.
# Each length and number of groups is a database of its own, and they are measured in turns.
: "${work:?}" "${here:?}" "${bindir:?}"

# usage: claims DATABASE PSQL-OPTION...
claims() {
  local database=$1
  shift
  as_user "$bindir/psql" -X -q -A -t -h "$work" -U postgres -v ON_ERROR_STOP=1 "$database" "$@"
}

# usage: make_queues LENGTH...    claims_LENGTH_GROUPS
make_queues() {
  local length groups
  for length in "$@"; do
    for groups in 1 50; do
      sql -c "CREATE DATABASE claims_${length}_$groups"
      claims "claims_${length}_$groups" -v jobs="$length" -v groups="$groups" -f "$work/claim.sql" \
        >"$work/claim.out" 2>&1 || die "claim.sql: $(tail -n 3 "$work/claim.out")"
    done
  done
  sql -c CHECKPOINT
}

# usage: measure_claims LENGTH...
measure_claims() {
  local length groups database
  for length in "$@"; do
    for groups in 1 50; do
      database=claims_${length}_$groups
      claims "$database" -c "TRUNCATE times" -c "CALL measure($groups, 20)"
      claims "$database" -c "SELECT concat_ws('_', step, p, '$length', '$groups'),
          percentile_cont(p / 100.0) WITHIN GROUP (ORDER BY ms)
        FROM times, unnest(ARRAY[0, 50]) AS p GROUP BY step, p" |
        tr '|' ' ' >>"$work/figures"
    done
  done
}

# A hundred thousand jobs in one statement, for next year, beside a plain INSERT of the same rows.
make_submissions() {
  sql -c "CREATE DATABASE submissions"
  claims submissions -c "CREATE EXTENSION llm_workflow" \
    -c "CREATE UNLOGGED TABLE rows_made AS SELECT * FROM workflow_jobs"
}

measure_submissions() {
  local rows=100000 ms
  claims submissions -c "TRUNCATE workflow_jobs"
  ms=$(claims submissions -c '\timing on' -c "SELECT count(submit_workflow(
      'Check the stock for order ' || i || ', reserve the items and confirm by mail',
      ARRAY['google-mail', 'google-sheets'], run_at => now() + interval '1 year'))
    FROM generate_series(1, $rows) AS i" | milliseconds)
  figure submit_rps "$(awk -v n="$rows" -v ms="$ms" 'BEGIN { printf "%.0f", n * 1000 / ms }')"
  claims submissions -c "TRUNCATE rows_made" -c "INSERT INTO rows_made SELECT * FROM workflow_jobs" \
    -c "TRUNCATE workflow_jobs"
  ms=$(claims submissions -c '\timing on' -c "INSERT INTO workflow_jobs SELECT * FROM rows_made" |
    milliseconds)
  figure insert_rps "$(awk -v n="$rows" -v ms="$ms" 'BEGIN { printf "%.0f", n * 1000 / ms }')"
}

# usage: print_claim_plan LENGTH
print_claim_plan() {
  echo "The plan of a claim of 100 at $1 queued jobs:"
  claims "claims_$1_1" -f "$work/claim_plan.sql" 2>&1 | sed -n '/^Sort /,/CTE Scan/p'
}
