# Through PgBouncer in transaction mode, where a session is another one after each COMMIT, and where
# twenty clients share one connection that is wiped by DISCARD ALL after each of them.

use strict;
use warnings;
use FindBin;
use lib "$FindBin::RealBin/lib";
use LlmWorkflow;
use Chaos;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $clients = 20;
my ($program) = grep { -x } map { "$_/pgbouncer" } split(/:/, $ENV{PATH}), '/usr/sbin';
plan skip_all => 'there is no pgbouncer (Debian: pgbouncer)' unless $program;

my $node = new_node('pooled', conf => "llm_workflow.enable_fallback = off\n");
my $sim = start_simulator($node);
create_extension($node, 'postgres');
create_sim_servers($node, 'postgres', $sim);

# PgBouncer in front of the node. It ends with this test, also when the test ends early.
package Pooler {
    sub start {
        my ($class, $server) = @_;
        my $port = PostgreSQL::Test::Cluster::get_free_port();
        my $user = $server->safe_psql('postgres', 'SELECT current_user');
        my $folder = $server->basedir;
        PostgreSQL::Test::Utils::append_to_file("$folder/users.txt", qq("$user" ""\n));
        PostgreSQL::Test::Utils::append_to_file("$folder/pgbouncer.ini", <<"INI");
[databases]
postgres = host=${\ $server->host } port=${\ $server->port } pool_size=1
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = trust
auth_file = $folder/users.txt
pool_mode = transaction
server_reset_query = DISCARD ALL
server_reset_query_always = 1
max_client_conn = 100
logfile = $folder/pgbouncer.log
INI
        my $pid = fork() // Test::More::BAIL_OUT("cannot fork: $!");
        if ($pid == 0) {
            open(STDOUT, '>', "$folder/pgbouncer.out");
            open(STDERR, '>&', \*STDOUT);
            exec($program, '-q', "$folder/pgbouncer.ini") or POSIX::_exit(127);
        }
        return bless {
            pid => $pid,
            owner => $$,
            connstr => "host=127.0.0.1 port=$port dbname=postgres user=$user",
        }, $class;
    }

    sub DESTROY {
        my ($self) = @_;
        return unless $self->{owner} == $$;
        local ($?, $!);
        kill 'TERM', $self->{pid};
        waitpid($self->{pid}, 0);
        return;
    }
}
my $pooler = Pooler->start($node);

sub through_pooler {
    my ($sql) = @_;
    return start_client($node, 'postgres', $sql, connstr => $pooler->{connstr});
}
ok(poll_until(sub { through_pooler('SELECT 1')->end->{out} eq "1\n" }), 'PgBouncer is there');

# Submit, and ask for the result, each in a transaction of its own; one generates, and one cancels.
my @ends = map { $_->end } map { through_pooler(<<"SQL") } 1 .. $clients;
SELECT submit_workflow('Pooled $_') AS id \\gset
SELECT workflow_result(:'id', wait => '1 minute') ->> 'request_id' = :'id';
BEGIN;
SET LOCAL llm_workflow.primary_model = 'claude-sonnet-4';
SELECT submit_workflow('Settings of $_') AS id \\gset
COMMIT;
SELECT workflow_result(:'id', wait => '1 minute') ->> 'generator_used';
SELECT generate_workflow('Waited for by $_') ->> 'generator_used';
SELECT submit_workflow('[[sim:hang_headers]] Cancelled by $_') AS id \\gset
SELECT cancel_workflow(:'id');
SELECT workflow_result(:'id', wait => '1 minute') #>> '{error,code}';
BEGIN;
SELECT submit_workflow('Rolled back by $_') AS id \\gset
ROLLBACK;
SELECT pg_backend_pid()
SQL

my $expected = join("\n", 't', 'claude-sonnet-4', 'gpt-4o-mini', 't', '57014');
my %backends;
foreach my $end (@ends) {
    my ($said, $backend) = $end->{out} =~ /^(.*)\n(\d+)\n$/s;
    $backends{ $backend // 'none' } = 1;
    next if ($said // '') eq $expected && $end->{err} eq '';
    fail('each client gets its own results');
    diag("$end->{out}\n$end->{err}");
}
is(scalar(keys %backends), 1, 'all clients shared one connection');
is($node->safe_psql('postgres',
        'SELECT status, generator_used, count(*) FROM workflow_requests '
            . 'GROUP BY status, generator_used ORDER BY status, generator_used'),
    join("\n", "cancelled||$clients", "succeeded|claude-sonnet-4|$clients",
        'succeeded|gpt-4o-mini|' . 2 * $clients),
    'each request was made once, as its client asked');
is($node->safe_psql('postgres', 'SELECT count(*) FROM workflow_jobs'), '0', 'no job is left');
is_quiet($node, 'postgres', $sim, 'nothing is left running');
is_accounted($node, 'postgres', $sim, 'each call is on the bill and in the ledger');

# A client that vanishes takes its request along, and leaves the connection to the others.
my $vanishing = through_pooler("SELECT generate_workflow('[[sim:hang_headers]] Vanishing')");
ok(wait_for_in_flight($sim, 1), 'the call hangs');
my $next = through_pooler("SELECT generate_workflow('The next one') ->> 'generator_used'");
$vanishing->vanish;
is($next->end->{out}, "gpt-4o-mini\n", 'the connection of a client that vanished serves the next');
is_quiet($node, 'postgres', $sim, 'a vanished client leaves nothing running');

undef $pooler;
$node->stop;
done_testing();
