# docs/reference is what tools/make_reference.pl writes of this extension: nothing missing, nothing extra.
# docs/settings.md has the defaults that the server has.
#
# With LLMW_WRITE_REFERENCE set, as `make reference` does, the pages are written instead.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib", "$FindBin::RealBin/../../tools/lib";

use File::Basename qw(basename);
use LlmWorkflow;
use PostgreSQL::Test::Utils;
use ReferenceSource;
use Test::More;

my $top = "$FindBin::RealBin/../..";
my $pages = "$top/docs/reference";
my $node = new_node('reference');
create_extension($node, 'postgres');

# What the script writes, with whatever it has to say.
sub make_reference {
    my ($folder) = @_;
    my ($out, $err) = ('', '');
    my $ok = run_log([ "$top/tools/make_reference.pl", $node->connstr('postgres'), $folder ],
        '>', \$out, '2>', \$err);
    is($err, '', 'source and docs tell of the same things');
    return $ok;
}

if ($ENV{LLMW_WRITE_REFERENCE}) {
    mkdir $pages;
    ok(make_reference($pages), "written: $pages");
    $node->stop;
    done_testing();
    exit 0;
}

my $folder = PostgreSQL::Test::Utils::tempdir();
ok(make_reference($folder), 'the pages can be made');
my @made = map { basename $_ } glob "$folder/*.md";
cmp_ok(scalar @made, '>=', 8, 'all of them');
is_deeply([ map { basename $_ } glob "$pages/*" ], \@made, 'the folder has these pages and no others');
foreach my $page (@made) {
    my $there = -e "$pages/$page" ? slurp_file("$pages/$page") : '';
    ok($there eq slurp_file("$folder/$page"), "docs/reference/$page is as the source (else: make reference)")
        or diag((run_command([ 'diff', "$pages/$page", "$folder/$page" ]))[0]);
}

# ---- Defaults in the page of settings --------------------------------------------------------------
my %defined = defined_settings($top);
my %told;
foreach my $row (table_rows("$top/docs/settings.md", 'setting')) {
    my ($name) = $row->[0] =~ /`(llm_workflow\.\w+)`/ or next;
    $told{$name} = $row->[1] eq 'none' ? '' : $row->[1] =~ s/`//gr;
}
is_deeply([ sort keys %told ], [ sort keys %defined ], 'docs/settings.md has each setting once');
foreach my $name (sort keys %told) {
    is($node->safe_psql('postgres', "SHOW $name"), $told{$name}, "docs/settings.md: default of $name");
}

$node->stop;
done_testing();
