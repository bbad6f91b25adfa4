# Where the extension may find itself: not preloaded, on a standby, in an odd schema, beside another
# database, under a plain role, among hostile objects and settings, short of slots, memory and worker
# processes, in another encoding, with a worker, a launcher or a ledger that goes away.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use Digest::SHA qw(sha256_hex);
use LlmWorkflow;
use Chaos;
use PostgreSQL::Test::Utils;
use Stats;
use Test::More;

my $generate = "SELECT generate_workflow('Sort the mail') ->> 'generator_used'";
my $draft = "SET llm_workflow.primary_model = 'builtin-draft';";

# ---- Not preloaded -------------------------------------------------------------------------------
my $node = new_node('environment', preload => '', allows_streaming => 1, conf => <<'CONF');
llm_workflow.idle_timeout = 1h
llm_workflow.retry_base_delay = 1
CONF
create_extension($node, 'postgres');
is($node->safe_psql('postgres', "SELECT token_cost('gpt-4o-mini', 2000, 1500)"),
    '0.0012', 'costs are known without shared_preload_libraries');
is($node->safe_psql('postgres', "SELECT code FROM validate_workflow('{}') LIMIT 1"),
    'E01', 'documents are checked without shared_preload_libraries');
is($node->safe_psql('postgres', <<'SQL'), '0|0|0', 'views work without shared_preload_libraries');
SELECT (SELECT count(*) FROM workflow_fallback_rate), (SELECT count(*) FROM workflow_cost_savings),
       (SELECT count(*) FROM workflow_costs_daily)
SQL
my $refused = psql_error($node, 'postgres', "LOAD 'llm_workflow'; $draft $generate");
is($refused->{sqlstate}, '55000', 'generation says that it needs shared_preload_libraries');
is(psql_error($node, 'postgres', "SELECT submit_workflow('a')")->{sqlstate},
    '55000', 'and so do jobs');
my ($line) = $refused->{hint} =~ /Add (.*) to postgresql\.conf and restart/;
is($line, "shared_preload_libraries = 'llm_workflow'", 'the hint names the line to add');
$node->append_conf('postgresql.conf', $line // '');
$node->restart;
is($node->safe_psql('postgres', "$draft $generate"), 'builtin-draft', 'that line is enough');

my $sim = start_simulator($node);
create_sim_servers($node, 'postgres', $sim);
is($node->safe_psql('postgres', $generate), 'gpt-4o-mini', 'and a provider is called');
# The bill's prices and no limit of the context, for long prompts.
$node->safe_psql('postgres', <<'SQL');
INSERT INTO llm_models (name, server, remote_name) VALUES ('wide', 'sim_openai', 'gpt-4o-mini');
INSERT INTO llm_model_prices (model, effective_from, above_input_tokens, input_per_million,
    output_per_million) VALUES ('wide', '2020-01-01', 0, 0.15, 0.6);
SQL

# ---- A standby -----------------------------------------------------------------------------------
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->start;
$refused = psql_error($standby, 'postgres', $generate);
is($refused->{sqlstate}, '25006', 'a standby does not generate');
is($refused->{hint}, 'Run generate_workflow on the primary server.', 'and says who does');
is(psql_error($standby, 'postgres', "SELECT submit_workflow('a')")->{sqlstate},
    '25006', 'a standby takes no jobs');
is($standby->safe_psql('postgres', <<'SQL'), 't', 'a standby knows the results of requests');
SELECT workflow_result(request_id, '1 min') ? 'pilot_steps' FROM workflow_requests
WHERE status = 'succeeded' LIMIT 1
SQL
is($standby->safe_psql('postgres', "SELECT token_cost('gpt-4o-mini', 2000, 1500)"),
    '0.0012', 'a standby knows costs');
$standby->promote;
ok($standby->poll_query_until('postgres',
        "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'llm_workflow launcher'"),
    'promotion starts the launcher');
is($standby->safe_psql('postgres', "$draft $generate"), 'builtin-draft',
    'a promoted standby generates');
$standby->stop;

# ---- Odd schemas, two databases ------------------------------------------------------------------
my $schema = '"Odd; schema of Jörg"';
$node->safe_psql('postgres', 'CREATE DATABASE one');
$node->safe_psql('postgres', 'CREATE DATABASE two');
$node->safe_psql('one', "CREATE SCHEMA $schema");
$node->safe_psql('two', 'CREATE SCHEMA llm');
create_extension($node, 'one', $schema);
create_extension($node, 'two', 'llm');
{
    (my $escaped = $schema) =~ s/ /\\ /g;
    local $ENV{PGOPTIONS} = "-c search_path=$escaped";
    create_sim_servers($node, 'one', $sim);
    local $ENV{PGOPTIONS} = '-c search_path=llm';
    create_sim_servers($node, 'two', $sim);
}
my %schema_of = (one => $schema, two => 'llm');
my %client;
foreach my $database (qw(one two)) {
    my $prompt = "[[sim:delay:500]] [[sim-openai:s500#$database]] For $database";
    $client{$database} = [ start_clients(3, $node, $database,
            "SELECT $schema_of{$database}.generate_workflow('$prompt') ->> 'generator_used'") ];
}
ok($node->poll_query_until('postgres', <<'SQL'), 'two databases have a worker each');
SELECT count(DISTINCT datname) = 2 AND count(*) = 2 FROM pg_stat_activity
WHERE backend_type = 'llm_workflow worker' AND datname IN ('one', 'two')
SQL
foreach my $database (qw(one two)) {
    is(join('', map { my $end = $_->end; $end->{out} . $end->{err} } @{ $client{$database} }),
        "claude-sonnet-4\n" x 3,
            "generation with a fallback works in schema $schema_of{$database}");
    is($node->safe_psql($database,
            "SELECT count(*), count(*) FILTER (WHERE prompt LIKE '% For $database') "
                . "FROM $schema_of{$database}.workflow_requests"),
        '3|3', "database $database holds its own requests only");
}

# What a worker left in such a schema is resolved.
my $hung = start_client($node, 'one',
    "SELECT $schema.generate_workflow('[[sim:hang_headers]] Hang')");
wait_for_in_flight($sim, 1);
my $worker = worker_pid($node, 'one');
$node->safe_psql('postgres', "SELECT pg_terminate_backend($worker)");
is($hung->end(10)->{sqlstate}, 'LW011', 'a caller is told that its worker is gone');
ok($node->poll_query_until('one', "SELECT count(*) = 1 FROM $schema.llm_calls WHERE outcome = 'lost'"),
    'recovery works in an odd schema');

# ---- A plain role --------------------------------------------------------------------------------
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE app LOGIN;
CREATE ROLE other LOGIN;
GRANT EXECUTE ON FUNCTION generate_workflow TO app, other;
GRANT USAGE ON FOREIGN SERVER sim_openai, sim_anthropic TO app;
GRANT USAGE ON FOREIGN SERVER sim_openai TO other;
CREATE ROLE nobody LOGIN;
SQL
sub as {
    my ($role, $sql) = @_;
    return psql_error($node, 'postgres', $sql, extra_params => [ '-U', $role ]);
}
is(as('app', "SELECT generate_workflow('Secret of app') ->> 'generator_used'")->{out},
    'gpt-4o-mini', 'EXECUTE and USAGE are enough for a plain role');
is(as('app', "SELECT generate_workflow('[[sim-openai:s400]] x') ->> 'generator_used'")->{out},
    'claude-sonnet-4', 'and enough for its fallback');
is($node->safe_psql('postgres', "SELECT role_name FROM workflow_requests WHERE prompt = 'Secret of app'"),
    'app', 'the request is on record under its role');
is(as('nobody', $generate)->{sqlstate}, '42501', 'a role without EXECUTE does not spend');
is(as('other', "SELECT generate_workflow('[[sim-openai:s400]] y')")->{sqlstate},
    'LW002', 'a role without USAGE on the server of the fallback does not spend there');
foreach my $table (qw(workflow_requests llm_calls audit_logs llm_call_intents)) {
    is(as('other', "SELECT * FROM $table")->{sqlstate}, '42501',
        "a plain role does not read $table");
}
is(as('app', "SET ROLE other")->{sqlstate}, '42501', 'a plain role is nobody else');

# ---- Hostile objects and settings ----------------------------------------------------------------
# Whoever may create objects plants them under the names that the worker's statements use, in the
# extension's schema and in one that comes first in the path, with better fitting arguments.
my $trap = '';
foreach my $place (qw(public trap)) {
    $trap .= <<"SQL";
CREATE FUNCTION $place.trap() RETURNS bool LANGUAGE plpgsql AS \$\$BEGIN RAISE 'trapped'; END\$\$;
CREATE FUNCTION $place.unnest(uuid[], uuid[]) RETURNS TABLE (a uuid, b uuid)
    LANGUAGE sql AS 'SELECT NULL::uuid, NULL::uuid WHERE $place.trap()';
CREATE FUNCTION $place.now() RETURNS timestamptz
    LANGUAGE sql AS 'SELECT NULL::timestamptz WHERE $place.trap()';
CREATE FUNCTION $place.gen_random_uuid() RETURNS uuid
    LANGUAGE sql AS 'SELECT NULL::uuid WHERE $place.trap()';
CREATE FUNCTION $place.sum(numeric) RETURNS numeric
    LANGUAGE sql AS 'SELECT 0.0 WHERE $place.trap()';
CREATE FUNCTION $place.eq(uuid, uuid) RETURNS bool LANGUAGE sql AS 'SELECT $place.trap()';
CREATE FUNCTION $place.eq(timestamptz, timestamptz) RETURNS bool
    LANGUAGE sql AS 'SELECT $place.trap()';
CREATE OPERATOR $place.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = $place.eq);
CREATE OPERATOR $place.= (LEFTARG = timestamptz, RIGHTARG = timestamptz, FUNCTION = $place.eq);
CREATE TABLE $place.pg_extension (extname name, extnamespace oid, oid oid);
CREATE DOMAIN $place.int4 AS pg_catalog.int4 CHECK ($place.trap());
CREATE DOMAIN $place.jsonb AS pg_catalog.jsonb CHECK ($place.trap());
SQL
}
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE attacker;
GRANT CREATE ON SCHEMA public TO attacker;
CREATE SCHEMA trap AUTHORIZATION attacker;
GRANT USAGE ON SCHEMA trap TO PUBLIC;
CREATE TABLE trap.llm_models (LIKE llm_models);
CREATE TABLE trap.workflow_requests (LIKE workflow_requests);
SET ROLE attacker;
$trap
RESET ROLE;
ALTER DATABASE postgres SET search_path = trap, public, pg_catalog;
ALTER DATABASE postgres SET default_transaction_read_only = on;
ALTER DATABASE postgres SET default_transaction_isolation = 'serializable';
ALTER DATABASE postgres SET statement_timeout = '1ms';
ALTER DATABASE postgres SET lock_timeout = '1ms';
ALTER DATABASE postgres SET datestyle = 'SQL, DMY';
ALTER DATABASE postgres SET timezone = 'Pacific/Kiritimati';
ALTER DATABASE postgres SET bytea_output = 'escape';
ALTER DATABASE postgres SET standard_conforming_strings = off;
ALTER DATABASE postgres SET row_security = off;
SQL
{
    local $ENV{PGOPTIONS} = '-c statement_timeout=0 -c default_transaction_read_only=off';
    $hung = start_client($node, 'postgres',
        "SELECT public.generate_workflow('[[sim:hang_headers]] Resolve me')");
    wait_for_in_flight($sim, 1);
    $worker = worker_pid($node, 'postgres');
    $node->safe_psql('postgres', "SELECT pg_terminate_backend($worker)");
    is($hung->end(10)->{sqlstate}, 'LW011', 'a worker ends among hostile objects');
    # The next worker starts with them: it resolves what was left, then serves.
    my $among_traps = $node->safe_psql('postgres', <<'SQL');
CREATE TEMP TABLE llm_models (name text, server text);
CREATE TEMP TABLE llm_calls (a int);
CREATE TEMP TABLE pg_extension (extname name);
SET search_path = pg_temp, trap, public, pg_catalog;
SELECT public.generate_workflow('[[sim-openai:bad_steps]] Among traps')
    OPERATOR(pg_catalog.->>) 'generator_used';
SELECT pg_catalog.count(*) FROM public.llm_calls WHERE outcome OPERATOR(pg_catalog.=) 'lost';
SQL
    is($among_traps, "claude-sonnet-4\n1", 'neither planted objects nor settings reach it');
    $node->safe_psql('postgres', 'ALTER DATABASE postgres RESET ALL');
}
$node->safe_psql('postgres', 'DROP OWNED BY attacker CASCADE; DROP SCHEMA IF EXISTS trap CASCADE');

# ---- Long prompts, another encoding --------------------------------------------------------------
my $long = 'Mail "Ω" \\ ' x 400_000;    # 5 MB
append_to_file($node->basedir . '/long.sql',
    "SET llm_workflow.primary_model = 'wide';\n"
        . "SELECT generate_workflow(\$prompt\$$long\$prompt\$) ->> 'generator_used';\n"
        . "SELECT prompt = \$prompt\$$long\$prompt\$ FROM workflow_requests ORDER BY submitted_at DESC LIMIT 1;\n");
is($node->safe_psql('postgres', slurp_file($node->basedir . '/long.sql')),
    "wide\nt", 'a prompt of 5 MB arrives whole');

$node->safe_psql('postgres',
    "CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
create_extension($node, 'latin');
create_sim_servers($node, 'latin', $sim);
{
    local $ENV{PGCLIENTENCODING} = 'UTF8';
    my $prompt = 'Größe prüfen, Straße für Ærø';
    $node->safe_psql('latin', 'CREATE ROLE "jörg" SUPERUSER LOGIN');
    is($node->safe_psql('latin', <<"SQL"), "gpt-4o-mini", 'a LATIN1 database generates');
SET ROLE "jörg";
SELECT generate_workflow('$prompt', services => ARRAY['Büro']) ->> 'generator_used';
SQL
    is($node->safe_psql('latin', 'SELECT prompt, services, role_name, encode(prompt_sha256, $$hex$$) '
                . 'FROM workflow_requests'),
        "$prompt|{Büro}|jörg|" . sha256_hex($prompt),
        'a LATIN1 database keeps the prompt as it was asked, and providers get it in UTF-8');
    my $document = $node->basedir . '/arrow.json';
    append_to_file($document,
        '{"pilot_steps": [{"id": "a", "operation": "copy → paste", "step_type": "transform"}]}');
    my $arrows = start_simulator($node, reply_file => $document);
    create_sim_servers($node, 'latin', $arrows, prefix => 'arrow');
    $node->safe_psql('latin', "UPDATE llm_models SET server = replace(server, 'sim_', 'arrow_')");
    is(psql_error($node, 'latin', $generate)->{sqlstate}, '22P05',
        'a document that the encoding cannot hold is an error');
    is($node->safe_psql('latin', 'SELECT status, workflow_requests.error_code, outcome, cost_source '
                . "FROM workflow_requests JOIN llm_calls USING (request_id) WHERE prompt = 'Sort the mail'"),
        'failed|22P05|ok|reported', 'and its cost is on record');
    is_quiet($node, 'latin', $arrows, 'and nothing of it is left');
    is($node->safe_psql('latin', 'SELECT action FROM audit_logs JOIN workflow_requests '
                . "USING (request_id) WHERE prompt = 'Sort the mail'"),
        'WORKFLOW_GENERATION_FAILED', 'and its event says that it failed');
    my $russian = start_stub(400, '{"error": {"message": "Ошибка: → нет", "code": "нет"}}');
    $node->safe_psql('latin', <<"SQL");
CREATE SERVER russian FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url '$russian', requires_key 'false');
UPDATE llm_models SET server = 'russian' WHERE name = 'gpt-4o-mini';
SQL
    is(psql_error($node, 'latin', $generate)->{sqlstate}, '22P05',
        'an error that the encoding cannot hold does not keep the fallback from being asked');
    is(psql_error($node, 'latin', "SET llm_workflow.enable_fallback = off; $generate")->{sqlstate},
        'LW002', 'an error that the encoding cannot hold is told');
    is_quiet($node, 'latin', $arrows, 'and its request ends');
    $node->safe_psql('latin', "UPDATE llm_models SET server = replace(server, 'arrow_', 'sim_')");
}

# ---- Worker and launcher go away -----------------------------------------------------------------
my @clients = start_clients(3, $node, 'postgres',
    "SELECT generate_workflow('[[sim:hang_headers]] Hang on')");
wait_for_in_flight($sim, 3);
$worker = worker_pid($node, 'postgres');
my $ended_at = time();
$node->safe_psql('postgres', "SELECT pg_terminate_backend($worker)");
is($node->safe_psql('postgres', $generate), 'gpt-4o-mini',
    'a worker that was ended is replaced at once');
is(join(' ', map { $_->end(10)->{sqlstate} } @clients), 'LW011 LW011 LW011',
    'callers of a worker that was ended are told');
is_quiet($node, 'postgres', $sim, 'and their calls are resolved');
cmp_ok(time() - $ended_at, '<=', 10, 'within seconds');
is($node->safe_psql('postgres', <<'SQL'), '3|3', 'as lost, at their worst case');
SELECT count(*), count(*) FILTER (WHERE c.outcome = 'lost' AND c.cost_source = 'estimated'
                                  AND c.cost_usd > 0 AND r.status = 'failed' AND r.error_code = 'LW011')
FROM workflow_requests r JOIN llm_calls c USING (request_id) WHERE r.prompt LIKE '%Hang on'
SQL

my $launcher = $node->safe_psql('postgres', <<'SQL');
SELECT pid FROM pg_stat_activity WHERE backend_type = 'llm_workflow launcher'
SQL
$node->safe_psql('postgres', "SELECT pg_terminate_backend($launcher)");
ok(poll_until(sub { !is_alive($launcher) }, 10), 'the launcher ends');
is($node->safe_psql('postgres', $generate), 'gpt-4o-mini',
    'a running worker serves without a launcher');
ok($node->poll_query_until('postgres',
        "SELECT count(*) = 1 FROM pg_stat_activity WHERE backend_type = 'llm_workflow launcher'"),
    'the launcher comes back');

# ---- A ledger that cannot be written -------------------------------------------------------------
sub ledger_failures {
    my ($offset) = @_;
    my $log = substr(slurp_file($node->logfile), $offset);
    return scalar(() = $log =~ /could not write a request to the ledger/g);
}

my $offset = -s $node->logfile;
$node->safe_psql('postgres', 'ALTER TABLE llm_calls RENAME TO gone');
@clients = start_clients(3, $node, 'postgres', $generate);
ok(poll_until(sub { ledger_failures($offset) >= 3 }, 30), 'the log says what cannot be written');
is(scalar(grep { $_->is_running } @clients), 3, 'no result is handed over that is not on record');
$node->safe_psql('postgres', 'ALTER TABLE gone RENAME TO llm_calls');
is(join('', map { $_->end->{out} } @clients), "gpt-4o-mini\n" x 3,
    'nothing is lost when the ledger comes back');

$offset = -s $node->logfile;
my $locker = start_client($node, 'postgres',
    'BEGIN; LOCK TABLE llm_calls IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(120)');
$node->poll_query_until('postgres',
    "SELECT count(*) = 1 FROM pg_locks WHERE relation = 'llm_calls'::regclass AND granted");
my ($stays, $leaves) = start_clients(2, $node, 'postgres', $generate);
ok(poll_until(sub { ledger_failures($offset) >= 1 }, 60),
    'a lock on the ledger outlasts lock_timeout');
$leaves->cancel;
is($leaves->end(10)->{sqlstate}, '57014', 'a caller can leave while the ledger is locked');
is($stays->is_running, 1, 'the other waits');
$locker->terminate;
is($stays->end->{out}, "gpt-4o-mini\n", 'nothing is lost when the lock is gone');
is_quiet($node, 'postgres', $sim, 'and nothing is left');

my @calls = map { @{ $_ } } (
    read_calls($node, 'postgres'), read_calls($node, 'latin'),
    map { read_calls($node, $_, $schema_of{$_}) } qw(one two));
my %on_bill = map { $_->{attempt_id} => 1 } @{ read_bill($sim) };
is_deeply(bill_problems(read_bill($sim), [ grep { $on_bill{ $_->{call_id} } } @calls ]), [],
    'the bill is the sum of the ledgers');
stats_are_exact($node, $_, "$_: the roll-ups are the sum of the ledger", $schema_of{$_})
    foreach qw(postgres latin one two);
$node->stop;

# ---- Short of everything -------------------------------------------------------------------------
my $small = new_node('small', conf => <<'CONF');
max_worker_processes = 3
llm_workflow.max_waiting_requests = 1
llm_workflow.payload_memory = 1MB
llm_workflow.idle_timeout = 1h
llm_workflow.primary_model = 'wide'
llm_workflow.enable_fallback = off
llm_workflow.max_output_tokens = 1000000
CONF
my $small_sim = start_simulator($small);
$small->safe_psql('postgres', 'CREATE DATABASE second');
foreach my $database (qw(postgres second)) {
    create_extension($small, $database);
    create_sim_servers($small, $database, $small_sim);
    $small->safe_psql($database, <<'SQL');
INSERT INTO llm_models (name, server, remote_name) VALUES ('wide', 'sim_openai', 'gpt-4o-mini');
INSERT INTO llm_model_prices (model, effective_from, above_input_tokens, input_per_million,
    output_per_million) VALUES ('wide', '2020-01-01', 0, 0.15, 0.6);
SQL
}
is($small->safe_psql('postgres', $generate), 'wide',
    'one worker process is enough for one database');
$refused = psql_error($small, 'second', $generate);
is($refused->{sqlstate}, '55000',
    'max_worker_processes that leave no room are an error, no endless wait');
like($refused->{hint}, qr/max_worker_processes must leave room/, 'and the hint names the setting');
like(slurp_file($small->logfile), qr/Increase max_worker_processes/, 'and so does the log');

my $only = start_client($small, 'postgres',
    "SELECT generate_workflow('[[sim:hang_headers]] Alone')");
wait_for_in_flight($small_sim, 1);
$refused = psql_error($small, 'postgres', $generate);
is($refused->{sqlstate}, '53400', 'more requests than slots are an error');
like($refused->{hint}, qr/Increase llm_workflow.max_waiting_requests/,
    'and the hint names the setting');
$only->cancel;
$only->end;
is_quiet($small, 'postgres', $small_sim, 'the slot is free again');

$refused = psql_error($small, 'postgres', "SELECT generate_workflow(repeat('long ', 400000))");
is($refused->{sqlstate}, '53200', 'a prompt beyond the payload memory is an error');
like($refused->{hint}, qr/Increase llm_workflow.payload_memory/, 'and the hint names the setting');
is($small->safe_psql('postgres',
        "SELECT generate_workflow(repeat('long ', 120000)) ->> 'generator_used';\n" x 10),
    join("\n", ('wide') x 10), 'payload memory is given back');

my $huge = $small->basedir . '/huge.json';
append_to_file($huge, '{"text": "' . ('write ' x 250_000) . '"}');
$small->safe_psql('postgres',
    q(SELECT create_workflow_format('any', 'Answer.', '{"type": "object"}')));
my $huge_sim = start_simulator($small, reply_file => $huge);
create_sim_servers($small, 'postgres', $huge_sim, prefix => 'huge');
$small->safe_psql('postgres', "UPDATE llm_models SET server = 'huge_openai' WHERE name = 'wide'");
$refused = psql_error($small, 'postgres', "SELECT generate_workflow('A long answer', format => 'any')");
is($refused->{sqlstate}, '53200', 'a result beyond the payload memory is an error');
is($small->safe_psql('postgres', "SELECT status, length(document::text) > 1000000 "
            . "FROM workflow_requests WHERE prompt = 'A long answer'"),
    'succeeded|t', 'and its document is on record');

$small->safe_psql('postgres', "ALTER SYSTEM SET llm_workflow.idle_timeout = '100ms'");
$small->reload;
ok(poll_until(sub { worker_pid($small, 'postgres') eq '' }, 20), 'the first worker goes');
is($small->safe_psql('second', $generate), 'wide', 'its process serves another database');
$small->stop;

unlike(slurp_file($_->logfile), qr/PANIC|terminated by signal|trapped/, 'no process crashed')
    foreach $node, $small;
done_testing();
