# The worker never stands in the way of DDL, VACUUM or a shutdown, however long providers take; and
# what such a command does to calls on the wire is on record wherever there is still a ledger.

use strict;
use warnings;
use FindBin;
use List::Util qw(max);
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Chaos;
use PostgreSQL::Test::Utils;
use Stats;
use Test::More;
use Time::HiRes qw(time);

my $limit = 1;    # second
my $hung = 3;     # calls

my $node = new_node('ddl', conf => <<'CONF');
llm_workflow.enable_fallback = off
llm_workflow.idle_timeout = 1h
allow_in_place_tablespaces = on
log_line_prefix = '%m [%p] %q%a '
CONF
my $sim = start_simulator($node);
my $databases = 0;

# A new database in which generate_workflow has been called. Returns its name.
sub new_database {
    my $name = 'db_' . ++$databases;
    $node->safe_psql('postgres', "CREATE DATABASE $name");
    prepare($name);
    return $name;
}

sub prepare {
    my ($name) = @_;
    create_extension($node, $name);
    create_sim_servers($node, $name, $sim);
    generates($name) or BAIL_OUT("database $name does not generate");
    return;
}

sub generates {
    my ($database) = @_;
    return $node->safe_psql($database, "SELECT generate_workflow('Sort the mail') ? 'pilot_steps'") eq 't';
}

# Starts the clients whose calls hang; `then` is what they do after.
sub hang {
    my ($database, $then) = @_;
    my @clients = start_clients($hung, $node, $database,
        "SELECT generate_workflow('[[sim:hang_headers]] Hang in $database')" . ($then // ''));
    wait_for_in_flight($sim, $hung) or BAIL_OUT('the calls do not hang');
    return @clients;
}

# How long the statements take by the server's clock. They are sent one by one.
sub duration {
    my ($database, $sql) = @_;
    my $out = $node->safe_psql($database, <<"SQL");
SELECT extract(epoch FROM clock_timestamp()) AS began \\gset
$sql;
SELECT 'took ' || extract(epoch FROM clock_timestamp()) - :began;
SQL
    my ($seconds) = $out =~ /took ([\d.]+)/ or die "no duration in \"$out\"";
    return $seconds;
}

# One test: the measured code takes at most the limit, in one of three attempts. The machine may be
# busy; a worker that blocks does so each time.
sub is_quick {
    my ($name, $measure) = @_;
    my @seconds;
    foreach my $attempt (1 .. 3) {
        push @seconds, $measure->();
        last if $seconds[-1] <= $limit;
    }
    return cmp_ok($seconds[-1], '<=', $limit, $name) || diag("took @seconds s");
}

# ---- Calls hang: nothing is held -----------------------------------------------------------------
prepare('postgres');
my @clients = hang('postgres');
my $worker = worker_pid($node, 'postgres');
my $samples = $node->safe_psql('postgres', join('', map { <<"SQL" } 1 .. 50));
SELECT backend_xmin IS NULL AND backend_xid IS NULL AND state = 'idle' FROM pg_stat_activity
WHERE pid = $worker;
SQL
is($samples, join("\n", ('t') x 50), 'no snapshot and no transaction is open while HTTP hangs');
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE pid = $worker"),
    '0', 'the worker holds no lock while HTTP hangs');
is($node->safe_psql('postgres', <<'SQL'), '0', 'nor does a caller hold one on the ledger or the extension');
SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE a.application_name LIKE 'client%' AND l.locktype IN ('relation', 'object')
SQL
is_quick('VACUUM does not wait for hung calls', sub {
    duration('postgres', "SET lock_timeout = '900ms'; VACUUM workflow_requests; VACUUM llm_calls; "
            . 'VACUUM FULL llm_call_intents');
});

# ---- Calls hang: other databases -----------------------------------------------------------------
is_quick('DROP DATABASE does not wait for calls of another database', sub {
    $node->safe_psql('postgres', 'CREATE DATABASE plain');
    duration('postgres', 'DROP DATABASE plain');
});
is_quick('DROP DATABASE does not wait for its idle worker', sub {
    my $name = new_database();
    isnt(worker_pid($node, $name), '', 'an idle worker is connected');
    duration('postgres', "DROP DATABASE $name");
});
is_quick('CREATE DATABASE ... TEMPLATE does not wait for an idle worker', sub {
    my $name = new_database();
    my $seconds = duration('postgres', "CREATE DATABASE copy_of_$name TEMPLATE $name");
    $node->safe_psql("copy_of_$name", 'SELECT llm_workflow_allow_here()');
    ok(generates("copy_of_$name"), 'the copy generates when it is allowed to');
    is($node->safe_psql("copy_of_$name", 'SELECT count(*) FROM workflow_requests'),
        '2', 'the copy goes on with the ledger that it was made with');
    ok(generates($name), 'and so does the template');
    $node->safe_psql('postgres', "DROP DATABASE $name; DROP DATABASE copy_of_$name");
    return $seconds;
});
is_quick('ALTER DATABASE ... RENAME and SET TABLESPACE do not wait for an idle worker', sub {
    my $name = new_database();
    my $seconds = duration('postgres', "ALTER DATABASE $name RENAME TO new_$name");
    ok(generates("new_$name"), 'the renamed database generates');
    $node->safe_psql('postgres', "CREATE TABLESPACE space_$name LOCATION ''");
    my $also = duration('postgres', "ALTER DATABASE new_$name SET TABLESPACE space_$name");
    ok(generates("new_$name"), 'the moved database generates');
    $node->safe_psql('postgres', "DROP DATABASE new_$name; DROP TABLESPACE space_$name");
    return max($seconds, $also);
});
is(worker_pid($node, 'postgres'), $worker, 'none of this disturbed the worker of another database');
is(simulator_stats($sim)->{in_flight}, $hung, 'nor its calls');
$_->cancel foreach @clients;
is(join(' ', map { $_->end->{sqlstate} } @clients), "57014 57014 57014", 'its callers still wait');
is_quiet($node, 'postgres', $sim, 'and leave nothing');

# ---- Calls hang: the database itself -------------------------------------------------------------
is_quick('DROP DATABASE ... WITH (FORCE) does not wait for hung calls', sub {
    my $name = new_database();
    my @callers = hang($name);
    my $seconds = duration('postgres', "DROP DATABASE $name WITH (FORCE)");
    like(join(' ', map { $_->end(10)->{sqlstate} } @callers), qr/^(?:(?:57P01|LW011) ?){$hung}$/,
        'its callers are told');
    ok(wait_for_in_flight($sim, 0, 10), 'its calls are aborted');
    return $seconds;
});

my $name = new_database();
@clients = hang($name, '; SELECT pg_sleep(60)');
my ($status, $out, $err) = $node->psql('postgres', "DROP DATABASE $name");
like($err, qr/is being accessed by other users/, 'DROP DATABASE is refused while callers wait');
$_->cancel foreach @clients;
is(join(' ', map { $_->end(10)->{sqlstate} } @clients), join(' ', ('LW011') x $hung),
    'callers whose worker had to go for nothing are told');
is_quiet($node, $name, $sim, 'a DROP DATABASE that was refused leaves no intent');
is($node->safe_psql($name, "SELECT count(*) FROM llm_calls WHERE outcome = 'lost'"), $hung,
    'a DROP DATABASE that was refused loses no call');
ok(generates($name), 'the database goes on');
$node->safe_psql('postgres', "DROP DATABASE $name");

# ---- DROP EXTENSION ------------------------------------------------------------------------------
is_quick('DROP EXTENSION does not wait for hung calls', sub {
    my $name = new_database();
    my @callers = hang($name);
    my $worker = worker_pid($node, $name);
    my $seconds = duration($name, 'DROP EXTENSION llm_workflow CASCADE');
    is(join(' ', map { $_->end(10)->{sqlstate} } @callers), join(' ', ('LW011') x $hung),
        'callers of a dropped extension are told');
    ok(wait_for_in_flight($sim, 0, 10), 'calls of a dropped extension are aborted');
    ok(poll_until(sub { !is_alive($worker) }, 10), 'the worker of a dropped extension ends');
    $node->safe_psql('postgres', "DROP DATABASE $name");
    return $seconds;
});

$name = new_database();
foreach my $way ("BEGIN; DROP EXTENSION llm_workflow CASCADE; ROLLBACK",
    "BEGIN; SAVEPOINT s; DROP EXTENSION llm_workflow CASCADE; ROLLBACK TO s; COMMIT") {
    $worker = worker_pid($node, $name);
    my $caller = start_client($node, $name,
        "SELECT generate_workflow('[[sim:delay:1000]] Keep on') ->> 'generator_used'");
    wait_for_in_flight($sim, 1);
    $node->safe_psql($name, $way);
    my $end = $caller->end;
    is($end->{out} . $end->{err}, "gpt-4o-mini\n",
        "a rolled back DROP does not disturb calls: $way");
    is(worker_pid($node, $name), $worker, 'nor the worker');
}

@clients = hang($name);
$node->safe_psql($name,
    'BEGIN; DROP EXTENSION llm_workflow CASCADE; CREATE EXTENSION llm_workflow; COMMIT');
is(join(' ', map { $_->end(10)->{sqlstate} } @clients), join(' ', ('LW011') x $hung),
    'callers of an extension that was made anew are told');
create_sim_servers($node, $name, $sim);
ok(generates($name), 'an extension that was made anew generates');
is($node->safe_psql($name, 'SELECT count(*) FROM workflow_requests'), '1', 'into its own ledger');

# An extension of an uncommitted transaction is nobody's but its own.
$node->safe_psql($name, 'DROP EXTENSION llm_workflow CASCADE');
my $uncommitted = psql_error($node, $name, <<'SQL');
BEGIN;
CREATE EXTENSION llm_workflow;
SET llm_workflow.primary_model = 'builtin-draft';
SELECT generate_workflow('Too early');
SQL
is($uncommitted->{sqlstate}, '55000', 'generating before CREATE EXTENSION is committed is refused');
like($uncommitted->{hint}, qr/CREATE EXTENSION must have been committed/, 'and the hint says why');
$node->safe_psql('postgres', "DROP DATABASE $name");

# ---- Idle workers --------------------------------------------------------------------------------
$worker = worker_pid($node, 'postgres');
$node->safe_psql('postgres', "ALTER SYSTEM SET llm_workflow.idle_timeout = '200ms'");
$node->reload;
ok(poll_until(sub { !is_alive($worker) }, 20), 'an idle worker exits after idle_timeout');
ok(generates('postgres'), 'a new worker starts on demand');
# Between the end of one worker and the start of the next, again and again.
my $script = join('', map { 'SELECT pg_sleep(' . (0.19 + $_ / 1000) . ");\n"
            . "SELECT generate_workflow('On the edge') ? 'pilot_steps';\n" } 1 .. 20);
unlike($node->safe_psql('postgres', $script), qr/f/, 'no request falls between two workers');
$node->safe_psql('postgres', 'ALTER SYSTEM RESET llm_workflow.idle_timeout');
$node->reload;

# ---- A successor ---------------------------------------------------------------------------------
# A worker that is idle makes room for the next one, and then has something left to do. What the next
# one has taken until the first is gone is not the first one's to give up.
$node->safe_psql('postgres', <<'SQL');
CREATE FUNCTION wait_in_fold() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = '1min' AS
    'BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END';
CREATE TRIGGER wait_in_fold AFTER DELETE ON workflow_stats_deltas
    FOR EACH STATEMENT EXECUTE FUNCTION wait_in_fold();
SQL
my $holder = $node->background_psql('postgres');
$holder->query_safe('SELECT pg_advisory_lock(7)');
ok(generates('postgres'), 'a worker has statistics to fold');
$worker = worker_pid($node, 'postgres');
$node->safe_psql('postgres', "ALTER SYSTEM SET llm_workflow.idle_timeout = '200ms'");
$node->reload;
$node->poll_query_until('postgres',
    "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)");
$node->safe_psql('postgres', 'ALTER SYSTEM RESET llm_workflow.idle_timeout');
$node->reload;
my $client = start_client($node, 'postgres',
    "SELECT generate_workflow('[[sim:delay:3000]] Meanwhile') ? 'pilot_steps'");
ok(wait_for_in_flight($sim, 1), 'its successor makes a call while it folds them');
$holder->query_safe('SELECT pg_advisory_unlock(7)');
$holder->quit;
ok(poll_until(sub { !is_alive($worker) }), 'then it is gone');
is($client->end->{out}, "t\n", 'and the call of its successor is answered');
$node->safe_psql('postgres', 'DROP FUNCTION wait_in_fold CASCADE');

# ---- Shutdown ------------------------------------------------------------------------------------
sub log_time {
    my ($message, $offset) = @_;
    my ($hour, $minute, $second) =
        substr(slurp_file($node->logfile), $offset) =~ /^\S+ (\d+):(\d+):([\d.]+) [^\n]*$message/m
        or return;
    return ($hour * 60 + $minute) * 60 + $second;
}

# Backends and worker are told at the same time. A worker that sees a caller leave before it obeys
# itself records the call as cancelled; the others are lost.
sub calls_with {
    my ($outcomes) = @_;
    return $node->safe_psql('postgres', 'SELECT count(*) FROM llm_calls '
            . "WHERE outcome IN ($outcomes) AND cost_source = 'estimated' AND cost_usd > 0");
}

is_quick('a fast shutdown does not wait for hung calls', sub {
    my $before = calls_with("'lost', 'cancelled'");
    my @callers = hang('postgres');
    my $offset = -s $node->logfile;
    $node->stop('fast');
    my $seconds = (log_time('LOG:  shutting down', $offset) - log_time('fast shutdown', $offset)) % 86400;
    is(join(' ', map { $_->end(10)->{sqlstate} } @callers), join(' ', ('57P01') x $hung),
        'callers are told of the shutdown');
    ok(wait_for_in_flight($sim, 0, 10), 'a shutdown aborts the calls');
    $node->start;
    is_quiet($node, 'postgres', $sim, 'what a fast shutdown left is resolved without a request');
    is(calls_with("'lost', 'cancelled'"), $before + $hung,
        'calls on the wire at a fast shutdown are on record and estimated');
    return $seconds;
});
my $lost = calls_with("'lost'") + $hung;
@clients = hang('postgres');
$node->stop('immediate');
$_->end(10) foreach @clients;
$node->start;
is_quiet($node, 'postgres', $sim, 'what an immediate shutdown left is resolved without a request');
is($node->safe_psql('postgres', "SELECT count(*), count(*) FILTER (WHERE cost_source = 'estimated' "
            . "AND cost_usd > 0) FROM llm_calls WHERE outcome = 'lost'"),
    "$lost|$lost", 'calls on the wire at a shutdown are on record as lost and estimated');
is($node->safe_psql('postgres', "SELECT count(*) FROM workflow_requests r JOIN audit_logs a "
            . "USING (request_id) WHERE r.status = 'failed' AND r.error_code = 'LW011' "
            . "AND a.action = 'WORKFLOW_GENERATION_FAILED' AND a.details ->> 'reason' = 'lost'"),
    $lost, 'their requests failed, and an event each says so');
is($node->safe_psql('postgres', "SELECT sum((details ->> 'lost_calls')::int) FROM audit_logs "
            . "WHERE action = 'WORKER_RECOVERED'"),
    $lost, 'the worker that resolved them says how many');
ok(poll_until(sub { worker_pid($node, 'postgres') eq '' }, 20),
    'a worker that was started to resolve leaves when it has');
ok(generates('postgres'), 'and generation goes on');

unlike(slurp_file($node->logfile), qr/PANIC|terminated by signal/, 'no process crashed');
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
$node->stop;
done_testing();
