#!/usr/bin/env bash
# The install script: plain CREATE (OR REPLACE and IF NOT EXISTS would take over an object that
# someone else planted), each function pins its search_path, nothing is granted to PUBLIC wholesale,
# every part begins with its two-digit place.
status=0
for file in sql/install/*; do
  case $(basename "$file") in
    [0-9][0-9]_*.sql) ;;
    *) echo "$file: parts are named NN_topic.sql"; status=1 ;;
  esac
done
strip='/^[[:space:]]*--/d'
for file in sql/install/*.sql; do
  bad=$(sed "$strip" "$file" | grep -nE 'CREATE OR REPLACE|^CREATE [A-Z ]*IF NOT EXISTS|GRANT ALL .*TO PUBLIC') &&
    { echo "$file: $bad"; status=1; }
done
exit $status
