#!/usr/bin/env bash
# Each ereport at ERROR or above names an SQLSTATE: without one clients see XX000 and cannot react.
# elog(ERROR) is for what cannot happen, so its text is never shown to users: none in sql_api.
. test/lint/files.sh
status=0
for file in $(cpp_files | grep '^src/'); do
  awk -v file="$file" '
    /ereport\((ERROR|FATAL|PANIC)/ { text = ""; from = FNR; open = 1 }
    open { text = text $0 }
    open && /\);[ \t]*$/ { if (text !~ /errcode/) { print file ":" from ": ereport without errcode"; bad = 1 }
                           open = 0 }
    END { exit bad }' "$file" || status=1
done
mapfile -t sql_api < <(cpp_files | grep '^src/sql_api/')
breaches 'elog(ERROR) where users would read it: use ereport' 'elog\(ERROR' "${sql_api[@]}" && status=1
exit $status
