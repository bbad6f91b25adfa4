# What settings and arguments do, what the result and the events hold, and what calls cost when
# prices change.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use FaultMatrix;
use JSON::PP qw(decode_json);
use LlmWorkflow;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_node('settings', conf => <<'CONF');
llm_workflow.retry_base_delay = '1ms'
llm_workflow.repair_attempts = 0
CONF
my $simulator = start_simulator($node);
my $capture = start_capture();
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $simulator);
create_ask($node, 'postgres');
$node->safe_psql('postgres', <<"SQL");
CREATE SERVER captured FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url '$capture->{url}/v1', requires_key 'false',
             structured_output 'json_schema');
INSERT INTO llm_models (name, server, max_output_tokens) VALUES ('captured', 'captured', 20000);
INSERT INTO llm_model_prices (model, input_per_million, output_per_million)
VALUES ('captured', 1, 2);
SQL

my $primary = 'llm_workflow.primary_model';
my $fallbacks = 'llm_workflow.fallback_models';
my $enable = 'llm_workflow.enable_fallback';
my $question = 'Process customer orders and send summary emails';

# SQLSTATE of the first error, or the output when there is none.
sub state_of {
    my ($sql) = @_;
    my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY sqlstate\n$sql");
    return $err =~ /ERROR:\s+(\w{5})/ ? $1 : $out;
}

sub hint_of {
    my ($sql) = @_;
    my ($status, $out, $err) = $node->psql('postgres', $sql);
    return $err =~ /HINT:\s+(.*)/ ? $1 : '';
}

sub models_of { my ($seen) = @_; return join ' ', map { $_->{model} } @{ $seen->{calls} } }

sub events_of {
    my ($request_id) = @_;
    my $lines = $node->safe_psql('postgres', 'SELECT to_jsonb(a) FROM audit_logs a '
            . "WHERE request_id = '$request_id' ORDER BY event_id");
    return [ map { decode_json($_) } split /\n/, $lines ];
}

# ---- The three settings of the owner -------------------------------------------------------------
my $default = ask($node, 'postgres', 'default', $question);
is(models_of($default), 'gpt-4o-mini', 'the cheap model goes first');
my $strong = ask($node, 'postgres', 'strong', $question, $primary => 'claude-sonnet-4');
is(models_of($strong), 'claude-sonnet-4',
    'primary_model: rollback to the strong model by one setting');
is($strong->{request}{fallback_reason}, undef, 'a fallback model that is primary is no fallback');

my $two = ask($node, 'postgres', 'two fallbacks', "[[sim-openai:bad_type]] $question",
    $fallbacks => 'gpt-4o, claude-sonnet-4');
is(models_of($two), 'gpt-4o-mini gpt-4o claude-sonnet-4',
    'fallback_models are asked in their order');
is_deeply([ map { $_->{purpose} } @{ $two->{calls} } ], [qw(primary fallback fallback)],
    'each of them is a fallback');
is($two->{request}{fallback_reason}, 'validation_failed',
    'fallback_reason is why the primary was left');
my @tokens = map { $_->{input_tokens} + $_->{output_tokens} } @{ $two->{calls} };
is_deeply(
    [ map { join ' ', @{ $_->{details} }{qw(primary_model fallback_model tokens_wasted)} }
            grep { $_->{action} eq 'WORKFLOW_GENERATION_FALLBACK' }
            @{ events_of($two->{request}{request_id}) } ],
    [ "gpt-4o-mini gpt-4o $tokens[0]", "gpt-4o claude-sonnet-4 $tokens[1]" ],
    'each step has its event, no tokens are wasted twice');
is(models_of(ask($node, 'postgres', 'other order', "[[sim-openai:s400]] $question",
        $fallbacks => ' claude-sonnet-4 ,gpt-4o')), 'gpt-4o-mini claude-sonnet-4',
    'the first fallback that answers is the last one asked; spaces do no harm');
is(models_of(ask($node, 'postgres', 'named twice', "[[sim:s400]] $question",
        $fallbacks => 'gpt-4o-mini, claude-sonnet-4, claude-sonnet-4')),
    'gpt-4o-mini claude-sonnet-4', 'a model named twice is not paid for twice');
my $empty = ask($node, 'postgres', 'no fallbacks', "[[sim:s400]] $question", $fallbacks => '');
is("$empty->{state} " . models_of($empty), 'LW002 gpt-4o-mini', 'fallback_models may be empty');

my $off = ask($node, 'postgres', 'fallback off', "[[sim-openai:bad_type]] $question",
    $enable => 'off');
is("$off->{state} " . models_of($off), 'LW001 gpt-4o-mini',
    'enable_fallback = off asks nobody else');
is($off->{request}{fallback_reason}, undef, 'it counts as no fallback');
is_deeply([ map { $_->{action} } @{ events_of($off->{request}{request_id}) } ],
    ['WORKFLOW_GENERATION_FAILED'], 'it has no event of a fallback');
like($off->{message}, qr/gpt-4o-mini: validation_failed/,
    'the error names the model and the reason');

# ---- Settings per role, database, transaction and function ---------------------------------------
my $generator = "generate_workflow('$question') ->> 'generator_used'";
$node->safe_psql('postgres', <<"SQL");
CREATE ROLE tenant SUPERUSER LOGIN;
ALTER ROLE tenant SET $primary = 'claude-sonnet-4';
CREATE FUNCTION by_rules() RETURNS text LANGUAGE sql SET $primary = 'builtin-draft'
    AS \$\$ SELECT $generator \$\$;
SQL
is($node->safe_psql('postgres', "SELECT $generator", extra_params => [ '-U', 'tenant' ]),
    'claude-sonnet-4', 'a role has a primary model of its own');
is($node->safe_psql('postgres', "BEGIN; SET LOCAL $primary = 'claude-sonnet-4'; SELECT $generator;"
            . "COMMIT; SELECT $generator"), "claude-sonnet-4\ngpt-4o-mini",
    'SET LOCAL ends with its transaction');
is($node->safe_psql('postgres', "SELECT by_rules(), $generator"), 'builtin-draft|gpt-4o-mini',
    'a function has settings of its own');

# ---- The model by rules as a last resort ---------------------------------------------------------
my $draft = ask($node, 'postgres', 'last resort', '[[sim:s400]] Send a mail to each customer',
    $fallbacks => 'claude-sonnet-4, builtin-draft');
is($draft->{state}, '00000', 'builtin-draft answers when nobody else does');
is($draft->{request}{generator_used}, 'builtin-draft', 'its document is said to be its own');
ok(scalar(grep { $_->{code} eq 'draft_by_rules' } @{ $draft->{result}{warnings} }),
    'nobody can take its document for one of a language model');
is($draft->{result}{cost_usd}, 0, 'it costs nothing');

# ---- What is sent --------------------------------------------------------------------------------
# The capturing server refuses each request, so the result is an error that does not matter here.
sub body_for {
    my ($settings, $arguments) = @_;
    $node->safe_psql('postgres', "SET $primary = 'captured'; SET $fallbacks = ''; $settings\n"
            . "SELECT generate_workflow('$question', throw_on_error => false $arguments)");
    return decode_json($capture->requests->[-1]{body});
}
is(body_for('', '')->{max_tokens}, 12000, 'max_output_tokens: default');
is(body_for('SET llm_workflow.max_output_tokens = 700;', '')->{max_tokens}, 700,
    'max_output_tokens: the setting is obeyed');
my $both = body_for('SET llm_workflow.max_output_tokens = 700;', ', max_output_tokens => 800');
is($both->{max_tokens}, 800, 'max_output_tokens: the argument goes before the setting');
is(body_for('', ', max_output_tokens => 30000')->{max_tokens}, 20000,
    "max_output_tokens: the model's own limit is not exceeded");

my $machine = body_for('', '');
my $debug = body_for("SET llm_workflow.response_mode = 'human_debug';", '');
my $overruled = body_for("SET llm_workflow.response_mode = 'human_debug';",
    ", response_mode => 'machine'");
sub explains { my ($body) = @_; return $body->{messages}[0]{content} =~ /explanation"/ ? 1 : 0 }
is_deeply([ map { explains($_) } $machine, $debug, $overruled ], [ 0, 1, 0 ],
    'response_mode: an explanation is asked for in human_debug only, the argument goes first');
ok($debug->{response_format}{json_schema}{schema}{properties}{explanation},
    'response_mode: the schema says the same');
like(body_for('', ", services => ARRAY['google-mail', 'a \"b\"']")->{messages}[-1]{content},
    qr/^\Q$question\E\n.*"google-mail".*"a \\"b\\""/s, 'services are named after the prompt');

# ---- Arguments -----------------------------------------------------------------------------------
my $before = $node->safe_psql('postgres', 'SELECT count(*) FROM workflow_requests');
my %refused = (
    "generate_workflow('')" => '22023',
    "generate_workflow(E' \\n\\t ')" => '22023',
    "generate_workflow('x', format => 'nonsense')" => '42704',
    "generate_workflow('x', response_mode => 'chatty')" => '22023',
    "generate_workflow('x', max_output_tokens => 0)" => '22023',
    "generate_workflow('x', max_output_tokens => -5)" => '22023',
    "generate_workflow('x', services => ARRAY['a', NULL])" => '22004',
    "generate_workflow('x', tags => '[]')" => '22023',
    "generate_workflow('x', tags => '\"text\"')" => '22023',
);
foreach my $call (sort keys %refused) {
    is(state_of("SELECT $call"), $refused{$call}, "$call is refused");
    is(state_of("SELECT " . ($call =~ s/\)$/, throw_on_error => false)/r)), $refused{$call},
        "$call is refused also when errors are not thrown");
}
like(hint_of("SELECT generate_workflow('x', format => 'nonsense')"),
    qr/workflow_formats/, 'format: the hint says where to look');
like(hint_of("SELECT generate_workflow('x', response_mode => 'chatty')"), qr/machine.*human_debug/,
    'response_mode: the hint lists what is valid');
is(state_of("SET llm_workflow.format = 'nonsense'; SELECT generate_workflow('x')"), '42704',
    'a format that does not exist is refused in the setting too');
is(state_of("SET llm_workflow.response_mode = 'chatty'"), '22023', 'response_mode: setting');
is(state_of("SET llm_workflow.request_timeout = 0"), '22023', 'request_timeout 0 is refused');
is(state_of("SET llm_workflow.primary_modell = 'x'"), '42602', 'a misspelt setting is refused');
is(state_of("SELECT generate_workflow(NULL) IS NULL"), 't', 'NULL in, NULL out');

is(state_of("SET $primary = 'nobody'; SELECT generate_workflow('x')"), '42704',
    'an unknown primary model is told before anything is sent');
is(state_of("SET $fallbacks = 'claude-sonnet-4, nobody'; SELECT generate_workflow('x')"), '42704',
    'an unknown fallback model is told before it is needed');
like(hint_of("SET $primary = 'nobody'; SELECT generate_workflow('x')"), qr/llm_models/,
    'an unknown model: the hint names the table');
$node->safe_psql('postgres', "UPDATE llm_models SET enabled = false WHERE name = 'gpt-4o'");
is(state_of("SET $primary = 'gpt-4o'; SELECT generate_workflow('x')"), '55000',
    'a disabled model is not asked');
$node->safe_psql('postgres', "UPDATE llm_models SET enabled = true WHERE name = 'gpt-4o'");
$node->safe_psql('postgres',
    "INSERT INTO llm_models (name, server) VALUES ('lost', 'no_such_server')");
is(state_of("SET $primary = 'lost'; SELECT generate_workflow('x')"), '42704',
    'a model whose server does not exist is told');
is($node->safe_psql('postgres', 'SELECT count(*) FROM workflow_requests'), $before,
    'nothing of that made a request');

is(state_of('SELECT generate_workflow(NULL, throw_on_error => NULL) IS NULL'), 't',
    'NULL for a default is no crash');
is(state_of("SELECT generate_workflow('$question', NULL, NULL, NULL, NULL, NULL, NULL, NULL) "
            . "->> 'validation_passed'"), 'true', 'NULL for each optional argument is its default');

# ---- What is stored ------------------------------------------------------------------------------
$node->safe_psql('postgres', "SELECT generate_workflow('$question', ARRAY['google-mail'], "
        . "agent => 'planner', tags => '{\"name\": \"stored\", \"cost_centre\": 7}')");
is($node->safe_psql('postgres', <<"SQL"), 't|{google-mail}|planner|7|pilot|t|succeeded|t|t',
SELECT prompt = '$question', services, agent, tags ->> 'cost_centre', format,
       prompt_sha256 = sha256('$question'), status, validation_passed, finished_at >= submitted_at
FROM workflow_requests WHERE tags ->> 'name' = 'stored'
SQL
    'what was asked is on record');
$node->safe_psql('postgres', "SET llm_workflow.store_prompts = off;"
        . "SELECT generate_workflow('A secret plan', tags => '{\"name\": \"not stored\"}')");
is($node->safe_psql('postgres', "SELECT prompt IS NULL, prompt_sha256 = sha256('A secret plan') "
            . "FROM workflow_requests WHERE tags ->> 'name' = 'not stored'"), 't|t',
    'store_prompts = off keeps the prompt out, its hash tells equal prompts');
is($node->safe_psql('postgres',
        "SELECT count(*) FROM audit_logs WHERE details::text LIKE '%secret plan%'"), 0,
    'nor is the prompt in an event');

# ---- The result ----------------------------------------------------------------------------------
my @keys = qw(cost_usd format generation_time_ms generator_used pilot_steps request_id tokens_used
    validation_passed warnings);
my $result = $default->{result};
is_deeply([ sort keys %$result ], \@keys, 'the result has these keys and no others');
is_deeply([ sort keys %{ $result->{tokens_used} } ], [qw(input output total)], 'tokens_used');
is($result->{tokens_used}{total}, $result->{tokens_used}{input} + $result->{tokens_used}{output},
    'total is the sum');
is($result->{request_id}, $default->{request}{request_id}, 'request_id leads to the ledger');
is("$result->{format} $result->{generator_used} $result->{validation_passed}",
    'pilot gpt-4o-mini 1', 'format, generator_used, validation_passed');
is(scalar @{ $result->{pilot_steps} }, 12, "the document's own keys stand beside them");
is_deeply($result->{pilot_steps}, $default->{request}{document}{pilot_steps},
    'the document is stored as it was returned');
cmp_ok($result->{generation_time_ms}, '>=', 0, 'generation_time_ms');
is_deeply([ sort keys %{ $two->{result} } ], [ sort @keys, 'fallback_reason' ],
    'fallback_reason is there when a fallback answered, and only then');

my $error = decode_json($node->safe_psql('postgres',
    "SELECT generate_workflow('[[sim:bad_type]] $question', throw_on_error => false)"));
is($error->{error}{code}, 'LW001', 'throw_on_error => false: the code');
like($error->{error}{message}, qr/validation_failed/, 'throw_on_error => false: the message');
ok(!$error->{validation_passed} && !exists $error->{pilot_steps}
        && !exists $error->{generator_used},
    'throw_on_error => false: nothing looks like a document');
cmp_ok($error->{cost_usd}, '>', 0, 'throw_on_error => false: what it cost is not hidden');
is($node->safe_psql('postgres', "SELECT status || ' ' || error_code FROM workflow_requests "
            . "WHERE request_id = '$error->{request_id}'"), 'failed LW001',
    'throw_on_error => false: the ledger says that it failed');

# ---- Events --------------------------------------------------------------------------------------
my ($generated) = @{ events_of($default->{request}{request_id}) };
is("$generated->{action} $generated->{severity} $generated->{compliance} $generated->{actor}",
    'WORKFLOW_GENERATED info SOC2 postgres', 'WORKFLOW_GENERATED: severity, compliance and actor');
is_deeply([ @{ $generated->{details} }{qw(generator_used steps_generated tokens_used)} ],
    [ 'gpt-4o-mini', 12, $result->{tokens_used}{total} ],
    'WORKFLOW_GENERATED: generator_used, steps_generated, tokens_used');
ok(exists $generated->{details}{cost_usd} && exists $generated->{details}{generation_time_ms},
    'WORKFLOW_GENERATED: cost_usd, generation_time_ms');
ok(!exists $generated->{details}{fallback_reason},
    'WORKFLOW_GENERATED: no fallback_reason without one');

my ($fallback, $after) = @{ events_of(ask($node, 'postgres', 'one fallback',
        "[[sim-openai:bad_type]] $question")->{request}{request_id}) };
my ($wasted) = map { $_->{input_tokens} + $_->{output_tokens} }
    @{ outcomes($node, 'postgres')->{'one fallback'}{calls} };
is("$fallback->{action} $fallback->{severity} $fallback->{compliance}",
    'WORKFLOW_GENERATION_FALLBACK warning SOC2',
    'WORKFLOW_GENERATION_FALLBACK: severity, compliance');
is_deeply($fallback->{details}, {
        primary_model => 'gpt-4o-mini',
        fallback_model => 'claude-sonnet-4',
        reason => 'validation_failed',
        detail => 'E03',
        tokens_wasted => $wasted,
    }, 'WORKFLOW_GENERATION_FALLBACK: details');
is($after->{details}{fallback_reason}, 'validation_failed',
    'WORKFLOW_GENERATED after a fallback says why');
my ($failed) = grep { $_->{action} eq 'WORKFLOW_GENERATION_FAILED' }
    @{ events_of($error->{request_id}) };
is("$failed->{severity} $failed->{details}{reason} $failed->{details}{error_code} "
        . $failed->{details}{primary_model}, 'error validation_failed LW001 gpt-4o-mini',
    'WORKFLOW_GENERATION_FAILED: details');

# ---- The owner's two monitoring queries, as they stand in the owner's document -------------------
# Nine requests succeed, one of them by a fallback; one fails.
$node->safe_psql('postgres', 'CREATE DATABASE monitored');
create_extension($node, 'monitored');
my $other_simulator = start_simulator($node);
create_sim_servers($node, 'monitored', $other_simulator);
create_ask($node, 'monitored');
ask_all($node, 'monitored', 4,
    (map { { name => "plain $_", prompt => $question } } 1 .. 8),
    { name => 'by the fallback', prompt => "[[sim-openai:no_steps]] $question" },
    { name => 'failed', prompt => "[[sim:no_steps]] $question" });
my $rate = $node->safe_psql('monitored', <<'SQL');
   SELECT
     COUNT(*) FILTER (WHERE details->>'fallback_reason' IS NOT NULL) * 100.0 / COUNT(*) as fallback_rate
   FROM audit_logs
   WHERE action = 'WORKFLOW_GENERATED'
   AND timestamp > NOW() - INTERVAL '7 days';
SQL
cmp_ok(abs($rate - 100 / 9), '<', 0.0001, 'Monitor Fallback Rate: one of nine');
my $savings = $node->safe_psql('monitored', <<'SQL');
   SELECT
     SUM((details->>'cost_usd')::decimal) as total_cost,
     COUNT(*) as total_workflows,
     details->>'generator_used' as generator
   FROM audit_logs
   WHERE action = 'WORKFLOW_GENERATED'
   GROUP BY generator;
SQL
my $sums = $node->safe_psql('monitored', <<'SQL');
SELECT sum(c.cost_usd), count(DISTINCT c.request_id), r.generator_used
FROM llm_calls c JOIN workflow_requests r USING (request_id)
WHERE r.status = 'succeeded' GROUP BY r.generator_used
SQL
is_deeply([ sort split /\n/, $savings ], [ sort split /\n/, $sums ],
    'Track Cost Savings: the sums of the calls, failed attempts included');
is($node->safe_psql('monitored', 'SELECT requests, generated_requests, failed_requests, '
            . 'fallback_requests, fallback_rate FROM workflow_fallback_rate'), '10|9|1|1|11.11',
    'the view agrees with that rate, and says how many failed');
is(models_of(outcomes($node, 'monitored')->{failed}), 'gpt-4o-mini claude-sonnet-4',
    'two databases do not meet');

# ---- Prices --------------------------------------------------------------------------------------
sub call_of { my ($seen) = @_; return $seen->{calls}[0] }
my $old = call_of($default);
$node->safe_psql('postgres', <<'SQL');
INSERT INTO llm_model_prices (model, effective_from, input_per_million, output_per_million)
VALUES ('gpt-4o-mini', now(), 1.5, 6), ('gpt-4o-mini', now() + interval '1 hour', 700, 700);
SQL
my $new = call_of(ask($node, 'postgres', 'new price', $question));
is($new->{input_tokens} . ' ' . $new->{output_tokens}, "$old->{input_tokens} $old->{output_tokens}",
    'the same question has the same tokens');
is($node->safe_psql('postgres', "SELECT $new->{cost_usd} = 10 * $old->{cost_usd}"), 't',
    'a new price row holds for new calls, and one of the future does not');
isnt($new->{price_effective_from}, $old->{price_effective_from}, 'the call names its price row');
is(call_of(outcomes($node, 'postgres')->{default})->{cost_usd}, $old->{cost_usd},
    'a new price row changes no old cost');

$node->safe_psql('postgres', <<'SQL');
INSERT INTO llm_models (name, server) VALUES ('unpriced', 'sim_openai'), ('tiered', 'sim_openai');
INSERT INTO llm_model_prices (model, above_input_tokens, input_per_million, output_per_million)
VALUES ('tiered', 0, 1, 1), ('tiered', 100, 3, 5), ('tiered', 1000000, 1000, 1000);
SQL
my $unpriced = ask($node, 'postgres', 'unpriced', "[[sim-openai:bad_type\@first=1#u]] $question",
    $primary => 'unpriced', $fallbacks => 'claude-sonnet-4');
is(call_of($unpriced)->{cost_source}, 'unknown_price', 'an unknown price is no price of 0');
is(call_of($unpriced)->{cost_usd}, undef, 'an unknown price: the cost of the call is NULL');
cmp_ok(call_of($unpriced)->{input_tokens}, '>', 0, 'an unknown price: tokens are counted');
is($unpriced->{request}{cost_usd}, undef, 'an unknown price: a part is not taken for the sum');
ok(exists $unpriced->{result}{cost_usd} && !defined $unpriced->{result}{cost_usd},
    'an unknown price: cost_usd of the result is null');
my $tiered = call_of(ask($node, 'postgres', 'tiered', $question, $primary => 'tiered'));
is($node->safe_psql('postgres', "SELECT $tiered->{cost_usd} = "
            . "($tiered->{input_tokens} * 3 + $tiered->{output_tokens} * 5) / 1000000.0"), 't',
    'the price of a tier holds for all tokens of the call');

# ---- The context window --------------------------------------------------------------------------
my $billed = @{ read_bill($simulator) };
my $long = 'word ' x 8000;
my $too_long = ask($node, 'postgres', 'too long', $long, $primary => 'gpt-4', $fallbacks => '');
is("$too_long->{state} " . scalar @{ $too_long->{calls} }, 'LW007 0',
    'a prompt that cannot fit is refused before any money is spent');
is(scalar @{ read_bill($simulator) }, $billed, 'nothing was sent');
my $bigger = ask($node, 'postgres', 'to the bigger one', $long, $primary => 'gpt-4');
is("$bigger->{request}{fallback_reason} " . models_of($bigger),
    'context_window_exceeded claude-sonnet-4', 'a model with a bigger window is asked instead');
$node->safe_psql('postgres',
    'INSERT INTO llm_models (name, server, context_window, deployment_limit) '
        . "VALUES ('deployed', 'sim_openai', 128000, 200)");
is(ask($node, 'postgres', 'deployed', $question, $primary => 'deployed', $fallbacks => '')->{state},
    'LW007', 'the limit of the deployment goes before the window of the model');

is_deeply(bill_problems($node, 'postgres', $simulator), {},
    'the ledger does not differ from the bill');
is_deeply(bill_problems($node, 'monitored', $other_simulator), {},
    'the ledger of another database does not differ from its bill');

done_testing();
