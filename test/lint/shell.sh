#!/usr/bin/env bash
# Every shell script passes shellcheck.
. test/lint/files.sh
command -v shellcheck >/dev/null || { echo "no shellcheck"; exit 77; }
project_files | while read -r file; do
  case $file in
    *.sh) echo "$file" ;;
    check | quickstart | .ci/*) head -n 1 "$file" | grep -q '^#!.*sh$' && echo "$file" ;;
  esac
done | xargs shellcheck -x -s bash -e SC1091
