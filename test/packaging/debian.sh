#!/usr/bin/env bash
# Builds the Debian package for this release's PostgreSQL and asks lintian: `make package`.
# usage: debian.sh DIR     a new folder for the package; prints a line "ok ..." or "FAILED ..." each
# ccache answers for what was built with the same flags: up to PostgreSQL 17 by the build in the checkout.
# shellcheck disable=SC2317  # verdict calls the functions
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/.ci/setup.sh"
place=$1
mkdir -p "$place" || exit 1
place=$(cd "$place" && pwd)
status=0

# usage: verdict NAME LOG COMMAND...
verdict() {
  local name=$1 log=$place/$2
  shift 2
  if "$@" >"$log" 2>&1; then
    echo "ok $name"
  else
    echo "FAILED $name"
    tail -n 30 "$log"
    status=1
  fi
}

copy_sources() {
  mkdir -p "$place/source" && checkout_files "$top" | tar -C "$place/source" -xf -
}

# debhelper gives the build another HOME, and so another cache.
keep_ccache() { ! command -v ccache >/dev/null || export CCACHE_DIR="${CCACHE_DIR:-$(ccache --get-config cache_dir)}"; }

build_package() {
  cd "$place/source" && pg_buildext updatecontrol &&
    PATH=/usr/lib/ccache:$PATH DEB_BUILD_OPTIONS="parallel=${JOBS:-$(nproc)}" dpkg-buildpackage -us -uc -b
}

# The package has what ships, and nothing that only the build needs.
holds_what_ships() {
  local package version file found=
  version=$(extension_version "$top")
  for package in "$place"/postgresql-*-llm-workflow_*.deb; do
    dpkg -c "$package" | awk '{ print $6 }' | tee "$place/contents"
    for file in lib/llm_workflow.so extension/llm_workflow.control "extension/llm_workflow--$version.sql"; do
      grep -qF "/$file" "$place/contents" || { echo "no $file"; return 1; }
    done
    ! grep -E '\.(o|d|cpp|hpp)$|llm_provider_sim|/test/' "$place/contents" || return 1
    dpkg -I "$package" | grep -E '^ Depends: postgresql-[0-9]+[ ,].*libcurl4.*libre2-' || return 1
    found=1
  done
  [ -n "$found" ]
}

copy_sources
keep_ccache
verdict "dpkg-buildpackage" build.log build_package
verdict "the package holds what ships, and depends on what it needs" contents.log holds_what_ships
verdict "lintian" lintian.log lintian --fail-on error,warning "$place"/*.changes
exit $status
