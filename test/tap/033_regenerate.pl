# regenerate_workflow(): the link to the parent, what the model is told, and who may.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Chaos;
use JSON::PP ();
use LlmWorkflow;
use Stats;
use Test::More;

my $node = new_node('regenerate', conf => "llm_workflow.retry_base_delay = '1ms'\n");
my $sim = start_simulator($node, keep_requests => 1);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);
$node->safe_psql('postgres', <<'SQL');
CREATE ROLE alice;
CREATE ROLE bob;
CREATE ROLE auditor;
GRANT EXECUTE ON FUNCTION generate_workflow, regenerate_workflow TO alice, bob, auditor;
GRANT USAGE ON FOREIGN SERVER sim_openai, sim_anthropic TO alice, bob, auditor;
GRANT SELECT ON workflow_requests TO auditor;
SQL

sub query { return $node->safe_psql('postgres', @_) }

# Generates as alice and returns the request's id.
sub generate {
    my ($prompt, $settings) = @_;
    return query("SET ROLE alice; $settings;"
            . "SELECT generate_workflow('$prompt', throw_on_error => false) ->> 'request_id'");
}

sub regenerate {
    my ($role, $id, $feedback) = @_;
    return JSON::PP::decode_json(
        query("SET ROLE $role; SELECT regenerate_workflow('$id', '$feedback')"));
}

# The error of regenerating, and that it reached nobody.
sub is_refused {
    my ($role, $id, $sqlstate, $name, $feedback) = @_;
    my $asked = @{ read_requests($sim) };
    my $feedback_sql = $feedback // 'Other, please';
    my $error = psql_error($node, 'postgres',
        "SET ROLE $role; SELECT regenerate_workflow('$id', '$feedback_sql')");
    is($error->{sqlstate}, $sqlstate, $name) or diag($error->{err});
    is(scalar @{ read_requests($sim) }, $asked, "$name: and asks no model");
    return $error;
}

# ---- What it does --------------------------------------------------------------------------------
my $parent = generate('Run the denim factory', "SET llm_workflow.format = 'stages'");
my $as_it_was = query("SELECT r FROM workflow_requests r WHERE request_id = '$parent'");
my $result = regenerate('alice', $parent, 'Split packing in two, please');
my $child = $result->{request_id};
isnt($child, $parent, 'it is a request of its own');
is($result->{format}, 'stages', 'of the format of its parent');
is(scalar @{ $result->{stages} }, 8, 'with a document of its own');
is(query("SELECT parent_request_id, prompt, format, role_name, status FROM workflow_requests "
            . "WHERE request_id = '$child'"),
    "$parent|Run the denim factory|stages|alice|succeeded", 'that says what it came of');
is(query("SELECT r FROM workflow_requests r WHERE request_id = '$parent'"),
    $as_it_was, 'its parent stays as it was');

my $told = read_requests($sim)->[-1]{body}{messages};
is(join(' ', map { $_->{role} } @$told), 'system user assistant user', 'the model is told');
like($told->[1]{content}, qr/\ARun the denim factory/, 'the description');
is_deeply([map { $_->{id} } @{ JSON::PP::decode_json($told->[2]{content})->{stages} }],
    [map { "stage_$_" } 1 .. 8], 'the document');
like($told->[3]{content}, qr/Split packing in two, please\z/, 'and what should be different');

my $grandchild = regenerate('alice', $child, 'And once more')->{request_id};
is(query("SELECT parent_request_id FROM workflow_requests WHERE request_id = '$grandchild'"),
    $child, 'what was regenerated can be regenerated');
is(query("SELECT count(*) FROM workflow_requests WHERE parent_request_id IS NOT NULL"),
    '2', 'only these have a parent');

my $failed = generate('[[sim:refusal@first=2]] Sort the mail', 'RESET llm_workflow.format');
is(query("SELECT status FROM workflow_requests WHERE request_id = '$failed'"),
    'failed', 'a request fails');
$result = regenerate('alice', $failed, 'Without personal data');
is(scalar @{ $result->{pilot_steps} }, 12, 'one that failed can be regenerated');
$told = read_requests($sim)->[-1]{body}{messages};
is(join(' ', map { $_->{role} } @$told), 'system user', 'the model is told no document then');
like($told->[1]{content}, qr/Sort the mail.*Without personal data/s, 'but all the rest');
is(query("SELECT regenerate_workflow('$parent', NULL) IS NULL"), 't', 'NULL gives NULL');

# ---- Who may, and when ---------------------------------------------------------------------------
like(is_refused('bob', $parent, '42501', "another role's request is not shown to a model")->{err},
    qr/Another role made it/, 'the error says why');
is(regenerate('auditor', $parent, 'In short')->{format}, 'stages',
    'who may read the requests may regenerate them');
query(q(INSERT INTO llm_workflow_roles VALUES ('somebody', 'auditor')));
is_refused('auditor', $parent, '42501', 'unless row security hides some from it');
query('DELETE FROM llm_workflow_roles');
query('REVOKE EXECUTE ON FUNCTION regenerate_workflow FROM bob');
is_refused('bob', $parent, '42501', 'EXECUTE can be taken away');

is_refused('alice', '0192f0c1-0000-7000-8000-000000000000', '42704', 'an id of no request');
is_refused('alice', 'a3bb189e-8bf9-4888-9912-ace4e6543002', '42704', 'an id of another kind');
is_refused('alice', $parent, '22023', 'feedback without a word', "\t ");
my $secret = generate('Nobody shall know', 'SET llm_workflow.store_prompts = off');
like(is_refused('alice', $secret, '55000', 'a prompt that was not stored')->{message},
    qr/prompt of request $secret was not stored/, 'is said to be the reason');

my $client = start_client($node, 'postgres',
    "SET ROLE alice; SELECT generate_workflow('[[sim:hang_headers]] Not yet')");
wait_for_in_flight($sim, 1);
is_refused('alice',
    query("SELECT request_id FROM workflow_requests WHERE status = 'running'"),
    '55000', 'a request that runs');
$client->cancel;
$client->end;

is_quiet($node, 'postgres', $sim, 'nothing is left');
is_accounted($node, 'postgres', $sim, 'the ledger is the bill');
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
$node->stop;
done_testing();
