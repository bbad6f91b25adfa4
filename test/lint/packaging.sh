#!/usr/bin/env bash
# Every file that names the version, the oldest PostgreSQL or the extension names the same one.
status=0
breach() { echo "$1: $2"; status=1; }
same() { [ "$2" = "$3" ] || breach "$1" "has \"$2\", and $4 \"$3\""; }

. .ci/setup.sh
control=llm_workflow.control
version=$(extension_version .)
oldest=$(sed -n 's/^#if PG_VERSION_NUM < \([0-9]*\)0000$/\1/p' src/pg/compat.hpp)
name=$(sed -n 's/^EXTENSION *= *//p' Makefile)
[ -n "$version" ] || breach "$control" "names no version"
[ -n "$oldest" ] || breach src/pg/compat.hpp "refuses no older server"

# PGXN wants three numbers.
triple=$version
while [[ $triple =~ ^[0-9]+(\.[0-9]+)?$ ]]; do triple+=.0; done

# usage: meta PATH...    a value of META.json; empty when there is none
meta() {
  perl -MJSON::PP -e '
    my $path = shift; open my $file, "<", "META.json" or die; local $/;
    my $value = decode_json(<$file>);
    for (split m{/}, $path) { $value = ref $value eq "ARRAY" ? $value->[$_] : $value->{$_} }
    print ref $value ? "" : $value // ""' "$1" 2>&1
}
same META.json "$(meta version)" "$triple" "$control (with three numbers)"
same META.json "$(meta "provides/$name/version")" "$triple" "$control (with three numbers)"
same META.json "$(meta name)" "$name" "the Makefile"
same META.json "$(meta prereqs/runtime/requires/PostgreSQL)" "$oldest.0.0" "src/pg/compat.hpp"
same META.json "$(meta license)" postgresql "the LICENSE"
[ "$(meta meta-spec/version)" = 1.0.0 ] || breach META.json "is of no PGXN Meta Spec that is known here"
for key in abstract maintainer/0 "provides/$name/abstract"; do
  [ -n "$(meta "$key")" ] || breach META.json "has no $key"
done
for key in file docfile; do
  [ -f "$(meta "provides/$name/$key")" ] || breach META.json "provides/$name/$key is no file"
done

same CHANGELOG.md "$(sed -n 's/^## \([^,]*\),.*/\1/p' CHANGELOG.md | head -n 1)" "$version" "$control"
same debian/changelog "$(sed -n '1s/.*(\(.*\)).*/\1/p' debian/changelog)" "$version" "$control"
same debian/pgversions "$(grep -v '^#' debian/pgversions)" "$oldest+" "src/pg/compat.hpp"
# debian/control is made of debian/control.in for the PostgreSQL of one Debian release.
major=$(sed -n 's/^Package: postgresql-\([0-9]*\)-.*/\1/p' debian/control)
sed "s/PGVERSION/$major/g" debian/control.in | diff - debian/control |
  sed 's|^|debian/control: is not what pg_buildext updatecontrol makes of control.in: |' | grep . && status=1
exit $status
