#!/bin/sh
# Expands data/tokens, checks that it is what the vendors publish, and makes the tables that
# src/core/token_data.cpp embeds.
# usage: make_token_tables.sh MAKER OUT_DIR     MAKER: tools/token_tables.cpp as a program
set -eu
maker=$(realpath "$1")
data=$(cd "$(dirname "$0")/../data/tokens" && pwd)
cd "$2"
for encoding in o200k_base cl100k_base tekken; do
  xz -dc "$data/$encoding.ranks.xz" >"$encoding.ranks"
  "$maker" text "$encoding.ranks" >"$encoding.tiktoken"
done
sha256sum -c --quiet "$data/SHA256SUMS"
"$maker" vocabulary o200k_base.ranks 0 o200k_base.table
"$maker" vocabulary cl100k_base.ranks 0 cl100k_base.table
"$maker" vocabulary tekken.ranks 1000 tekken.table # ids below are control tokens
"$maker" classes "$data/unicode-16.0.classes" unicode.table
rm -f ./*.ranks ./*.tiktoken
touch made
