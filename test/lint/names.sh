#!/usr/bin/env bash
# Each class has a name of its own. Two of one name in namespace llmw break no build, but the linker
# then takes the inline functions of one for those of the other.
. test/lint/files.sh
mapfile -t headers < <(cpp_files | grep '^src/.*\.hpp$')
doubles=$(grep -hoE '^(class|struct|enum class) [A-Z][A-Za-z0-9]*( final)?( :.*)? \{' "${headers[@]}" |
  awk '{ print $1 == "enum" ? $3 : $2 }' | sort | uniq -d)
[ -z "$doubles" ] || {
  for name in $doubles; do
    grep -nE "^(class|struct|enum class) $name( final)?( :.*)? \{" "${headers[@]}"
  done
  echo "    (defined twice)"
  exit 1
}
