# Providers: where keys come from and that they go nowhere else, who may spend, what is sent, and
# what of the environment is not obeyed.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use FaultMatrix;
use IO::Socket::INET;
use JSON::PP qw(decode_json);
use LlmWorkflow;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Stats;
use Test::More;

my %canary = map { $_ => "sk-canary-$_-4b1d9c7e2f" } qw(mapping env file);
my $capture = start_capture();
my $proxy = start_capture();

my $node = new_node('providers',
    conf => "log_error_verbosity = verbose\nlog_statement = all\n"
        . "llm_workflow.retry_base_delay = '1ms'\n",
    env => {
        LLMW_TEST_KEY => $canary{env},
        (map { $_ => $proxy->{url} } qw(http_proxy HTTP_PROXY https_proxy all_proxy ALL_PROXY)),
        no_proxy => '',
        NO_PROXY => '',
        OPENAI_API_KEY => '',
        ANTHROPIC_API_KEY => '',
    });
my $simulator = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $simulator);
create_ask($node, 'postgres');

# Only now: at debug3 and beyond a starting PostgreSQL logs its own environment, keys included.
$node->append_conf('postgresql.conf', "log_min_messages = debug5\n");
$node->reload;

my $primary = 'llm_workflow.primary_model';
my $fallbacks = 'llm_workflow.fallback_models';

# Statements with a key are kept out of the log, as the documentation advises.
sub run_unlogged {
    my ($sql) = @_;
    $node->safe_psql('postgres', "SET log_min_messages = panic; SET log_statement = none; $sql");
    return;
}

# A server at a URL with one model of its own, which has the server's name.
sub create_server {
    my ($name, $url, $options, $model_columns, $model_values) = @_;
    my $columns = $model_columns ? ", $model_columns" : '';
    my $values = $model_values ? ", $model_values" : '';
    $node->safe_psql('postgres', <<"SQL");
CREATE SERVER $name FOREIGN DATA WRAPPER llm_provider
    OPTIONS (base_url '$url', adaptive 'false', $options);
INSERT INTO llm_models (name, server$columns) VALUES ('$name', '$name'$values);
INSERT INTO llm_model_prices (model, input_per_million, output_per_million) VALUES ('$name', 1, 2);
SQL
    return;
}

# Asks one model and nobody else; as a role if one is given. Returns what came of it.
my $asked = 0;
sub ask_model {
    my ($model, %options) = @_;
    my $name = 'ask ' . ++$asked;
    my $prompt = $options{prompt} // 'Sort the mail';
    my $as = $options{role} ? "SET ROLE $options{role};" : '';
    $node->psql('postgres', <<"SQL");
SET $primary = '$model';
SET $fallbacks = '';
$as
SELECT ask('$name', '$prompt', '{}');
SQL
    return outcomes($node, 'postgres')->{$name};
}

# The request that the capturing server gets when the model is asked.
sub captured {
    my ($model, %options) = @_;
    my $before = @{ $capture->requests };
    my $seen = ask_model($model, %options);
    my @new = @{ $capture->requests };
    is(scalar @new, $before + 1, "$model: one request arrives") or diag(explain($seen));
    my $request = $new[-1];
    $request->{json} = decode_json($request->{body});
    $request->{seen} = $seen;
    return $request;
}

# ---- Where the key comes from --------------------------------------------------------------------
my $key_file = PostgreSQL::Test::Utils::tempdir() . '/key';
append_to_file($key_file, "$canary{file}\n");
my $url = "$capture->{url}/v1";
create_server('by_mapping', $url, "protocol 'openai', api_key_env 'LLMW_TEST_KEY'");
create_server('by_env', $url, "protocol 'openai', api_key_env 'LLMW_TEST_KEY'");
create_server('by_file', $url, "protocol 'anthropic', api_key_file '$key_file'");
create_server('without_key', $url, "protocol 'openai', requires_key 'false'");
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE alice;
CREATE ROLE bob;
CREATE ROLE carol;
GRANT EXECUTE ON FUNCTION generate_workflow TO alice, bob;
GRANT USAGE ON FOREIGN SERVER by_mapping, sim_openai TO alice, bob;
GRANT INSERT ON asked TO alice, bob, carol;
SQL
run_unlogged("CREATE USER MAPPING FOR alice SERVER by_mapping OPTIONS (api_key '$canary{mapping}');"
        . "CREATE USER MAPPING FOR PUBLIC SERVER by_mapping OPTIONS (api_key 'key-of-public');");

like(captured('by_mapping', role => 'alice')->{head},
    qr/^authorization: Bearer $canary{mapping}\r/mi,
    "a role's own mapping is not passed over for that of PUBLIC");
like(captured('by_mapping', role => 'bob')->{head}, qr/^authorization: Bearer key-of-public\r/mi,
    "a role never spends with the key of another role's mapping");
like(captured('by_env')->{head}, qr/^authorization: Bearer $canary{env}\r/mi,
    'the key in the environment of the server is found');
like(captured('by_file')->{head}, qr/^x-api-key: $canary{file}\r/mi,
    'the line break at the end of a key file is not sent');
unlike(captured('without_key')->{head}, qr/^(authorization|x-api-key):/mi,
    'a server that needs no key gets no empty header');

run_unlogged("ALTER USER MAPPING FOR PUBLIC SERVER by_mapping OPTIONS (SET api_key 'key-changed')");
like(captured('by_mapping', role => 'bob')->{head}, qr/Bearer key-changed\r/,
    'a changed mapping needs no restart of the worker');
unlink $key_file;
append_to_file($key_file, "second-$canary{file}");
like(captured('by_file')->{head}, qr/^x-api-key: second-$canary{file}\r/mi,
    'a changed key file needs no restart of the worker');

# ---- No key --------------------------------------------------------------------------------------
create_server('no_variable', $url, "protocol 'openai', api_key_env 'LLMW_NOT_SET'");
create_server('no_file', $url, "protocol 'openai', api_key_file '/nonexistent/key'");
create_server('no_option', $url, "protocol 'openai'");
my $none_arrived = @{ $capture->requests };
foreach my $model (qw(no_variable no_file no_option)) {
    my $alone = ask_model($model);
    is($alone->{state}, 'LW009', "$model: a missing key has an SQLSTATE of its own");
    like($alone->{hint} // '', qr/key/, "$model: the hint says what to do");
    my $replaced = ask($node, 'postgres', "$model with a fallback", 'Sort the mail',
        $primary => $model, $fallbacks => 'gpt-4o-mini');
    is($replaced->{state}, '00000',
        "$model: a missing key does not keep the fallback from answering")
        or diag($replaced->{message});
    is($replaced->{request}{fallback_reason}, 'credentials_missing', "$model: fallback_reason");
    is(scalar @{ $replaced->{calls} }, 1, "$model: what was not called is no call");
    my $behind = ask($node, 'postgres', "$model as a fallback", 'Sort the mail',
        $primary => 'gpt-4o-mini', $fallbacks => $model);
    is($behind->{state}, '00000', "$model: a missing key of a fallback does not stop the primary")
        or diag($behind->{message});
}
is(scalar @{ $capture->requests }, $none_arrived, 'nothing is sent without a key');

# ---- Who may spend -------------------------------------------------------------------------------
sub state_of {
    my ($sql) = @_;
    my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY sqlstate\n$sql");
    return $err =~ /ERROR:\s+(\w{5})/ ? $1 : $out;
}
my $requests = $node->safe_psql('postgres', 'SELECT count(*) FROM workflow_requests');
is(state_of("SET $primary = 'gpt-4o-mini'; SET ROLE carol; SELECT generate_workflow('x')"), '42501',
    'a role without EXECUTE cannot spend');
is(state_of("SET $primary = 'by_env'; SET ROLE bob; SELECT generate_workflow('x')"), '42501',
    'a role without USAGE on the server of its primary model cannot spend, not even elsewhere');
is($node->safe_psql('postgres', 'SELECT count(*) FROM workflow_requests'), $requests,
    'what was refused leaves no request');
my $as_bob = <<"SQL";
SET $primary = 'gpt-4o-mini';
SET $fallbacks = 'claude-sonnet-4, by_mapping';
SET ROLE bob;
SELECT ask('not allowed', '[[sim-openai:s400]] Sort the mail', '{}');
SQL
$node->psql('postgres', $as_bob);
my $skipped = outcomes($node, 'postgres')->{'not allowed'};
is(join(' ', map { $_->{model} } @{ $skipped->{calls} }), 'gpt-4o-mini by_mapping',
    'a fallback whose server the role may not use is left out, the next one is asked');
like($skipped->{detail}, qr/permission denied for foreign server "sim_anthropic"/,
    'the error says which model was left out and why');
$node->safe_psql('postgres', <<"SQL");
CREATE FUNCTION for_carol() RETURNS text LANGUAGE sql SECURITY DEFINER SET $primary = 'gpt-4o-mini'
    AS \$\$ SELECT generate_workflow('Sort the mail') ->> 'generator_used' \$\$;
SQL
is(state_of('SET ROLE carol; SELECT for_carol()'), 'gpt-4o-mini',
    'a function of an owner who may spend can be granted instead of the provider');
unlike($node->safe_psql('postgres', 'SET ROLE bob; SELECT * FROM pg_user_mappings'),
    qr/$canary{mapping}/, "a role cannot read another's key");

# ---- What is sent --------------------------------------------------------------------------------
my $plain = captured('without_key', prompt => 'Sort the mail and [[nothing]] else');
like($plain->{head}, qr{^POST /v1/chat/completions HTTP/1\.1\r},
    'the path is that of the protocol');
like($plain->{head}, qr/^content-type: application\/json\r/mi, 'the body is said to be JSON');
my ($sent_id) = $plain->{head} =~ /^x-client-request-id: (\S+)\r/mi;
is($sent_id, $plain->{seen}{calls}[0]{call_id}, "the provider's records can be joined to ours");
unlike($plain->{head}, qr/^(expect|cookie|accept-encoding):/mi,
    'no header of libcurl or of the environment changes the exchange');
is($plain->{json}{messages}[-1]{content}, 'Sort the mail and [[nothing]] else',
    'the prompt arrives as it was written');
is($plain->{json}{max_tokens}, 12000, 'the default limit of output tokens is sent');
ok(!exists $plain->{json}{response_format},
    'a server without structured output is not asked for it');

create_server('with_schema', $url,
    "protocol 'openai', requires_key 'false', structured_output 'json_schema'",
    'remote_name, max_output_tokens', "'the-remote-name', 4096");
my $schema = captured('with_schema')->{json};
is($schema->{response_format}{type}, 'json_schema', 'json_schema is asked for');
ok($schema->{response_format}{json_schema}{strict}, 'the schema is to be kept strictly');
is_deeply($schema->{response_format}{json_schema}{schema}{required}, ['pilot_steps'],
    'the schema is that of the format');
is($schema->{model}, 'the-remote-name', "the provider's own name of the model is sent");
is($schema->{max_tokens}, 4096, "the model's own limit of output tokens is not exceeded");

create_server('with_object', $url,
    "protocol 'openai', requires_key 'false', structured_output 'json_object'");
is_deeply(captured('with_object')->{json}{response_format}, { type => 'json_object' },
    'json_object is asked for without a schema');
create_server('anthropic_schema', $url,
    "protocol 'anthropic', requires_key 'false', structured_output 'json_schema'");
my $claude = captured('anthropic_schema');
like($claude->{head}, qr{^POST /v1/messages HTTP/1\.1\r}, 'anthropic: path');
like($claude->{head}, qr/^anthropic-version: \d{4}-\d\d-\d\d\r/mi, 'anthropic: version');
is($claude->{json}{output_config}{format}{type}, 'json_schema',
    'anthropic: the schema is asked for');
create_server('anthropic_object', $url,
    "protocol 'anthropic', requires_key 'false', structured_output 'json_object'");
ok(!exists captured('anthropic_object')->{json}{output_config},
    'anthropic: a protocol without json_object is not asked for it');

create_server('model_without', $url,
    "protocol 'openai', requires_key 'false', structured_output 'json_schema'",
    'structured_output', "'none'");
ok(!exists captured('model_without')->{json}{response_format},
    'a model that cannot do what its server can is not asked for it');
create_server('model_object', $url,
    "protocol 'openai', requires_key 'false', structured_output 'json_schema'",
    'structured_output', "'json_object'");
is(captured('model_object')->{json}{response_format}{type}, 'json_object',
    "the model's structured output goes before the server's");

# ---- Where nothing is sent -----------------------------------------------------------------------
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "listen: $@";
my $closed_port = $listener->sockport;
close $listener;
create_server('closed', "http://127.0.0.1:$closed_port/v1",
    "protocol 'openai', requires_key 'false'");
my $closed = ask_model('closed');
is("$closed->{state} " . join(' ', map { "$_->{purpose} $_->{error_code} $_->{cost_source}" }
        @{ $closed->{calls} }), 'LW002 primary connection_refused unbilled '
        . 'retry connection_refused unbilled retry connection_refused unbilled',
    'a provider that is down is asked again and costs nothing');
create_server('metadata', 'http://169.254.169.254/v1',
    "protocol 'openai', requires_key 'false', allow_http 'true'");
my $metadata = ask_model('metadata');
is("$metadata->{state} " . join(' ', map { "$_->{error_code} $_->{cost_source}" }
        @{ $metadata->{calls} }), 'LW002 address_refused unbilled',
    "a cloud's metadata service is never connected to");

create_server('redirecting', "$simulator->{url}/f/redirect:307/v1",
    "protocol 'openai', requires_key 'true', api_key_env 'LLMW_TEST_KEY'");
my $redirected = ask_model('redirecting');
is($redirected->{calls}[0]{error_code}, 'redirect_not_followed', 'a redirect is an error');
is(simulator_stats($simulator)->{redirects_followed}, 0,
    'a redirect does not carry the key elsewhere');
is(scalar @{ $proxy->requests }, 0, 'no proxy of the environment is used');

# ---- max_concurrency -----------------------------------------------------------------------------
my $narrow = start_simulator($node, no_auth => 1, delay_ms => 30);
create_server('narrow', "$narrow->{url}/v1",
    "protocol 'openai', requires_key 'false', max_concurrency '2'");
ask_all($node, 'postgres', 8, map { {
    name => "narrow $_",
    prompt => $_ % 3 == 0 ? '[[sim:s500@first=1#' . $_ . ']] Sort the mail' : 'Sort the mail',
    settings => { $primary => 'narrow', $fallbacks => '' },
} } 1 .. 24);
my $seen = outcomes($node, 'postgres');
is(scalar(grep { $seen->{"narrow $_"}{state} eq '00000' } 1 .. 24), 24,
    'requests that had to wait for a place are answered all the same');
my $peak = simulator_stats($narrow)->{peak_in_flight};
cmp_ok($peak, '<=', 2, 'max_concurrency is not exceeded');
is($peak, 2, 'max_concurrency is made use of');

# ---- The key is nowhere --------------------------------------------------------------------------
# The canaries go through every kind of end, also one that repeats them.
foreach my $server (qw(canary_mapping canary_env canary_file)) {
    my %options = (
        canary_mapping => "protocol 'openai'",
        canary_env => "protocol 'openai', api_key_env 'LLMW_TEST_KEY'",
        canary_file => "protocol 'anthropic', api_key_file '$key_file'",
    );
    create_server($server, "$simulator->{url}/v1", $options{$server});
}
run_unlogged('CREATE USER MAPPING FOR PUBLIC SERVER canary_mapping '
        . "OPTIONS (api_key '$canary{mapping}')");
my @secrets = (values %canary);
my $secret = join '|', map { quotemeta } @secrets;
my $shown = '';
foreach my $server (qw(canary_mapping canary_env canary_file)) {
    foreach my $fault (qw(delay:1 echo_key s500 policy reset truncated not_json content_type
        bad_steps error_200 header_flood)) {
        my ($status, $out, $err) = $node->psql('postgres', "\\set VERBOSITY verbose\n"
            . "SET $primary = '$server'; SET $fallbacks = '';"
            . "SELECT generate_workflow('[[sim:$fault]] Sort the mail')");
        $shown .= "$out\n$err\n";
    }
    my ($status, $out, $err) = $node->psql('postgres',
        "SET $primary = '$server'; SET $fallbacks = '';"
            . "SELECT generate_workflow('[[sim:echo_key]] Sort', throw_on_error => false)");
    $shown .= "$out\n$err\n";
}
unlike($shown, qr/$secret/, 'no answer and no error shows a key');
like($shown, qr/Incorrect API key provided/, 'what the provider said besides the key is shown');

# While a call hangs, its backend and the worker are looked at.
my $hanging = start_session($node, 'postgres', "SET $primary = 'canary_mapping';"
        . "SET $fallbacks = ''; SET llm_workflow.request_timeout = '60s';\n"
        . "SELECT generate_workflow('[[sim:hang_headers]] Sort the mail');\n");
ok(poll_until(sub { $node->safe_psql('postgres', 'SELECT count(*) FROM llm_call_intents') eq '1' }),
    'a call is on the wire');
my $activity = $node->safe_psql('postgres',
    'SELECT * FROM pg_stat_activity; SELECT * FROM pg_settings');
like($activity, qr/llm_workflow worker/, 'the worker is seen');
unlike($activity, qr/$secret/, 'no activity and no setting shows a key');
my $worker = worker_pid($node, 'postgres');
unlike(slurp_file("/proc/$worker/cmdline"), qr/$secret/,
    'the command line of the worker shows no key');
$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity "
        . "WHERE query LIKE '%hang_headers%' AND pid <> pg_backend_pid()");
unlike(finish_session($hanging), qr/$secret/, 'a cancelled call shows no key');

my @tables = split /\n/, $node->safe_psql('postgres',
    "SELECT format('%I', relname) FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        . "AND relkind IN ('r', 'p', 'v', 'm')");
ok(scalar(grep { /^llm_calls_y/ } @tables), 'the partitions are looked at too');
foreach my $table (@tables) {
    unlike($node->safe_psql('postgres', "SELECT * FROM $table"), qr/$secret/,
        "table $table holds no key");
}
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
$node->stop('fast');
my $log = slurp_file($node->logfile);
like($log, qr/DEBUG:/, 'the log is as talkative as it can be');
my @leaks = grep { /$secret/ } split /\n/, $log;
is(scalar @leaks, 0, 'no line of the log holds a key') or diag(join "\n", @leaks[0 .. 2]);

done_testing();
