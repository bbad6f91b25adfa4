package Chaos;

# For the tests that break things: clients that run beside the test, what the simulators are doing
# at the moment, and the comparison of the ledger with their bill, call by call.
#
#   my $client = start_client($node, 'postgres',
#       "SELECT generate_workflow('[[sim:hang_headers]] x')");
#   wait_for_in_flight($sim, 1);
#   $client->cancel;
#   my $end = $client->end;             # {out, err, sqlstate, message, hint}
#   is($end->{sqlstate}, '57014', ...);
#   is_deeply(bill_problems(read_bill($sim), read_calls($node, 'postgres')), [], ...);
#
# Clients that are left over end with the test.

use strict;
use warnings;

use Exporter 'import';
use IO::Socket::INET;
use JSON::PP ();
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);
use LlmWorkflow;

our @EXPORT = qw(
    start_client start_clients start_stub simulator_stats wait_for_in_flight read_calls
    bill_problems is_accounted is_quiet children_of is_alive intents psql_error
);

# The prices of FACTS in units of 10^-8 USD a token, by the name that the provider is asked for.
my %price = (
    'gpt-4o-mini' => [ 15, 60 ],
    'claude-sonnet-4-20250514' => [ 300, 1500 ],
);

my @clients;
my $started = 0;

# Starts psql with the SQL in the background. Each statement is sent by itself, errors do not stop
# it. Options: user; name, by which pg_stat_activity shows it; connstr, when it is not the server that
# it connects to.
sub start_client {
    my ($node, $database, $sql, %options) = @_;
    my $name = $options{name} // 'client_' . ++$started;
    my $file = $node->basedir . "/$name." . ++$started;
    my $program = $node->installed_command('psql');
    my $where = $options{connstr} // $node->connstr($database);
    my @command = ($program, '-XAtq', '-d', $where, '-v', 'VERBOSITY=verbose');
    push @command, '-U', $options{user} if $options{user};
    append_to_file("$file.sql", "$sql;\n");

    my $pid = fork() // BAIL_OUT("cannot fork: $!");
    if ($pid == 0) {
        $ENV{PGAPPNAME} = $name;
        open(STDIN, '<', "$file.sql");
        open(STDOUT, '>', "$file.out");
        open(STDERR, '>', "$file.err");
        exec(@command) or POSIX::_exit(127);
    }
    my $client = bless { node => $node, name => $name, pid => $pid, file => $file, at => time() },
        'Chaos::Client';
    push @clients, $client;
    return $client;
}

# Starts that many clients with the same SQL.
sub start_clients {
    my ($count, @arguments) = @_;
    return map { start_client(@arguments) } 1 .. $count;
}

# A server that answers every POST with that status and JSON text, for what the simulator does not
# say. Returns its URL. It ends with the test.
sub start_stub {
    my ($status, $body) = @_;
    my $listener = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1', Proto => 'tcp')
        or BAIL_OUT("cannot listen: $!");
    my $url = 'http://127.0.0.1:' . $listener->sockport . '/v1';
    my $pid = fork() // BAIL_OUT("cannot fork: $!");
    if ($pid == 0) {
        my $answer = "HTTP/1.1 $status Stub\r\nContent-Type: application/json\r\nConnection: close\r\n"
            . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
        while (my $socket = $listener->accept) {
            my $request = '';
            until ($request =~ /^content-length: (\d+).*?\r\n\r\n(.*)/ims && length $2 >= $1) {
                sysread($socket, $request, 65536, length $request) or last;
            }
            print {$socket} $answer;
            close $socket;
        }
        POSIX::_exit(0);
    }
    push @clients, { pid => $pid };
    return $url;
}

# What GET /stats of the simulator says, as a hash.
sub simulator_stats {
    my ($simulator) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $simulator->{port})
        or die "cannot reach the simulator: $!";
    print {$socket} "GET /stats HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n";
    my $answer = '';
    while ($answer !~ /\r\n\r\n\{.*\}/s) {
        sysread($socket, $answer, 65536, length $answer) or last;
    }
    my ($body) = $answer =~ /\r\n\r\n(\{.*\})/s or die "no statistics in \"$answer\"";
    return JSON::PP::decode_json($body);
}

# Waits until so many requests are with the simulator. Returns whether that came about.
sub wait_for_in_flight {
    my ($simulator, $count, $seconds) = @_;
    return poll_until(sub { simulator_stats($simulator)->{in_flight} == $count }, $seconds);
}

# The rows of llm_calls, one hash each; units is the cost in units of 10^-8 USD. The schema is that of
# the extension, where it is not in the path.
sub read_calls {
    my ($node, $database, $schema) = @_;
    my $table = defined $schema ? "$schema.llm_calls" : 'llm_calls';
    my @names = qw(call_id model outcome cost_source input_tokens output_tokens units);
    my $rows = $node->safe_psql($database,
        'SELECT call_id, model, outcome, cost_source, input_tokens, output_tokens, '
            . "coalesce(trim_scale(cost_usd * 100000000)::text, 'unknown') FROM $table");
    my @calls;
    foreach my $row (split /\n/, $rows) {
        my %fields;
        @fields{@names} = split /\|/, $row, -1;
        push @calls, \%fields;
    }
    return \@calls;
}

sub billed_units {
    my ($line) = @_;
    my $price = $price{ $line->{model} } or return "a model without a price, $line->{model}";
    return $line->{input_tokens} * $price->[0] + $line->{output_tokens} * $price->[1];
}

sub duplicates {
    my (@ids) = @_;
    my %times;
    $times{$_}++ foreach @ids;
    return grep { $times{$_} > 1 } sort keys %times;
}

# What one billed line has against the call of the same id.
sub line_problems {
    my ($line, $call) = @_;
    my $id = $line->{attempt_id};
    return "call $id is on the bill and not in the ledger" unless $call;
    if (!$line->{billed}) {
        return "call $id was not billed and is in the ledger as reported"
            if $call->{cost_source} eq 'reported';
        return ();
    }
    my $units = billed_units($line);
    if ($call->{cost_source} eq 'reported') {
        my @wrong = grep { $line->{$_} != $call->{$_} } qw(input_tokens output_tokens);
        return "call $id has other $wrong[0] than the bill" if @wrong;
        return "call $id cost $call->{units}, on the bill it is $units"
            if $call->{units} ne $units;
        return ();
    }
    return "call $id was billed and is in the ledger as $call->{cost_source}"
        if $call->{cost_source} ne 'estimated';
    return "call $id is estimated at $call->{units}, below the bill's $units"
        if $call->{units} < $units;
    return ();
}

# Compares the bill with the ledger's calls, both ways. The answer is a list of what does not fit,
# empty when all is accounted for.
sub bill_problems {
    my ($bill, $calls) = @_;
    my %call = map { $_->{call_id} => $_ } @$calls;
    my %on_bill = map { $_->{attempt_id} => 1 } @$bill;
    my @problems = map { "call $_ is on the bill twice" } duplicates(map { $_->{attempt_id} } @$bill);
    push @problems, map { "call $_ is in the ledger twice" } duplicates(map { $_->{call_id} } @$calls);
    push @problems, line_problems($_, $call{ $_->{attempt_id} }) foreach @$bill;
    push @problems, map { "call $_->{call_id} is reported, and on no bill" }
        grep { $_->{cost_source} eq 'reported' && !$on_bill{ $_->{call_id} } } @$calls;
    push @problems, map { "call $_->{call_id} is lost and not estimated" }
        grep { $_->{outcome} eq 'lost' && $_->{cost_source} ne 'estimated' } @$calls;
    return \@problems;
}

sub intents {
    my ($node, $database) = @_;
    return $node->safe_psql($database, 'SELECT count(*) FROM llm_call_intents');
}

# Waits until nothing is on the wire, no intent is left and no request runs.
sub is_quiet {
    my ($node, $database, $simulator, $name) = @_;
    my $quiet = wait_for_in_flight($simulator, 0) && $node->poll_query_until($database,
        "SELECT NOT EXISTS (SELECT FROM llm_call_intents) AND NOT EXISTS "
            . "(SELECT FROM workflow_requests WHERE status = 'running')");
    return ok($quiet, $name);
}

# One test: the database's ledger and the simulator's bill agree about every call.
sub is_accounted {
    my ($node, $database, $simulator, $name) = @_;
    my $problems = bill_problems(read_bill($simulator), read_calls($node, $database));
    splice(@$problems, 20, @$problems, '...') if @$problems > 20;
    return is_deeply($problems, [], $name);
}

# Runs the SQL, which must fail, in one session. The answer: {out, sqlstate, message, hint, err}.
sub psql_error {
    my ($node, $database, $sql, %options) = @_;
    my ($status, $out, $err) = $node->psql($database, "\\set VERBOSITY verbose\n$sql", %options);
    return { out => $out, parse_error($err) };
}

sub parse_error {
    my ($err) = @_;
    my ($state, $message) = $err =~ /(?:ERROR|FATAL):\s+([0-9A-Z]{5}): ([^\n]*)/;
    my ($hint) = $err =~ /HINT:\s+([^\n]*)/;
    return (err => $err, sqlstate => $state // '', message => $message // '', hint => $hint // '');
}

# The pids of a process's children that are not zombies.
sub children_of {
    my ($parent) = @_;
    my @children;
    foreach my $file (glob '/proc/[0-9]*/stat') {
        open(my $stat, '<', $file) or next;
        my ($pid, $state, $its_parent) = (<$stat> // '') =~ /^(\d+) \(.*\) (\S) (\d+)/ or next;
        push @children, $pid if $its_parent == $parent && $state ne 'Z';
    }
    return @children;
}

# Whether the process runs; a zombie does not.
sub is_alive {
    my ($pid) = @_;
    open(my $stat, '<', "/proc/$pid/stat") or return 0;
    my ($state) = (<$stat> // '') =~ /^\d+ \(.*\) (\S)/ or return 0;
    return $state ne 'Z';
}

END {
    my $status = $?;
    foreach my $client (grep { !$_->{ended} } @clients) {
        kill 'KILL', $client->{pid};
        waitpid($client->{pid}, 0);
    }
    $? = $status;
}

package Chaos::Client;

use strict;
use warnings;

# The pid of the client's backend; waits until it has one.
sub backend {
    my ($self) = @_;
    my $sql = "SELECT pid FROM pg_stat_activity WHERE application_name = '$self->{name}'";
    LlmWorkflow::poll_until(sub { $self->{backend} = $self->{node}->safe_psql('postgres', $sql) })
        unless $self->{backend};
    return $self->{backend};
}

sub cancel {
    my ($self) = @_;
    return $self->{node}->safe_psql('postgres', 'SELECT pg_cancel_backend(' . $self->backend . ')');
}

sub terminate {
    my ($self) = @_;
    return $self->{node}
        ->safe_psql('postgres', 'SELECT pg_terminate_backend(' . $self->backend . ')');
}

# Ends psql without a word to the server: its socket closes.
sub vanish {
    my ($self) = @_;
    kill 'KILL', $self->{pid};
    return $self->end;
}

sub is_running {
    my ($self) = @_;
    return 0 if $self->{ended};
    return 1 if waitpid($self->{pid}, POSIX::WNOHANG()) == 0;
    $self->{ended} = 1;
    return 0;
}

# Waits for psql's end. Dies if it does not come. The answer: {out, err, sqlstate, message, hint}.
sub end {
    my ($self, $seconds) = @_;
    LlmWorkflow::poll_until(sub { !$self->is_running }, $seconds)
        or die "client $self->{name} does not end";
    my $out = PostgreSQL::Test::Utils::slurp_file("$self->{file}.out");
    my $err = PostgreSQL::Test::Utils::slurp_file("$self->{file}.err");
    return { out => $out, Chaos::parse_error($err) };
}

1;
