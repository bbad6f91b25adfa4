#!/usr/bin/perl
# Self-test of the simulated providers: shapes, faults, and one bill line for each request.
#
#   LLM_PROVIDER_SIM=/path/to/llm_provider_sim prove test/provider/t_selftest.pl
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use JSON::PP qw(decode_json);
use POSIX ();
use SimClient;
use Test::More;
use Time::HiRes qw(time);

my $program = $ENV{LLM_PROVIDER_SIM}
  or plan skip_all => 'LLM_PROVIDER_SIM does not name the program';

start_program('port', '--bill', $bill_file, '--seed', 7);

subtest 'an OpenAI answer has the shape, the tokens and the bill that its client relies on' => sub {
    my $answer = ask(text => 'twelve bytes', attempt => 'my-attempt');
    my $json = decode_json($answer->{body});
    is($answer->{status}, 200, 'status');
    like($answer->{head}, qr/^x-request-id: \S+/im, 'request id header');
    is($json->{model}, 'test-model-2024-07-18', 'the model gets a date');
    is($json->{choices}[0]{finish_reason}, 'stop', 'finish reason');
    is($json->{usage}{prompt_tokens}, 3, 'input tokens are bytes / 4');
    my $content = $json->{choices}[0]{message}{content};
    is($json->{usage}{completion_tokens}, int((length($content) + 3) / 4), 'output tokens');
    is($json->{usage}{total_tokens}, 3 + $json->{usage}{completion_tokens}, 'total');
    my $steps = decode_json($content)->{pilot_steps};
    is(scalar @$steps, 12, 'twelve steps');
    my %types = map { $_->{step_type} => 1 } @$steps;
    is_deeply([sort keys %types], [qw(api_call conditional llm_decision transform)], 'all types');
    my $line = last_bill();
    is($line->{attempt}, 'my-attempt', 'bill: attempt');
    is("$line->{shape} $line->{model}", 'openai test-model', 'bill: shape and model');
    is($line->{input}, 3, 'bill: input');
    is($line->{output}, $json->{usage}{completion_tokens}, 'bill: output');
    is("$line->{billed} $line->{fault}", '1 -', 'bill: billed without a fault');
};

subtest 'an Anthropic answer has the shape, the tokens and the bill' => sub {
    my $body = q({"model":"m-20250101","max_tokens":9,"system":[{"type":"text","text":"abcd"}],)
      . q("messages":[{"role":"user","content":[{"type":"text","text":"\u00e9\ud83d\ude00"}]}]});
    my $answer = ask(shape => 'anthropic', body => $body);
    my $json = decode_json($answer->{body});
    like($answer->{head}, qr/^request-id: \S+/im, 'request id header');
    is($json->{model}, 'm-20250101', 'a dated model stays as it is');
    is($json->{stop_reason}, 'end_turn', 'stop reason');
    is($json->{usage}{input_tokens}, 3, 'system and blocks count, escapes as what they stand for');
    ok(decode_json($json->{content}[0]{text})->{pilot_steps}, 'the text is the document');
    is(last_bill()->{output}, $json->{usage}{output_tokens}, 'bill: output');
};

subtest 'requests that a provider would refuse are refused, unbilled' => sub {
    my @cases = (
        [401, 'no key', headers => ''],
        [401, 'no key', shape => 'anthropic', headers => "anthropic-version: 1\r\n"],
        [400, 'no version', shape => 'anthropic', headers => "x-api-key: k\r\n"],
        [400, 'not JSON', body => '{"model":'],
        [400, 'no model', body => '{"messages":[{"role":"user","content":"x"}]}'],
        [400, 'no messages', body => '{"model":"m"}'],
        [400, 'no message', body => '{"model":"m","messages":[]}'],
        [400, 'no max_tokens', shape => 'anthropic',
            body => '{"model":"m","messages":[{"role":"user","content":"x"}]}'],
        [400, 'invalid UTF-8', text => "\xC3\x28"],
        [400, 'lone surrogate', text => '\\ud800'],
        [400, 'unknown fault', prefix => '/f/no_such_fault']);
    for my $case (@cases) {
        my ($status, $name, %o) = @$case;
        my $answer = ask(%o);
        is($answer->{status}, $status, "$name: $status");
        ok(decode_json($answer->{body})->{error}, "$name: an error body");
        is(last_bill()->{billed}, 0, "$name: not billed");
    }
};

subtest 'error statuses carry the codes by which clients decide' => sub {
    for my $status (400, 401, 402, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 504, 529) {
        for my $shape (qw(openai anthropic)) {
            my $answer = ask(prefix => "/f/s$status", shape => $shape);
            is($answer->{status}, $status, "$shape $status");
            ok(decode_json($answer->{body})->{error}{type}, "$shape $status has an error type");
            is(last_bill()->{billed}, 0, "$shape $status is not billed");
        }
    }
    is(decode_json(ask(prefix => '/f/quota')->{body})->{error}{code}, 'insufficient_quota',
        'OpenAI quota');
    my $spend = ask(prefix => '/f/quota', shape => 'anthropic');
    is(decode_json($spend->{body})->{error}{details}{error_code}, 'enforced_spend_limit_reached',
        'Anthropic spend limit');
    my $context = ask(prefix => '/f/context');
    is(decode_json($context->{body})->{error}{code}, 'context_length_exceeded', 'context');
    like(ask(prefix => '/f/context', shape => 'anthropic')->{body}, qr/prompt is too long/,
        'Anthropic context');
    like(ask(prefix => '/f/nonjson_413')->{body}, qr/<html>/, 'a 413 that is no JSON');
    like(ask(prefix => '/f/echo_key')->{body}, qr/canary-key/, 'the key is repeated');
};

subtest 'retry-after comes in all the forms that a client must survive' => sub {
    my %expected = (
        '2' => qr/^retry-after: 2\r?$/m,
        'date' => qr/^retry-after: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r?$/m,
        'negative' => qr/^retry-after: -5\r?$/m,
        'absurd' => qr/^retry-after: 9{20}\r?$/m,
        'garbage' => qr/^retry-after: [a-z ]+\r?$/m,
        'ms=50' => qr/^retry-after-ms: 50\r?$/m);
    for my $argument (sort keys %expected) {
        my $head = ask(prefix => "/f/s429:$argument")->{head};
        like($head, $expected{$argument}, "retry-after $argument");
    }
    unlike(ask(prefix => '/f/s429')->{head}, qr/retry-after/i, 'none');
};

subtest 'connections end in the way that the fault says, and are billed all the same' => sub {
    my %end = (reset => 'reset', reset_body => 'reset', close => 'closed', truncated => 'closed',
        bad_chunk => 'closed');
    for my $fault (sort keys %end) {
        is(ask(prefix => "/f/$fault")->{end}, $end{$fault}, "$fault: $end{$fault}");
        is(last_bill()->{fault} . last_bill()->{billed}, $fault . 1, "$fault: billed");
    }
    my $head = ask(prefix => '/f/dup_length')->{head};
    my @lengths = $head =~ /^content-length: (\d+)/img;
    is(scalar @lengths, 2, 'dup_length: two lengths');
    isnt($lengths[0], $lengths[1], 'dup_length: they differ');
    my $long = ask(prefix => '/f/truncated:full');
    ok(decode_json($long->{body}), 'truncated:full: a whole body with a length beyond it');
    is($long->{end}, 'closed', 'truncated:full: closed');
};

subtest 'a hang keeps the connection open, and its end is counted as aborted by the peer' => sub {
    my $before = stats()->{aborted};
    for my $fault (qw(hang_headers hang_body drip:50)) {
        my $socket = connect_to();
        print $socket request_bytes(prefix => "/f/$fault");
        $sent++;
        wait_for('the bill line', sub { scalar(bill_lines()) == $sent });
        is(stats()->{in_flight}, 1, "$fault: in flight");
        close $socket;
        wait_for('the end of the flight', sub { stats()->{in_flight} == 0 });
    }
    is(stats()->{aborted}, $before + 3, 'three aborted');
};

subtest 'close_idle and dead_reuse leave a keep-alive connection that is dead' => sub {
    my $socket = connect_to();
    print $socket request_bytes(prefix => '/f/close_idle');
    $sent++;
    my $answer = read_answer($socket);
    is($answer->{status}, 200, 'close_idle: answered');
    unlike($answer->{head}, qr/^connection:/im, 'close_idle: no word about closing');
    is(read_some($socket, 1), '', 'close_idle: closed after the answer');

    $socket = connect_to();
    for my $expected (200, 0) {
        print $socket request_bytes(prefix => '/f/dead_reuse');
        $sent++;
        is(read_answer($socket)->{status}, $expected, "dead_reuse: $expected");
    }
    my @lines = bill_lines();
    is($lines[-2]{fault} . $lines[-2]{billed}, '-1', 'dead_reuse: the first is a plain answer');
    is($lines[-1]{fault} . $lines[-1]{billed}, 'dead_reuse1', 'dead_reuse: the second is billed');
};

subtest 'usage is reported wrongly and billed rightly' => sub {
    my %reported = (
        usage_null => 'null', usage_negative => '-5', usage_absurd => '1000000000000000',
        usage_string => '"5"', usage_float => '5.5', usage_bool => 'true');
    my $text = 'x' x 20;
    for my $shape (qw(openai anthropic)) {
        my $field = $shape eq 'openai' ? 'prompt_tokens' : 'input_tokens';
        for my $fault (sort keys %reported) {
            my $body = ask(prefix => "/f/$fault", text => $text, shape => $shape)->{body};
            my $value = $reported{$fault};
            my $written = $fault eq 'usage_null' ? '"usage":null' : qq("$field":$value);
            ok(index($body, $written) >= 0, "$shape $fault: $written");
            is(last_bill()->{input}, 5, "$shape $fault: billed rightly");
        }
        unlike(ask(prefix => '/f/usage_missing', shape => $shape)->{body}, qr/"usage"/, 'missing');
        like(ask(prefix => '/f/usage_huge', shape => $shape)->{body}, qr/:2000000000\b/, 'huge');
        my @usages = ask(prefix => '/f/usage_dup', shape => $shape)->{body} =~ /"usage":(\{[^}]+)/g;
        is(scalar @usages, 2, 'usage_dup: twice');
        isnt($usages[0], $usages[1], 'usage_dup: they differ');
    }
    my $openai = decode_json(ask(prefix => '/f/cached', text => $text)->{body})->{usage};
    is($openai->{prompt_tokens}, 1029, 'OpenAI counts cached tokens in');
    is(last_bill()->{input}, 1029, 'the bill counts them');
    my $anthropic = ask(prefix => '/f/cached', text => $text, shape => 'anthropic')->{body};
    is(decode_json($anthropic)->{usage}{input_tokens}, 5, 'Anthropic does not');
    is(last_bill()->{input}, 1029, 'the bill still counts them');
};

subtest 'answers of status 200 that are of no use' => sub {
    my $refused = decode_json(ask(prefix => '/f/refusal')->{body})->{choices}[0]{message};
    ok(!defined $refused->{content} && $refused->{refusal}, 'refusal');
    my $cut = decode_json(ask(prefix => '/f/length')->{body})->{choices}[0];
    is($cut->{finish_reason}, 'length', 'length: the reason');
    ok(!eval { decode_json($cut->{message}{content}) }, 'length: the content is cut');
    my %stop = (refusal => 'refusal', length => 'max_tokens', content_filter => 'refusal',
        window => 'model_context_window_exceeded');
    for my $fault (sort keys %stop) {
        my $json = decode_json(ask(prefix => "/f/$fault", shape => 'anthropic')->{body});
        is($json->{stop_reason}, $stop{$fault}, "Anthropic $fault");
    }
    is_deeply(decode_json(ask(prefix => '/f/empty_choices')->{body})->{choices}, [], 'no choice');
    ok(decode_json(ask(prefix => '/f/error_200')->{body})->{error}, 'error_200');
    is(ask(prefix => '/f/empty')->{body}, '', 'empty');
    like(ask(prefix => '/f/content_type')->{head}, qr{^content-type: text/html}im, 'HTML');
    unlike(decode_json(ask(prefix => '/f/wrong_model')->{body})->{model}, qr/test-model/, 'model');
    is(last_bill()->{billed}, 1, 'billed');
};

subtest 'documents that a validator must refuse, or find in prose' => sub {
    my $content = sub {
        return decode_json(ask(prefix => "/f/$_[0]")->{body})->{choices}[0]{message}{content};
    };
    my $steps = sub { return decode_json($content->($_[0]))->{pilot_steps} };
    my $good = $content->('delay:0');
    like($content->('fenced'), qr/```json\n\Q$good\E\n```/, 'fenced');
    like($content->('prose'), qr/\w\. \Q$good\E \w/, 'prose');
    is($steps->('bad_steps')->[-1]{id}, 'step_1', 'a duplicate id');
    is($steps->('bad_type')->[2]{step_type}, 'human_review', 'an unknown type');
    is(scalar @{ $steps->('no_steps') }, 0, 'no steps');
    is(scalar @{ $steps->('too_many_steps') }, 51, '51 steps');
    ok(!exists $steps->('missing_operation')->[3]{operation}, 'an operation is missing');
    like($content->('number_bomb'), qr/\[1e130000,1e130000/, 'a number bomb');
    like($content->('depth_content:500'), qr/\[{500}\]{500}/, 'a deep document');
};

subtest 'bytes that are no text' => sub {
    like(ask(prefix => '/f/invalid_utf8')->{body}, qr/\xC3\x28/, 'invalid UTF-8');
    like(ask(prefix => '/f/nul')->{body}, qr/\0/, 'a NUL');
    like(ask(prefix => '/f/u0000')->{body}, qr/[^\\]\\u0000/, 'an escaped NUL in the envelope');
    like(ask(prefix => '/f/u0000:inner')->{body}, qr/\\\\u0000/, 'one in the document');
    like(ask(prefix => '/f/lone_surrogate')->{body}, qr/[^\\]\\ud800/, 'a lone surrogate');
    is(ask(prefix => '/f/depth_bomb')->{body}, '[' x 100_000 . ']' x 100_000, 'a depth bomb');
};

subtest 'more bytes than a client should take' => sub {
    ok(length ask(prefix => '/f/header_flood')->{head} > 2_000_000, '2 MB of headers');
    my $socket = connect_to();
    print $socket request_bytes(prefix => '/f/body_1gb');
    $sent++;
    my $got = 0;
    while ($got < 50_000_000) { $got += length read_some($socket, 1 << 20) }
    ok($got >= 50_000_000, 'a body without a visible end');
    close $socket;
    my $bomb = ask(prefix => '/f/gzip_bomb');
    like($bomb->{head}, qr/^content-encoding: gzip/im, 'a gzip bomb');
    is(unpack('V', substr $bomb->{body}, -4), 1 << 30, 'of 1 GB');
};

subtest 'interim replies come before the answer' => sub {
    my $socket = connect_to();
    print $socket request_bytes(prefix => '/f/interim:3');
    $sent++;
    like(read_some($socket, 25), qr{\AHTTP/1\.1 100 Continue\r\n\r\n\z}, 'first an interim reply');
    is(read_answer($socket)->{status}, 200, 'then the answer');
};

subtest 'conditions make scripts' => sub {
    my $run = sub {
        my ($prefix, $times) = @_;
        return join ' ', map { ask(prefix => $prefix)->{status} } 1 .. $times;
    };
    is($run->('/a/f/s500@first=2', 4), '500 500 200 200', 'fails twice, then works');
    is($run->('/b/f/s500@first=2', 1), '500', 'another prefix has a count of its own');
    is($run->('/c/f/s503@3', 6), '200 200 503 200 200 503', 'every third');
    is($run->('/d1/f/s500@first=1+s429@2', 4), '500 429 200 429', 'two in one script');
    is($run->('/e/f/s500@after=1', 3), '200 500 500', 'works once, then fails');
    my $random = $run->('/g/f/s500@p=50', 40);
    ok($random =~ /200/ && $random =~ /500/, 'half of them, by chance');
};

subtest 'markers in the prompt act, for one shape if they say so' => sub {
    is(ask(text => 'a [[sim:s503]] b')->{status}, 503, 'for both');
    is(ask(text => '[[sim-openai:s500]]')->{status}, 500, 'for OpenAI');
    my $other = ask(text => '[[sim-openai:s500]]', shape => 'anthropic');
    is($other->{status}, 200, 'not for the other');
    is(ask(text => '[[sim:s404]]', prefix => '/f/s500')->{status}, 404, 'before the prefix');
    my $twice = '[[sim:s500@first=1#t1]] [[sim:s500@first=1#t1]]';
    is(join(' ', map { ask(text => $twice)->{status} } 1 .. 2), '500 200', 'counted once');
};

subtest 'a delay waits, and many waiting connections wait at once' => sub {
    my $begin = time;
    my @sockets = map { connect_to() } 1 .. 50;
    for my $socket (@sockets) {
        print $socket request_bytes(prefix => '/d/200');
        $sent++;
    }
    my @statuses = map { read_answer($_)->{status} } @sockets;
    my $took = time - $begin;
    is(scalar(grep { $_ == 200 } @statuses), 50, 'all answered');
    cmp_ok($took, '>=', 0.2, 'not before the delay');
    cmp_ok($took, '<', 50 * 0.2, 'not one after the other');
    cmp_ok(stats()->{peak_in_flight}, '>=', 2, 'the peak is counted');
};

subtest 'keep-alive, chunked bodies and Expect are understood' => sub {
    my $socket = connect_to();
    for my $round (1 .. 3) {
        print $socket request_bytes();
        $sent++;
        is(read_answer($socket)->{status}, 200, "round $round of one connection");
    }
    my $body = body_for('in chunks');
    my $chunks = join '', map { sprintf "%x\r\n%s\r\n", length, $_ } $body =~ /.{1,10}/gs;
    print $socket "POST $path{openai} HTTP/1.1\r\n$key{openai}Transfer-Encoding: chunked\r\n\r\n";
    print $socket $_ for split /(?<=\n)/, "${chunks}0\r\n\r\n";
    $sent++;
    is(read_answer($socket)->{status}, 200, 'a chunked body');
    is(last_bill()->{attempt}, '-', 'no attempt id: a dash');
    my $expecting = "$key{openai}Expect: 100-continue\r\n";
    my ($head, $rest) = split /(?<=\r\n\r\n)/, request_bytes(headers => $expecting);
    print $socket $head;
    like(read_some($socket, 1000), qr{\AHTTP/1\.1 100 Continue\r\n\r\n\z}, '100 before the body');
    print $socket $rest;
    $sent++;
    is(read_answer($socket)->{status}, 200, 'then the answer');
};

subtest 'a request that breaks off, or cannot be read, is not on the bill' => sub {
    my $socket = connect_to();
    my $bytes = request_bytes();
    print $socket substr($bytes, 0, length($bytes) - 1);
    close $socket;
    $socket = connect_to();
    print $socket "nonsense\r\n\r\n";
    is(read_answer($socket)->{status}, 400, 'nonsense');
    is(scalar(bill_lines()), $sent, 'no line for either');
};

subtest 'a redirect that is followed is counted' => sub {
    my $answer = ask(prefix => '/f/redirect');
    is($answer->{status}, 302, 'a redirect');
    like($answer->{head}, qr{^location: /redirected/v1/}im, 'to a path of itself');
    is(stats()->{redirects_followed}, 0, 'not followed');
    is(ask(prefix => '/redirected')->{status}, 200, 'following works');
    is(stats()->{redirects_followed}, 1, 'followed');
};

subtest 'the bill has one line for each complete request' => sub {
    my @lines = bill_lines();
    is(scalar @lines, $sent, "$sent lines");
    is(scalar(grep { scalar(keys %$_) != 8 || !defined $_->{fault} } @lines), 0, 'of 8 fields');
    my $stats = stats();
    is($stats->{requests}, $sent, '/stats agrees on requests');
    is($stats->{billed}, scalar(grep { $_->{billed} } @lines), '/stats agrees on billed');
    is(scalar(grep { !$_->{billed} && $_->{output} } @lines), 0, 'nothing unbilled has tokens');
};

subtest 'the bill survives kill -9 whole, and the program ends when it should' => sub {
    kill 'KILL', $pid;
    wait_for_end($pid);
    my @before = bill_lines();
    is(scalar @before, $sent, 'all lines are there after kill -9');

    my $reply_file = "$dir/reply";
    open my $file, '>', $reply_file or die $!;
    print $file 'my own text';
    close $file;
    start_program('port2', '--bill', $bill_file, '--reply-file', $reply_file, '--requests',
        "$dir/requests");
    is(told(turns => ["two\nlines"]), 'my own text', 'reply file');
    is(told(prefix => '/f/fenced', turns => ['x']) =~ /```json\nmy own text\n```/, 1,
        'it can be written badly too');
    my ($attempt, $body) = read_file("$dir/requests") =~ /\A(\S+)\t(.*)\n.*\n\z/;
    is($attempt, last_bill()->{attempt} =~ s/(\d+)/$1 - 1/er, 'the requests are kept by their ids');
    is(decode_json($body)->{messages}[0]{content}, "two\nlines", 'a line each');
    my @after = bill_lines();
    is(scalar @after, $sent, 'the old bill is continued');
    is_deeply($after[0], $before[0], 'and not written over');
    kill 'TERM', $pid;
    is(wait_for_end($pid), 0, 'SIGTERM ends it with status 0');

    my $parent = fork;
    die "could not fork: $!" if !defined $parent;
    if ($parent == 0) { POSIX::pause(); POSIX::_exit(0) }
    watch_child($parent);
    start_program('port3', '--parent-pid', $parent);
    kill 'KILL', $parent;
    is(wait_for_end($pid), 0, 'the end of the parent process ends it');
    wait_for_end($parent);
    is(system("'$program' --listen 0.0.0.0 2>/dev/null") >> 8, 2, 'no other address can be given');
};

done_testing();
