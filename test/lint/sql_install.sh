#!/usr/bin/env bash
# The install script: plain CREATE (OR REPLACE and IF NOT EXISTS would take over an object that
# someone else planted), each function pins its search_path, nothing is granted to PUBLIC wholesale,
# every part begins with its two-digit place. Scripts of updates: sql/upgrade/README.md has their names.
. .ci/setup.sh
status=0
for file in sql/install/*; do
  case $(basename "$file") in
    [0-9][0-9]_*.sql) ;;
    *) echo "$file: parts are named NN_topic.sql"; status=1 ;;
  esac
done
version=$(extension_version .)
for file in sql/upgrade/*.sql; do
  [ -e "$file" ] || continue
  case $(basename "$file" .sql) in
    "llm_workflow--$version") echo "$file: sql/install has this version; raise that of the control file"; status=1 ;;
    llm_workflow--[0-9]*) ;;
    *) echo "$file: scripts are named llm_workflow--X.sql or llm_workflow--X--Y.sql"; status=1 ;;
  esac
done
strip='/^[[:space:]]*--/d'
for file in sql/install/*.sql; do
  bad=$(sed "$strip" "$file" | grep -nE 'CREATE OR REPLACE|^CREATE [A-Z ]*IF NOT EXISTS|GRANT ALL .*TO PUBLIC') &&
    { echo "$file: $bad"; status=1; }
done
exit $status
