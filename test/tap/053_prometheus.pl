# docs/prometheus/queries.yaml in the real postgres_exporter: as the role that docs/monitoring.md makes,
# each query gives its metrics, with the values of the ledger, from the first scrape of an empty database
# on; and counters never fall.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Monitoring;
use HTTP::Tiny;
use IO::Socket::INET;
use PostgreSQL::Test::Utils;
use Test::More;

my ($program) = grep { -x } map { ("$_/prometheus-postgres-exporter", "$_/postgres_exporter") }
    split /:/, $ENV{PATH};
plan skip_all => 'there is no postgres_exporter (Debian: prometheus-postgres-exporter)' unless $program;

my $folder = "$FindBin::RealBin/../../docs/prometheus";
my $node = new_node('prometheus');
my $sim = start_simulator($node);
create_extension($node, 'postgres');
make_monitoring_role($node, 'postgres');

# ---- The exporter --------------------------------------------------------------------------------
my %exporter;

sub free_port {
    my $socket = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 1)
        or BAIL_OUT("no free port: $!");
    return $socket->sockport;
}

sub start_exporter {
    my ($queries) = @_;
    my $log = $node->basedir . '/exporter.log';
    $exporter{url} = 'http://127.0.0.1:' . free_port() . '/metrics';
    my ($address) = $exporter{url} =~ m{//([^/]+)};
    my $pid = fork() // BAIL_OUT("cannot fork: $!");
    if ($pid == 0) {
        $ENV{DATA_SOURCE_NAME} = sprintf 'host=%s port=%d user=%s dbname=postgres sslmode=disable',
            $node->host, $node->port, monitoring_role();
        open(STDOUT, '>>', $log);
        open(STDERR, '>&', \*STDOUT);
        exec($program, "--web.listen-address=$address", "--extend.query-path=$queries")
            or POSIX::_exit(127);
    }
    @exporter{qw(pid log)} = ($pid, $log);
    poll_until(sub { HTTP::Tiny->new(timeout => 5)->get($exporter{url})->{success} }, 60)
        or BAIL_OUT('the exporter does not answer: ' . slurp_file($log));
    return;
}

sub stop_exporter {
    return unless $exporter{pid};
    my $status = $?;
    kill 'TERM', $exporter{pid};
    waitpid($exporter{pid}, 0);
    delete $exporter{pid};
    $? = $status;
    return;
}
END { stop_exporter() }

# {values: 'name{label="value",...}' => value, types: name => type}, with the labels of ours alone.
sub scrape {
    my $answer = HTTP::Tiny->new(timeout => 60)->get($exporter{url});
    BAIL_OUT("no scrape: $answer->{status} $answer->{content}") unless $answer->{success};
    my (%values, %types);
    foreach my $line (split /\n/, $answer->{content}) {
        $types{$1} = $2 if $line =~ /^# TYPE (\S+) (\S+)/;
        next unless $line =~ /^([a-z_]+)(?:\{(.*)\})? (\S+)$/;
        my ($name, $labels, $value) = ($1, $2 // '', $3);
        my @labels = grep { !/^server="[^"]*:\d+"$/ } $labels =~ /(\w+="(?:[^"\\]|\\.)*")/g;
        $values{ $name . (@labels ? '{' . join(',', sort @labels) . '}' : '') } = $value;
    }
    return { values => \%values, types => \%types };
}

# Of each metric of queries.yaml: its type.
sub declared_metrics {
    my ($query, $column, %usage);
    foreach my $line (split /\n/, slurp_file("$folder/queries.yaml")) {
        $query = $1 if $line =~ /^(\w+):$/;
        $column = $1 if $line =~ /^    - (\w+):$/;
        $usage{"${query}_$column"} = lc $1 if $line =~ /^        usage: "(\w+)"$/ && $1 ne 'LABEL';
    }
    return %usage;
}

sub ledger { return $node->safe_psql('postgres', "SELECT $_[0]") }

sub value {
    my ($scrape, $metric) = @_;
    return $scrape->{values}{$metric} // 'NaN';
}

sub is_value {
    my ($scrape, $metric, $expected) = @_;
    cmp_ok(value($scrape, $metric), '==', $expected, $metric);
    return;
}

# The same for what is divided on the way.
sub is_near {
    my ($scrape, $metric, $expected) = @_;
    cmp_ok(abs(value($scrape, $metric) - $expected), '<', 1e-6, $metric);
    return;
}

sub is_clean {
    my ($scrape, $when) = @_;
    is($scrape->{values}{pg_exporter_last_scrape_error}, 0, "$when: no error of a scrape");
    my @failed = grep { /^pg_exporter_user_queries_load_error/ && $scrape->{values}{$_} != 0 }
        keys %{ $scrape->{values} };
    is("@failed", '', "$when: the file is loaded");
    my @lines = grep { /level=error|level=warn/ } split /\n/, slurp_file($exporter{log});
    is(join("\n", @lines), '', "$when: nothing in the exporter's log");
    return;
}

# ---- An empty database ---------------------------------------------------------------------------
# What is scraped here is compared as it changes, so nothing may be cached.
my $uncached = $node->basedir . '/queries.yaml';
append_to_file($uncached, slurp_file("$folder/queries.yaml") =~ s/^  cache_seconds: \d+\n//mgr);
start_exporter($uncached);
my $empty = scrape();
is_clean($empty, 'empty');
is_value($empty, "llm_workflow_requests_total{outcome=\"$_\"}", 0)
    foreach qw(generated cached failed cancelled);
is_value($empty, 'llm_workflow_request_duration_seconds_count', 0);
is_value($empty, 'llm_workflow_request_duration_seconds_bucket{le="+Inf"}', 0);
is_value($empty, 'llm_workflow_enabled', 1);
is_value($empty, 'llm_workflow_workers', 0);

# ---- A database that has been used ---------------------------------------------------------------
make_traffic($node, 'postgres', $sim);
my $used = scrape();
is_clean($used, 'used');

my %declared = declared_metrics();
cmp_ok(scalar keys %declared, '>=', 30, 'the file declares metrics');
foreach my $metric (sort keys %declared) {
    is($used->{types}{$metric}, $declared{$metric}, "$metric is a $declared{$metric}");
    is(($metric =~ /_total$/) + 0, ($declared{$metric} eq 'counter') + 0, "$metric has the name of one");
}
# Of an endpoint without recent calls the error ratio is not known.
is(join(' ', grep { /^llm_workflow/ && !/recent_error_ratio/ && value($used, $_) eq 'NaN' }
            keys %{ $used->{values} }), '', 'each has a value');

is_value($used, 'llm_workflow_requests_total{outcome="generated"}',
    ledger("count(*) FROM workflow_requests WHERE status = 'succeeded' AND cached_from IS NULL"));
is_value($used, 'llm_workflow_requests_total{outcome="cached"}', 1);
is_value($used, 'llm_workflow_requests_total{outcome="failed"}', 1);
foreach my $reason (split /\n/, $node->safe_psql('postgres', <<'SQL')) {
SELECT fallback_reason || '=' || count(*) FROM workflow_requests
WHERE status = 'succeeded' AND cached_from IS NULL AND fallback_reason IS NOT NULL GROUP BY fallback_reason
SQL
    my ($name, $count) = split /=/, $reason;
    is_value($used, "llm_workflow_fallbacks_total{reason=\"$name\"}", $count);
}
my @outcomes = split /\n/, $node->safe_psql('postgres',
    'SELECT model, outcome, count(*) FROM llm_calls GROUP BY model, outcome');
cmp_ok(scalar @outcomes, '>=', 4, 'calls ended in several ways');
foreach my $line (@outcomes) {
    my ($model, $outcome, $count) = split /\|/, $line;
    is_value($used, "llm_workflow_calls_total{model=\"$model\",outcome=\"$outcome\"}", $count);
}
my @models = split /\n/, $node->safe_psql('postgres', 'SELECT DISTINCT model FROM llm_calls');
foreach my $model (@models) {
    my ($input, $output, $cost, $calls, $seconds) = split /\|/, ledger(<<"SQL");
sum(input_tokens), sum(output_tokens), sum(cost_usd), count(*), sum(latency_ms) / 1000.0
FROM llm_calls WHERE model = '$model' AND outcome NOT IN ('cancelled', 'lost')
SQL
    is_value($used, "llm_workflow_model_input_tokens_total{model=\"$model\"}", $input);
    is_value($used, "llm_workflow_model_output_tokens_total{model=\"$model\"}", $output);
    is_value($used, "llm_workflow_model_cost_usd_total{model=\"$model\"}", $cost);
    is_value($used, "llm_workflow_call_duration_seconds_count{model=\"$model\"}", $calls);
    is_value($used, "llm_workflow_call_duration_seconds_bucket{le=\"600\",model=\"$model\"}", $calls);
    is_near($used, "llm_workflow_call_duration_seconds_sum{model=\"$model\"}", $seconds);
}
is_value($used, 'llm_workflow_agent_requests_total{agent="mail"}',
    ledger("count(*) FROM workflow_requests WHERE agent = 'mail'"));
is_value($used, 'llm_workflow_agent_failed_requests_total{agent=""}', 1);
my $budget = '{budget="all",period="month",scope="database"}';
cmp_ok(value($used, "llm_workflow_budget_used_ratio$budget"), '>', 0, 'a budget is used');
is_near($used, "llm_workflow_budget_used_ratio$budget", ledger('used_percent / 100 FROM llm_budget_status'));
is_value($used, "llm_workflow_budget_limit_usd$budget", 1);
is_value($used, 'llm_workflow_queued_jobs', 0);
is_value($used, 'llm_workflow_workers',
    ledger("count(*) FROM llm_workflow_status WHERE state = 'running'"));
is_value($used, 'llm_workflow_endpoint_circuit_open{foreign_server="sim_openai",model="gpt-4o-mini"}', 0);

# ---- A histogram is one --------------------------------------------------------------------------
# A bound counts the whole bucket of the roll-ups that it lies in, which is 5 % wide.
my ($last, @wrong) = (0);
my %buckets;
foreach my $metric (keys %{ $used->{values} }) {
    my ($bound) = $metric =~ /^llm_workflow_request_duration_seconds_bucket\{le="([\d.]+)"\}$/ or next;
    $buckets{$bound} = value($used, $metric);
}
cmp_ok(scalar keys %buckets, '>=', 10, 'the histogram has bounds');
foreach my $bound (sort { $a <=> $b } keys %buckets) {
    my ($least, $most) = map {
        ledger('count(*) FROM workflow_requests WHERE cached_from IS NULL '
                . "AND total_time_ms <= 1000 * $bound * $_")
    } 1, 1.05;
    push @wrong, "$bound: $buckets{$bound}, not $least to $most"
        if $buckets{$bound} < $least || $buckets{$bound} > $most || $buckets{$bound} < $last;
    $last = $buckets{$bound};
}
is(join("\n", @wrong), '', 'its counts are those of the ledger, and add up');
cmp_ok($buckets{0.25}, '<', $buckets{600}, 'a slow request is above a low bound');

# ---- Counters do not fall ------------------------------------------------------------------------
sub falling {
    my ($before, $after) = @_;
    return join ' ', grep {
        my ($name) = /^(\w+)/;
        $name =~ /^llm_workflow_\w+_(?:total|bucket|count|sum)$/
            && ($after->{values}{$_} // -1) < $before->{values}{$_};
    } sort keys %{ $before->{values} };
}
$node->safe_psql('postgres', "SELECT llmw_fold_stats(); SELECT generate_workflow('Once more')");
my $more = scrape();
is(falling($used, $more), '', 'folded and added to, no counter falls');
my $generated = 'llm_workflow_requests_total{outcome="generated"}';
is_value($more, $generated, value($used, $generated) + 1);
isnt(falling($more, $used), '', 'which this test would see');

# ---- The file as it is, and the alerts -----------------------------------------------------------
stop_exporter();
start_exporter("$folder/queries.yaml");
my $cached = scrape();
is_clean($cached, 'cached');
is_deeply([ grep { /^llm_workflow/ } sort keys %{ $cached->{values} } ],
    [ grep { /^llm_workflow/ } sort keys %{ $more->{values} } ], 'the file itself gives the same metrics');
my %is_metric = map { /^(\w+)/ ? ($1 => 1) : () } keys %{ $cached->{values} };
my @used = slurp_file("$folder/alerts.yaml") =~ /\b(llm_workflow_\w+)/g;
cmp_ok(scalar @used, '>=', 10, 'alerts name metrics');
is(join(' ', grep { !$is_metric{$_} } @used), '', 'which there are');

stop_exporter();
$node->stop;
done_testing();
