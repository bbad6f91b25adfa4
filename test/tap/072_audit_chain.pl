# The audit chain where it is made: two workers, sessions that write events, kill -9 in between. It
# is whole at the end; random changes are all found, with the first row of each; erasures, retention,
# a dump and its restore leave it whole; and digests that were kept tell of what is cut off with its
# head. LLMW_AUDIT_CHANGES says how many changes (default 300), LLMW_SEED repeats a run's choices.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Chaos;
use LlmWorkflow;
use POSIX qw(mkfifo);
use PostgreSQL::Test::Utils;
use Test::More;

my $changes = $ENV{LLMW_AUDIT_CHANGES} || 300;
my $seed = $ENV{LLMW_SEED} || time() ^ $$;
diag("$changes changes, LLMW_SEED=$seed");

my $folder = PostgreSQL::Test::Utils::tempdir();
my $heads = "$folder/heads";
my $node = new_node('audit_chain', restart_after_crash => 1, conf => <<"CONF");
llm_workflow.workers_per_database = 2
llm_workflow.idle_timeout = 2s
llm_workflow.retry_base_delay = 1
llm_workflow.fallback_models = ''
llm_workflow.audit_digest_target = '$heads'
CONF
my $sim = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

sub query { return $node->safe_psql('postgres', @_) }

# What verify_audit_chain() says of chains that are not whole, and of rows in none.
sub problems {
    my ($database, $kept) = @_;
    return $node->safe_psql($database, 'SELECT partition, chain_id, problem, chain_no, verified '
            . "FROM verify_audit_chain($kept) WHERE problem IS NOT NULL OR chain_id IS NULL");
}

# A worker that has nothing to do seals what others wrote before it leaves.
sub everything_is_sealed {
    query("SELECT generate_workflow('Wake up')");
    return poll_until(sub {
        query('SELECT NOT EXISTS (SELECT FROM llm_calls WHERE chain_id IS NULL)
                  AND NOT EXISTS (SELECT FROM audit_logs WHERE chain_id IS NULL)') eq 't';
    });
}

# ---- Written by many, and killed -----------------------------------------------------------------
query(<<'SQL');
SELECT ensure_workflow_partitions(0);
CREATE TABLE calls_2025 PARTITION OF llm_calls FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE events_2025 PARTITION OF audit_logs FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE requests_2025 PARTITION OF workflow_requests FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
CREATE TABLE submitted AS
    SELECT submit_workflow((ARRAY['', '[[sim:bad_steps]] ', '[[sim:s503:none@3]] ', '[[sim:delay:0-60]] ',
                                  '[[sim:refusal]] '])[1 + n % 5] || 'Write to customer ' || n) AS id
    FROM generate_series(1, 120) n;
SQL
foreach my $kill (1 .. 3) {
    poll_until(sub { query('SELECT count(*) > ' . 20 * $kill . ' FROM llm_calls') eq 't' });
    my ($pid) = split /\n/, worker_pid($node, 'postgres');
    kill 9, $pid if $pid;
    poll_until(sub { $node->psql('postgres', 'SELECT 1') == 0 });
}
ok(poll_until(sub { query('SELECT count(*) FROM workflow_jobs') eq '0' }), 'all jobs have ended');
query("SELECT record_workflow_outcome(id, true, '{\"note\": \"as it should\"}') "
        . 'FROM (SELECT request_id AS id FROM workflow_requests WHERE status = \'succeeded\' LIMIT 30) s');
ok(everything_is_sealed(), 'everything is sealed');
is(problems('postgres', ''), '', 'the chains are whole');
is(query('SELECT sum(verified) FROM verify_audit_chain()'),
    query('SELECT (SELECT count(*) FROM llm_calls) + (SELECT count(*) FROM audit_logs)'),
    'and all rows are in one');
cmp_ok(query('SELECT count(*) FROM llm_calls WHERE octet_length(chain_salt) = 16'), '>', 3, 'some have texts');

# ---- A row that somebody has locked --------------------------------------------------------------
ok(poll_until(sub { worker_pid($node, 'postgres') eq '' }), 'workers leave');
query(<<'SQL');
INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor, details)
SELECT gen_random_uuid(), '2025-02-15', action, 'info', 'me', '{}' FROM unnest(ARRAY['LOCKED', 'FREE']) AS action
SQL
my $holder = start_client($node, 'postgres',
    "BEGIN; SELECT FROM audit_logs WHERE action = 'LOCKED' FOR UPDATE; SELECT pg_sleep(3600)");
sub is_sealed { return query("SELECT chain_id IS NOT NULL FROM audit_logs WHERE action = '$_[0]'") eq 't' }
poll_until(sub { query("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") eq '1' })
    or BAIL_OUT('the row is not locked');
query("SELECT generate_workflow('Wake up')");
ok(poll_until(sub { is_sealed('FREE') }), 'holds no other up');
ok(!is_sealed('LOCKED'), 'and is left alone');
$holder->cancel;
$holder->end;
ok(everything_is_sealed(), 'until it is free');

# ---- Random changes ------------------------------------------------------------------------------
my ($out, $error) = ('', '');
my $status = $node->psql('postgres', slurp_file("$FindBin::RealBin/audit_changes.sql"),
    stdout => \$out, stderr => \$error, timeout => 3600,
    extra_params => [ '-v', "changes=$changes", '-v', 'seed=' . ($seed % 1_000_000) / 1_000_000 ]);
is($status, 0, 'changes are made') or diag($error);
note($out);
like($out, qr/^all: $changes of $changes$/m, 'each of them is found, with the first row that it broke')
    or diag($out);
unlike($out, qr/NOT FOUND/, 'none is missed');
is(problems('postgres', ''), '', 'and all were taken back');

# ---- Digests that were kept ----------------------------------------------------------------------
ok(poll_until(sub { -s $heads }), 'heads are written to the file');
my $kept = query('SELECT audit_digest()');
is(problems('postgres', "\$\$$kept\$\$"), '', 'the chains have the heads that were kept');
ok(poll_until(sub { (split /\n/, slurp_file($heads)) > 1 }), 'and each time when some moved');
foreach my $line (split /\n/, slurp_file($heads)) {
    is(problems('postgres', "\$\$$line\$\$"), '', 'a line of the file fits the chains');
}
is((stat $heads)[2] & 0777, 0600, 'the file is for nobody else');
query('SELECT generate_workflow(\'One more\')');
is(problems('postgres', "\$\$$kept\$\$"), '', 'also when they have gone on');

# ---- Erasing, and letting a month go -------------------------------------------------------------
query(<<'SQL');
INSERT INTO llm_calls (request_id, call_id, started_at, finished_at, attempt, purpose, model, server, outcome,
    error_message, input_tokens, cached_input_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_source,
    latency_ms)
SELECT gen_random_uuid(), gen_random_uuid(), '2025-03-01'::timestamptz + n * interval '1 minute', '2025-03-02', 1,
       'primary', 'm', 's', 'api_error', 'old', n, 0, 0, 0, 0, 'unbilled', 1
FROM generate_series(1, 50) n;
INSERT INTO audit_logs (event_id, "timestamp", action, severity, actor, details)
SELECT gen_random_uuid(), '2025-03-01'::timestamptz + n * interval '1 minute', 'X', 'info', 'me', '{}'
FROM generate_series(1, 50) n;
SQL
ok(everything_is_sealed(), 'what others wrote is sealed');
cmp_ok(query("SELECT erase_requests_before(now())"), '>', 100, 'requests are erased');
is(query('SELECT count(*) FROM llm_calls WHERE error_message IS NOT NULL AND started_at > \'2026-01-01\''), '0',
    'and with them the texts of their calls');
ok(everything_is_sealed(), 'the event is sealed');
is(problems('postgres', "\$\$$kept\$\$"), '', 'the chains are whole all the same');
cmp_ok(query('SELECT sum(erased) FROM verify_audit_chain()'), '>', 3, 'and tell of erased rows');
like(query("SELECT string_agg(object, ' ') FROM llm_workflow_maintain('1 day') WHERE action = 'dropped'"),
    qr/calls_2025/, 'an old month goes');
ok(everything_is_sealed(), 'the event of it is sealed');
is(problems('postgres', "\$\$$kept\$\$"), '', 'and the chains of the others are whole');
is(query('SELECT count(*) FROM audit_chains WHERE retired_at IS NOT NULL AND partition LIKE \'%2025\''), '2',
    'its chains are retired');

# ---- A copy --------------------------------------------------------------------------------------
my $digest = query("SELECT audit_digest() -> 'chains'");
$node->command_ok([ 'pg_dump', '-Fc', '-f', "$folder/dump", $node->connstr('postgres') ], 'a dump');
query('CREATE DATABASE copy');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('copy'), "$folder/dump" ], 'and its restore');
is(problems('copy', "jsonb_build_object('chains', '$digest'::jsonb)"), '', 'are whole');

# ---- The server log ------------------------------------------------------------------------------
query("ALTER SYSTEM SET llm_workflow.audit_digest_target = 'log'");
query('SELECT pg_reload_conf()');
query('SELECT generate_workflow(\'For the log\')');
ok(poll_until(sub { slurp_file($node->logfile) =~ /llm_workflow audit digest: \{/ }), 'heads are logged');
unlike(slurp_file($node->logfile), qr/could not seal|could not write the audit digest/, 'nothing failed');

# ---- A pipe that nobody reads --------------------------------------------------------------------
mkfifo("$folder/pipe", 0600) or die "mkfifo: $!";
query("ALTER SYSTEM SET llm_workflow.audit_digest_target = '$folder/pipe'");
query('SELECT pg_reload_conf()');
query('SELECT generate_workflow(\'For the pipe\')');
ok(poll_until(sub { slurp_file($node->logfile) =~ m{could not write the audit digest: ".*/pipe"} }),
    'holds no worker up');
done_testing();
