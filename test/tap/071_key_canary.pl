# A key is nowhere but where it was put: not in logs of either format, statistics of statements, plans,
# errors, tables or dumps, and it goes to no other host. 012_providers.pl looks at how keys are used.
# Where PostgreSQL itself shows the key of a user mapping is held to here, as docs/privacy.md says it.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use FaultMatrix qw(start_capture);
use LlmWorkflow;
use PostgreSQL::Test::Utils;
use Test::More;

my %canary = map { $_ => "sk-canary-$_-8e2d5a90c3" } qw(mapping env file);
my $any = join '|', values %canary;
my $elsewhere = start_capture();

my $node = new_node('key_canary',
    preload => 'llm_workflow,pg_stat_statements',
    conf => <<'CONF',
log_statement = all
log_min_duration_statement = 0
log_error_verbosity = verbose
log_destination = 'stderr,csvlog'
logging_collector = on
log_directory = 'log'
log_connections = on
llm_workflow.fallback_models = ''
llm_workflow.retry_base_delay = 1
CONF
    env => {
        LLMW_TEST_KEY => $canary{env},
        OPENAI_API_KEY => '',
        (map { $_ => $elsewhere->{url} } qw(http_proxy https_proxy all_proxy)),
    });
my $sim = start_simulator($node);
create_extension($node, 'postgres');

# At debug3 and beyond a starting PostgreSQL logs its own environment, keys included.
$node->append_conf('postgresql.conf', "log_min_messages = debug5\n");
$node->reload;

sub query { return $node->safe_psql('postgres', @_) }

my $key_file = $node->basedir . '/key';
append_to_file($key_file, "$canary{file}\n");
chmod 0600, $key_file;
query('CREATE EXTENSION pg_stat_statements');
my %source = (
    mapping => '',
    env => ", api_key_env 'LLMW_TEST_KEY'",
    file => ", api_key_file '$key_file'");
foreach my $name (sort keys %source) {
    query(<<"SQL");
CREATE SERVER by_$name FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url '$sim->{url}/v1', adaptive 'false'$source{$name});
INSERT INTO llm_models (name, server) VALUES ('by_$name', 'by_$name');
INSERT INTO llm_model_prices (model, input_per_million, output_per_million) VALUES ('by_$name', 1, 2);
CREATE SERVER away_$name FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url '$sim->{url}/f/redirect:307/v1', adaptive 'false'$source{$name});
INSERT INTO llm_models (name, server) VALUES ('away_$name', 'away_$name');
INSERT INTO llm_model_prices (model, input_per_million, output_per_million) VALUES ('away_$name', 1, 2);
SQL
}
# As docs/providers.md advises: log_statement and the minimum duration are off for this one.
query("SET log_min_messages = panic; SET log_statement = none; SET log_min_duration_statement = -1;"
        . 'SET pg_stat_statements.track_utility = off;'
        . join ' ', map { "CREATE USER MAPPING FOR PUBLIC SERVER $_ OPTIONS (api_key '$canary{mapping}');" }
        qw(by_mapping away_mapping));

# ---- Use -----------------------------------------------------------------------------------------
my $shown = '';
foreach my $name (sort keys %source) {
    foreach my $fault (qw(delay:1 echo_key s500 reset not_json error_200)) {
        my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n"
            . "SET llm_workflow.primary_model = 'by_$name';"
            . "SELECT generate_workflow('[[sim:$fault]] Sort the mail')");
        $shown .= "$out\n$err\n";
    }
    my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n"
        . "SET llm_workflow.primary_model = 'away_$name'; SELECT generate_workflow('Sort the mail')");
    $shown .= "$out\n$err\n";
    is(query("SET llm_workflow.primary_model = 'by_$name'; "
            . "SELECT generate_workflow('Sort the mail') ->> 'generator_used'"),
        "by_$name", "$name: the key is used");
    $shown .= query("SET llm_workflow.primary_model = 'by_$name';"
            . "EXPLAIN (ANALYZE, VERBOSE, SETTINGS, BUFFERS) SELECT generate_workflow('Sort the mail');"
            . 'EXPLAIN (VERBOSE) SELECT * FROM llm_endpoint_status');
}
like($shown, qr/redirect_not_followed|redirect/, 'a redirect is an error');
unlike($shown, qr/$any/, 'no answer, no error and no plan shows a key');
is(scalar @{ $elsewhere->requests }, 0, 'no other host is asked');

# ---- Places --------------------------------------------------------------------------------------
my @relations = split /\n/, query(<<'SQL');
SELECT c.oid::regclass FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
SQL
cmp_ok(scalar @relations, '>', 60, 'tables, partitions and views are looked at');
my @with_key = grep { query("SELECT * FROM $_") =~ /$any/ } @relations;
is("@with_key", '', 'none holds a key');

my ($dump) = run_command([ 'pg_dump', '-d', $node->connstr('postgres') ]);
like($dump, qr/CREATE USER MAPPING/, 'a dump has the mappings of servers');
my $mapped = join '|', map { quotemeta } grep { $_ ne $canary{mapping} } values %canary;
unlike($dump, qr/$mapped/, 'but neither the key of the environment nor that of a file');
(my $without = $dump) =~ s/^CREATE USER MAPPING.*?;$//gms;
unlike($without, qr/$any/, 'and without its mappings no key at all');

my %place = (
    activity => query('SELECT * FROM pg_stat_activity'),
    settings => query('SELECT * FROM pg_settings; SELECT * FROM pg_file_settings'),
    statements => query('SELECT * FROM pg_stat_statements'),
    servers => query('SELECT * FROM pg_foreign_server'));
isnt($place{$_}, '', "$_ are looked at") foreach sort keys %place;
is(join(' ', grep { $place{$_} =~ /$any/ } sort keys %place), '', 'and hold no key');

# ---- What PostgreSQL itself shows of a mapping ---------------------------------------------------
query('CREATE ROLE nobody; CREATE ROLE reader; GRANT pg_read_all_data TO reader');
my $mappings = 'SELECT umoptions FROM pg_user_mapping';
isnt($node->psql('postgres', "SET ROLE nobody; $mappings"), 0, 'a role cannot read mappings');
unlike(query('SET ROLE nobody; SELECT * FROM pg_user_mappings'), qr/$any/, 'nor by the view');
like(query("SET ROLE reader; $mappings"), qr/$canary{mapping}/,
    'a member of pg_read_all_data can: use a file or the environment where there are any');

$node->stop('fast');
my $folder = $node->data_dir . '/log';
foreach my $format (qw(log csv)) {
    my $log = join '', map { slurp_file($_) } glob("$folder/*.$format");
    like($log, qr/DEBUG|debug/, "the $format is as talkative as it can be");
    # Reading the mapping, just now, is not logged with its result.
    my @lines = grep { /$any/ } split /\n/, $log;
    is(scalar @lines, 0, "and no line of it holds a key") or diag($lines[0]);
}
done_testing();
