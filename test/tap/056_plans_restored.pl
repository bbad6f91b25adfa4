# A dump holds agents, plans and what was applied, in an order in which they can be restored: an
# agent with a model and a format of the user's own, and a plan that is reverted in the copy.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use LlmWorkflow;
use Test::More;

my $node = new_node('plans_restored');
$node->safe_psql('postgres', 'CREATE DATABASE home');
$node->safe_psql('postgres', 'CREATE DATABASE copy');
create_extension($node, 'home');
$node->safe_psql('home', <<'SQL');
INSERT INTO llm_models (name, server) VALUES ('zz model', 'local');
SELECT create_workflow_format('zz_format', 'p', '{"type": "object"}');
INSERT INTO llm_agents (agent, model, fallback_models, format, max_tokens)
VALUES ('aa', 'zz model', '{zz model,gpt-4o}', 'zz_format', 1);
INSERT INTO llm_plans (plan) VALUES ('higher');
INSERT INTO llm_plan_agents VALUES ('higher', 'aa', 'gpt-4o', 2), ('higher', 'new', 'zz model', 2);
SELECT apply_plan('higher');
SQL

my $dump = $node->basedir . '/home.dump';
$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, '-d', $node->connstr('home') ], 'pg_dump works');
$node->command_ok([ 'pg_restore', '-e', '-d', $node->connstr('copy'), $dump ], 'pg_restore works');

foreach my $table (qw(llm_agents llm_plans llm_plan_agents llm_applied_plans)) {
    my $rows = "SELECT * FROM $table ORDER BY 1, 2";
    my $expected = $node->safe_psql('home', $rows);
    isnt($expected, '', "$table has rows");
    is($node->safe_psql('copy', $rows), $expected, "$table is restored");
}

is($node->safe_psql('copy', 'SELECT revert_plan()'), '2', 'the plan is reverted in the copy');
is($node->safe_psql('copy', 'SELECT agent, model, max_tokens FROM llm_agents'), 'aa|zz model|1',
    'which gives back what was before it');
isnt($node->psql('copy', q(UPDATE llm_agents SET format = 'nothing')), 0,
    'formats are checked in the copy too');

done_testing();
