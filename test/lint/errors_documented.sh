#!/usr/bin/env bash
# Each SQLSTATE of our own class LW stands in docs/errors.md, and none stands there that is not raised.
status=0
raised=$(grep -ohE '"LW[0-9A-Z]{3}"' src/core/error.hpp | tr -d '"' | sort)
[ -f docs/errors.md ] || { echo "docs/errors.md: missing"; exit 1; }
named=$(grep -ohE '\bLW[0-9A-Z]{3}\b' docs/errors.md | sort -u)
twice=$(echo "$raised" | uniq -d)
[ -z "$twice" ] || { echo "src/core/error.hpp: used twice: $twice"; status=1; }
for state in $(comm -23 <(echo "$raised" | uniq) <(echo "$named")); do
  echo "docs/errors.md: does not name $state"
  status=1
done
for state in $(comm -13 <(echo "$raised" | uniq) <(echo "$named")); do
  echo "docs/errors.md: names $state, which src/core/error.hpp does not define"
  status=1
done
exit $status
