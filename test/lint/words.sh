#!/usr/bin/env bash
# What a reader elsewhere cannot use has no place here: paths of the author's machine, notes to
# oneself, marks of an unfinished merge.
. test/lint/files.sh
mapfile -t files < <(project_files | grep -vE '^test/lint/words\.sh$|^test/(fuzz/corpus|unit/data)/')
status=0
breaches 'path of one machine' '(^|[^A-Za-z0-9_./$-])/(home|Users|root|work|mnt)/[A-Za-z0-9_.-]+' \
  "${files[@]}" && status=1
breaches 'note to oneself: do it, or open an issue' '\b(TODO|FIXME|XXX|HACK)\b' "${files[@]}" && status=1
breaches 'conflict mark' '^(<<<<<<<|>>>>>>>) ' "${files[@]}" && status=1
mapfile -t text < <(printf '%s\n' "${files[@]}" | grep -E '\.([ch]pp|pl|pm|sh|md|sql)$|^Makefile$')
breaches 'line ends in blanks' '[ 	]+$' "${text[@]}" && status=1
exit $status
