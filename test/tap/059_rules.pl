# Learned rules on their way to a model: the text of each active rule of the category once in a call
# and of no other, ids in what is said later, tokens that are counted before anything is sent, and
# a dump that holds rules and issues.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Chaos qw(psql_error is_quiet);
use LlmWorkflow;
use Stats;
use Test::More;

my $node = new_node('rules', conf => <<'CONF');
llm_workflow.primary_model = 'gpt-4o-mini'
llm_workflow.fallback_models = ''
llm_workflow.retry_base_delay = 1
CONF
my $sim = start_simulator($node, keep_requests => 1);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

sub query { return $node->safe_psql('postgres', @_) }

query(<<'SQL');
INSERT INTO llm_rules (rule, category, text, code, active) VALUES
    ('R10', 'invoices', 'Amounts are in EUR.', NULL, true),
    ('R2', 'invoices', 'Whoever pays does not approve.', NULL, true),
    ('R1', 'invoices', 'Use the four step types only.', 'E03', true),
    ('R3', 'invoices', 'Archive each invoice.', NULL, false),
    ('B1', 'bookings', 'Rooms are kept for an hour.', NULL, true);
INSERT INTO llm_agents (agent, category) VALUES ('clerk', 'invoices');
SQL
my $legend = "Keep to these rules:\nR1 Use the four step types only.\n"
    . "R2 Whoever pays does not approve.\nR10 Amounts are in EUR.\n";
my @texts = query('SELECT text FROM llm_rules ORDER BY rule') =~ /(.+)/g;
my $prompt = 'Pay the invoices of today';

# What the providers were asked since the last call of this function: {system, said}, each as one
# text, whatever the provider's shape.
my $seen = 0;

sub asked {
    my @requests = @{ read_requests($sim) };
    my @news = @requests[ $seen .. $#requests ];
    $seen = @requests;
    my @asked;
    foreach my $body (map { $_->{body} } @news) {
        my @messages = @{ $body->{messages} };
        my @system = grep { $_->{role} eq 'system' } @messages;
        my @said = grep { $_->{role} ne 'system' } @messages;
        push @asked,
            {
            system => $body->{system} // join('', map { $_->{content} } @system),
            said => join("\n", map { $_->{content} } @said),
            last => $messages[-1]{content},
            };
    }
    return @asked;
}

sub count_in {
    my ($text, $part) = @_;
    return scalar(() = $text =~ /\Q$part\E/g);
}

# How often a call has the text of each rule, in the order of their ids: B1 R1 R10 R2 R3.
sub texts_in {
    my ($call) = @_;
    my $whole = $call->{system} . $call->{said};
    return join ' ', map { count_in($whole, $_) } @texts;
}

sub generate {
    my ($arguments, $text) = @_;
    $text //= $prompt;
    return query("SELECT generate_workflow('$text', throw_on_error => false, $arguments) "
            . "->> 'request_id'");
}

sub end_of {
    my ($id) = @_;
    return query("SELECT concat_ws('|', status, error_code, category, rules) "
            . "FROM workflow_requests WHERE request_id = '$id'");
}

# ---- Which rules ---------------------------------------------------------------------------------
my $id = generate(q(category => 'invoices'));
is(end_of($id), 'succeeded|invoices|{R1,R2,R10}', 'the ledger says which rules it was told');
my ($call, @more) = asked();
is(scalar @more, 0, 'a document that is right takes one call');
is(texts_in($call), '0 1 1 1 0', 'the active rules of the category are told once, and no other');
is(substr($call->{system}, -length $legend), $legend,
    'as a legend at the end of what the format says');
my $before = substr($call->{system}, 0, -length $legend);
is($call->{said}, $prompt, 'and the prompt comes after it');

generate(q(agent => 'nobody'));
($call) = asked();
is(texts_in($call), '0 0 0 0 0', 'without a category none is told');
is($call->{system}, $before, 'and what the format says is the same beginning for all');
$id = generate(q(agent => 'clerk'));
is(texts_in((asked())[0]), '0 1 1 1 0', 'the category may be the agent\'s');
$id = generate(q(agent => 'clerk', category => 'bookings'));
is(end_of($id), 'succeeded|bookings|{B1}', 'the argument goes before it');
is(texts_in((asked())[0]), '1 0 0 0 0', 'and other rules are told then');

query("SELECT count(*) FROM generate_workflows('{$prompt,Pay them}', category => 'invoices')");
my @calls = asked();
is(join('|', map { texts_in($_) } @calls), '0 1 1 1 0|0 1 1 1 0', 'each of many requests is told');
query("SET llm_workflow.primary_model = 'claude-sonnet-4';"
        . "SELECT generate_workflow('$prompt', category => 'invoices')");
is(texts_in((asked())[0]), '0 1 1 1 0', 'a model of another vendor too');
query("SET llm_workflow.compact = on;"
        . "SELECT generate_workflow('$prompt', category => 'invoices', format => 'stages')");
($call) = asked();
is(count_in($call->{system}, $legend), 1, 'it stands behind the legend of the compact form');
like($call->{system}, qr/Write the object as .*\Q$legend\E\z/s, 'in the same message');

# ---- Later calls name rules by id ----------------------------------------------------------------
generate(q(category => 'invoices'), "[[sim:bad_type\@unless=repair]] $prompt");
@calls = asked();
is(scalar @calls, 2, 'a document with an error is repaired');
is(texts_in($calls[1]), '0 1 1 1 0', 'the repair has the texts once, in the legend');
is($calls[1]{system}, $calls[0]{system}, 'at the same place, for the provider\'s cache');
like($calls[1]{last}, qr/^E03 at \S+: R1$/m, 'and names the rule in place of the hint');
unlike($calls[1]{last}, qr/step types/, 'not its text');
generate(q(category => 'invoices'), "[[sim:dangling\@unless=repair]] $prompt");
like((asked())[1]{last}, qr/^E06 at \S+: \w.*\w/m, 'an error without a rule has its hint');
generate(q(category => 'invoices'), "[[sim:items:40]] $prompt in 40 steps");
@calls = asked();
cmp_ok(scalar @calls, '>', 2, 'a large document is asked for in parts');
is(scalar(grep { texts_in($_) eq '0 1 1 1 0' } @calls), scalar @calls, 'each part is told once');

# What was found wrong with a document goes to the model by the id of the rule that says it.
query("SELECT record_workflow_issue('$id', 'The guest waits', 'B1')");
query("SELECT record_workflow_issue('$id', 'In feet')");
query("SELECT regenerate_workflow('$id', 'Mend that')");
($call) = asked();
like($call->{last}, qr/^B1: The guest waits\nIn feet\n/m, 'issues are told, by id of their rule');
is(texts_in($call), '1 0 0 0 0', 'and the text of the rule is told once');
query("UPDATE llm_rules SET active = false WHERE rule = 'B1'");
query("SELECT regenerate_workflow('$id', 'Mend that')");
($call) = asked();
like($call->{last}, qr/^The guest waits\nIn feet\n/m, 'an id that nobody would know is left out');
query("UPDATE llm_rules SET active = true WHERE rule = 'B1'");

# ---- Changes -------------------------------------------------------------------------------------
my $session = $node->background_psql('postgres');
my $generate = "SELECT generate_workflow('$prompt', category => 'bookings') IS NOT NULL";
$session->query_safe($generate);
is(texts_in((asked())[0]), '1 0 0 0 0', 'a session knows the rules');
query("UPDATE llm_rules SET category = 'bookings' WHERE rule = 'R3'");
query("UPDATE llm_rules SET active = true WHERE rule = 'R3'");
$session->query_safe($generate);
is(texts_in((asked())[0]), '1 0 0 0 1', 'and hears of what another session changes');
$session->quit;

my $job = query(<<"SQL");
BEGIN;
SELECT submit_workflow('$prompt', category => 'bookings');
UPDATE llm_rules SET active = false WHERE rule = 'R3';
COMMIT;
SQL
query("SELECT workflow_result('$job', '1 min')");
is(texts_in((asked())[0]), '1 0 0 0 1', 'a job is told what were the rules when it was submitted');
is(end_of($job), 'succeeded|bookings|{B1,R3}', 'and the ledger says so');

my $cached = q(category => 'bookings', cache_for => '1 day');
generate($cached, 'Book a room');
generate($cached, 'Book a room');
is(scalar(asked()), 1, 'an equal request with the same rules is answered from the ledger');
query("UPDATE llm_rules SET text = 'Rooms are kept for a day.' WHERE rule = 'B1'");
generate($cached, 'Book a room');
like((asked())[0]{system}, qr/^B1 Rooms are kept for a day\.$/m, 'and with another rule it is not');

# ---- Tokens --------------------------------------------------------------------------------------
# The worst case of a call, as the error says that refuses it.
sub worst_case {
    my ($agent) = @_;
    my $error = psql_error($node, 'postgres', "SELECT generate_workflow('$prompt', agent => '$agent')");
    is($error->{sqlstate}, 'LW010', "the call of $agent is refused");
    return $error->{err} =~ /may take up to (\d+) tokens/ ? $1 : undef;
}
query(q{INSERT INTO llm_agents (agent, category, max_tokens) VALUES ('told', 'invoices', 1),
        ('untold', NULL, 1)});
is(worst_case('told') - worst_case('untold'),
    query(q{SELECT count_tokens(rule_legend('invoices'), 'gpt-4o-mini')}),
    'the legend counts before anything is sent, token by token');
is(scalar(asked()), 0, 'and nothing was sent');
is(query(<<'SQL'), 't', 'the ledger has what was sent as the input of each call');
SELECT bool_and(told.tokens > untold.tokens)
FROM (SELECT estimated_input_tokens AS tokens FROM llm_calls JOIN workflow_requests r USING (request_id)
      WHERE r.rules = '{R1,R2,R10}' AND attempt = 1 AND r.prompt = 'Pay the invoices of today'
        AND r.format = 'pilot') AS told,
     (SELECT estimated_input_tokens AS tokens FROM llm_calls JOIN workflow_requests r USING (request_id)
      WHERE r.agent = 'nobody') AS untold
SQL

# ---- Dumps ---------------------------------------------------------------------------------------
query('CREATE DATABASE copy');
my $dump = $node->basedir . '/rules.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('postgres') ], 'dumped');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('copy'), $dump ], 'restored');
foreach my $table (qw(llm_rules llm_issues rule_coverage)) {
    my $rows = "SELECT * FROM $table ORDER BY 1";
    isnt(query($rows), '', "$table has rows");
    is($node->safe_psql('copy', $rows), query($rows), "$table is the same in the copy");
}

is_quiet($node, 'postgres', $sim, 'nothing is left behind');
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
done_testing();
