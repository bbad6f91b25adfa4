package Stats;

# The roll-ups held against the ledger: what the views show must be the sum of the facts, whatever was
# killed, cancelled or rolled back.
#
#   stats_are_exact($node, 'postgres', 'after all of this the roll-ups are exact');
#   my $wrong = stats_problems($node, 'postgres');       # in between, while others write

use strict;
use warnings;

use Exporter 'import';
use Test::More;

our @EXPORT = qw(stats_are_exact stats_problems);

# Where roll-ups and ledger differ, a line each, at most 20. The schema is that of the extension, where
# it is not in the path.
sub stats_problems {
    my ($node, $database, $schema) = @_;
    my $home = defined $schema ? "$schema." : '';
    return $node->safe_psql($database, "SELECT * FROM ${home}verify_workflow_stats() LIMIT 20");
}

# One test: they do not differ as they are, nor when they are folded, nor when they are made anew; and
# making them anew changes nothing, so that it is no way to hide what is wrong.
sub stats_are_exact {
    my ($node, $database, $name, $schema) = @_;
    my $home = defined $schema ? "$schema." : '';
    my %seen = (written => stats_problems($node, $database, $schema));
    $node->safe_psql($database, "SELECT ${home}llmw_fold_stats()");
    $seen{folded} = stats_problems($node, $database, $schema);
    $node->safe_psql($database, "SELECT ${home}rebuild_workflow_stats(NULL, NULL)");
    $seen{rebuilt} = stats_problems($node, $database, $schema);
    $seen{requests} = $node->safe_psql($database,
        "SELECT coalesce(sum(requests), 0) = (SELECT count(*) FROM ${home}workflow_requests "
            . "WHERE status IN ('succeeded', 'failed', 'cancelled')) "
            . "FROM ${home}workflow_stats_days WHERE facet = 'model'");
    return is_deeply(\%seen, { written => '', folded => '', rebuilt => '', requests => 't' }, $name);
}

1;
