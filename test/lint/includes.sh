#!/usr/bin/env bash
# Dependencies go one way: module -> {sql_api, worker} -> shmem -> pg -> core, worker -> http -> core.
# CMake proves it for core and http, which it compiles without the others; this proves the rest, and
# keeps the headers whose macros or longjmps break C++ code away from each other.
. test/lint/files.sh
declare -A knows=(
  [core]="core" [http]="http core" [pg]="pg core" [shmem]="shmem pg core"
  [worker]="worker shmem pg http core" [sql_api]="sql_api shmem pg core"
)
status=0
for folder in "${!knows[@]}"; do
  files=$(cpp_files | grep "^src/$folder/" | grep -v '^src/pg/postgres\.hpp$') || continue
  allowed=$(echo "${knows[$folder]}" | tr ' ' '|')
  # shellcheck disable=SC2086  # no file name of ours has a space
  bad=$(grep -nHE '^#include "[a-z_]+/' $files | grep -vE "#include \"($allowed)/") &&
    { printf '%s\n' "$bad" "    ($folder knows only: ${knows[$folder]})"; status=1; }
done
mapfile -t sources < <(cpp_files | grep '^src/')
mapfile -t not_http < <(printf '%s\n' "${sources[@]}" | grep -v '^src/http/')
mapfile -t headers < <(printf '%s\n' "${sources[@]}" | grep '\.hpp$')
mapfile -t no_pg < <(printf '%s\n' "${sources[@]}" | grep -v '^src/pg/postgres\.hpp$')
mapfile -t simulator < <(cpp_files | grep '^test/provider/')

breaches 'only src/http includes curl' '#include [<"]curl/' "${not_http[@]}" && status=1
breaches 'nlohmann/json in a header; json_fwd.hpp is enough' '#include <nlohmann/json\.hpp>' \
  "${headers[@]}" && status=1
breaches 'only src/pg/postgres.hpp includes headers of PostgreSQL' \
  '#include [<"](postgres(_fe)?\.h|fmgr\.h|utils/|access/|catalog/|storage/|executor/)' \
  "${no_pg[@]}" && status=1
breaches 'the simulator shares no code with what it checks' \
  '#include "(core|http|pg|shmem|worker|sql_api)/' "${simulator[@]}" && status=1
mapfile -t adapter < <(grep -lE '#include "pg/' "${sources[@]}")
breaches 'nlohmann/json beside postgres.h, whose macros break it' '#include <nlohmann/' \
  "${adapter[@]}" && status=1
exit $status
