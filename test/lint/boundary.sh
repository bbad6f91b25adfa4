#!/usr/bin/env bash
# C++ and PostgreSQL meet in src/pg/boundary.* only: PG_TRY elsewhere would be skipped by exceptions,
# and a catch (...) elsewhere would swallow what the boundary has to report.
. test/lint/files.sh
mapfile -t others < <(cpp_files | grep '^src/' | grep -v '^src/pg/boundary\.')
status=0
breaches 'PG_TRY outside of src/pg/boundary.*' '\b(PG_TRY|PG_CATCH|PG_FINALLY|PG_RE_THROW)\b' \
  "${others[@]}" && status=1
breaches 'PG_exception_stack outside of src/pg/boundary.*' '\bPG_exception_stack\b' "${others[@]}" &&
  status=1
breaches 'std::thread: its threads could take the signals of PostgreSQL' '\bstd::j?thread\b' \
  "${others[@]}" && status=1
breaches 'std::regex recurses without a limit' '\bstd::regex\b' "${others[@]}" && status=1
exit $status
