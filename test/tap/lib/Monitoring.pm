package Monitoring;

# For the tests of what watches a database: the role that docs/monitoring.md makes, and some of each
# kind of traffic for it to see.
#
#   make_monitoring_role($node, 'postgres');      # monitoring_role(), by the SQL in the docs
#   make_traffic($node, 'postgres', $sim);

use strict;
use warnings;

use Exporter 'import';
use FindBin;
use PostgreSQL::Test::Utils;
use Test::More;
use LlmWorkflow;

our @EXPORT = qw(docs_sql monitoring_role make_monitoring_role make_traffic);

my $docs = "$FindBin::RealBin/../../docs";

# The SQL that is printed in a page of the docs, one text for each block.
sub docs_sql {
    my ($page) = @_;
    return slurp_file("$docs/$page") =~ /^```sql\n(.*?)^```$/msg;
}

sub monitoring_role { return 'llm_monitor' }

sub make_monitoring_role {
    my ($node, $database) = @_;
    my ($sql) = grep { /CREATE ROLE/ } docs_sql('monitoring.md')
        or BAIL_OUT('no SQL in monitoring.md makes a role');
    $node->safe_psql($database, $sql);
    return;
}

# Requests of the agents mail and billing and of none: some are generated, by the primary model, slowly,
# by the fallback, as a job; one is answered from the ledger; one fails. A budget of 1 USD counts them.
sub make_traffic {
    my ($node, $database, $simulator) = @_;
    create_sim_servers($node, $database, $simulator, adaptive => 1);
    $node->safe_psql($database, <<'SQL');
INSERT INTO llm_budgets (budget, scope, period, limit_usd) VALUES ('all', 'database', 'month', 1);
SET llm_workflow.max_retries = 0;
SELECT generate_workflow('Sort the mail ' || n, agent => 'mail') FROM generate_series(1, 3) AS n;
SELECT generate_workflow('[[sim:delay:300]] Sort the mail slowly', agent => 'mail');
SELECT generate_workflow('Answer the mail', agent => 'mail', cache_for => '1 hour')
FROM generate_series(1, 2);
SELECT generate_workflow('[[sim-openai:s503:none]] Send bills', agent => 'billing');
SELECT generate_workflow('[[sim-openai:bad_steps]] Send bills', agent => 'billing');
SELECT submit_workflow('Count the bills', agent => 'billing') AS job \gset
SELECT workflow_result(:'job', '1 min');
SELECT generate_workflow('[[sim:s503:none]] Never', throw_on_error => false);
SQL
    return;
}

1;
