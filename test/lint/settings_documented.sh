#!/usr/bin/env bash
# Each setting that src/pg/settings.cpp defines stands in the tables of docs/settings.md and README.md,
# and those name no setting that does not exist.
status=0
defined=$(grep -ohE '"llm_workflow\.[a-z_]+"' src/pg/settings.cpp | tr -d '"' | sort -u)
for page in docs/settings.md README.md; do
  [ -f $page ] || { echo "$page: missing"; status=1; continue; }
  named=$(grep -ohE 'llm_workflow\.[a-z_]+' $page | grep -vE '\.(so|control|sql|conf)$' | sort -u)
  for setting in $(comm -23 <(echo "$defined") <(echo "$named")); do
    echo "$page: does not name $setting"
    status=1
  done
  for setting in $(comm -13 <(echo "$defined") <(echo "$named")); do
    echo "$page: names $setting, which src/pg/settings.cpp does not define"
    status=1
  done
done
exit $status
