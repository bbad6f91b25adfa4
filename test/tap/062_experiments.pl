# Experiments from the first request to the end: a candidate that fails is halted by itself and gets
# no further request, a better one is adopted and gets all of them, and the ledger has the arm that
# each request was really in.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Chaos qw(is_quiet);
use LlmWorkflow;
use Stats;
use Test::More;

my $node = new_node('experiments', conf => <<'CONF');
llm_workflow.primary_model = 'gpt-4o'
llm_workflow.fallback_models = ''
llm_workflow.max_retries = 0
llm_workflow.repair_attempts = 0
CONF
my $sim = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim, path => '/d/20');

sub query { return $node->safe_psql('postgres', @_) }

# So many requests of the category at once, of which every nth carries the fault for one provider.
# The control is asked in the shape of one provider and the candidate in that of the other.
sub ask {
    my ($requests, $category, $fault, $nth) = @_;
    return query(<<"SQL");
SELECT count(*) FILTER (WHERE NOT result ? 'error') FROM generate_workflows(
    (SELECT array_agg(CASE WHEN i % $nth = 0 THEN '[[$fault]] ' ELSE '' END || 'Sort letter ' || i)
     FROM generate_series(1, $requests) AS i),
    category => '$category')
SQL
}

# The requests of the category since the last call of this function, by arm and model.
my $seen = '-infinity';

sub arms {
    my ($category) = @_;
    my $arms = query(<<"SQL");
SELECT coalesce(r.arm, 'none'), c.model
FROM workflow_requests r JOIN llm_calls c USING (request_id)
WHERE r.category = '$category' AND r.submitted_at > '$seen'
GROUP BY 1, 2 ORDER BY 1, 2
SQL
    $seen = query('SELECT max(submitted_at) FROM workflow_requests');
    return $arms;
}

# ---- A bad candidate ------------------------------------------------------------------------------
query(q{SELECT create_experiment('bad', 'letters', NULL, 'gpt-4o', 'claude-sonnet-4')});
ask(100, 'letters', 'sim-anthropic:bad_type', 1);
is(arms('letters'), "candidate|claude-sonnet-4\ncontrol|gpt-4o", 'both arms ask their own model');
is(query(q{SELECT string_agg(arm || ' ' || (success_rate), ', ' ORDER BY arm)
           FROM experiment_results('bad')}),
    'candidate 0.00, control 100.00', 'the figures are those of the arms');
is(query(q{SELECT sum(requests) FROM experiment_results('bad')}), '100', 'and all are counted');
is(query(q{SELECT rule, subject, former FROM evaluate_workflow_rules()
           WHERE subject = 'bad' AND advice LIKE 'halted: claude-sonnet-4 has 0.00 % %'}),
    'experiments|bad|running', 'the guard halts it');
is(query(q{SELECT severity, details ->> 'candidate' FROM audit_logs
           WHERE action = 'EXPERIMENT_HALTED'}),
    'warning|0.00', 'and an event says so');
is(ask(20, 'letters', 'sim-anthropic:bad_type', 1), '20', 'after that no request fails');
is(arms('letters'), 'none|gpt-4o', 'as all go to the control');

# ---- A good candidate -----------------------------------------------------------------------------
query(q{SELECT create_experiment('good', 'letters', NULL, 'gpt-4o', 'claude-sonnet-4',
                                 minimum_sample => 60)});
my $looks = 0;
my $verdict = 'wait';
while ($verdict eq 'wait' && $looks < 10) {
    ask(100, 'letters', 'sim-openai:bad_type', 2);
    $verdict = query(q{SELECT verdict FROM experiment_verdict('good')});
    $looks++;
}
is($verdict, 'adopt', "the verdict is to adopt, after $looks looks");
is(arms('letters'), "candidate|claude-sonnet-4\ncontrol|gpt-4o", 'and both arms were asked');
is(query(q{SELECT count(*) FROM evaluate_workflow_rules() WHERE subject = 'good'}), '0',
    'the guard does not mind a control that is worse');
is(query(q{SELECT adopt_experiment('good')}), '1', 'it is adopted');
is(query(q{SELECT category, model FROM llm_routes WHERE NOT builtin}), 'letters|claude-sonnet-4',
    'the category has a route of its own');
is(ask(20, 'letters', 'sim-openai:bad_type', 1), '20', 'after that no request fails');
is(arms('letters'), 'none|claude-sonnet-4', 'as all go to the candidate');
ask(4, 'parcels', 'sim-anthropic:bad_type', 1);
is(arms('parcels'), 'none|gpt-4o', 'and other categories go where they went');

# ---- A job ----------------------------------------------------------------------------------------
# What was submitted to an arm stays in it when the experiment ends before the job runs.
query(q{SELECT create_experiment('late', 'parcels', NULL, 'gpt-4o', 'claude-sonnet-4', 0.999999)});
my $id = query(<<'SQL');
BEGIN;
SELECT submit_workflow('Sort the parcels', category => 'parcels');
SELECT stop_experiment('late');
COMMIT;
SQL
$id =~ s/\s+//g;
is(query("SELECT workflow_result('$id', '1 min') ->> 'generator_used'"), 'claude-sonnet-4',
    'a job keeps the model of its arm');
is(query("SELECT experiment, arm FROM workflow_requests WHERE request_id = '$id'"),
    'late|candidate', 'and the ledger its arm');

# ---- Dump and restore -----------------------------------------------------------------------------
my $dump = $node->basedir . '/experiments.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, $node->connstr('postgres') ], 'dumped');
$node->command_ok([ 'createdb', '-h', $node->host, '-p', $node->port, 'copy' ], 'another database');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('copy'), $dump ], 'restored');
my $figures = q{SELECT * FROM experiment_comparison('good')};
is($node->safe_psql('copy', $figures), query($figures), 'an experiment is what it was');

is_quiet($node, 'postgres', $sim, 'nothing is left behind');
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
done_testing();
