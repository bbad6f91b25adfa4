package LlmWorkflow;

# Helpers of the TAP tests over PostgreSQL::Test::Cluster: a server with the extension preloaded,
# the simulated providers beside it, and the simulators' bill to hold the ledger against.
#
#   use FindBin;
#   use lib "$FindBin::RealBin/lib";
#   use LlmWorkflow;
#   use Test::More;
#
#   my $node = new_node('main');                        # started, database postgres
#   my $sim = start_simulator($node);                   # on a free port of 127.0.0.1
#   create_extension($node, 'postgres');
#   create_sim_servers($node, 'postgres', $sim);        # gpt-4o-mini and claude-sonnet-4 go there
#   ... $node->safe_psql('postgres', "SELECT generate_workflow('...')") ...
#   is_deeply(ledger_totals($node, 'postgres'), bill_totals($sim), 'the ledger is the bill');
#
# Never sleep: poll_until() waits for a condition. What this module starts, it ends, by its pid.

use strict;
use warnings;

use Exporter 'import';
use File::Temp ();
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time usleep);

our @EXPORT = qw(
    new_node create_extension start_simulator create_sim_servers read_bill bill_totals
    read_requests say ledger_totals poll_until worker_pid kills
);

my @simulators;

# A started server with the extension preloaded. Options: conf (text for postgresql.conf),
# preload (default 'llm_workflow'), restart_after_crash (default 0; the harness turns it off),
# env (hash of variables that the server sees, such as keys), start (default 1), install_path (of
# another PostgreSQL), and whatever PostgreSQL::Test::Cluster's init takes.
sub new_node {
    my ($name, %options) = @_;
    my $conf = delete $options{conf} // '';
    my $preload = delete $options{preload} // 'llm_workflow';
    my $restart = delete $options{restart_after_crash} ? 'on' : 'off';
    my $environment = delete $options{env} // {};
    my $start = delete $options{start} // 1;
    my $install = delete $options{install_path};
    my $extra = delete $options{extra} // [];

    my $node = PostgreSQL::Test::Cluster->new($name, defined $install ? (install_path => $install) : ());
    $node->init(extra => [ '-E', 'UTF8', '--locale=C.UTF-8', @$extra ], %options);
    $node->append_conf('postgresql.conf', <<"CONF");
shared_preload_libraries = '$preload'
restart_after_crash = $restart
max_connections = 100
max_worker_processes = 16
log_statement = none
$conf
CONF
    local @ENV{ keys %$environment } = values %$environment;
    $node->start if $start;
    return $node;
}

sub create_extension {
    my ($node, $database, $schema) = @_;
    my $where = defined $schema ? " SCHEMA $schema" : '';
    $node->safe_psql($database, "CREATE EXTENSION llm_workflow$where");
    return;
}

# Starts the simulated providers and waits until they listen. Options are those of the program
# without the dashes, '_' for '-': delay_ms => 500, no_auth => 1, reply_file => '...', port => N; and
# keep_requests, for read_requests().
# The answer: {port, url, bill, requests, pid}, with ->stop and ->kill9. It ends with this test in any
# case.
sub start_simulator {
    my ($node, %options) = @_;
    my $program = $ENV{LLM_PROVIDER_SIM};
    BAIL_OUT('LLM_PROVIDER_SIM does not name the simulator; run the tests through make')
        unless defined $program && -x $program;

    my $folder = defined $node ? $node->basedir : File::Temp::tempdir(CLEANUP => 1);
    my $number = @simulators;
    my $port_file = "$folder/simulator_$number.port";
    my $bill = delete $options{bill} // "$folder/simulator_$number.bill";
    my $requests = "$folder/simulator_$number.requests";
    my @command = ($program, '--port-file', $port_file, '--bill', $bill, '--parent-pid', $$,
        delete $options{keep_requests} ? ('--requests', $requests) : ());
    foreach my $option (sort keys %options) {
        (my $name = "--$option") =~ tr/_/-/;
        push @command, $name, $option eq 'no_auth' ? () : $options{$option};
    }

    unlink $port_file;
    my $pid = fork() // BAIL_OUT("cannot fork: $!");
    if ($pid == 0) {
        open(STDOUT, '>>', "$folder/simulator_$number.log");
        open(STDERR, '>&', \*STDOUT);
        exec(@command) or POSIX::_exit(127);
    }
    my $simulator = bless { pid => $pid, bill => $bill, requests => $requests, folder => $folder },
        'LlmWorkflow::Simulator';
    push @simulators, $simulator;
    poll_until(sub { -s $port_file || !$simulator->is_running })
        && $simulator->is_running
        or BAIL_OUT('the simulator did not start: ' . slurp_file("$folder/simulator_$number.log"));
    $simulator->{port} = slurp_file($port_file) + 0;
    $simulator->{url} = "http://127.0.0.1:$simulator->{port}";
    return $simulator;
}

# Makes the servers PREFIX_openai and PREFIX_anthropic (default prefix "sim") with a dummy key for
# everyone, and sends the models of the two real servers there. Options: prefix; path, which is put
# before /v1 and may hold faults ("/f/status=500"); adaptive, for circuits and learned limits, without
# which what one test provokes would hold up the next; server_options, further options as SQL text.
sub create_sim_servers {
    my ($node, $database, $simulator, %options) = @_;
    my $prefix = $options{prefix} // 'sim';
    my $path = $options{path} // '';
    my $further = $options{server_options} ? ", $options{server_options}" : '';
    $further .= ", adaptive 'false'" unless $options{adaptive};
    my $sql = '';
    foreach my $protocol (qw(openai anthropic)) {
        my $server = "${prefix}_$protocol";
        $sql .= <<"SQL";
CREATE SERVER $server FOREIGN DATA WRAPPER llm_provider
    OPTIONS (protocol '$protocol', base_url '$simulator->{url}$path/v1'$further);
CREATE USER MAPPING FOR PUBLIC SERVER $server OPTIONS (api_key 'simulated-key');
UPDATE llm_models SET server = '$server' WHERE server = '$protocol';
SQL
    }
    $node->safe_psql($database, $sql);
    return;
}

# What the simulated providers billed: one hash per line of the bill.
sub read_bill {
    my ($simulator) = @_;
    return [] unless -e $simulator->{bill};
    my @names = qw(time_us attempt_id shape model input_tokens output_tokens billed fault);
    my @lines;
    foreach my $line (split /\n/, slurp_file($simulator->{bill})) {
        my %fields;
        @fields{@names} = split /\t/, $line, -1;
        push @lines, \%fields;
    }
    return \@lines;
}

# The requests that the simulated providers got, in order: {id, body}, the body decoded.
sub read_requests {
    my ($simulator) = @_;
    return [] unless -e $simulator->{requests};
    my @requests;
    foreach my $line (split /\n/, slurp_file($simulator->{requests})) {
        my ($id, $body) = split /\t/, $line, 2;
        push @requests, { id => $id, body => JSON::PP->new->utf8->decode($body) };
    }
    return \@requests;
}

# The fault by which a model answers with that text: '[[sim:' . say('{"a":1}') . ']]'.
sub say {
    my ($text) = @_;
    utf8::encode($text) if utf8::is_utf8($text);
    return 'say:' . unpack('H*', $text);
}

# Sums of the bill's billed lines, to compare with ledger_totals().
sub bill_totals {
    my ($simulator) = @_;
    my %totals = (calls => 0, input_tokens => 0, output_tokens => 0);
    foreach my $line (grep { $_->{billed} } @{ read_bill($simulator) }) {
        $totals{calls}++;
        $totals{$_} += $line->{$_} foreach qw(input_tokens output_tokens);
    }
    return \%totals;
}

# Sums of the ledger's calls whose tokens the provider reported.
sub ledger_totals {
    my ($node, $database) = @_;
    my $row = $node->safe_psql($database,
        'SELECT count(*), coalesce(sum(input_tokens), 0), coalesce(sum(output_tokens), 0) '
            . "FROM llm_calls WHERE cost_source = 'reported'");
    my %totals;
    @totals{qw(calls input_tokens output_tokens)} = map { $_ + 0 } split /\|/, $row;
    return \%totals;
}

# Calls the code until it is true, at most for the given seconds (default: PG_TEST_TIMEOUT_DEFAULT
# or 180). Returns whether it became true.
sub poll_until {
    my ($condition, $seconds) = @_;
    my $deadline = time() + ($seconds // $ENV{PG_TEST_TIMEOUT_DEFAULT} // 180);
    until ($condition->()) {
        return 0 if time() > $deadline;
        usleep(10_000);
    }
    return 1;
}

# The pid of the worker of a database, or '' when it has none.
sub worker_pid {
    my ($node, $database) = @_;
    return $node->safe_psql('postgres',
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'llm_workflow worker' "
            . "AND datname = '$database'");
}

# How many kills a kill test makes.
sub kills {
    return $ENV{LLMW_KILLS} || 20;
}

END {
    my $status = $?;
    $_->stop foreach @simulators;
    $? = $status;
}

package LlmWorkflow::Simulator;

use strict;
use warnings;

sub is_running {
    my ($self) = @_;
    return 0 unless $self->{pid};
    return 1 if waitpid($self->{pid}, POSIX::WNOHANG()) == 0;
    $self->{pid} = 0;
    return 0;
}

sub _end {
    my ($self, $signal) = @_;
    return unless $self->is_running;
    kill $signal, $self->{pid};
    my $status = $?;
    waitpid($self->{pid}, 0);
    $? = $status;
    $self->{pid} = 0;
    return;
}

sub stop { my ($self) = @_; return $self->_end('TERM') }

sub kill9 { my ($self) = @_; return $self->_end('KILL') }

1;
