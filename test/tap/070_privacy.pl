# What is not to be kept is nowhere: with llm_workflow.store_prompts off no text of a prompt or an
# answer is in a dump, a log, pg_stat_activity or pg_stat_statements, and after an erasure neither.
# Prompts come from a table: what stands in a statement PostgreSQL itself shows and logs.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use FaultMatrix qw(start_session finish_session);
use LlmWorkflow;
use PostgreSQL::Test::Utils;
use Stats;
use Test::More;

my %canary = (prompt => 'CanaryOfThePrompt4b1d', answer => 'CanaryOfTheAnswer9c7e');
my $any = join '|', values %canary;

my $node = new_node('privacy',
    preload => 'llm_workflow,pg_stat_statements',
    conf => <<'CONF');
log_statement = all
log_min_duration_statement = 0
log_destination = 'stderr,csvlog'
logging_collector = on
log_directory = 'log'
log_min_messages = debug5
llm_workflow.primary_model = 'gpt-4o-mini'
llm_workflow.fallback_models = ''
llm_workflow.retry_base_delay = 1
llm_workflow.job_retry_delay = 1
CONF
my $sim = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

sub query { return $node->safe_psql('postgres', @_) }

query('CREATE EXTENSION pg_stat_statements; CREATE TABLE inbox (id int PRIMARY KEY, body text)');

# Puts a prompt with the canary into the inbox; the model answers by the faults.
my $letters = 0;

sub letter {
    my ($faults) = @_;
    my $id = ++$letters;
    query("COPY inbox FROM STDIN;\n$id\t[[sim:$faults]] Write to $canary{prompt} $id\n\\.\n");
    return "(SELECT body FROM inbox WHERE id = $id)";
}

my $step = qq({"id": "a", "operation": "Mail $canary{answer}", "step_type": "transform"});
my $good = say(qq({"pilot_steps": [$step]}));
my $explained = say(qq({"explanation": "As $canary{answer} said", "pilot_steps": [$step]}));
my $bad = say(qq({"pilot_steps": [{"id": "$canary{answer}", "operation": "x",)
        . qq( "step_type": "$canary{answer}", "$canary{answer}": 1}]}));
my $prose = say("I asked $canary{answer}, who does not know.");

# Everything in which a text may be found, without the inbox.
sub places {
    my ($dump) = run_command([ 'pg_dump', '-d', $node->connstr('postgres'), '-T', 'inbox' ]);
    my $folder = $node->data_dir;
    return (
        dump => $dump,
        log => join('', map { slurp_file($_) } glob("$folder/log/*.log")),
        csvlog => join('', map { slurp_file($_) } glob("$folder/log/*.csv")),
        activity => query('SELECT * FROM pg_stat_activity'),
        statements => query('SELECT query FROM pg_stat_statements'),
        notes => join('', map { slurp_file($_) } glob("$folder/llm_workflow/*")));
}

# The names of the places that hold a canary.
sub places_with {
    my ($pattern) = @_;
    my %text = places();
    return join ' ', grep { $text{$_} =~ /$pattern/ } sort keys %text;
}

# ---- Sessions ------------------------------------------------------------------------------------
my $off = 'SET llm_workflow.store_prompts = off;';

sub ask {
    my ($faults, $arguments, $settings) = @_;
    return query("$off " . ($settings // '')
            . 'SELECT generate_workflow(' . letter($faults)
            . ', throw_on_error => false' . ($arguments // '') . ')');
}

like(ask($good), qr/$canary{answer}/, 'the caller gets the document');
like(ask($explained, ", response_mode => 'human_debug'"), qr/As $canary{answer} said/,
    'and the explanation');
like(ask($bad), qr/"code": "LW001"/, 'a document with errors is no workflow');
like(ask($prose), qr/"code": "LW001"/, 'nor is prose');
like(ask("$bad\@first=1"), qr/pilot_steps/, 'a document is repaired');
like(ask($_), qr/"code": "LW00/, "$_: the request fails") foreach qw(s400 policy not_json truncated);
like(ask("$bad\@first=2", '', "SET llm_workflow.fallback_models = 'claude-sonnet-4';"),
    qr/"fallback_reason"/, 'a fallback answers');
is(query('SELECT count(prompt), count(document), count(explanation), count(error_message) '
            . 'FROM workflow_requests'),
    '0|0|0|0', 'no text of a request is kept');
is(query('SELECT count(error_message), count(*) > 10 FROM llm_calls'), '0|t', 'nor of a call');
is(query("SELECT count(*) FROM workflow_requests WHERE error_code = 'LW001'"), '2',
    'codes are');
cmp_ok(query('SELECT sum(cardinality(validation_codes)) FROM llm_calls'), '>', 2,
    'also those of validation');
is(query("SELECT count(*) FROM audit_logs WHERE details ?| '{error_message,detail}'"), '0',
    'and events have no message');

# While the provider thinks, the session and the worker show no more than the statement.
my $hanging = start_session($node, 'postgres', "$off\nSELECT generate_workflow("
        . letter('hang_headers') . ", throw_on_error => false);\n");
ok(poll_until(sub { query('SELECT count(*) FROM llm_call_intents') eq '1' }), 'a call is made');
is(places_with($any), '', 'nothing shows a text while a call is made');
query(q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%generate_workflow%'
        AND pid <> pg_backend_pid()});
ok(poll_until(sub { query('SELECT count(*) FROM llm_call_intents') eq '0' }), 'and it ends');
unlike(finish_session($hanging), qr/$canary{answer}/, 'with nothing to tell');

# The key stands for a request whose document nobody has.
my $kept = letter($good);
my $keyed = "$off SELECT generate_workflow($kept, idempotency_key => 'k') ->> 'generator_used'";
is(query($keyed), 'gpt-4o-mini', 'a request with a key');
my ($status, $out, $err) = $node->psql('postgres', $keyed);
like($err, qr/the document of request \S+ was not kept/, 'cannot be answered again');

# ---- Jobs ----------------------------------------------------------------------------------------
# A job is done when nobody waits: its prompt stays until then, its document until it is erased.
my $job = query("$off SELECT submit_workflow(" . letter("$bad\@first=1") . ", run_at => now() + interval '1 h')");
is(places_with($canary{prompt}), 'dump', 'a job has its prompt while it waits');
query("UPDATE workflow_jobs SET run_at = now(), state = 'queued'");
my $failed = query("$off SELECT submit_workflow(" . letter($bad) . ')');
ok(poll_until(sub { query("SELECT workflow_result('$job', '1 s') IS NOT NULL") eq 't' }), 'it runs');
like(query("SELECT workflow_result('$job')"), qr/pilot_steps/, 'and its document is there');
like(query("SELECT workflow_result('$failed', '1 min')"), qr/LW001/, 'another fails');
is(query("SELECT bool_or(c.error_message IS NOT NULL), bool_or(e.details ? 'error_message') "
            . "FROM llm_calls c JOIN audit_logs e USING (request_id) WHERE request_id = '$failed'"),
    'f|f', 'of which calls and events have no text');
my $document = query("$off SELECT submit_workflow(" . letter($good) . ')');
like(query("SELECT workflow_result('$document', '1 min')"), qr/$canary{answer}/, 'a third succeeds');
is(places_with($canary{prompt}), '', 'and no prompt is left');
is(places_with($any), 'dump', 'whose document is stored, for whoever comes for it');
query("SELECT erase_request('$_')") foreach $failed, $document;
is(places_with($any), '', 'until it is erased');

# ---- Erasing -------------------------------------------------------------------------------------
# The same texts with store_prompts on: they are found, or the search above is worth nothing.
query("COPY inbox FROM STDIN;\n0\t$canary{answer}\n\\.\n");
my $label = '(SELECT body FROM inbox WHERE id = 0)';
my $all = 'generate_workflow(' . letter($explained) . ", services => ARRAY[$label], "
    . "tags => jsonb_build_object('to', $label), response_mode => 'human_debug', cache_for => '1 d')";
my $first = query("SELECT $all ->> 'request_id'");
is(query("SELECT $all ->> 'cached'"), 'true', 'an equal request is answered from the first');
my $second = query("SELECT regenerate_workflow('$first', 'Shorter') ->> 'request_id'");
query("SELECT record_workflow_outcome('$second', false, (SELECT jsonb_build_object('said', body) "
        . 'FROM inbox ORDER BY id DESC LIMIT 1))');
query('SELECT generate_workflow(' . letter($bad) . ', throw_on_error => false)');
is(places_with($canary{prompt}), 'dump', 'with store_prompts on the prompt is stored');
is(places_with($canary{answer}), 'dump', 'and the answer');
my $figures = 'SELECT sum(input_tokens), sum(output_tokens), sum(cost_usd), count(*) FROM ';
my @before = map { query($figures . $_) } qw(workflow_requests llm_calls);
is(query("SELECT erase_request('$first')"), '3', 'a request is erased with what was made from it');
is(query('SELECT erase_requests_before(now()) > 0'), 't', 'and then all others');
is(places_with($any), '', 'and no text of them is left');
is_deeply([ map { query($figures . $_) } qw(workflow_requests llm_calls) ], \@before,
    'while the figures are');
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');

# ---- Dump and restore ----------------------------------------------------------------------------
query(<<'SQL');
CREATE ROLE users;
CREATE ROLE auditors;
CREATE ROLE admins;
CREATE ROLE alice LOGIN IN ROLE users;
CREATE ROLE olga LOGIN IN ROLE auditors;
SELECT grant_workflow_roles('users', 'auditors', 'admins');
GRANT USAGE ON FOREIGN SERVER sim_openai TO users;
CREATE DATABASE copy;
SQL
query("SET ROLE alice; SELECT generate_workflow('Sort the mail')");
my $file = $node->basedir . '/privacy.dump';
my @by_backup = ('pg_dump', '-d', $node->connstr('postgres'), '--role', 'backup');
query('CREATE ROLE backup; GRANT pg_read_all_data TO backup');
$node->command_fails_like(\@by_backup, qr/affected by row-level security policy/,
    'a role under policies gets no dump, rather than one that lacks rows');
query('ALTER ROLE backup BYPASSRLS');
$node->command_ok(\@by_backup, 'a role that is exempt gets one');
$node->command_ok([ 'pg_dump', '-Fc', '-f', $file, '-d', $node->connstr('postgres') ], 'pg_dump works');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('copy'), $file ],
    'policies are no obstacle to a restore');
my $state = <<'SQL';
SELECT polrelid::regclass, polname, polroles::regrole[], pg_get_expr(polqual, polrelid)
FROM pg_policy ORDER BY polrelid::regclass::text;
SELECT relname, relrowsecurity, ARRAY(SELECT unnest(relacl)::text ORDER BY 1) FROM pg_class
WHERE relname ~ '^(workflow_requests|llm_calls|audit_logs)' AND relkind IN ('r', 'p') ORDER BY 1;
SELECT tgrelid::regclass, tgname, tgenabled, tgargs FROM pg_trigger
WHERE tgname IN ('append_only', 'only_erased') ORDER BY tgrelid::regclass::text, 2;
SQL
is($node->safe_psql('copy', $state), query($state), 'and policies, rights and triggers are the same');
is($node->safe_psql('copy', "SET ROLE alice; SELECT count(*) FROM workflow_requests"), '1',
    'alice sees her own request in the copy');
is($node->safe_psql('copy', 'SET ROLE olga; SELECT count(*) FROM workflow_requests'),
    query('SELECT count(*) FROM workflow_requests'), 'the auditor sees all');
isnt($node->psql('copy', 'UPDATE llm_calls SET cost_usd = 0'), 0, 'and nobody changes anything');
is($node->safe_psql('copy', 'SELECT erase_requests_before(now())'), '1', 'but texts are erased');
done_testing();
