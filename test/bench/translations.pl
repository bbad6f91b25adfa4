# Prints the translations of gettext catalogues in UTF-8: text of many languages that any Debian has.
# usage: perl translations.pl FILE.mo...
use strict;
use warnings;

for my $path (@ARGV) {
    open my $file, '<:raw', $path or next;
    my $bytes = do { local $/; <$file> };
    next if length $bytes < 28 || unpack('V', $bytes) != 0x950412de;
    my ($count, $originals, $translations) = unpack 'x8 V3', $bytes;
    for my $i (1 .. $count - 1) {    # 0 is the header
        my ($length, $offset) = unpack 'V2', substr $bytes, $translations + 8 * $i, 8;
        my $text = substr $bytes, $offset, $length;
        $text =~ tr/\0/\n/;
        print "$text\n" if utf8::decode(my $copy = $text);
    }
}
