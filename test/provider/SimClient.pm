# A client of the simulated providers for tests: starts the program, speaks HTTP by hand (a client
# library would hide the bytes that matter), reads the bill and /stats. Core modules only.
#
# State: one program at a time, started by start_program(); $sent counts the complete requests for
# which a bill line is due. Waits poll for a condition and die after $patience seconds.
package SimClient;

use strict;
use warnings;

use Exporter qw(import);
use File::Temp qw(tempdir);
use IO::Select;
use IO::Socket::INET;
use JSON::PP qw(decode_json encode_json);
use POSIX qw(WNOHANG);
use Time::HiRes qw(sleep time);

our @EXPORT = qw($dir $bill_file $pid $port $sent %path %key start_program wait_for wait_for_end
  watch_child connect_to body_for talk_body told request_bytes read_some read_answer ask bill_lines last_bill read_file
  stats);

my $patience = 30;    # seconds until a thing that must happen counts as missing
our $dir = tempdir(CLEANUP => 1);
our $bill_file = "$dir/bill";
our ($pid, $port);    # of the program started last
my %running;          # processes that this test started
our $sent = 0;        # complete requests for which a bill line is due

END {
    local $?;
    kill 'KILL', keys %running if %running;
}

# Polls until the code returns a true value, and returns it.
sub wait_for {
    my ($what, $code) = @_;
    my $until = time + $patience;
    while (time < $until) {
        my $value = $code->();
        return $value if $value;
        sleep 0.01;
    }
    die "waited $patience s in vain for $what\n";
}

sub read_file {
    my ($path) = @_;
    open my $file, '<:raw', $path or return '';
    local $/;
    my $text = <$file>;
    return defined $text ? $text : '';
}

# Kills the process at the end of the test unless wait_for_end() has seen it end.
sub watch_child {
    my ($child) = @_;
    $running{$child} = 1;
    return;
}

# Starts the program and sets $pid and $port. `$name` must differ from that of earlier starts.
sub start_program {
    my ($name, @options) = @_;
    my $port_file = "$dir/$name";
    $pid = fork;
    die "could not fork: $!" if !defined $pid;
    if ($pid == 0) {
        exec $ENV{LLM_PROVIDER_SIM}, '--port-file', $port_file, @options or POSIX::_exit(127);
    }
    watch_child($pid);
    $port = wait_for("a port in $port_file", sub {
        die "the program ended at once\n" if waitpid($pid, WNOHANG) == $pid;
        return read_file($port_file);
    });
    chomp $port;
    return;
}

# Waits for the end of a child and returns its status.
sub wait_for_end {
    my ($child) = @_;
    wait_for("the end of $child", sub { waitpid($child, WNOHANG) == $child });
    my $status = $?;
    delete $running{$child};
    return $status;
}

sub connect_to {
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp')
      || die "could not connect: $!";
}

our %path = (openai => '/v1/chat/completions', anthropic => '/v1/messages');
our %key = (
    openai => "Authorization: Bearer canary-key\r\n",
    anthropic => "x-api-key: canary-key\r\nanthropic-version: 2023-06-01\r\n");

sub body_for {
    my ($text) = @_;
    return qq({"model":"test-model","max_tokens":100,"messages":)
      . qq([{"role":"user","content":"$text"}]});
}

# The bytes of a request. Options: shape, prefix, text, body, headers, attempt.
sub request_bytes {
    my (%o) = @_;
    my $shape = $o{shape} || 'openai';
    my $body = defined $o{body} ? $o{body} : body_for($o{text} || 'Plan it, please.');
    my $headers = defined $o{headers} ? $o{headers} : $key{$shape};
    my $attempt = $o{attempt} || 'attempt-' . ($sent + 1);
    return 'POST ' . ($o{prefix} || '') . "$path{$shape} HTTP/1.1\r\nHost: x\r\n$headers"
      . "X-Client-Request-Id: $attempt\r\nContent-Length: " . length($body) . "\r\n\r\n$body";
}

# Reads up to $size bytes more. Returns the bytes read, '' at an orderly end, undef after a reset.
sub read_some {
    my ($socket, $size) = @_;
    IO::Select->new($socket)->can_read($patience) or die "no byte within $patience s\n";
    my $bytes = '';
    my $count = sysread $socket, $bytes, $size;
    return defined $count ? $bytes : undef;
}

# Reads one answer. The result has status, head, body, and end: 'whole', 'closed' or 'reset'.
sub read_answer {
    my ($socket) = @_;
    my $buffer = '';
    my $end = 'whole';
    my $more = sub {
        my $bytes = read_some($socket, 1 << 20);
        $end = !defined $bytes ? 'reset' : $bytes eq '' ? 'closed' : 'whole';
        $buffer .= $bytes if defined $bytes;
        return $end eq 'whole';
    };
    my $head = '';
    do {
        while ($buffer !~ /\r\n\r\n/) {
            return { status => 0, head => $buffer, body => '', end => $end } if !$more->();
        }
        $buffer =~ s/\A(.*?)\r\n\r\n//s;
        $head = $1;
    } while ($head =~ m{\AHTTP/1\.1 1\d\d});
    my ($status) = $head =~ m{\AHTTP/1\.1 (\d+)};
    my ($length) = $head =~ /^content-length: (\d+)/im;
    while (!defined $length || length $buffer < $length) {
        last if !$more->();
    }
    return { status => $status, head => $head, body => $buffer, end => $end };
}

# The body of a request in the shape of OpenAI. Options: schema (its name), system, turns (texts, of
# the user and the model in turn).
sub talk_body {
    my (%o) = @_;
    my @messages = $o{system} ? ({ role => 'system', content => $o{system} }) : ();
    my @turns = @{ $o{turns} };
    push @messages, { role => $_ % 2 ? 'assistant' : 'user', content => $turns[$_] } for 0 .. $#turns;
    my %body = (model => 'test-model', messages => \@messages);
    $body{response_format} = { type => 'json_schema', json_schema => { name => $o{schema} } }
      if $o{schema};
    return encode_json(\%body);
}

# The text with which a talk is answered; options of talk_body() and ask().
sub told {
    my (%o) = @_;
    return decode_json(ask(%o, body => talk_body(%o))->{body})->{choices}[0]{message}{content};
}

sub ask {
    my (%o) = @_;
    my $socket = connect_to();
    print $socket request_bytes(%o);
    $sent++;
    return read_answer($socket);
}

sub bill_lines {
    my @names = qw(time attempt shape model input output billed fault);
    my @lines;
    for my $line (split /\n/, read_file($bill_file)) {
        my %fields;
        @fields{@names} = split /\t/, $line, -1;
        push @lines, \%fields;
    }
    return @lines;
}

sub last_bill {
    my @lines = bill_lines();
    return $lines[-1];
}

sub stats {
    my $socket = connect_to();
    print $socket "GET /stats HTTP/1.1\r\nHost: x\r\n\r\n";
    return decode_json(read_answer($socket)->{body});
}

1;
