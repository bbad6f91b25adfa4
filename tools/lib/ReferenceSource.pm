package ReferenceSource;

# What the reference pages take from the source and from the tables of the docs. Each function dies when
# the one has what the other has not: so nothing is missing in the pages, and nothing is there too much.

use strict;
use warnings;

use Exporter 'import';

our @EXPORT = qw(defined_settings server_options events error_codes table_rows);

sub slurp {
    my ($file) = @_;
    open(my $in, '<:utf8', $file) or die "cannot read $file: $!\n";
    local $/ = undef;
    return scalar <$in>;
}

# The rows of the tables of a page whose first head is that one, each as the texts of its cells.
sub table_rows {
    my ($page, $head) = @_;
    my (@rows, $inside);
    foreach my $line (split /\n/, slurp($page)) {
        if ($line !~ /^\|/) { $inside = 0; next }
        my @cells = map { s/^\s+|\s+$//gr } split /(?<!\\)\|/, $line =~ s/^\|//r;
        if (!$inside) {
            $inside = $cells[0] eq $head ? 1 : -1;
            next;
        }
        push @rows, \@cells if $inside == 1 && $line !~ /^\|-/;
    }
    return map { [ map { s/\\\|/|/gr } @$_ ] } @rows;
}

sub ticked { my ($text) = @_; return $text =~ /`([^`]+)`/g }

# Links of a page of docs, from docs/reference.
sub relinked { my ($text) = @_; return $text =~ s/\]\((?=[a-z_]+\.md)/](..\//gr }

sub check_same {
    my ($what, $source, $told, $page) = @_;
    my @missing = grep { !$told->{$_} } sort keys %$source;
    my @extra = grep { !$source->{$_} } sort keys %$told;
    die "$page does not tell of $what: @missing\n" if @missing;
    die "$page tells of $what that the source has not: @extra\n" if @extra;
    return;
}

# Name to description.
sub defined_settings {
    my ($top) = @_;
    return slurp("$top/src/pg/settings.cpp") =~ /"(llm_workflow\.\w+)",\s*"([^"]*)"/g;
}

# ---- Server options ------------------------------------------------------------------------------
sub server_options {
    my ($top) = @_;
    my $page = "$top/docs/providers.md";
    my @rules = slurp("$top/src/sql_api/provider_options.cpp")
        =~ /Rule\{"(\w+)", (\w+)RelationId, Kind::\w+, Setter::(\w+)\}/g;
    my %told = map { (ticked($_->[0]))[0] => $_ } table_rows($page, 'option'),
        table_rows($page, 'option of a user mapping');
    my (@options, %known);
    while (my ($name, $of, $setter) = splice(@rules, 0, 3)) {
        $known{$name} = 1;
        my $row = $told{$name} // [];
        push @options, {
            name => $name,
            of => $of eq 'ForeignServer' ? 'server' : 'user mapping',
            setter => $setter eq 'owner' ? 'its owner' : 'superusers',
            values => $row->[1],
            meaning => relinked($row->[2] // ''),
        };
    }
    check_same('options', \%known, \%told, 'docs/providers.md');
    return @options;
}

# ---- Events --------------------------------------------------------------------------------------
# Words in capitals that are no events.
my %no_event = map { $_ => 1 } qw(MODULE_PATHNAME OPENAI_API_KEY ANTHROPIC_API_KEY);

# The functions of a part of the install script, by name, and what stands outside of them as ''.
sub sql_functions {
    my ($text) = @_;
    my ($name, %bodies) = ('');
    foreach my $line (split /\n/, $text) {
        if ($line =~ /^CREATE (?:FUNCTION|PROCEDURE) (?:\@extschema\@\.|%1\$s\.)?(\w+)/) { $name = $1 }
        elsif ($line =~ /^(?:CREATE|COMMENT|REVOKE|GRANT|ALTER|INSERT|SELECT|DO)\b/) { $name = '' }
        $bodies{$name} .= "$line\n" unless $line =~ /^\s*--/;
    }
    return %bodies;
}

sub events {
    my ($top) = @_;
    my $capitals = qr/['"]([A-Z]+(?:_[A-Z]+)+)['"]/;
    my @rows = table_rows("$top/docs/accounting.md", 'action');
    my (%writers, @computed);
    foreach my $part (glob "$top/sql/install/*.sql") {
        my %bodies = sql_functions(slurp($part));
        foreach my $function (sort keys %bodies) {
            $writers{$_}{ $function =~ /^llmw_|^$/ ? 'the extension' : "`$function()`" } = 1
                foreach $bodies{$function} =~ /$capitals/g;
            push @computed, $bodies{$function} =~ /'([A-Z]+_)' \|\| upper\(/g;
        }
    }
    foreach my $file (glob "$top/src/*/*.cpp $top/src/*/*.hpp") {
        my $writer = $file =~ m{/src/(?:worker|core|shmem)/} ? 'the worker' : 'the extension';
        (my $text = slurp($file)) =~ s{//.*}{}g;
        $writers{$_}{$writer} = 1 foreach $text =~ /$capitals/g;
    }
    delete @writers{ keys %no_event };
    # Names whose end is computed are those that are told and nobody else writes.
    foreach my $action (map { ticked($_->[0]) } @rows) {
        $writers{$action}{'the extension'} = 1 if !$writers{$action} && grep { $action =~ /^$_/ } @computed;
    }

    my (@events, %told);
    foreach my $row (@rows) {
        my @actions = ticked($row->[0]);
        my @severities = @actions > 1 ? split(/, /, $row->[1]) : ($row->[1]);
        foreach my $i (0 .. $#actions) {
            $told{ $actions[$i] } = 1;
            push @events, {
                action => $actions[$i],
                severity => $severities[$i] // $row->[1],
                details => relinked($row->[2]),
                writers => join(', ', sort keys %{ $writers{ $actions[$i] } // {} }),
            };
        }
    }
    check_same('events', \%writers, \%told, 'docs/accounting.md');
    return @events;
}

# ---- Error codes ---------------------------------------------------------------------------------
# States that the source compares with and does not raise.
my %not_raised = map { $_ => 1 } qw(55P03);

sub raised_states {
    my ($top, $conditions) = @_;
    my (%raised, %defined, $source);
    %defined = slurp("$top/src/core/error.hpp") =~ /(k\w+) = "([0-9A-Z]{5})"/g;
    $source = join('', map { slurp($_) } glob "$top/src/*/*.cpp $top/src/*/*.hpp");
    foreach my $constant (keys %defined) {
        $raised{ $defined{$constant} } = 1 if $source =~ /sqlstate::$constant\b/;
    }
    my %other = $source =~ /string_view (k\w+) = "([0-9A-Z]{5})"/g;
    $raised{$_} = 1 foreach grep { /\d/ } values %other, $source =~ /Error\("([0-9A-Z]{5})"/g;
    my %state_of = map { lc($_->{macro} =~ s/^ERRCODE_//r) => $_->{state} } values %$conditions;
    $raised{ $state_of{ lc $_ } // die "no such condition: $_\n" } = 1 foreach $source =~ /ERRCODE_([A-Z_]+)/g;
    # Of two states of one name PL/pgSQL takes the first.
    my %state_by_name = map { $_->{condition} => $_->{state} } reverse map { $conditions->{$_} } sort keys %$conditions;
    my $sql = join('', map { slurp($_) } glob "$top/sql/install/*.sql");
    foreach my $code ($sql =~ /ERRCODE = '(\w+)'/g) {
        $raised{ $code =~ /^[0-9A-Z]{5}$/ ? $code : $state_by_name{$code} // die "no such condition: $code\n" } = 1;
    }
    delete @raised{ keys %not_raised };
    return %raised;
}

# PostgreSQL's own list: state to macro and condition.
sub conditions {
    my ($file) = @_;
    my %conditions;
    foreach my $line (split /\n/, slurp($file)) {
        my ($state, $macro, $condition) = $line =~ /^([0-9A-Z]{5})\s+[EWS]\s+(\w+)\s*(\w*)/ or next;
        next if $condition eq '' && $conditions{$state};
        $conditions{$state} = { state => $state, macro => $macro, condition => $condition };
    }
    return %conditions;
}

sub error_codes {
    my ($top, $list) = @_;
    my %conditions = conditions($list);
    my %raised = raised_states($top, \%conditions);
    my (@codes, %told);
    foreach my $row (table_rows("$top/docs/errors.md", 'SQLSTATE')) {
        foreach my $state (split /, /, $row->[0]) {
            $told{$state} = 1;
            push @codes, {
                state => $state,
                condition => @$row > 2 ? join('', ticked($row->[1])) : $conditions{$state}{condition},
                meaning => relinked($row->[-1]),
            };
        }
    }
    # PostgreSQL cancels for us.
    delete $told{'57014'} unless $raised{'57014'};
    check_same('error codes', \%raised, \%told, 'docs/errors.md');
    return sort { $a->{state} cmp $b->{state} } @codes;
}

1;
