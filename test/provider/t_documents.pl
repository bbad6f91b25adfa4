#!/usr/bin/perl
# Self-test of what the simulated model writes: formats, documents that are wrong or badly written,
# repairs, and the parts of large documents.
#
#   LLM_PROVIDER_SIM=/path/to/llm_provider_sim prove test/provider/t_documents.pl
use strict;
use warnings;

use FindBin;
use lib $FindBin::Bin;

use JSON::PP qw(decode_json);
use SimClient;
use Test::More;

$ENV{LLM_PROVIDER_SIM} or plan skip_all => 'LLM_PROVIDER_SIM does not name the program';

start_program('port', '--bill', $bill_file);

subtest 'the document is of the format that the request names' => sub {
    my %system = (
        pilot => 'Answer {"pilot_steps": [step, ...]}',
        stages => 'Answer {"stages": [], "limbo_zones": []}',
        discovery => 'Keys: "problem_analysis": what is wrong');
    my %keys = (pilot => 1, stages => 2, discovery => 10);
    for my $format (sort keys %keys) {
        my $document = decode_json(told(schema => $format, turns => ['Plan it.']));
        is(scalar keys %$document, $keys{$format}, "$format, by the name of the schema");
        is_deeply(decode_json(told(system => $system{$format}, turns => ['Plan it.'])), $document,
            "$format, by the system prompt");
        $document = decode_json(
            told(schema => $format, system => 'Begin with "explanation".', turns => ['Plan it.']));
        ok(delete $document->{explanation}, "$format, with an explanation");
        is(scalar keys %$document, $keys{$format}, "$format, with all else");
    }
    my $stages = decode_json(told(schema => 'stages', turns => ['Plan it.']));
    my @edges = map { my $to = $_->{id}; map { "$_ $to" } @{ $_->{depends_on} } }
      @{ $stages->{stages} };
    is_deeply([map { "$_->{from} $_->{to}" } @{ $stages->{limbo_zones} }], \@edges,
        'a limbo zone for each dependency');
    is_deeply(decode_json(told(schema => 'stages', prefix => '/f/no_zones', turns => ['x']))
            ->{limbo_zones}, [], 'or none');
    my %outputs = map { $_->{id} => $_->{outputs} } @{ $stages->{stages} };
    is(scalar(grep { $_->{payload}[0] ne $outputs{ $_->{from} }[0] } @{ $stages->{limbo_zones} }),
        0, 'in which the outputs wait');
};

subtest 'documents whose steps do not fit together' => sub {
    my $steps = sub { return decode_json(told(prefix => "/f/$_[0]", turns => ['x']))->{pilot_steps} };
    is_deeply($steps->('cycle')->[1]{depends_on}, ['step_12'], 'a cycle');
    is($steps->('dangling')->[2]{depends_on}[-1], 'step_9999', 'a reference to nothing');
    is($steps->('bad_service')->[0]{service}, 'carrier_pigeon', 'a service that nobody has');
    my $two = $steps->('two_codes');
    is($two->[-1]{id} . $two->[2]{depends_on}[-1], 'step_1step_9999', 'two things at once');
    is(told(prefix => '/f/cycle', schema => 'stages', turns => ['x']) =~ /"stage_2".*?"depends_on":\["stage_8"\]/,
        1, 'a cycle of stages');
};

subtest 'documents that are written badly' => sub {
    my $text = sub { return told(prefix => "/f/$_[0]", turns => ['x']) };
    is($text->('say:' . unpack 'H*', qq({"a":"\xC3\xA9"\n})), qq({"a":"\x{E9}"\n}), 'any text');
    my $good = $text->('delay:0');
    like($text->('trailing_comma'), qr/\},\]\}\z/, 'a comma too many');
    like($text->('single_quotes'), qr/\A\{'pilot_steps':\[\{'id':'step_1'/, 'single quotes');
    like($text->('single_quotes'), qr/:"Look up the customer's record/, 'but around one');
    like($text->('comments'), qr{\A\{\n// .*\n"pilot_steps".*/\* .* \*/ \]\}\z}s, 'comments');
    like($text->('python'), qr/"service":None\}/, 'a word of Python');
    like($text->('think'), qr{\A<think>.*\{.*</think>\n\Q$good\E\z}s, 'thoughts before it');
    is(JSON::PP->new->allow_nonref->decode($text->('json_in_string')), $good, 'JSON in a string');
    like($text->('elided'), qr/\}, \.\.\.\]\}\z/, 'dots in place of the rest');
    my ($first, $second) = $text->('two_objects') =~ /\A(\{.*\})\n.*\n(\{.*\})\z/s;
    is($first, $good, 'two documents: the good one');
    is(scalar @{ decode_json($second)->{pilot_steps} }, 6, 'and another one');
};

subtest 'a fault can be for the first answer or for its repair' => sub {
    my @first = (turns => ['Plan it.']);
    my @repair = (turns => ['Plan it.', 'not good', 'E07 at /pilot_steps/1/id']);
    for my $case (['bad_type@unless=repair', 1, 0], ['bad_type@repair', 0, 1], ['bad_type', 1, 1],
        ['bad_type@repair@first=1', 0, 1], ['bad_type@whole', 1, 0]) {
        my ($fault, @expected) = @$case;
        my @bad = map { told(prefix => "/r/f/$fault", @$_) =~ /human_review/ ? 1 : 0 }
          \@first, \@repair;
        is_deeply(\@bad, \@expected, $fault);
    }
    is(told(prefix => '/r/f/bad_type@repair@first=1', @repair) =~ /human_review/, '',
        'only the repairs are counted');
};

subtest 'large documents come as outline, parts and rest, and are cut where the limit is' => sub {
    my $ids = sub { return [map { $_->{id} } @{ decode_json($_[0])->{pilot_steps} }] };
    my @all = map { "step_$_" } 1 .. 30;
    my $list = sub { return join ', ', map { qq("$_") } @_ };
    my %items = (prefix => '/f/items:30');
    is_deeply($ids->(told(%items, turns => ['All'])), \@all, 'as many steps as wanted');

    my $outline = decode_json(told(%items, turns => ["Plan.\nOutline: list every step in order."]));
    is_deeply([map { $_->{id} } @{ $outline->{outline} }], \@all, 'the outline has them all');
    is(scalar(grep { !length $_->{title} } @{ $outline->{outline} }), 0, 'with titles');
    my @part = ("Plan.\n\nWrite exactly these steps: " . $list->(@all[10 .. 14]) . '.');
    is_deeply($ids->(told(%items, turns => \@part)), [@all[10 .. 14]], 'a part has the named ones');
    is_deeply($ids->(told(%items, turns => [@part, '?', 'E07'])), [@all[10 .. 14]],
        'and so has its repair');
    my @rest = ('Write the remaining steps after these ids: ' . $list->(@all[0 .. 9]) . '.');
    is_deeply($ids->(told(%items, turns => \@rest)), [@all[10 .. 29]], 'the rest has the others');

    my $whole = told(%items, turns => ['All']);
    my $answer = decode_json(ask(prefix => '/f/items:30+cut:10')->{body})->{choices}[0];
    my $cut = $answer->{message}{content};
    is($answer->{finish_reason}, 'length', 'cut: the reason');
    is(substr($whole, 0, length $cut), $cut, 'cut: the beginning of the document');
    is(scalar(() = $cut =~ /"id"/g), 11, 'cut: in the eleventh step');
    is_deeply($ids->(told(prefix => '/f/cut:12', turns => ['All'])), [@all[0 .. 11]],
        'cut: not below the limit');
    is(decode_json(ask(prefix => '/f/cut:12', shape => 'anthropic')->{body})->{stop_reason},
        'end_turn', 'cut: and no reason then');
    is(ask(prefix => '/s/f/s500@part@first=1', body => talk_body(turns => ['x']))->{status}, 200,
        'a fault of parts leaves the others alone');
    is(join(' ', map { ask(prefix => '/s/f/s500@part@first=1', body => talk_body(turns => \@part))
                ->{status} } 1 .. 2), '500 200', 'and counts the parts');
    my $stages = sub { return decode_json(told(schema => 'stages', turns => [$_[0]])) };
    my $ids_of = sub { return [map { $_->{id} } @{ $stages->($_[0])->{ $_[1] } }] };
    my $ask = 'Write exactly these stages: "stage_4", "stage_6"';
    is_deeply($ids_of->($ask, 'stages'), ['stage_4', 'stage_6'], 'a part of stages');
    is_deeply($ids_of->($ask, 'limbo_zones'), [], 'has no limbo zones');
    my $known = join ', ', map { qq("stage_$_") } 1 .. 7;
    is_deeply($ids_of->("Write the remaining stages after these ids: $known.", 'limbo_zones'),
        ['stage_7_to_stage_8'], 'the rest has those before its stages');
    $outline = decode_json(told(schema => 'outline', system => 'Zones: "limbo_zones"',
            turns => ['Outline: list every stage in order.']));
    is($outline->{outline}[7]{id}, 'stage_8', 'an outline of stages');
};

is(stats()->{unknown_faults}, 0, 'all faults of this test are known');

done_testing();
