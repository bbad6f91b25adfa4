package SteadyClients;

# Clients that go on while processes are killed: each runs its script over and over, and connects
# again whenever its server went away.
#
#   start_steady_clients($node, a => \@statements, b => \@statements);
#   ...
#   end_steady_clients($node);
#   my @rows = steady_results($node);
#
# Their application_name is client_NAME. Clients that are left over end with the test.

use strict;
use warnings;

use Exporter 'import';
use POSIX ();
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);
use LlmWorkflow;

our @EXPORT = qw(start_steady_clients end_steady_clients steady_results steady_errors);

my @clients;

sub start_steady_clients {
    my ($node, %scripts) = @_;
    foreach my $name (sort keys %scripts) {
        my $script = $node->basedir . "/client_$name.sql";
        append_to_file($script, join("\n", @{ $scripts{$name} }) . "\n");
        my $pid = fork() // BAIL_OUT("cannot fork: $!");
        if ($pid == 0) {
            setpgrp();    # with the psql that it starts
            _run($node, $name, $script);
            POSIX::_exit(0);
        }
        push @clients, $pid;
    }
    return;
}

sub _stop_file { my ($node) = @_; return $node->basedir . '/stop' }

sub _run {
    my ($node, $name, $script) = @_;
    $ENV{PGAPPNAME} = "client_$name";
    my $psql = $node->installed_command('psql');
    my $connection = $node->connstr('postgres');
    my $results = $node->basedir . "/results_$name";
    until (-e _stop_file($node)) {
        system("'$psql' -XAtq -d \"$connection\" -f '$script' >>'$results' 2>>'$results.errors'");
        usleep(20_000);
    }
    return;
}

# What is left of their scripts would take long: their sessions are ended from the server's side.
sub end_steady_clients {
    my ($node) = @_;
    append_to_file(_stop_file($node), 'stop');
    poll_until(sub {
        $node->psql('postgres', 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity '
                . "WHERE application_name LIKE 'client%'");
        @clients = grep { waitpid($_, POSIX::WNOHANG()) == 0 } @clients;
        return !@clients;
    }) or BAIL_OUT('the clients do not end');
    return;
}

# The lines that all of them received; what psql complained of.
sub steady_results {
    my ($node) = @_;
    return map { split /\n/, slurp_file($_) } grep { !/\.errors$/ } glob($node->basedir . '/results_*');
}

sub steady_errors {
    my ($node) = @_;
    return join '', map { slurp_file($_) } glob($node->basedir . '/results_*.errors');
}

END {
    my $status = $?;
    kill 'KILL', map { -$_ } @clients if @clients;
    waitpid($_, 0) foreach @clients;
    $? = $status;
}

1;
