#!/usr/bin/env bash
# Opens reports and diagrams in a headless Chromium, and reads flowcharts with Mermaid: `make browser`.
# usage: run.sh REPORT_PAGE DRAW_DIAGRAM [PICTURES]   the programs of test/conformance; a folder for
#                                                     screenshots. Prints a line "ok ..." or "FAILED ..."
#                                                     for each test. Status 77: it could not run here, it
#                                                     says why.
# NODE_MODULES=folder has playwright-core and mermaid; else npm fetches them into a temporary folder.
# CHROMIUM=program.
set -u
here=$(cd "$(dirname "$0")" && pwd)
report_page=$(realpath "$1") || exit 1
draw_diagram=$(realpath "$2") || exit 1
pictures=${3:-}
command -v node >/dev/null || { echo "there is no node"; exit 77; }
chromium=$(command -v "${CHROMIUM:-chromium}") || { echo "there is no chromium"; exit 77; }
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

modules=${NODE_MODULES:-}
if [ -z "$modules" ]; then
  command -v npm >/dev/null || { echo "there is no npm"; exit 77; }
  modules=$work/node_modules
  (cd "$work" && npm init -y &&
    npm install --no-audit --no-fund playwright-core@1.56.1 mermaid@12.3.0) \
    >"$work/npm.log" 2>&1 || { echo "npm cannot fetch playwright-core and mermaid"; exit 77; }
fi

# Chromium keeps its profile in HOME, which an unprivileged user may not have.
open_pages() { HOME=$work TMPDIR=$work node "$here/$1" "$modules" "$2" "$chromium" ${pictures:+"$pictures"}; }
status=0
open_pages report.mjs "$report_page" || status=1
open_pages diagram.mjs "$draw_diagram" || status=1
exit $status
