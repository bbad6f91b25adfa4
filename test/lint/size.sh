#!/usr/bin/env bash
# A file has one job and at most 500 lines; a function fits a screen: at most 60 lines. Measured from
# the line that opens a function at the left edge to the `}` at the left edge, as clang-format lays
# code out. Tables (an initialiser that ends in `};`) are not functions.
# Install scripts of releases are kept as they were made: all parts in one.
. test/lint/files.sh
status=0
for file in $(project_files | grep -E '\.([ch]pp|pl|pm|sh|sql)$|^(check|quickstart)$' |
  grep -v '^sql/upgrade/'); do
  lines=$(wc -l <"$file")
  [ "$lines" -le 500 ] || { echo "$file: $lines lines, more than 500"; status=1; }
done
for file in $(cpp_files); do
  awk -v file="$file" '
    /^[^ \t#\/}].*\{$/ && !/^(namespace|extern|class|struct|enum|union)/ { from = FNR }
    /^\}/ { if (from && !/^\};/ && FNR - from + 1 > 60) {
              print file ":" from ": function of " FNR - from + 1 " lines, more than 60"; bad = 1 }
            from = 0 }
    END { exit bad }' "$file" || status=1
done
exit $status
