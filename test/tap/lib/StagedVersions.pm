package StagedVersions;

# Made-up versions of the extension's SQL objects: scripts in a folder of the test that the server
# looks into. The library stays the installed one.
#
#   my $versions = stage_versions($node) or plan skip_all => 'this server takes scripts from one folder';
#   $versions->add('9.9', $versions->script . 'CREATE FUNCTION ...;');
#   $versions->add('1.0--9.9', 'CREATE FUNCTION ...;');

use strict;
use warnings;

use Exporter 'import';
use File::Copy qw(copy);
use File::Path qw(make_path);
use PostgreSQL::Test::Utils;

our @EXPORT = qw(stage_versions);

# undef when the server cannot be told where to look: Debian's can up to 17, all can from 18 on.
sub stage_versions {
    my ($node) = @_;
    my $shared = $node->config_data('--sharedir');
    my $stage = $node->basedir . '/stage';
    my $setting = $node->safe_psql('postgres', q{
        SELECT name FROM pg_settings WHERE name IN ('extension_destdir', 'extension_control_path')});
    return unless $setting;
    my $place = $setting eq 'extension_destdir' ? $stage : "$stage$shared:\$system";
    $node->safe_psql('postgres', "ALTER SYSTEM SET $setting = '$place'");
    $node->safe_psql('postgres', 'SELECT pg_reload_conf()');

    my $self = bless { installed => "$shared/extension", staged => "$stage$shared/extension" }, __PACKAGE__;
    make_path($self->{staged});
    my $control = slurp_file("$self->{installed}/llm_workflow.control");
    ($self->{version}) = $control =~ /^default_version *= *'(.*)'/m;
    append_to_file("$self->{staged}/llm_workflow.control", $control);
    foreach my $file (glob "$self->{installed}/llm_workflow--*.sql") {
        copy($file, $self->{staged}) or die "cannot copy $file: $!";
    }
    return $self;
}

# Of the installed extension.
sub version { my ($self) = @_; return $self->{version} }

sub script {
    my ($self) = @_;
    return slurp_file("$self->{installed}/llm_workflow--$self->{version}.sql");
}

# A version, or the way 'from--to' from one to another.
sub add {
    my ($self, $name, $sql) = @_;
    append_to_file("$self->{staged}/llm_workflow--$name.sql", "$sql\n");
    return;
}

1;
