package Grafana;

# Reads a dashboard as Grafana 10 and later do, as far as a PostgreSQL server can tell whether it is
# right: which queries it has, what they are after variables and macros are filled in, and what is
# wrong with its layout.
#
#   my $dashboard = read_dashboard($file);
#   is(join("\n", layout_problems($dashboard)), '', 'the layout is sound');
#   foreach my $query (dashboard_queries($dashboard)) {          # {name, kind, format, sql, panel}
#       my $sql = filled_in($query->{sql}, from => '2026-11-01T00:00:00Z', to => '2026-12-01T00:00:00Z',
#           variables => { model => [ 'gpt-4o-mini' ] });        # dies as Grafana reports an error
#   }
#
# Variables are filled in first, then macros, each as the PostgreSQL data source does it: values that
# can be many are quoted and joined by commas, and the arguments of a macro end at the first bracket.

use strict;
use warnings;

use Exporter 'import';
use JSON::PP ();
use PostgreSQL::Test::Utils;

our @EXPORT = qw(read_dashboard dashboard_queries filled_in layout_problems);

my $source_type = 'grafana-postgresql-datasource';
my %is_known_panel = map { $_ => 1 } qw(row timeseries stat table bargauge gauge piechart text);

sub read_dashboard {
    my ($file) = @_;
    return JSON::PP->new->utf8->decode(slurp_file($file));
}

sub variables {
    my ($dashboard) = @_;
    return @{ $dashboard->{templating}{list} };
}

# Panels with those inside of rows that are collapsed.
sub all_panels {
    my ($dashboard) = @_;
    return map { ($_, @{ $_->{panels} // [] }) } @{ $dashboard->{panels} };
}

sub dashboard_queries {
    my ($dashboard) = @_;
    my @queries = map { {
            name => "variable $_->{name}", kind => 'variable', format => 'table', sql => $_->{query},
        } } grep { $_->{type} eq 'query' } variables($dashboard);
    foreach my $panel (all_panels($dashboard)) {
        push @queries, map { {
                name => "$panel->{title} ($_->{refId})", kind => 'panel', panel => $panel,
                format => $_->{format}, sql => $_->{rawSql},
            } } @{ $panel->{targets} // [] };
    }
    return @queries;
}

# ---- Variables and macros ------------------------------------------------------------------------
sub quoted {
    my ($value) = @_;
    return "'" . $value =~ s/'/''/gr . "'";
}

my %macros = (
    __time => sub { my ($span, $column) = @_; "$column AS \"time\"" },
    __timeFilter => sub {
        my ($span, $column) = @_;
        die "missing time column argument\n" unless length $column;
        "$column BETWEEN '$span->{from}' AND '$span->{to}'";
    },
    __timeFrom => sub { my ($span) = @_; "'$span->{from}'" },
    __timeTo => sub { my ($span) = @_; "'$span->{to}'" },
);

sub filled_in {
    my ($sql, %span) = @_;
    $sql =~ s{\$(?:\{(\w+)\}|(?!__)(\w+))}{
        my $name = $1 // $2;
        my $values = $span{variables}{$name} // die "no variable \$$name\n";
        join ',', map { quoted($_) } @$values;
    }gex;
    $sql =~ s{\$([_a-zA-Z0-9]+)\(([^)]*)\)}{
        my ($name, @arguments) = ($1, map { s/^\s+|\s+$//gr } split /,/, $2);
        my $macro = $macros{$name} // die "unknown macro \$$name\n";
        $macro->(\%span, @arguments);
    }gex;
    return $sql;
}

# ---- Layout --------------------------------------------------------------------------------------
sub overlap {
    my ($one, $other) = @_;
    my ($a, $b) = map { $_->{gridPos} } $one, $other;
    return $a->{x} < $b->{x} + $b->{w}
        && $b->{x} < $a->{x} + $a->{w}
        && $a->{y} < $b->{y} + $b->{h}
        && $b->{y} < $a->{y} + $a->{h};
}

sub panel_problems {
    my ($panel) = @_;
    my @problems;
    my ($place, %seen) = ($panel->{gridPos});
    push @problems, 'unknown type' unless $is_known_panel{ $panel->{type} };
    push @problems, 'outside of the 24 columns'
        if $place->{x} < 0 || $place->{w} < 1 || $place->{x} + $place->{w} > 24 || $place->{h} < 1;
    return @problems if $panel->{type} eq 'row';
    push @problems, 'no description' unless length($panel->{description} // '');
    push @problems, 'no query' unless @{ $panel->{targets} // [] };
    foreach my $owner ($panel, @{ $panel->{targets} // [] }) {
        my $source = $owner->{datasource} // {};
        push @problems, 'another data source'
            unless ($source->{type} // '') eq $source_type && ($source->{uid} // '') eq '${DS}';
    }
    push @problems, 'a refId twice' if grep { $seen{ $_->{refId} }++ } @{ $panel->{targets} };
    push @problems, 'a query that is not SQL' if grep { !$_->{rawQuery} } @{ $panel->{targets} };
    push @problems, 'an unknown format'
        if grep { $_->{format} !~ /\A(?:time_series|table)\z/ } @{ $panel->{targets} };
    push @problems, 'a time series from a table'
        if $panel->{type} eq 'timeseries' && grep { $_->{format} ne 'time_series' } @{ $panel->{targets} };
    return @problems;
}

# What is wrong with the dashboard, queries aside: one line each.
sub layout_problems {
    my ($dashboard) = @_;
    my @panels = @{ $dashboard->{panels} };
    my (@problems, %ids, %titles, %names);
    push @problems, 'the dashboard has an id: it would replace another one' if defined $dashboard->{id};
    foreach my $panel (all_panels($dashboard)) {
        push @problems, map { "$panel->{title}: $_" } panel_problems($panel);
        push @problems, "$panel->{title}: the id of another panel" if $ids{ $panel->{id} // '' }++;
        push @problems, "$panel->{title}: the title of another panel" if $titles{ $panel->{title} }++;
    }
    foreach my $i (0 .. $#panels) {
        push @problems, map { "$panels[$i]{title} lies over $_->{title}" }
            grep { overlap($panels[$i], $_) } @panels[ $i + 1 .. $#panels ];
    }
    foreach my $variable (variables($dashboard)) {
        push @problems, "$variable->{name}: a variable twice" if $names{ $variable->{name} }++;
        push @problems, "$variable->{name}: another data source"
            if $variable->{type} eq 'datasource' && $variable->{query} ne $source_type
            || $variable->{type} eq 'query' && $variable->{datasource}{uid} ne '${DS}';
    }
    push @problems, 'there is no variable DS' unless $names{DS};
    return @problems;
}

1;
