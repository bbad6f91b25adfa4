# Sourced by the checks. Lists the project's files: what git knows or would add; in a copy without
# git, everything that is not hidden and not built.
project_files() {
  if git rev-parse --git-dir >/dev/null 2>&1; then
    git ls-files -co --exclude-standard | while read -r file; do [ -f "$file" ] && echo "$file"; done
  else
    find . -type f -not -path './build/*' -not -path './tmp_check*' -not -path './output_iso/*' \
      -not -path './results/*' -not -path './console/node_modules/*' -not -path './console/dist/*' -not -name '*.o' -not -name '*.d' -not -name '*.so' \
      -not -name 'llm_workflow--*.sql' -not -path './.check/*' -not -path './.quickstart/*' | sed 's|^\./||'
  fi
}
cpp_files() { project_files | grep -E '^(src|test|tools)/.*\.[ch]pp$'; }

# usage: breaches WHAT PATTERN FILE...   prints the lines that match; true when there were any
breaches() {
  local what=$1 pattern=$2
  shift 2
  [ $# -gt 0 ] || return 1
  grep -nHE "$pattern" "$@" | awk -F: -v what="$what" '{ print $1 ":" $2 ": " what }' | grep .
}
