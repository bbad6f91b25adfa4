# docs/citus/distribute.sql moves closed months out of the ledger, each row once, leaves open ones where
# they are, and can be run again. That much is checked on any server, with stand-ins for the two
# functions of Citus that it calls. Where Citus is installed it is run over two nodes as well.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Chaos;
use Monitoring;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $script = "$FindBin::RealBin/../../docs/citus/distribute.sql";
my $archive = 'llm_workflow_archive';
my @kinds = qw(audit_logs llm_calls workflow_requests);

# Runs the script with psql's variables; {ok, err}.
sub distribute {
    my ($node, @variables) = @_;
    my ($out, $err) = ('', '');
    my $ok = IPC::Run::run([ $node->installed_command('psql'), '-XAtq', '-d', $node->connstr('postgres'),
            (map { ('-v', $_) } @variables), '-f', $script ], '>', \$out, '2>', \$err);
    return { ok => $ok, out => $out, err => $err };
}

# Partitions and facts of the five months before this one: 20 requests in each, with two calls and an
# event, and an event of no request.
sub fill_months {
    my ($node) = @_;
    $node->safe_psql('postgres', <<'SQL');
SELECT ensure_workflow_partitions();
CREATE TEMP TABLE months AS
SELECT date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => ago) AS first_day
FROM generate_series(1, 5) AS ago;
SELECT llmw_make_partition('public', kind, (kind || to_char(first_day, '"_y"YYYY"m"MM'))::name, first_day)
FROM months, unnest(ARRAY['workflow_requests', 'llm_calls', 'audit_logs']) AS kind;
CREATE TEMP TABLE asked AS
SELECT gen_random_uuid() AS id, n, (first_day + n * interval '1 day') AT TIME ZONE 'UTC' AS at
FROM months, generate_series(1, 20) AS n;
INSERT INTO workflow_requests (request_id, submitted_at, finished_at, role_name, format,
    format_version, prompt, prompt_sha256, agent, status, cost_usd)
SELECT id, at, at, 'postgres', 'pilot', 1, 'Request ' || n, sha256('a'), 'agent ' || n % 3,
       'succeeded', 0.02
FROM asked;
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server,
    outcome, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens,
    cost_usd, cost_source, latency_ms)
SELECT id, gen_random_uuid(), at, at, attempt, 'primary', 'gpt-4o-mini', 'openai', 'ok', 100, 0, 0, 50,
       0, 0.01, 'reported', 10
FROM asked, generate_series(1, 2) AS attempt;
SELECT rebuild_workflow_stats(NULL, NULL);
INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor, request_id)
SELECT gen_random_uuid(), at, 'WORKFLOW_GENERATED', 'info', 'postgres', id FROM asked
UNION ALL
SELECT gen_random_uuid(), at, 'WORKER_RECOVERED', 'info', 'llm_workflow', NULL FROM asked WHERE n = 1;
SQL
    return;
}

# Rows by table in a schema, in the order of @kinds, without the events that moving months writes.
sub counts {
    my ($node, $schema) = @_;
    return join ' ', map { $node->safe_psql('postgres', "SELECT count(*) FROM $schema.$_"
            . ($_ eq 'audit_logs' ? " WHERE action <> 'AUDIT_CHAINS_RETIRED'" : '')) } @kinds;
}

# One hash over the facts that are in the first schema or the second.
sub contents {
    my ($node, @schemas) = @_;
    my %columns = (
        workflow_requests => 'request_id, submitted_at, prompt, agent, tags, services, cost_usd',
        llm_calls => 'call_id, request_id, started_at, model, mends, cost_usd',
        audit_logs => 'event_id, "timestamp", action, request_id, details',
    );
    return join ' ', map {
        my $kind = $_;
        my $rows = join ' UNION ALL ', map { "SELECT $columns{$kind} FROM $_.$kind"
            . ($kind eq 'audit_logs' ? " WHERE action <> 'AUDIT_CHAINS_RETIRED'" : '') } @schemas;
        $node->safe_psql('postgres',
            "SELECT md5(string_agg(f::text, ',' ORDER BY f::text)) FROM ($rows) AS f");
    } @kinds;
}

# What dashboards show of all months.
sub roll_ups {
    my ($node) = @_;
    return $node->safe_psql('postgres', <<'SQL');
SELECT sum(requests), sum(calls), sum(cost_usd), md5(string_agg(s::text, ',' ORDER BY s::text))
FROM workflow_summary_daily AS s
SQL
}

# The script, on a node whose ledger fill_months() has filled. $spread says whether Citus is there.
sub moves_months {
    my ($node, $spread) = @_;
    my $before = contents($node, 'public');
    my $rolled_up = roll_ups($node);
    like($rolled_up, qr/^100\|200\|2\.00\|/, "$spread: roll-ups count what there is");
    is(counts($node, 'public'), '105 200 100', "$spread: the ledger is filled");

    # Chains of an old month and of one that stays, as a worker would have begun them.
    $node->safe_psql('postgres', <<'SQL');
INSERT INTO audit_chains (chain_id, partition, worker, seed)
SELECT 1000000 + ago, 'llm_calls_y' || to_char((now() AT TIME ZONE 'UTC') - make_interval(months => ago),
       'YYYY"m"MM'), 0, sha256('')
FROM unnest(ARRAY[1, 5]) AS ago
SQL

    my $run = distribute($node, 'keep_months=3');
    is($run->{err}, '', "$spread: the script runs");
    is($node->safe_psql('postgres', 'SELECT chain_id FROM audit_chains WHERE retired_at IS NULL'
                . ' AND chain_id > 1000000'), '1000001', "$spread: chains of moved months are retired");
    is(counts($node, $archive), '42 80 40', "$spread: the two oldest months are moved");
    is(counts($node, 'public'), '63 120 60', "$spread: and gone from the ledger");
    is(contents($node, 'public', $archive), $before, "$spread: nothing is lost or changed");
    is($node->safe_psql('postgres', <<"SQL"), '2|2', "$spread: events of no request are placed too");
SELECT count(*), count(placed_by) FROM $archive.audit_logs WHERE request_id IS NULL
SQL

    $run = distribute($node, 'keep_months=3');
    is($run->{err} . $run->{out}, '', "$spread: run again, it has nothing to do");

    # A request that has not ended keeps its month, and those after it.
    $node->safe_psql('postgres', <<'SQL');
INSERT INTO workflow_requests (request_id, submitted_at, role_name, format, format_version,
    prompt_sha256, status)
SELECT gen_random_uuid(), (date_trunc('month', now() AT TIME ZONE 'UTC') - interval '2 months' +
       interval '3 days') AT TIME ZONE 'UTC', 'postgres', 'pilot', 1, sha256('a'), 'running'
SQL
    ok(distribute($node, 'keep_months=0')->{ok}, "$spread: a request runs");
    is(counts($node, 'public'), '42 80 41', "$spread: only the months before it are moved");
    $node->safe_psql('postgres', "UPDATE workflow_requests SET status = 'failed' WHERE status = 'running'");
    $before = contents($node, 'public', $archive);

    # As after a crash between both steps.
    $node->safe_psql('postgres', <<'SQL');
SELECT format('ALTER TABLE llm_calls DETACH PARTITION %s', i.inhrelid::regclass)
FROM pg_inherits i
WHERE i.inhparent = 'llm_calls'::regclass
ORDER BY i.inhrelid::regclass::text LIMIT 1 \gexec
SQL
    # A column that a later version of the extension adds.
    $node->safe_psql('postgres', 'ALTER TABLE workflow_requests ADD COLUMN later int');
    is(distribute($node, 'keep_months=0')->{err}, '', "$spread: what broke off is taken up");
    is(counts($node, $archive), '105 200 101', "$spread: then all closed months are moved");
    is(contents($node, $archive), $before, "$spread: with all that was in them");
    is($node->safe_psql('postgres', "SELECT count(*) FROM $archive.llm_model_prices"),
        $node->safe_psql('postgres', 'SELECT count(*) FROM llm_model_prices'),
        "$spread: the prices are copied");
    is($node->safe_psql('postgres', <<"SQL"), 'gpt-4o-mini|200|2.00', "$spread: and can be joined");
SELECT c.model, count(*), sum(c.cost_usd)
FROM $archive.workflow_requests r
JOIN $archive.llm_calls c USING (request_id)
JOIN $archive.llm_models m ON m.name = c.model
WHERE r.agent LIKE 'agent %'
GROUP BY c.model
SQL
    my ($example) = grep { /llm_workflow_archive/ } docs_sql('scale.md');
    $example =~ s/'billing'/'agent 1'/;
    is($node->safe_psql('postgres', $example), 'gpt-4o-mini|70|0.70', "$spread: as the docs say");
    is(roll_ups($node), $rolled_up, "$spread: dashboards notice nothing");
    my $refused = psql_error($node, 'postgres',
        "SELECT rebuild_workflow_stats(now() - interval '4 months', NULL)");
    is($refused->{sqlstate}, '55000', "$spread: and a rebuild leaves roll-ups without their ledger alone");
    return;
}

sub generates {
    my ($node, $name) = @_;
    is($node->safe_psql('postgres', "SELECT generate_workflow('Sort the mail') ->> 'generator_used'"),
        'gpt-4o-mini', $name);
    return;
}

# ---- Any server ----------------------------------------------------------------------------------
my $node = new_node('alone', conf => 'allow_system_table_mods = on');
my $sim = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);
like(distribute($node)->{err}, qr/citus is not installed in this database/, 'the script needs Citus');
fill_months($node);
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE spread (n int GENERATED ALWAYS AS IDENTITY, how text);
CREATE FUNCTION pg_catalog.create_distributed_table(regclass, text, colocate_with text DEFAULT 'none')
    RETURNS void LANGUAGE sql
    AS $$ INSERT INTO public.spread (how) VALUES (format('%s by %s with %s', $1, $2, colocate_with)) $$;
CREATE FUNCTION pg_catalog.create_reference_table(regclass) RETURNS void LANGUAGE sql
    AS $$ INSERT INTO public.spread (how) VALUES ($1 || ' everywhere') $$;
SQL
moves_months($node, 'stand-ins');
is($node->safe_psql('postgres', 'SELECT how FROM spread ORDER BY n'), <<"ROWS" =~ s/\n\z//r,
$archive.workflow_requests by request_id with none
$archive.llm_calls by request_id with $archive.workflow_requests
$archive.audit_logs by placed_by with $archive.workflow_requests
$archive.llm_models everywhere
$archive.llm_model_prices everywhere
$archive.workflow_formats everywhere
ROWS
    'each table is distributed once');
generates($node, 'generation goes on');
$node->safe_psql('postgres', 'DROP EXTENSION llm_workflow CASCADE');
is(counts($node, $archive), '105 200 101', 'the archive outlives the extension');
my $has_citus = -e $node->config_data('--sharedir') . '/extension/citus.control';
$node->stop;

# ---- Citus ---------------------------------------------------------------------------------------
# The second node has neither the extension nor its library.
sub start_citus_node {
    my ($name, $preload) = @_;
    return new_node($name, preload => $preload, conf => <<'CONF');
listen_addresses = '127.0.0.1'
citus.enable_statistics_collection = off
citus.node_conninfo = 'sslmode=prefer'
CONF
}

SKIP: {
    skip 'this PostgreSQL has no Citus (Debian has none): nothing was distributed here', 1
        unless $has_citus;
    my $coordinator = start_citus_node('coordinator', 'citus, llm_workflow');
    my $other = start_citus_node('other', 'citus');
    $_->safe_psql('postgres', 'CREATE EXTENSION citus') foreach $coordinator, $other;
    my ($first, $second) = map { "'127.0.0.1', ${\ $_->port }" } $coordinator, $other;
    $coordinator->safe_psql('postgres', <<"SQL");
SELECT citus_set_coordinator_host($first);
SELECT citus_set_node_property($first, 'shouldhaveshards', true);
SELECT citus_add_node($second);
ALTER DATABASE postgres SET citus.shard_count = 4;
SQL
    $coordinator->safe_psql('postgres',
        'SET citus.enable_ddl_propagation = off; CREATE EXTENSION llm_workflow');
    create_sim_servers($coordinator, 'postgres', $sim);
    fill_months($coordinator);
    moves_months($coordinator, 'Citus');
    is($coordinator->safe_psql('postgres', <<"SQL"), '3|1', 'Citus: all three are colocated');
SELECT count(*), count(DISTINCT colocationid) FROM pg_dist_partition
WHERE logicalrelid::text IN ('$archive.workflow_requests', '$archive.llm_calls', '$archive.audit_logs')
SQL
    is($coordinator->safe_psql('postgres', <<"SQL"), '2', 'Citus: both nodes have shards of calls');
SELECT count(DISTINCT p.nodename || p.nodeport) FROM citus_shards p
WHERE p.table_name = '$archive.llm_calls'::regclass
SQL
    generates($coordinator, 'Citus: generation goes on');
    $_->stop foreach $coordinator, $other;
}

done_testing();
