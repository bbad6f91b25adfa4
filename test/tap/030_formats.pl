# Formats end to end: those that ship, those that users make, their versions, the compact form and
# the explanation of human_debug; answers that must be mended, and documents that are refused.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use FaultMatrix;
use LlmWorkflow;
use Test::More;

my $node = new_node('formats', conf => "llm_workflow.retry_base_delay = '1ms'\n");
my $sim = start_simulator($node, keep_requests => 1);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim, server_options => "structured_output 'json_schema'");
create_ask($node, 'postgres');

my ($primary, $fallback) = qw(gpt-4o-mini claude-sonnet-4);

# Asks under a name and settings (without the prefix). The answer is that of outcomes().
sub ask_under {
    my ($name, $prompt, %settings) = @_;
    my %full = map { ("llm_workflow.$_" => $settings{$_}) } keys %settings;
    return ask($node, 'postgres', $name, $prompt, %full);
}

# The calls of a request, a line each.
sub calls_of {
    my ($seen) = @_;
    return [map { "$_->{purpose} $_->{model} $_->{outcome}" } @{ $seen->{calls} }];
}

sub query { return $node->safe_psql('postgres', @_) }

# ---- The formats that ship -----------------------------------------------------------------------
my $seen = ask_under('stages', 'We run a denim factory', format => 'stages');
is($seen->{state}, '00000', 'stages: a document') or diag($seen->{message});
is_deeply(calls_of($seen), ["primary $primary ok"], 'stages: in one call');
my $result = $seen->{result};
is("$result->{format} $seen->{request}{format} $seen->{request}{format_version}", 'stages stages 1',
    'stages: result and request name the format');
my @edges = sort map { my $to = $_->{id}; map { "$_ $to" } @{ $_->{depends_on} } }
    @{ $result->{stages} };
is(scalar @{ $result->{stages} }, 8, 'stages: none is lost');
is_deeply([sort map { "$_->{from} $_->{to}" } @{ $result->{limbo_zones} }],
    \@edges, 'stages: a limbo zone for each dependency');
is(scalar(grep { $_->{origin} ne 'declared' } @{ $result->{limbo_zones} }),
    0, 'stages: zones that the model wrote are not called derived');

$seen = ask_under('no zones', '[[sim:no_zones]] We run a denim factory', format => 'stages');
is($seen->{state}, '00000', 'stages without zones are no reason to refuse the document')
    or diag($seen->{message}, $seen->{detail});
is_deeply([sort map { "$_->{from} $_->{to} $_->{origin}" } @{ $seen->{result}{limbo_zones} }],
    [map { "$_ derived" } @edges], 'zones that the model left out are derived');
is(scalar(grep { !@{ $_->{payload} } } @{ $seen->{result}{limbo_zones} }),
    0, 'derived zones say what waits in them');
is($seen->{request}{document}{limbo_zones}[0]{origin}, 'derived', 'and so does the stored document');

my @dimensions = qw(problem_analysis current_state stakeholder_analysis scope_and_constraints
    requirements_breakdown data_and_integrations solution_options risk_assessment success_metrics
    implementation_plan);
$seen = ask_under('discovery', 'Look into our order desk', format => 'discovery');
is($seen->{state}, '00000', 'discovery: a document') or diag($seen->{message});
is(scalar(grep { $seen->{result}{$_}{summary} && @{ $seen->{result}{$_}{findings} } } @dimensions),
    10, 'discovery: all ten dimensions');
is(query("SELECT generate_workflow('Run it', format => 'stages') ? 'limbo_zones'"),
    't', 'the argument format goes before the setting');
is_deeply([map { $_->{body}{response_format}{json_schema}{name} } @{ read_requests($sim) }],
    [qw(stages stages discovery stages)], 'providers are told the name of the format');

# ---- Formats that users make ---------------------------------------------------------------------
# Asks for a format of one's own; the model says that text.
sub ask_own {
    my ($name, $format, $text, %settings) = @_;
    return ask_under($name, '[[sim:' . say($text) . ']] Write it', format => $format, %settings);
}

is(query(<<'SQL'), '1', 'a format of a schema alone is made');
SELECT create_workflow_format('note', 'Write a note.',
    '{"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}')
SQL
my $first = ask_own('note', 'note', '{"text": "Buy milk"}');
is($first->{result}{text}, 'Buy milk', 'a document of it comes back') or diag($first->{message});
is("$first->{request}{format} $first->{request}{format_version}",
    'note 1', 'the request says with which version it was made');
$seen = ask_own('no note', 'note', '{"text": 7}', repair_attempts => 0, enable_fallback => 'off');
is($seen->{state}, 'LW001', 'a document that breaks its schema is refused');
is_deeply($seen->{calls}[0]{validation_codes}, ['schema_type'], 'with the keyword that it breaks');

is(query(<<'SQL'), '2', 'a second version is made');
SELECT create_workflow_format('note', 'Write a signed note.',
    '{"type": "object", "required": ["text", "by"],
      "properties": {"text": {"type": "string"}, "by": {"type": "string"}}}')
SQL
$seen = ask_own('unsigned', 'note', '{"text": "Buy milk"}',
    repair_attempts => 0, enable_fallback => 'off');
is_deeply($seen->{calls}[0]{validation_codes}, ['schema_required'], 'new requests hold to it');
$seen = ask_own('signed', 'note', '{"text": "Buy milk", "by": "Ann"}');
is("$seen->{state} $seen->{request}{format_version}", '00000 2', 'and are marked with it');
is_deeply(outcomes($node, 'postgres')->{note}{request},
    $first->{request}, 'the request of the first version stays as it was');
my $system = read_requests($sim)->[-1]{body}{messages}[0]{content};
like($system, qr/\AWrite a signed note\./, 'the model is told the prompt of the new version');

query(<<'SQL');
SELECT create_workflow_format('recipe', 'Turn a wish into a recipe.',
    '{"type": "object", "required": ["moves"], "properties": {"moves": {"type": "array", "items": {
        "type": "object", "required": ["key", "what"], "properties": {"key": {"type": "string"},
        "what": {"type": "string"}, "after": {"type": "array", "items": {"type": "string"}}}}}}}',
    '{"kind": "steps", "items": "moves", "id": "key", "text": "what", "depends_on": "after"}')
SQL
my $pasta = '{"moves": [{"key": "boil", "what": "Boil water", "after": [%s]}, '
    . '{"key": "add", "what": "Add pasta", "after": ["boil"]}]}';
$seen = ask_own('recipe', 'recipe', sprintf($pasta, ''));
is($seen->{state}, '00000', 'rules: a document that keeps them') or diag($seen->{detail});
$seen = ask_own('endless', 'recipe', sprintf($pasta, '"add"'), repair_attempts => 0,
    enable_fallback => 'off');
is_deeply($seen->{calls}[0]{validation_codes}, ['E07'], 'rules: a cycle is found in its own fields');
like($seen->{message}, qr/E07/, 'rules: and named to the caller');

# ---- human_debug and the compact form ------------------------------------------------------------
$seen = ask_under('debug', 'Sort the mail', response_mode => 'human_debug');
is($seen->{state}, '00000', 'human_debug: a document') or diag($seen->{message});
like($seen->{result}{explanation}, qr/\w/, 'human_debug: with an explanation');
ok(!exists $seen->{request}{document}{explanation}, 'human_debug: which is no part of it');
my $plain = ask_under('machine', 'Sort the mail');
ok(!exists $plain->{result}{explanation}, 'machine: no explanation');
is_deeply($seen->{result}{pilot_steps}, $plain->{result}{pilot_steps}, 'and the same steps');

my @rows = (
    '["total","Add up the order","T",[]]',
    '["bill","Charge the card","A",["total"],"stripe",["sum"],["receipt"]]',
    '["mail","Mail the receipt","A",["bill"],null,["receipt"]]');
my @told = map { { id => $_->[0], operation => $_->[1], step_type => $_->[2], depends_on => $_->[3] } }
    [ 'total', 'Add up the order', 'transform', [] ],
    [ 'bill', 'Charge the card', 'api_call', ['total'] ],
    [ 'mail', 'Mail the receipt', 'api_call', ['bill'] ];

# Of the steps of a result, those keys.
sub steps_of {
    my ($seen) = @_;
    return [map { my $step = $_; my %some = map { $_ => $step->{$_} } keys %{ $told[0] }; \%some }
            @{ $seen->{result}{pilot_steps} }];
}

my $short = sprintf '{"p":[%s]}', join ',', @rows;
$seen = ask_own('compact', 'pilot', $short, compact => 'on');
is_deeply(steps_of($seen), \@told, 'compact: the full document comes back') or diag($seen->{message});
is_deeply($seen->{request}{document}{pilot_steps}, $seen->{result}{pilot_steps},
    'compact: and is stored');
is("$seen->{result}{pilot_steps}[1]{service} $seen->{result}{pilot_steps}[2]{inputs}[0]",
    'stripe receipt', 'compact: nothing is lost on the way');
is($seen->{calls}[0]{output_tokens}, int((length($short) + 3) / 4),
    'compact: paid for are the tokens of the short form');
like(read_requests($sim)->[-1]{body}{messages}[0]{content}, qr/A=api_call/,
    'compact: the model gets a legend');
$seen = ask_own('unknown code', 'pilot', $short =~ s/"T"/"Q"/r, compact => 'on',
    primary_model => 'gpt-4o', repair_attempts => 0, enable_fallback => 'off');
is_deeply($seen->{calls}[0]{validation_codes}, ['E03'], 'compact: an unknown code is refused');
is_deeply(steps_of(ask_own('in full', 'pilot', '{"pilot_steps":[' . join(',', map {
                sprintf '{"id":"%s","operation":"%s","step_type":"%s","depends_on":["%s"]}',
                    @$_{qw(id operation step_type)}, @{ $_->{depends_on} }
            } @told[1, 2]) =~ s/\["total"\]/[]/r . ']}', compact => 'pilot, stages')),
    [ { %{ $told[1] }, depends_on => [] }, $told[2] ], 'compact: an answer in full is as good');
my $cut = '{"p":[' . "$rows[0],$rows[1]," . '["mail","Mail';
$seen = ask_under('compact and cut', '[[sim:' . say($cut . ' ' x length $cut) . '@whole+length@whole+'
        . say("{\"p\":[$rows[2]]}") . '@rest]] Write it', compact => 'on');
is_deeply(steps_of($seen), \@told, 'compact: a cut answer is continued') or diag($seen->{message});
is(read_requests($sim)->[-1]{body}{messages}[2]{content} =~ /^\{"p":\[\["total"/, 1,
    'compact: what is there is shown in the short form');

# ---- What is mended ------------------------------------------------------------------------------
my %mends = (
    trailing_comma => ['trailing_comma'],
    single_quotes => ['single_quotes'],
    comments => ['comment'],
    python => ['python_literal'],
    fenced => [],
    prose => [],
    think => [],
    json_in_string => ['json_in_string'],
);
foreach my $fault (sort keys %mends) {
    $seen = ask_under($fault, "[[sim:$fault]] Sort the mail");
    is_deeply(calls_of($seen), ["primary $primary ok"], "$fault: one call is enough")
        or diag($seen->{message});
    is_deeply($seen->{calls}[0]{mends}, $mends{$fault}, "$fault: what was mended is on record");
    is_deeply([map { $_->{id} } @{ $seen->{result}{pilot_steps} }],
        [map { $_->{id} } @{ $plain->{result}{pilot_steps} }], "$fault: no step is lost");
}

# ---- What is refused -----------------------------------------------------------------------------
my %codes = (
    elided => ['document_not_found'],
    two_objects => ['document_not_found'],
    bad_steps => ['E02'],
    bad_type => ['E03'],
    missing_operation => ['E05'],
    dangling => ['E06'],
    cycle => ['E07'],
    bad_service => ['E11'],
    two_codes => [ 'E06', 'E02' ],
);
my %without_repair = ('llm_workflow.repair_attempts' => 0);
ask_all($node, 'postgres', 1, map { {
        name => $_,
        prompt => "[[sim-openai:$_]] Sort the mail",
        settings => \%without_repair,
        services => ['mailbox'],
    } } sort keys %codes);
my $all = outcomes($node, 'postgres');
foreach my $fault (sort keys %codes) {
    $seen = $all->{$fault};
    is_deeply(calls_of($seen), [ "primary $primary validation_failed", "fallback $fallback ok" ],
        "$fault: the fallback answers");
    is_deeply($seen->{calls}[0]{validation_codes}, $codes{$fault}, "$fault: its codes are on record");
    is($seen->{request}{fallback_reason}, 'validation_failed', "$fault: and the reason");
    is(query("SELECT details ->> 'detail' FROM audit_logs WHERE request_id = "
                . "'$seen->{request}{request_id}' AND action = 'WORKFLOW_GENERATION_FALLBACK'"),
        join(', ', @{ $codes{$fault} }), "$fault: the event tells them");
}

# The view: a row for each code, with the requests and the cost of the calls that had it.
my (%requests, %cost);
foreach my $fault (keys %codes) {
    foreach my $code (@{ $codes{$fault} }) {
        $requests{$code}++;
        $cost{$code} .= ' + ' . $all->{$fault}{calls}[0]{cost_usd};
    }
}
is(query(<<'SQL'), join("\n", map { "$_|$requests{$_}|$requests{$_}|0|$requests{$_}" } sort keys %requests),
SELECT code, calls, requests, repaired, fell_back FROM workflow_validation_failures
WHERE model = 'gpt-4o-mini' AND format = 'pilot' ORDER BY code COLLATE "C"
SQL
    'workflow_validation_failures counts requests by code');
is(query("SELECT count(*) FROM workflow_validation_failures WHERE cost_usd <> CASE code "
            . join(' ', map { "WHEN '$_' THEN 0$cost{$_}" } sort keys %cost)
            . " END AND model = '$primary' AND format = 'pilot'"),
    '0', 'and says what these calls cost');
is(query("SELECT count(*) FROM workflow_validation_failures WHERE meaning IS NULL"),
    '0', 'and what each code of ours means');
is_deeply(bill_problems($node, 'postgres', $sim), {}, 'the ledger is the bill');
is(simulator_stats($sim)->{unknown_faults}, 0, 'the faults of this test are known');

$node->stop;
done_testing();
