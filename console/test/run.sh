#!/usr/bin/env bash
# Tests the console: `make console`. Types, unit tests, then every page in Chromium on a PostgreSQL with the
# extension and simulated providers, both started here and ended by their process ids.
# usage: run.sh PG_CONFIG SIMULATOR [PICTURES]   a server that has the extension installed; the simulated
#                                                providers; a folder for screenshots. Prints a line
#                                                "ok ..." or "FAILED ..." for each test. Status 77: it
#                                                could not run here, it says why.
# CONSOLE_TESTS="settings prices" runs these alone. CHROMIUM=program. Not as root, as PostgreSQL has it.
set -u
console=$(cd "$(dirname "$0")/.." && pwd)
PG_CONFIG=$(command -v "$1") || { echo "there is no $1"; exit 1; }
LLM_PROVIDER_SIM=$(realpath "$2") || exit 1
export PG_CONFIG LLM_PROVIDER_SIM
[ -z "${3:-}" ] || { CONSOLE_PICTURES=$(realpath -m "$3") && export CONSOLE_PICTURES; }

command -v node >/dev/null || { echo "there is no node"; exit 77; }
node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major * 100 + +minor < 2019 ? 1 : 0)' ||
  { echo "there is no node of version 20.19 or later"; exit 77; }
CHROMIUM=$(command -v "${CHROMIUM:-chromium}") || { echo "there is no chromium"; exit 77; }
export CHROMIUM

work=$(mktemp -d) || exit 1
export TMPDIR=$work
# Only when a test was killed is there still a server.
# shellcheck disable=SC2317 # the trap calls it
clean_up() {
  local pid_file
  for pid_file in "$work"/*/data/postmaster.pid; do
    [ ! -f "$pid_file" ] || kill -INT "$(head -n 1 "$pid_file")"
  done
  rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

cd "$console" || exit 1
if [ ! -d node_modules ]; then
  command -v npm >/dev/null || { echo "there is no npm"; exit 77; }
  HOME=$work npm ci --ignore-scripts >"$work/npm.log" 2>&1 ||
    { echo "npm cannot fetch the packages of the console"; tail -n 3 "$work/npm.log"; exit 77; }
fi

status=0
if node_modules/.bin/tsc; then echo "ok types"; else echo "FAILED types"; status=1; fi
node build.js && node build.js test || exit 1
tests=(dist/test/unit/*.test.js)
for name in ${CONSOLE_TESTS:-}; do tests+=("dist/test/e2e/$name.test.js"); done
[ -n "${CONSOLE_TESTS:-}" ] || tests+=(dist/test/e2e/*.test.js)
node --test --test-concurrency=1 --test-reporter=./test/reporter.js --test-reporter-destination=stdout \
  "${tests[@]}" || status=1
exit $status
