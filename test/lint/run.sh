#!/usr/bin/env bash
# Runs every check of this folder and counts: last line "N passed, N failed".
#
# A check is an executable *.sh that prints each breach as "file:line: what is wrong" and ends with a
# status other than 0 if there was one. Status 77: it could not run here (it says why), not counted.
# MODULE=path names the built library; checks that need it are not counted without it.
cd "$(dirname "$0")/../.." || exit 1
passed=0
failed=0
for check in test/lint/*.sh; do
  case $check in */run.sh | */files.sh) continue ;; esac
  output=$(bash "$check" 2>&1)
  status=$?
  name=$(basename "$check" .sh)
  if [ $status = 0 ]; then
    passed=$((passed + 1))
    echo "ok $name"
  elif [ $status = 77 ]; then
    echo "not run: $name: $output"
  else
    failed=$((failed + 1))
    printf 'FAILED %s\n%s\n' "$name" "$output"
  fi
done
echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed -gt 0 ]
