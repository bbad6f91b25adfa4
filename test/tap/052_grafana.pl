# docs/grafana/dashboard.json: each query of it runs after its variables and macros are filled in, as the
# role that docs/monitoring.md makes, on an empty database and on one that has been used; and shows what
# the ledger says.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Grafana;
use Monitoring;
use JSON::PP ();
use PostgreSQL::Test::Utils;
use Test::More;

my $dashboard = read_dashboard("$FindBin::RealBin/../../docs/grafana/dashboard.json");
my $node = new_node('grafana');
my $sim = start_simulator($node);
create_extension($node, 'postgres');
make_monitoring_role($node, 'postgres');
my @span = split /\|/, $node->safe_psql('postgres', <<'SQL');
SET timezone = 'UTC';
SELECT to_char(now() - interval '6 days', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
       to_char(now() + interval '1 hour', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
SQL

# ---- Running a query -----------------------------------------------------------------------------
my %values;    # of each variable: all that its query offers

sub as_monitor { return $node->psql('postgres', $_[0], extra_params => [ '-U', monitoring_role() ]) }

# {rows, columns, types} of a query, or {error}.
sub run_query {
    my ($sql) = @_;
    my $filled = eval { filled_in($sql, from => $span[0], to => $span[1], variables => \%values) };
    return { error => $@ } unless defined $filled;
    my ($status, $out, $err) = as_monitor(<<"SQL");
CREATE TEMP VIEW panel AS
$filled
;
SELECT json_build_object(
    'columns', (SELECT json_agg(attname ORDER BY attnum) FROM pg_attribute
                WHERE attrelid = 'panel'::regclass AND attnum > 0),
    'types', (SELECT json_agg(format_type(atttypid, NULL) ORDER BY attnum) FROM pg_attribute
              WHERE attrelid = 'panel'::regclass AND attnum > 0),
    'rows', (SELECT coalesce(json_agg(row_to_json(p)), '[]') FROM panel p));
SQL
    return { error => $err } unless $status == 0 && $err eq '';
    return JSON::PP->new->utf8->decode($out);
}

sub is_number { return $_[0] =~ /\A(?:bigint|integer|numeric|double precision)\z/ }

# What Grafana could not show of an answer: a time series needs a time that does not go back, numbers,
# and at most one column that names the series.
sub answer_problem {
    my ($query, $answer) = @_;
    return $answer->{error} if exists $answer->{error};
    my %type;
    @type{ @{ $answer->{columns} } } = @{ $answer->{types} };
    if ($query->{format} eq 'time_series') {
        my $time = delete $type{time} // return 'no column time';
        return "time is a $time" unless $time eq 'timestamp with time zone';
        my @texts = grep { $type{$_} eq 'text' } keys %type;
        return 'more than one name of a series' if @texts > 1;
        return "the name of a series is \"$texts[0]\", not metric" if @texts && $texts[0] ne 'metric';
        my @others = grep { $type{$_} ne 'text' && !is_number($type{$_}) } keys %type;
        return "no number: @others" if @others;
        return 'no value' unless grep { is_number($_) } values %type;
        my @times = map { $_->{time} } @{ $answer->{rows} };
        return 'the time goes back' if grep { $times[$_] lt $times[ $_ - 1 ] } 1 .. $#times;
    }
    my @overridden = map { $_->{matcher}{options} } @{ $query->{panel}{fieldConfig}{overrides} // [] };
    my %exists = map { $_ => 1 } @{ $answer->{columns} };
    my @missing = grep { !$exists{$_} } @overridden;
    return "settings for columns that there are not: @missing" if @missing;
    return 'a stat without a row' if ($query->{panel}{type} // '') eq 'stat' && @{ $answer->{rows} } != 1;
    return '';
}

# All queries, those of variables first: their values go into the others. Returns the answers by name.
sub check_queries {
    my ($state) = @_;
    my %answers;
    foreach my $query (dashboard_queries($dashboard)) {
        my $answer = $answers{ $query->{name} } = run_query($query->{sql});
        is(answer_problem($query, $answer), '', "$state: $query->{name}");
        next unless $query->{kind} eq 'variable';
        my $column = $answer->{columns}[0];
        $values{ $query->{name} =~ s/^variable //r } = [ map { $_->{$column} } @{ $answer->{rows} } ];
    }
    return \%answers;
}

sub first_row {
    my ($answers, $title) = @_;
    return $answers->{"$title (A)"}{rows}[0];
}

# ---- The file ------------------------------------------------------------------------------------
is(join("\n", layout_problems($dashboard)), '', 'the layout is sound');
cmp_ok($dashboard->{schemaVersion}, '>=', 39, 'the schema is that of Grafana 10 or later');
my @queries = dashboard_queries($dashboard);
cmp_ok(scalar @queries, '>=', 20, 'the dashboard has queries');

# ---- An empty database ---------------------------------------------------------------------------
my $empty = check_queries('empty');
is($values{agent}[0], '(none)', 'empty: a variable is never without a value');
is(first_row($empty, 'Requests')->{requests}, 0, 'empty: no requests');
is(first_row($empty, 'Fallback rate')->{rate}, 0, 'empty: a rate of 0');

# ---- A database that has been used ---------------------------------------------------------------
make_traffic($node, 'postgres', $sim);
my $answers = check_queries('used');
foreach my $query (@queries) {
    isnt(scalar @{ $answers->{ $query->{name} }{rows} // [] }, 0, "used: $query->{name} shows something");
}
is_deeply([ sort @{ $values{agent} } ], [ '(none)', 'billing', 'mail' ], 'used: the agents are offered');

sub ledger { return $node->safe_psql('postgres', "SELECT $_[0]") }

my $requests = first_row($answers, 'Requests');
is(join(' ', @$requests{qw(requests cached failed)}), ledger(<<'SQL'), 'the ledger has these requests');
concat_ws(' ', count(*), count(cached_from), count(*) FILTER (WHERE status = 'failed'))
FROM workflow_requests
SQL
cmp_ok(first_row($answers, 'Cost')->{cost}, '==', ledger('sum(cost_usd) FROM llm_calls'), 'this cost');
my $fallbacks = first_row($answers, 'Fallback rate');
is("$fallbacks->{fallbacks} $fallbacks->{generated}", ledger(<<'SQL'), 'these fallbacks of so many');
concat_ws(' ', count(fallback_reason), count(*))
FROM workflow_requests WHERE status = 'succeeded' AND cached_from IS NULL
SQL
my $errors = first_row($answers, 'Error rate');
is("$errors->{errors} $errors->{calls}", ledger(<<'SQL'), 'these errors of so many');
concat_ws(' ', count(*) FILTER (WHERE outcome IN ('api_error', 'timeout', 'rate_limited', 'lost')),
          count(*))
FROM llm_calls WHERE outcome <> 'cancelled'
SQL
my %by_model = map { $_->{metric} => $_->{cost} } @{ $answers->{'Cost by model (A)'}{rows} };
is(join(' ', map { $_ + 0 } @by_model{ sort keys %by_model }),
    join(' ', map { $_ + 0 } split /\n/, $node->safe_psql('postgres',
            'SELECT sum(cost_usd) FROM llm_calls GROUP BY model ORDER BY model COLLATE "C"')),
    'this cost of each model') if ledger('count(DISTINCT started_at::date) FROM llm_calls') == 1;

# A choice narrows what is shown, and a name with a quote does no harm.
$values{agent} = [ 'mail' ];
my ($agents) = grep { $_->{name} =~ /^Top agents/ } @queries;
is(join(' ', map { $_->{agent} } @{ run_query($agents->{sql})->{rows} }), 'mail', 'one agent is chosen');
$values{agent} = [ q{it's} ];
is_deeply(run_query($agents->{sql})->{rows}, [], 'so is one that there is not');

foreach my $sql (grep { /^SELECT/ } docs_sql('monitoring.md')) {
    my ($status, undef, $err) = as_monitor($sql);
    is("$status$err", '0', 'the example of the docs runs');
}

# ---- What the test finds -------------------------------------------------------------------------
# A query that is broken must not pass, so each of these is a problem.
my ($costs) = grep { $_->{name} =~ /^Cost by model/ } @queries;
foreach my $case (
    [ 'a column that there is not', qr/column "cost_in_usd" does not exist/,
        sub { s/cost_usd/cost_in_usd/r } ],
    [ 'a macro that there is not', qr/unknown macro \$__timeSince/, sub { s/timeFrom/timeSince/r } ],
    [ 'a variable that there is not', qr/no variable \$models/, sub { s/\$model/\$models/r } ],
    [ 'a time that is a day', qr/time is a date/, sub { s/day::timestamp AT TIME ZONE 'UTC'/day/r } ],
    [ 'a time that goes back', qr/the time goes back/,
        sub { s/ORDER BY 1/UNION ALL SELECT now() - interval '9 days', 'a', 1 ORDER BY 3/r } ],
    [ 'a column that the role may not read', qr/permission denied/,
        sub { 'SELECT prompt FROM workflow_requests' } ],
) {
    my ($name, $problem, $break) = @$case;
    local $_ = $costs->{sql};
    like(answer_problem($costs, run_query($break->())), $problem, "$name is found");
}

$node->stop;
done_testing();
