#!/usr/bin/env perl
# Plays a provider for one request: keeps its body in a file and refuses it with status 400. So the
# reference client can send what the extension really sends.
#
# usage: capture_body.pl PORT_FILE BODY_FILE
use strict;
use warnings;
use IO::Socket::INET;

my ($port_file, $body_file) = @ARGV;
alarm 60;
my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1) or die "listen: $@";
open(my $out, '>', "$port_file.new") or die "$port_file: $!";
print {$out} $listener->sockport, "\n";
close($out) or die "$port_file: $!";
rename("$port_file.new", $port_file) or die "$port_file: $!";

my $client = $listener->accept or die "accept: $!";
my $length = 0;
while (defined(my $line = <$client>)) {
    $length = $1 if $line =~ /^content-length:\s*(\d+)/i;
    last if $line =~ /^\r?\n$/;
}
read($client, my $body, $length) == $length or die 'the body is cut';
open($out, '>', $body_file) or die "$body_file: $!";
print {$out} $body;
close($out) or die "$body_file: $!";
print {$client} "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
close($client);
