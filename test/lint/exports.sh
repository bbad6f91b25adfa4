#!/usr/bin/env bash
# The module exports the entry points that PostgreSQL looks up, and nothing else: modules are opened
# with RTLD_GLOBAL, and a template of libstdc++ among them would replace another extension's.
[ -f "${MODULE:-}" ] || { echo "no built module (MODULE=path)"; exit 77; }
bad=$(nm -D --defined-only "$MODULE" | awk '{ print $3 }' |
  grep -vE '^(Pg_magic_func|_PG_init|(pg_finfo_)?llmw_[a-z0-9_]+)$')
[ -z "$bad" ] || { echo "$MODULE exports:"; echo "$bad"; exit 1; }
nm -D --defined-only "$MODULE" | grep -q ' _PG_init$' || { echo "$MODULE has no _PG_init"; exit 1; }
