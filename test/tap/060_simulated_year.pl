# A year of one category, a round of requests for each day: a cheaper model is replayed, proposed,
# approved by a person, tracked over 5 and 20 runs, kept, and reverted by itself when it becomes
# worse in the second half of the year. What the ledger says was saved and lost is held against what
# the same requests cost before.

use strict;
use warnings;

use FindBin;
use lib "$FindBin::RealBin/lib";

use Chaos qw(psql_error is_quiet);
use IO::Socket::INET;
use LlmWorkflow;
use Stats;
use Test::More;

my $runs_a_day = 10;
my $replay_day = 30;
my $worse_from_day = 200;
my $last_day = 365;

my $node = new_node('year', conf => <<'CONF');
llm_workflow.primary_model = 'gpt-4o'
llm_workflow.fallback_models = ''
llm_workflow.retry_base_delay = 1
CONF
my $sim = start_simulator($node, seed => 7);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim, prefix => 'strong', path => '/strong');

sub query { return $node->safe_psql('postgres', @_) }

# Of each model's answers so many in a hundred are no valid document, repairs not excepted.
sub fail_rate {
    my ($path, $percent) = @_;
    my $target = "$path/control/faults/bad_type\@p=$percent";
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $sim->{port})
        or die "cannot reach the simulator: $!";
    print {$socket} "POST $target HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n"
        . "Connection: close\r\n\r\n";
    my $answer = join('', <$socket>);
    return $answer =~ m{^HTTP/1.1 200} || die "\"$target\": $answer";
}

query(<<"SQL");
CREATE SERVER cheap FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol 'openai', base_url '$sim->{url}/cheap/v1', adaptive 'false');
CREATE USER MAPPING FOR PUBLIC SERVER cheap OPTIONS (api_key 'simulated-key');
UPDATE llm_models SET server = 'cheap' WHERE name = 'gpt-4o-mini';
INSERT INTO llm_rules (rule, category, text) VALUES ('R1', 'reports', 'Each step has one action.');
CREATE ROLE tuner;
CREATE ROLE manager;
GRANT EXECUTE ON FUNCTION propose_downgrades(timestamptz) TO tuner;
GRANT EXECUTE ON FUNCTION approve_proposal(uuid) TO manager;
SQL
fail_rate('/strong', 1);
fail_rate('/cheap', 3);

my $without_document = 0;

# The requests of a day, what people record of them (nine of ten issues are ones that the rule
# speaks of), and what is told about proposals in the night after.
sub live_through {
    my ($day) = @_;
    my ($failed, $advice) = split /\n/, query(<<"SQL"), 2;
SELECT count(*) FROM generate_workflows(
    ARRAY(SELECT 'Report ' || i || ' of day $day' FROM generate_series(1, $runs_a_day) i),
    category => 'reports')
WHERE result ? 'error';
INSERT INTO llm_issues (category, description, rule)
VALUES ('reports', 'A step with two actions.', CASE WHEN $day % 10 > 0 THEN 'R1' END);
SELECT advice FROM evaluate_workflow_rules() WHERE rule = 'proposals';
SQL
    $without_document += $failed;
    return $advice // '';
}

# The status of the proposal, and how many runs it had.
sub proposal { return query("SELECT $_[0] FROM llm_model_proposals") }

my (%told, $reverted_on);
foreach my $day (1 .. $last_day) {
    if ($day == $worse_from_day) {
        fail_rate('/cheap', 15);
        is(proposal('status'), 'kept', 'until then the proposal was kept');
    }
    my $advice = live_through($day);
    $told{$day} = $advice if $advice ne '';
    $reverted_on = $day if $advice =~ /^reverted/;

    if ($day == $replay_day) {
        is(query('SET ROLE tuner; SELECT count(*) FROM propose_downgrades(); RESET ROLE'), 0,
            'without replays nothing is proposed');
        is(query(q{SELECT missing FROM downgrade_candidates() WHERE to_model = 'gpt-4o-mini'}),
            '{"replays: 0 of 20"}', 'nothing else is missing');
        query(q{SELECT replay_requests('gpt-4o-mini', 150, 5, category => 'reports')});
        ok($node->poll_query_until('postgres', 'SELECT ended = 150 FROM workflow_replays'),
            'stored prompts are replayed in the background');
        is(query(<<'SQL'), 't|t|t', 'within their budget, without fallbacks, by the cheaper model');
SELECT (SELECT cost_usd <= budget_usd FROM workflow_replays),
       bool_and(fallback_reason IS NULL),
       (SELECT bool_and(c.model = 'gpt-4o-mini') FROM llm_calls c JOIN workflow_requests q
        USING (request_id) WHERE q.tags ? 'replay')
FROM workflow_requests WHERE tags ? 'replay'
SQL
    }
    if ($day == $replay_day + 1) {
        is(query('SET ROLE tuner; SELECT subject, from_model, to_model FROM propose_downgrades();'
                    . ' RESET ROLE'),
            'category reports|gpt-4o|gpt-4o-mini', 'the cheaper model is proposed');
        is(query('SELECT count(*) FROM llm_routes WHERE category <> $$$$'), 0,
            'and that changes nothing');
        note('proposed: ' . query('SELECT to_jsonb(p) FROM llm_model_proposals p'));
        my $id = proposal('proposal_id');
        is(psql_error($node, 'postgres', "SET ROLE tuner; SELECT approve_proposal('$id')")
                ->{sqlstate}, '42501', 'who proposes may not approve');
        query("SET ROLE manager; SELECT approve_proposal('$id'); RESET ROLE");
        is(query('SELECT model, fallback_models FROM llm_routes WHERE category <> $$$$'),
            'gpt-4o-mini|{gpt-4o}', 'approved by a person it changes the route');
    }
    if ($day == $replay_day + 3) {
        is(query(<<'SQL'), "5|5\n20|20\nall|20", 'the first 5 and 20 runs are tracked');
SELECT tracked, runs FROM llm_proposal_tracking
SQL
    }
}

# ---- What happened -------------------------------------------------------------------------------
ok(defined $reverted_on && $reverted_on > $worse_from_day, 'the proposal was reverted by itself');
cmp_ok($reverted_on - $worse_from_day, '<', 20, 'within 20 days');
is_deeply([ map { /^(\w+)/ } @told{ sort { $a <=> $b } keys %told } ], [qw(kept reverted)],
    'after it was kept, and nothing else happened');
note("day $_: $told{$_}") foreach sort { $a <=> $b } keys %told;
# A fallback catches what the cheaper model fails at; nothing catches the stronger one.
cmp_ok($without_document, '<', 4, 'hardly any request failed in the whole year');
note('the worse model ran ' . $runs_a_day * ($reverted_on - $worse_from_day + 1) . ' times');
is(query('SELECT count(*) FROM llm_routes WHERE category <> $$$$'), 0, 'the route is gone again');
is(query("SELECT string_agg(action, ' ' ORDER BY \"timestamp\") FROM audit_logs "
            . "WHERE action LIKE 'PROPOSAL%' OR action LIKE 'REPLAY%'"),
    'REPLAY_SUBMITTED PROPOSAL_CREATED PROPOSAL_APPROVED PROPOSAL_KEPT PROPOSAL_REVERTED',
    'everything is on record');
is(query('SELECT count(*) FROM propose_downgrades()'), 0,
    'what was replayed before is no reason to propose it again');

# Which model each day's requests asked first, with the days counted off.
is(query(<<"SQL"), "gpt-4o|" . ($replay_day + 1) . "\ngpt-4o-mini|"
SELECT model, count(*) / $runs_a_day FROM (
    SELECT model, submitted_at, row_number() OVER (ORDER BY submitted_at)
           - row_number() OVER (PARTITION BY model ORDER BY submitted_at) AS stretch
    FROM llm_model_runs WHERE NOT is_replay) AS r
GROUP BY model, stretch ORDER BY min(submitted_at)
SQL
        . ($reverted_on - $replay_day - 1) . "\ngpt-4o|" . ($last_day - $reverted_on),
    'requests went to the cheaper model from the approval until it was reverted');

# ---- What was saved and lost ---------------------------------------------------------------------
note('tracking: ' . query(<<'SQL'));
SELECT jsonb_pretty(to_jsonb(t)) FROM llm_proposal_tracking t WHERE tracked = 'all'
SQL
# Independently: what the requests of that time cost, against as many at the mean cost before it.
is(query(<<'SQL'), 't|t|t', 'the saving is what the same requests cost less than before');
WITH means AS (
    SELECT avg(cost_usd) FILTER (WHERE model = 'gpt-4o' AND NOT was_retried) AS before,
           sum(cost_usd) FILTER (WHERE model = 'gpt-4o-mini') AS paid,
           count(*) FILTER (WHERE model = 'gpt-4o-mini') AS runs
    FROM llm_model_runs WHERE NOT is_replay
)
SELECT t.runs = m.runs, t.paid_usd = m.paid,
       abs(t.net_saving_usd / (m.runs * m.before - m.paid) - 1) < 0.01
FROM means m, llm_proposal_tracking t WHERE t.tracked = 'all'
SQL
is(query(<<'SQL'), 't|t|t', 'and something lost, on answers that were not accepted');
SELECT saved_usd > 10 * lost_usd, lost_usd > 0,
       lost_usd = (SELECT sum(c.cost_usd) FROM llm_model_runs r JOIN llm_calls c USING (request_id)
                   WHERE NOT r.is_replay AND r.model = 'gpt-4o-mini' AND c.outcome <> 'ok')
FROM llm_proposal_tracking WHERE tracked = 'all'
SQL

is_quiet($node, 'postgres', $sim, 'nothing is left behind');
is_deeply(ledger_totals($node, 'postgres'), bill_totals($sim), 'the ledger is the bill');
stats_are_exact($node, 'postgres', 'the roll-ups are the sum of the ledger');
done_testing();
