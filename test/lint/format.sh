#!/usr/bin/env bash
# clang-format decides the layout (`make format`). Its major versions differ in details, so only the
# one that .clang-format was written for is asked.
. test/lint/files.sh
tool=$(command -v clang-format-14 || command -v clang-format) || { echo "no clang-format"; exit 77; }
"$tool" --version | grep -q 'version 14\.' || { echo "clang-format is not version 14"; exit 77; }
cpp_files | xargs "$tool" --dry-run -Werror 2>&1 | grep -E 'error:' | cut -d: -f1 | sort | uniq -c |
  awk '{ print $2 ": " $1 " places (make format)" } END { exit NR > 0 }'
