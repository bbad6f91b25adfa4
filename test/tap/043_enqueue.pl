# A job is a row of the transaction that submits it: it runs when that commits, wherever and
# however, and leaves nothing when it does not.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Chaos;
use Stats;
use Test::More;

my $node = new_node('enqueue', conf => <<'CONF');
llm_workflow.enable_fallback = off
llm_workflow.idle_timeout = 200
max_prepared_transactions = 4
CONF
my $sim = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

# How many requests there are for prompts like that, by status; jobs that wait count as well.
sub requests {
    my ($like) = @_;
    return $node->safe_psql('postgres',
        "SELECT string_agg(status || ' ' || n, ', ' ORDER BY status) FROM ("
            . "SELECT status, count(*) AS n FROM workflow_requests WHERE prompt LIKE '$like' "
            . 'GROUP BY status UNION ALL '
            . "SELECT 'waiting', count(*) FROM workflow_jobs WHERE state <> 'running' "
            . "AND request ->> 'prompt' LIKE '$like' HAVING count(*) > 0) AS t");
}

sub becomes {
    my ($like, $expected, $name) = @_;
    my $found;
    ok(poll_until(sub { ($found = requests($like)) eq $expected }), $name)
        || diag("found \"$found\", expected \"$expected\"");
    return;
}

# When a job that was submitted later has ended, what was to run before it has run.
my $later = 0;
sub all_before_has_run {
    my $prompt = 'Later ' . ++$later;
    $node->safe_psql('postgres', "SELECT submit_workflow('$prompt', priority => -1)");
    return $node->poll_query_until('postgres',
        "SELECT count(*) = 1 FROM workflow_requests "
            . "WHERE prompt = '$prompt' AND status = 'succeeded'");
}

# The worker leaves soon, so most jobs have to bring one along.
sub worker_has_left {
    return poll_until(sub { worker_pid($node, 'postgres') eq '' });
}

# ---- Committed -----------------------------------------------------------------------------------
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE orders (description text);
CREATE FUNCTION plan_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM submit_workflow(NEW.description);
    RETURN NEW;
END
$$;
CREATE TRIGGER plan AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION plan_order();
CREATE TABLE late_orders (description text);
CREATE CONSTRAINT TRIGGER plan AFTER INSERT ON late_orders DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION plan_order();
CREATE PROCEDURE submit_one_by_one() LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1 .. 3 LOOP
        PERFORM submit_workflow('One by one ' || i);
        COMMIT;
    END LOOP;
END
$$;
SQL
my %committed = (
    'a trigger' => [ 5, "INSERT INTO orders SELECT '%s ' || i FROM generate_series(1, 5) i" ],
    'a deferred trigger' => [ 1, "INSERT INTO late_orders VALUES ('%s')" ],
    'REPEATABLE READ' =>
        [ 1, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT submit_workflow('%s'); COMMIT" ],
    'SERIALIZABLE' =>
        [ 1, "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT submit_workflow('%s'); COMMIT" ],
    'a released savepoint' =>
        [ 1, "BEGIN; SAVEPOINT s; SELECT submit_workflow('%s'); RELEASE s; COMMIT" ],
    'COMMIT PREPARED' =>
        [ 1, "BEGIN; SELECT submit_workflow('%s'); PREPARE TRANSACTION 'p'; COMMIT PREPARED 'p'" ],
    'COMMIT AND CHAIN' => [ 2, <<'SQL' ],
BEGIN; SELECT submit_workflow('%s'); COMMIT AND CHAIN; SELECT submit_workflow('%s'); COMMIT
SQL
    'one statement' => [ 500, "SELECT submit_workflow('%s ' || i) FROM generate_series(1, 500) i" ],
);
foreach my $how (sort keys %committed) {
    my ($count, $sql) = @{ $committed{$how} };
    $sql =~ s/%s/Commit $how/g;
    $node->safe_psql('postgres', "$sql;");
    becomes("Commit $how%", "succeeded $count", "jobs run: $how");
}
$node->safe_psql('postgres', 'CALL submit_one_by_one()');
becomes('One by one%', 'succeeded 3', 'jobs run: a procedure that commits');

# ---- Not committed -------------------------------------------------------------------------------
my %rolled_back = (
    'ROLLBACK' => "BEGIN; SELECT submit_workflow('%s'); ROLLBACK",
    'ROLLBACK TO SAVEPOINT' =>
        "BEGIN; SAVEPOINT s; SELECT submit_workflow('%s'); ROLLBACK TO s; COMMIT",
    'an EXCEPTION block' => <<'SQL',
DO $$BEGIN
    PERFORM submit_workflow('%s');
    RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN NULL;
END$$
SQL
    'ROLLBACK PREPARED' =>
        "BEGIN; SELECT submit_workflow('%s'); PREPARE TRANSACTION 'p'; ROLLBACK PREPARED 'p'",
    'an error later in the statement' =>
        "\\set ON_ERROR_STOP 0\nSELECT submit_workflow('%s'), 1 / (random() * 0)::int",
);
foreach my $how (sort keys %rolled_back) {
    $node->safe_psql('postgres', sprintf("$rolled_back{$how};", "Undo $how"));
}
ok(all_before_has_run(), 'the worker goes on');
is(requests('Undo %'), '', 'what is rolled back leaves no job and no request');

# ---- Not yet -------------------------------------------------------------------------------------
my $open = $node->background_psql('postgres');
$open->query_safe("BEGIN; SELECT submit_workflow('Not yet')");
$node->safe_psql('postgres', "BEGIN; SELECT submit_workflow('Prepared'); PREPARE TRANSACTION 'p'");
ok(all_before_has_run(), 'an open transaction that submits holds up nobody');
is(requests('Not yet') . requests('Prepared'), '', 'no job runs before its transaction commits');
$open->query_safe('COMMIT');
becomes('Not yet', 'succeeded 1', 'it runs when it does');
$open->quit;
$node->restart;
is(requests('Prepared'), '', 'nor does a prepared one after a restart');
ok(worker_has_left(), 'the worker has left');
$node->safe_psql('postgres', "COMMIT PREPARED 'p'");
becomes('Prepared', 'succeeded 1', 'a prepared transaction runs when another session commits it');

$node->safe_psql('postgres',
    "SELECT submit_workflow('In a second', run_at => now() + interval '1 s')");
ok(worker_has_left(), 'the worker does not wait for a scheduled job');
becomes('In a second', 'succeeded 1', 'a scheduled job runs');
is($node->safe_psql('postgres', <<'SQL'), 't', 'and not before its time');
SELECT min(c.started_at) >= r.submitted_at + interval '1 s'
FROM workflow_requests r JOIN llm_calls c USING (request_id)
WHERE r.prompt = 'In a second' GROUP BY r.submitted_at
SQL

# ---- By whom -------------------------------------------------------------------------------------
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE planner LOGIN;
DO $$BEGIN
    EXECUTE (SELECT format('GRANT EXECUTE ON FUNCTION %s TO planner', p.oid::regprocedure)
             FROM pg_proc p WHERE p.proname = 'submit_workflow');
END$$;
GRANT USAGE ON FOREIGN SERVER sim_openai TO planner;
SQL
my $refused = psql_error($node, 'postgres', <<'SQL');
SET ROLE planner;
INSERT INTO workflow_jobs (request_id) VALUES (gen_random_uuid());
SQL
is($refused->{sqlstate}, '42501', 'who may submit may not write the table');
$node->safe_psql('postgres', "SET ROLE planner; SELECT submit_workflow('Granted')");
becomes('Granted', 'succeeded 1', 'EXECUTE is enough to submit');
is($node->safe_psql('postgres', "SELECT role_name FROM workflow_requests WHERE prompt = 'Granted'"),
    'planner', 'the job is that of the role that submitted it');

is($node->safe_psql('postgres', 'SELECT count(*) FROM workflow_jobs'), '0', 'no job is left');
is_quiet($node, 'postgres', $sim, 'nothing is left running');
is_accounted($node, 'postgres', $sim, 'each job was called once, and nothing else was');
is($node->safe_psql('postgres', <<'SQL'), 't', 'one call for each');
SELECT (SELECT count(*) FROM llm_calls)
       = (SELECT count(*) FROM workflow_requests WHERE status = 'succeeded')
SQL
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
unlike($log, qr/PANIC|terminated by signal|could not write/, 'none of this shows in the log');
$node->stop;
done_testing();
