#!/usr/bin/env bash
# Each relative link of a page leads to a file that is there and, after a #, to a heading of it; and each
# page of docs can be reached from the README.
. test/lint/files.sh
mapfile -t pages < <(project_files | grep '\.md$' | grep -v '^debian/')
perl - "${pages[@]}" <<'PERL'
use strict;
use warnings;
use File::Basename qw(dirname);

my ($status, %links, %anchors) = (0);

sub breach { my ($place, $what) = @_; print "$place: $what\n"; $status = 1; return }

# As web sites make an anchor of a heading.
sub anchor_of {
    my ($heading) = @_;
    $heading =~ s/\[([^\]]*)\]\([^)]*\)/$1/g;
    $heading = lc $heading;
    $heading =~ s/[^\w\- ]//g;
    return $heading =~ s/ /-/gr;
}

sub plain_path {
    my ($path) = @_;
    $path =~ s{(^|/)\./}{$1}g;
    1 while $path =~ s{(^|/)(?!\.\./)[^/]+/\.\.(?:/|$)}{$1};
    return $path =~ s{/$}{}r;
}

foreach my $page (@ARGV) {
    open(my $in, '<:utf8', $page) or die "$page: $!\n";
    my $fenced = 0;
    while (my $line = <$in>) {
        $fenced = !$fenced if $line =~ /^\s*```/;
        next if $fenced;
        $anchors{$page}{ anchor_of($1) } = 1 if $line =~ /^#+ (.*?)\s*$/;
        $line =~ s/`[^`]*`//g;
        while ($line =~ /\]\(([^)\s]+)\)/g) {
            push @{ $links{$page} }, [ $., $1 ] unless $1 =~ /^\w+:/;
        }
    }
}

my %leads_to;
foreach my $page (sort keys %links) {
    foreach my $link (@{ $links{$page} }) {
        my ($line, $target) = @$link;
        my ($file, $anchor) = split /#/, $target, 2;
        my $path = $file eq '' ? $page : plain_path(dirname($page) . "/$file");
        $leads_to{$page}{$path} = 1;
        breach("$page:$line", "$target: there is no such file") && next unless -e $path;
        breach("$page:$line", "$target: there is no such heading")
            if defined $anchor && !$anchors{$path}{$anchor};
    }
}

my @next = ('README.md');
my %seen = ('README.md' => 1);
while (my $page = shift @next) {
    push @next, grep { !$seen{$_}++ } keys %{ $leads_to{$page} // {} };
}
foreach my $page (grep { m{^docs/} && !$seen{$_} } @ARGV) { breach($page, 'README.md does not lead to it') }
exit $status;
PERL
