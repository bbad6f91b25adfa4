# shellcheck shell=bash
# Sourced by run.sh: what the audit chain costs where rows are written, and how fast it is verified.
: "${work:?}" "${bindir:?}" "${seconds:?}"

if [ -n "${BENCH_QUICK:-}" ]; then audit_rows=10000; else audit_rows=60000; fi

# usage: switch_chain on|off    off: rows are as before, without trigger, index and hash
switch_chain() {
  sql <<SQL
DO \$\$
DECLARE
    place regclass;
    chain_index regclass;
BEGIN
    -- The tables before their partitions, as the worker does.
    LOCK TABLE llm_calls, audit_logs IN ACCESS EXCLUSIVE MODE;
    FOR place IN SELECT i.inhrelid FROM pg_inherits i WHERE i.inhparent IN ('llm_calls'::regclass, 'audit_logs'::regclass) LOOP
        SELECT x.indexrelid INTO chain_index FROM pg_index x
        WHERE x.indrelid = place AND pg_get_indexdef(x.indexrelid) LIKE '%(chain_id, chain_no)';
        IF '$1' = 'off' THEN
            EXECUTE format('DROP INDEX %s', chain_index);
        ELSIF chain_index IS NULL THEN
            EXECUTE format('CREATE INDEX ON %s (chain_id, chain_no)', place);
        END IF;
    END LOOP;
    FOREACH place IN ARRAY ARRAY['llm_calls'::regclass, 'audit_logs'] LOOP
        EXECUTE format('ALTER TABLE %s %s TRIGGER chain_row', place,
                       CASE '$1' WHEN 'off' THEN 'DISABLE' ELSE 'ENABLE ALWAYS' END);
        -- Rows of nobody's chain, which no worker seals later.
        EXECUTE format('ALTER TABLE %s ALTER chain_id SET DEFAULT %s', place,
                       CASE '$1' WHEN 'off' THEN '0' ELSE 'NULL' END);
    END LOOP;
END
\$\$;
SQL
}

measure_sealing() {
  local which
  for which in sealed unsealed; do
    [ $which = sealed ] || switch_chain off
    measure_ours $which at-once 64 -T "$seconds"
  done
  switch_chain on
}

audited() { as_user "$bindir/psql" -X -q -A -t -h "$work" -U postgres -v ON_ERROR_STOP=1 audited "$@"; }

# Calls and events as a worker writes them, sealed by a worker.
make_audited() {
  local tries=0
  sql -c 'CREATE DATABASE audited'
  audited -v rows="$audit_rows" -f "$work/audit_rows.sql" >"$work/audited.out" 2>&1 ||
    die "audit_rows.sql: $(tail -n 3 "$work/audited.out")"
  audited -o /dev/null -c "SET llm_workflow.primary_model = 'builtin-draft'" -c "SELECT generate_workflow('Send a mail')"
  until [ "$(audited -c 'SELECT EXISTS (SELECT FROM llm_calls WHERE chain_id IS NULL)
      OR EXISTS (SELECT FROM audit_logs WHERE chain_id IS NULL)')" = f ]; do
    tries=$((tries + 1))
    [ $tries -lt 300 ] || die "rows are not sealed: $(tail -n 3 "$work/server.log")"
    sleep 1
  done
  audited -c 'VACUUM ANALYZE llm_calls' -c 'VACUUM ANALYZE audit_logs'
}

# usage: measure_rows NAME QUERY    rows a second of the query, which reads all of them, best of 3
measure_rows() {
  audited -o /dev/null -c 'SET jit = off' -c 'SET max_parallel_workers_per_gather = 0' -c "$2" \
    -c '\timing on' -c "$2" -c "$2" -c "$2" | sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | sort -n |
    awk -v name="$1" -v rows="$(audited -c 'SELECT (SELECT count(*) FROM llm_calls) + (SELECT count(*) FROM audit_logs)')" \
      'NR == 1 { printf "%s %.0f\n", name, rows * 1000 / $1 }' >>"$work/figures"
}

measure_verifying() {
  make_audited
  [ "$(audited -c 'SELECT count(*) FROM verify_audit_chain() WHERE problem IS NOT NULL OR chain_id IS NULL')" = 0 ] ||
    die "the chain is broken: $(audited -c 'SELECT * FROM verify_audit_chain()')"
  measure_rows verified_rps 'SELECT * FROM verify_audit_chain()'
  measure_rows hashed_rps "SELECT (SELECT count(sha256(convert_to(c::text, 'UTF8'))) FROM llm_calls c),
    (SELECT count(sha256(convert_to(e::text, 'UTF8'))) FROM audit_logs e)"
}
