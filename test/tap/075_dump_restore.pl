# A database that is dumped and restored on another server keeps every row and every setting: partitions,
# jobs, budgets, experiments, routes, rules, proposals, plans, formats, prices, what a crash left, grants
# and settings of the database. Allowed to, it goes on where the original stopped.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Catalogue;
use Chaos;
use LlmWorkflow;
use Monitoring;
use PostgreSQL::Test::Utils;
use Stats;
use Test::More;

my $original = new_node('original');
my $sim = start_simulator($original);
$original->safe_psql('postgres', 'CREATE DATABASE app');
create_extension($original, 'app');
make_traffic($original, 'app', $sim);

# ---- Something of everything ---------------------------------------------------------------------
$original->safe_psql('app', <<'SQL');
CREATE ROLE reporter;
CREATE ROLE llm_workflow_user;
CREATE ROLE llm_workflow_auditor;
CREATE ROLE llm_workflow_admin;
SELECT grant_workflow_roles();
GRANT SELECT ON workflow_requests TO reporter;
GRANT SELECT (model, cost_usd) ON llm_calls TO reporter;
GRANT EXECUTE ON FUNCTION generate_workflow TO reporter;
REVOKE EXECUTE ON FUNCTION workflow_is_valid FROM PUBLIC;
GRANT USAGE ON FOREIGN SERVER openai, sim_openai TO reporter;
ALTER DATABASE app SET llm_workflow.max_retries = 1;
ALTER ROLE reporter IN DATABASE app SET llm_workflow.primary_model = 'builtin-draft';

INSERT INTO llm_models (name, server, context_window) VALUES ('zz mine', 'sim_openai', 8192);
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('zz mine', '2020-01-01', 0.1, 0.2), ('gpt-4o', '2090-01-01', 1, 2);
UPDATE llm_models SET enabled = false WHERE name = 'gpt-4';
SELECT create_workflow_format('zz_format', 'Answer “wohl”.', '{"type": "object"}');
SELECT create_workflow_format('zz_format', 'Answer.', '{"type": "object", "properties": {}}');
INSERT INTO llm_agents (agent, model, fallback_models, format, category, max_tokens)
VALUES ('zz agent', 'zz mine', '{zz mine,gpt-4o}', 'zz_format', 'letters', 100000);
INSERT INTO llm_routes (category, complexity, model) VALUES ('letters', 'low', 'zz mine');
INSERT INTO llm_routes (complexity, model) VALUES ('high', 'zz mine');
INSERT INTO llm_budgets (budget, scope, subject, period, limit_tokens, action)
VALUES ('zz', 'agent', 'zz agent', 'day', 1000000, 'warn');
INSERT INTO llm_rules (rule, category, text, code) VALUES ('R1', 'letters', 'Name the clerk.', 'E03');
SELECT create_experiment('running', 'letters', NULL, 'gpt-4o', 'claude-sonnet-4');
SELECT create_experiment('stopped', 'parcels', NULL, 'gpt-4o', 'zz mine');
SELECT stop_experiment('stopped');
INSERT INTO llm_plans (plan) VALUES ('higher');
INSERT INTO llm_plan_agents VALUES ('higher', 'zz agent', 'gpt-4o', 20000), ('higher', 'new', 'zz mine', 2);
SELECT apply_plan('higher');
INSERT INTO llm_model_proposals (agent, category, from_model, to_model, runs, failed_runs, failure_rate,
    failure_low, failure_high, retried_runs, retry_rate, issues, coverage, stable_coverage,
    predicted_failure_rate, predicted_retry_rate, predicted_increase, increase_low, increase_high, replay)
VALUES ('zz agent', 'letters', 'gpt-4o', 'zz mine', 100, 1, 1, 0.1, 5, 2, 2, 3, 90, 80, 1, 2, 0.5, -1, 2, '{}');

SELECT generate_workflow('Größe prüfen', tags => '{"team": "ä"}', category => 'letters',
    idempotency_key => 'zz key') ->> 'request_id' AS request \gset
SELECT record_workflow_outcome(:'request', true);
SELECT record_workflow_issue(:'request', 'The clerk is missing', 'R1');
SELECT submit_workflow('Sort it next year', run_at => now() + interval '1 year', priority => 7);
SELECT llmw_fold_stats();
SELECT generate_workflow('What is not folded yet');
SQL

# A call that is on the wire when the server dies, and a cancellation that nobody obeyed.
my $hung = start_client($original, 'app', "SELECT generate_workflow('[[sim:hang_headers]] Hang')");
wait_for_in_flight($sim, 1);
$original->stop('immediate');
$hung->end(30);
$original->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$original->start;
$original->safe_psql('app', <<'SQL');
INSERT INTO workflow_cancellations (request_id, role_name)
SELECT gen_random_uuid(), 'reporter';
SQL

# ---- What is compared ----------------------------------------------------------------------------
# Partitions with their keys, indexes, triggers and privileges.
sub partitions {
    my ($node, $database) = @_;
    return $node->safe_psql($database, <<'SQL');
SELECT i.inhparent::regclass, c.relname, pg_get_expr(c.relpartbound, c.oid), c.relrowsecurity,
       ARRAY(SELECT pg_get_indexdef(x.indexrelid) FROM pg_index x WHERE x.indrelid = c.oid ORDER BY 1),
       ARRAY(SELECT pg_get_triggerdef(t.oid) || t.tgenabled::text FROM pg_trigger t WHERE t.tgrelid = c.oid
             ORDER BY 1),
       ARRAY(SELECT a::text FROM unnest(c.relacl) a ORDER BY 1)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE c.relkind = 'r' ORDER BY c.relname COLLATE "C"
SQL
}

sub settings_of {
    my ($node) = @_;
    return $node->safe_psql('app', <<'SQL');
SELECT s.setrole::regrole, c FROM pg_db_role_setting s, unnest(s.setconfig) AS c
WHERE s.setdatabase = (SELECT oid FROM pg_database WHERE datname = 'app') ORDER BY 1, 2
SQL
}

sub is_whole {
    my ($node, $database, $name) = @_;
    my $before = stored_rows($original, 'app');
    my $after = stored_rows($node, $database);
    is($after->{$_}, $before->{$_}, "$name: $_") foreach sort keys %$before;
    is(join(' ', grep { $before->{$_} eq '' } sort keys %$before), '', "$name: every table had rows");
    is(partitions($node, $database), partitions($original, 'app'), "$name: partitions");
    is_deeply([ catalogue_diff($node, [ extension_catalogue($original, 'app') ], $database) ], [],
        "$name: objects, privileges and comments");
    return;
}

# ---- To another server, and into another database -------------------------------------------------
my $folder = $original->basedir;
my $moved = new_node('moved');
$original->command_ok([ 'pg_dumpall', '--globals-only', '-f', "$folder/globals.sql",
        '-d', $original->connstr('postgres') ], 'the roles are dumped');
$original->command_ok([ 'pg_dump', '-Fc', '-f', "$folder/app.dump", '-d', $original->connstr('app') ],
    'the database is dumped');
$original->command_ok([ 'pg_dump', '-f', "$folder/app.sql", '-d', $original->connstr('app') ],
    'and as a script');
$moved->command_ok([ 'psql', '-X', '-q', '-f', "$folder/globals.sql", '-d', $moved->connstr('postgres') ],
    'the roles are restored');
$moved->command_ok([ 'pg_restore', '-e', '-C', '-d', $moved->connstr('postgres'), "$folder/app.dump" ],
    'the database is restored');
$original->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE template0');
$original->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', "$folder/app.sql",
        '-d', $original->connstr('copy') ], 'the script runs');

is_whole($original, 'copy', 'copy');
is_whole($moved, 'app', 'moved');
isnt(settings_of($original), '', 'database and role had settings');
is(settings_of($moved), settings_of($original), 'moved: settings of database and role');
is($moved->safe_psql('app', 'SHOW llm_workflow.max_retries'), '1', 'which are in force');
is($moved->safe_psql('app', 'SELECT count(*) FROM llm_workflow_homes'), '2', 'it knows two places');

# A dump of what was restored is the same dump, but for the places.
$moved->command_ok([ 'pg_dump', '-f', "$folder/again.sql", '-d', $moved->connstr('app') ], 'dumped again');
my $place = qr/^-?\d+\t\d+\t\d{4}-\d\d-\d\d [^\t\n]*\n/m;
sub dump_text {
    my ($file) = @_;
    (my $text = slurp_file($file)) =~ s/$place//g;
    $text =~ s/^\\(?:un)?restrict .*\n//gm;    # a key of pg_dump's own, another one each time
    return join("\n", sort split /\n/, $text);
}
ok(dump_text("$folder/again.sql") eq dump_text("$folder/app.sql"), 'and it is the same dump');

# ---- It goes on ----------------------------------------------------------------------------------
my $refused = psql_error($moved, 'app', "SELECT generate_workflow('Sort the mail')");
is($refused->{message}, 'this database is a copy, and may not make calls', 'it does not spend by itself');
$moved->safe_psql('app', 'DELETE FROM workflow_cancellations; SELECT llm_workflow_allow_here()');
is($moved->safe_psql('app', "SELECT generate_workflow('Sort the mail') ->> 'generator_used'"), 'gpt-4o-mini',
    'allowed to, it generates');
is($moved->safe_psql('app', "SELECT count(*) FROM llm_calls WHERE outcome = 'lost'"), '1',
    'the call that was on the wire is lost there too');
is($moved->safe_psql('app', 'SELECT count(*) FROM llm_call_intents'), '0', 'and settled');
my $job = $moved->safe_psql('app',
    'UPDATE workflow_jobs SET run_at = now() RETURNING request_id');
$moved->safe_psql('app', 'SELECT llmw_wake_workers()');
ok($moved->poll_query_until('app',
        "SELECT status = 'succeeded' FROM workflow_requests WHERE request_id = '$job'"), 'its job runs');
stats_are_exact($moved, 'app', 'the roll-ups are the sum of the ledger');

$original->stop;
$moved->stop;
done_testing();
