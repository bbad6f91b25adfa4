package CrashPoints;

# Has a process killed at a named place of the code, by llm_workflow.crash_point, once: the setting is
# taken back before the server has started again.
#
#   prepare_crash_points($node);                    # before the server starts
#   arm($node, 'settled:3');
#   wait_for_crash($node) or ...;                   # disarms
#   is(crashes($node), 1, ...);                     # processes killed by signal 9 so far

use strict;
use warnings;

use Exporter 'import';
use PostgreSQL::Test::Utils;
use LlmWorkflow;

our @EXPORT = qw(prepare_crash_points arm disarm crashes wait_for_crash write_setting);

my $file = 'crash_point.conf';

# A file of its own, because ALTER SYSTEM needs a server that runs.
sub prepare_crash_points {
    my ($node) = @_;
    $node->append_conf('postgresql.conf', "include '$file'");
    $node->append_conf($file, '');
    return;
}

# Replaces the settings of the file and has the server read them.
sub write_setting {
    my ($node, $text) = @_;
    open(my $out, '>', $node->data_dir . "/$file") or die "$file: $!";
    print {$out} "$text\n";
    close($out) or die "$file: $!";
    kill 'HUP', $node->{_pid} if $node->{_pid};
    return;
}

sub arm {
    my ($node, $crash_point) = @_;
    $node->{crashes_before} = crashes($node);
    write_setting($node, "llm_workflow.crash_point = '$crash_point'");
    return;
}

sub disarm { my ($node) = @_; write_setting($node, ''); return }

# How many processes of the server were killed by signal 9.
sub crashes {
    my ($node) = @_;
    my ($lines) = slurp_file($node->logfile, $node->{log_read} //= 0) =~ /^(.*\n)?/s;
    return $node->{crashes} // 0 unless defined $lines;
    $node->{log_read} += length $lines;
    my @found = $lines =~ /terminated by signal 9: Killed\n/g;
    return $node->{crashes} += @found;
}

# Calls $provoke again and again, if given, until a process was killed since arm(). Returns whether
# that came about.
sub wait_for_crash {
    my ($node, $seconds, $provoke) = @_;
    my $crashed = poll_until(sub {
        return 1 if crashes($node) > $node->{crashes_before};
        $provoke->() if $provoke;
        return 0;
    }, $seconds);
    disarm($node);
    return $crashed;
}

1;
