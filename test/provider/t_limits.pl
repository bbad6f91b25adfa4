#!/usr/bin/perl
# Self-test of the simulated providers: rate limits, orders while the program runs, usage exports.
#
#   LLM_PROVIDER_SIM=/path/to/llm_provider_sim prove test/provider/t_limits.pl
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use JSON::PP qw(decode_json);
use SimClient;
use Test::More;
use Time::HiRes qw(time);

my $program = $ENV{LLM_PROVIDER_SIM}
  or plan skip_all => 'LLM_PROVIDER_SIM does not name the program';

start_program('port', '--bill', $bill_file, '--requests-per-minute', 100_000);

# The value of a header of an answer, '' when it is not there.
sub header {
    my ($answer, $name) = @_;
    return $answer->{head} =~ /^\Q$name\E: ([^\r\n]*)/im ? $1 : '';
}

sub statuses {
    my ($times, %o) = @_;
    return join ' ', map { ask(%o)->{status} } 1 .. $times;
}

# The answer to a request that is for the program itself.
sub service {
    my ($method, $target) = @_;
    my $socket = connect_to();
    print $socket "$method $target HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
    return read_answer($socket);
}

subtest 'OpenAI: every answer says what is left, and 429 says when' => sub {
    my %o = (prefix => '/a/rpm/2/tpm/1000');
    my $first = ask(%o);
    is($first->{status}, 200, 'the first passes');
    is(header($first, 'x-ratelimit-limit-requests'), 2, 'limit of requests');
    is(header($first, 'x-ratelimit-remaining-requests'), 1, 'one is left');
    is(header($first, 'x-ratelimit-limit-tokens'), 1000, 'limit of tokens');
    my $spent = last_bill()->{input} + last_bill()->{output};
    is(header($first, 'x-ratelimit-remaining-tokens'), 1000 - $spent, 'less what was billed');
    like(header($first, 'x-ratelimit-reset-requests'), qr/^(?:30s|29\.\d+s)$/, 'full again in 30 s');
    like(header($first, 'x-ratelimit-reset-tokens'), qr/^\d+(?:\.\d+)?(?:s|ms)$/, 'a duration');
    is(ask(%o)->{status}, 200, 'the second passes');

    my $refused = ask(%o);
    is($refused->{status}, 429, 'the third does not');
    my $error = decode_json($refused->{body})->{error};
    is("$error->{type} $error->{code}", 'requests rate_limit_exceeded', 'type and code');
    like($error->{message}, qr/requests per min \(RPM\): Limit 2, Used 2, Requested 1\. Please try/,
        'message');
    is(header($refused, 'retry-after'), 30, 'retry-after');
    like(header($refused, 'retry-after-ms'), qr/^(?:30000|29\d{3})$/, 'retry-after-ms');
    is(header($refused, 'x-ratelimit-remaining-requests'), 0, 'none is left');
    is(last_bill()->{billed} . last_bill()->{fault}, '0rate_limited', 'it is not billed');
    is(stats()->{rate_limited}, 1, '/stats counts it');
};

subtest 'Anthropic: its own names and times' => sub {
    my %o = (prefix => '/b/rpm/60/tpm/10000', shape => 'anthropic');
    my $answer = ask(%o);
    is(header($answer, 'anthropic-ratelimit-requests-limit'), 60, 'limit of requests');
    is(header($answer, 'anthropic-ratelimit-requests-remaining'), 59, 'what is left');
    for my $what (qw(requests tokens input-tokens output-tokens)) {
        like(header($answer, "anthropic-ratelimit-$what-reset"),
            qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, "reset of $what");
    }
    my $left = 10_000 - last_bill()->{input} - last_bill()->{output};
    is(header($answer, "anthropic-ratelimit-$_-remaining"), $left, $_) for qw(tokens output-tokens);

    my $refused = (map { ask(%o, prefix => '/c/rpm/1') } 1 .. 2)[1];
    is($refused->{status}, 429, 'the second is refused');
    is(decode_json($refused->{body})->{error}{type}, 'rate_limit_error', 'type');
    is(header($refused, 'retry-after'), 60, 'retry-after');
    is(header($refused, 'anthropic-ratelimit-tokens-limit'), '', 'no limit of tokens, no header');
};

subtest 'limits are those of a prefix and model, and come back with time' => sub {
    is(statuses(2, prefix => '/e/rpm/1'), '200 429', 'one a minute');
    is(statuses(1, prefix => '/f1/rpm/1'), '200', 'another prefix');
    my $other = body_for('x') =~ s/test-model/other-model/r;
    is(statuses(1, prefix => '/e/rpm/1', body => $other), '200', 'another model');
    is(statuses(2, prefix => '/g1/tpm/1'), '200 429', 'tokens: the bucket may end below zero');
    is(decode_json(ask(prefix => '/g1/tpm/1')->{body})->{error}{type}, 'tokens', 'type of tokens');
    my $begin = time;
    my $passed = grep { ask(prefix => '/h/rpm/600')->{status} == 200 } 1 .. 700;
    my $most = 600 + 10 * (time - $begin) + 1;
    ok($passed >= 600 && $passed <= $most, "$passed passed: 600, and ten for each second");
    is(header(ask(), 'x-ratelimit-limit-requests'), 100_000, 'the option holds where no path does');
    is(ask(prefix => '/rpm/many')->{status}, 400, 'a limit that is no number');
};

subtest 'an order makes an outage, for one prefix, until it is cleared' => sub {
    is(service('POST', '/out/control/faults/s503:none')->{status}, 200, 'ordered');
    is(statuses(2, prefix => '/out'), '503 503', 'fails');
    is(statuses(1, prefix => '/out2'), '200', 'others do not');
    is(ask(prefix => '/out', text => '[[sim:s404]]')->{status}, 503, 'an order goes before a marker');
    is(service('POST', '/out/control/clear')->{status}, 200, 'cleared');
    is(statuses(1, prefix => '/out'), '200', 'works again');
    is(service('POST', '/control/faults/s500@first=1')->{status}, 200, 'an order with a condition');
    is(statuses(2), '500 200', 'for requests without a prefix');
    is(service('POST', '/control/faults/nonsense')->{status}, 400, 'an unknown fault');
    is(service('POST', '/control/faults/')->{status}, 400, 'no fault');
    is(service('POST', '/control/what')->{status}, 404, 'an unknown order');
};

subtest 'the usage exports are the bill' => sub {
    my @billed = grep { $_->{billed} } bill_lines();
    my ($tokens, %calls) = (0);
    for my $line (@billed) {
        $tokens += $line->{input} + $line->{output};
        $calls{ $line->{model} }++;
    }
    for my $width ('', '?bucket_width=1m', '?start_time=0&bucket_width=1h') {
        my $page = decode_json(service('GET', "/usage$width")->{body});
        my ($sum, %found) = (0);
        for my $bucket (@{ $page->{data} }) {
            for my $result (@{ $bucket->{results} }) {
                $sum += $result->{input_tokens} + $result->{output_tokens};
                $found{ $result->{model} } += $result->{num_model_requests};
            }
        }
        is($sum, $tokens, "tokens$width");
        is_deeply(\%found, \%calls, "calls of each model$width");
        my $bucket = $page->{data}[0];
        my $seconds = $width =~ /1m/ ? 60 : $width =~ /1h/ ? 3600 : 86_400;
        is($bucket->{end_time} - $bucket->{start_time}, $seconds, "length of a bucket$width");
    }
    my $calls = decode_json(service('GET', '/usage/calls')->{body})->{data};
    is_deeply([ map { "$_->{attempt_id} $_->{shape} $_->{model} $_->{input_tokens} $_->{output_tokens}" }
            @$calls ],
        [ map { "$_->{attempt} $_->{shape} $_->{model} $_->{input} $_->{output}" } @billed ],
        'each billed call, in order');
    is(scalar(bill_lines()), $sent, 'exports and orders are not on the bill');
};

done_testing();
