# The SQL that the docs and the README print runs as it stands, page by page, each in a database of its
# own in which something has happened. What it says of other tables is in docs_setup.sql.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use File::Basename qw(basename);
use LlmWorkflow;
use POSIX qw(strftime);
use PostgreSQL::Test::Utils;
use Test::More;

# Blocks that need what other tests set up.
my %tested_elsewhere = (
    'scale.md' => qr/llm_workflow_archive|citus/,    # 054_scale.pl, 055_citus.pl
    'downgrades.md' => qr/replay_requests/,          # 060_simulated_year.pl: it needs a year
    'experiments.md' => qr/^SELECT adopt/,           # 062_experiments.pl
    'formats.md' => qr/Pasta/,                       # 030_formats.pl: it needs a model that cooks
    'replication.md' => qr/SUBSCRIPTION/,            # 076_replication.pl
    'rollups.md' => qr/rebuild_workflow_stats/,      # 050_stats.pl: of a time that the ledger keeps
    'tamper_evidence.md' => qr/retire_audit/,        # sql/audit_chain.sql
    'README.md' => qr/^CREATE EXTENSION/,            # every test
    'install.md' => qr/^CREATE EXTENSION/,           # every test
);

# Pages that go on from an example.
my %example = ('plans.md' => 'agents.sql');

my $top = "$FindBin::RealBin/../..";
my $node = new_node('docs', conf => "max_worker_processes = 64\nllm_workflow.max_workers = 64");
my $sim = start_simulator($node);

$node->safe_psql('postgres', 'CREATE DATABASE staging');

# The databases are copies of this one.
create_extension($node, 'template1');
create_sim_servers($node, 'template1', $sim);
$node->safe_psql('template1', slurp_file("$FindBin::RealBin/docs_setup.sql"));

# Files that blocks read with \set name `cat file`.
my $files = PostgreSQL::Test::Utils::tempdir();
append_to_file("$files/usage.json", '[]');
append_to_file("$files/digest.json", '{"chains": {}}');
append_to_file("$files/model_prices_and_context_window.json", '{}');

# Also those within a list, without their indentation.
sub sql_blocks {
    my ($page) = @_;
    my $elsewhere = $tested_elsewhere{ basename $page };
    my @blocks;
    my $text = slurp_file($page);
    while ($text =~ /^( *)```sql\n(.*?)^\1```$/msg) {
        my ($indent, $block) = ($1, $2);
        $block =~ s/^$indent//mg;
        push @blocks, $block unless defined $elsewhere && $block =~ $elsewhere;
    }
    return @blocks;
}

# Pages cut ids short, name some that they made up, and partitions of another time.
sub filled_in {
    my ($block, $request) = @_;
    $block =~ s/'[0-9a-f]{8}-(?:\.\.\.|[0-9a-f-]{27})'/'$request'/g;
    $block =~ s/request_id = '\.\.\.'/request_id = '$request'/g;
    $block =~ s/_y\d{4}m\d{2}\b/strftime('_y%Ym%m', gmtime)/ge;
    return $block;
}

# What psql says of the block when it does not run.
sub problem {
    my ($database, $block) = @_;
    my ($status, $out, $err) = $node->psql($database, "\\cd $files\n$block", on_error_stop => 1);
    return $status == 0 ? '' : $err;
}

foreach my $page ("$top/README.md", sort glob("$top/docs/*.md")) {
    my @blocks = sql_blocks($page) or next;
    my $database = basename($page, '.md');
    $node->safe_psql('postgres', qq{CREATE DATABASE "$database"});
    my $request = $node->safe_psql($database,
        q{DO 'BEGIN PERFORM llm_workflow_allow_here(); END';
          SELECT generate_workflow('Sort the mail', agent => 'mail') ->> 'request_id'});
    my $example = $example{ basename $page };
    $node->safe_psql($database, slurp_file("$top/examples/$example")) if $example;
    my $number = 0;
    foreach my $block (@blocks) {
        $number++;
        is(problem($database, filled_in($block, $request)), '', "$database: block $number");
    }
    $node->safe_psql($database, 'ALTER SYSTEM RESET ALL; SELECT pg_reload_conf()');
}

done_testing();
