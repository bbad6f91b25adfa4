# shellcheck shell=bash
# Sourced by run.sh: how fast tokens are counted, in the library and in SQL.
: "${work:?}" "${here:?}"

# 10 MB each of what the machine's packages have: documentation, headers and scripts with their JSON,
# translations. $work/texts/NAME.txt
make_texts() {
  mkdir -p "$work/texts"
  find /usr/share/doc /usr/share/perl -type f \
    \( -name 'NEWS*' -o -name 'README*' -o -name '*.pod' -o -name '*.txt.gz' -o -path '*/doc/*.txt' \) |
    LC_ALL=C sort | xargs -r zcat -f 2>/dev/null | ten_megabytes english
  find /usr/include /usr/lib/llvm-*/include /usr/lib/python3* /usr/lib/node_modules /usr/share/nodejs -type f \
    \( -name '*.h' -o -name '*.hpp' -o -name '*.py' -o -name '*.js' -o -name '*.json' \) 2>/dev/null |
    LC_ALL=C sort | xargs -r cat 2>/dev/null | ten_megabytes code
  find /usr/share/locale -name '*.mo' -not -path '*/en*' | LC_ALL=C sort |
    xargs -r perl "$here/translations.pl" 2>/dev/null | ten_megabytes multilingual
}

ten_megabytes() { iconv -c -f UTF-8 -t UTF-8 | head -c 10000000 | iconv -c -f UTF-8 -t UTF-8 >"$work/texts/$1.txt"; }

# The English text as rows of 40 lines, without the bytes that COPY would stumble over.
load_texts() {
  sql -c "CREATE UNLOGGED TABLE bench_lines (id bigint GENERATED ALWAYS AS IDENTITY, line text)"
  LC_ALL=C tr -d '\000-\010\013-\037' <"$work/texts/english.txt" | sed '/^\\\.$/d' |
    sql -c "COPY bench_lines (line) FROM STDIN (FORMAT csv, DELIMITER E'\x1f', QUOTE E'\x1e')"
  sql -c "CREATE UNLOGGED TABLE bench_texts AS
    SELECT string_agg(line, E'\n' ORDER BY id) AS body FROM bench_lines GROUP BY id / 40"
  sql -c "VACUUM ANALYZE bench_texts"
  text_bytes=$(sql -c "SELECT sum(octet_length(body)) FROM bench_texts")
}

milliseconds() { sed -n 's/^Time: \([0-9.]*\) ms.*/\1/p' | tail -n 1; }

measure_tokens() {
  local ms modules=${NODE_MODULES:-}
  "$BENCH_BIN_DIR/token_speed" "$work"/texts/*.txt >>"$work/figures"
  if command -v node >/dev/null && [ -f "$modules/tiktoken/package.json" ]; then
    node "$here/token_references.mjs" "$modules" "$work"/texts/*.txt >>"$work/figures"
  fi
  ms=$(sql -c 'SET max_parallel_workers_per_gather = 0' -c '\timing on' -f "$work/tokens.sql" | milliseconds)
  figure tokens_sql "$(awk -v bytes="$text_bytes" -v ms="$ms" 'BEGIN { printf "%.1f", bytes / 1000 / ms }')"
  figure tokens_first_call "$(sql -c '\timing on' -c "SELECT count_tokens('first', 'gpt-4o-mini')" | milliseconds)"
}
