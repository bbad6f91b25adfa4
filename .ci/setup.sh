# shellcheck shell=bash
# Sourced by ./check, .ci/matrix, ./quickstart and scripts of test/: packages, the server to build for, the user
# to run it as, what a checkout holds.
# Works on Debian as root or with sudo; elsewhere the tools have to be there already.

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    die "this step needs root, and there is no sudo: $*"
  fi
}

# A PostgreSQL server refuses to run as root: root hands the server and all tests to the user
# "postgres" that Debian's package makes; anyone else keeps them.
run_as() { if [ "$(id -u)" = 0 ]; then echo postgres; else id -un; fi; }

as_user() { as_named "$(run_as)" "$@"; }

# usage: as_named USER COMMAND...    setpriv replaces itself by the command: a pid of ours is its pid
as_named() {
  local user=$1
  shift
  if [ "$(id -un)" = "$user" ]; then
    "$@"
  else
    setpriv --reuid "$user" --regid "$(id -g "$user")" --init-groups \
      env HOME="$(getent passwd "$user" | cut -d: -f6)" "$@"
  fi
}

# The major version to use: that of PG_CONFIG if set, else the newest one that is installed with its
# headers, else the one that Debian ships.
postgres_major() {
  local found
  if [ -n "${PG_CONFIG:-}" ]; then
    if [ -x "$(command -v "$PG_CONFIG")" ]; then
      "$PG_CONFIG" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/'
    else
      echo "$PG_CONFIG" | sed -n 's|.*/postgresql/\([0-9]*\)/bin/pg_config$|\1|p'
    fi
    return
  fi
  for found in $(printf '%s\n' /usr/lib/postgresql/*/bin/pg_config | sort -rV); do
    if [ -x "${found%pg_config}postgres" ] && [ -f "$("$found" --pgxs)" ]; then
      "$found" --version | sed 's/[^0-9]*\([0-9]*\).*/\1/'
      return
    fi
  done
  apt-cache depends postgresql 2>/dev/null | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p'
}

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^.i' || echo "$package"
  done
}

# Debian's server package makes and starts a cluster on port 5432. Nobody asked for it here: it is
# told not to while we install, and its setting is put back after; who sources this file also calls
# packages_as_before when it ends early.
cluster_setting=/etc/postgresql-common/createcluster.conf
no_main_cluster() { as_root sed -i '1i create_main_cluster = false # llm_workflow' "$cluster_setting"; }
main_cluster_as_before() {
  [ ! -f "$cluster_setting" ] || ! grep -q '# llm_workflow$' "$cluster_setting" ||
    as_root sed -i '/# llm_workflow$/d' "$cluster_setting"
}

# Tests start what they need themselves: a package must not (pgbouncer would).
daemon_policy=/usr/sbin/policy-rc.d
made_daemon_policy=
no_daemons() {
  [ ! -e "$daemon_policy" ] || return 0
  printf '#!/bin/sh\nexit 101\n' | as_root tee "$daemon_policy" >/dev/null
  as_root chmod 755 "$daemon_policy"
  made_daemon_policy=1
}
daemons_as_before() {
  [ -z "$made_daemon_policy" ] || as_root rm -f "$daemon_policy"
  made_daemon_policy=
}

packages_as_before() {
  daemons_as_before
  main_cluster_as_before
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# usage: known_packages MAJOR PACKAGE...    puts the version into names that hold MAJOR, and leaves out
# those of them that there are not for this version
known_packages() {
  local major=$1 package
  shift
  for package in "$@"; do
    case $package in
      *MAJOR*)
        package=${package//MAJOR/$major}
        apt-cache show "$package" >/dev/null 2>&1 || continue
        ;;
    esac
    echo "$package"
  done
}

# usage: install_packages LOG PACKAGE...    installs those that are missing, and the server
# MAJOR in the name of a package stands for the server's major version.
# Sets PG_CONFIG to the pg_config of the server.
install_packages() {
  local log=$1 major missing
  shift
  if command -v apt-get >/dev/null; then
    # A fresh machine has no package lists yet, and so no answer to what Debian ships.
    major=$(postgres_major)
    if [ -z "$major" ]; then
      as_root apt-get update >>"$log" 2>&1 || die "apt-get update failed: $log"
      major=$(postgres_major)
    fi
    [ -n "$major" ] || die "cannot tell which PostgreSQL to install; set PG_CONFIG"
    if [ -x "$(command -v "${PG_CONFIG:-}")" ]; then
      major=$("$PG_CONFIG" --version | sed 's/^PostgreSQL \([0-9]*\).*/\1/')
    fi
    # shellcheck disable=SC2046  # a list of names
    set -- $(known_packages "$major" "$@")
    if [ ! -x "$(command -v "${PG_CONFIG:-}")" ]; then
      set -- "$@" "postgresql-$major" "postgresql-server-dev-$major"
    fi
    missing=$(missing_packages "$@")
    if [ -n "$missing" ]; then
      echo "installing Debian packages: $(echo "$missing" | tr '\n' ' ')"
      apt_install_missing "$log" "$missing"
    fi
    PG_CONFIG=${PG_CONFIG:-/usr/lib/postgresql/$major/bin/pg_config}
  fi
  PG_CONFIG=${PG_CONFIG:-pg_config}
  [ -x "$(command -v "$PG_CONFIG")" ] || die "no pg_config at \"$PG_CONFIG\""
  getent passwd "$(run_as)" >/dev/null || die "run it as an ordinary user: there is no user postgres"
  export PG_CONFIG
}

apt_install_missing() {
  local log=$1 missing=$2
  as_root apt-get update >>"$log" 2>&1 || die "apt-get update failed: $log"
  case $missing in
    *postgresql-*)
      apt_install postgresql-common >>"$log" 2>&1 || die "apt-get install failed: $log"
      no_main_cluster
      ;;
  esac
  no_daemons
  # shellcheck disable=SC2086  # a list of names
  apt_install $missing >>"$log" 2>&1 || { tail -n 20 "$log" >&2; die "apt-get install failed: $log"; }
  packages_as_before
}

# usage: checkout_files DIR    Writes a tar: what git knows or would add; without git, all that is not built.
checkout_files() {
  local top=$1 files
  files=$(cd "$top" && git -c safe.directory="$top" ls-files -co --exclude-standard 2>/dev/null |
    while read -r file; do [ -f "$file" ] && echo "$file"; done)
  if [ -n "$files" ]; then
    (cd "$top" && echo "$files" | tar -cf - -T -)
  else
    tar -C "$top" --exclude=./.git --exclude=./.check --exclude=./.quickstart --exclude=./build --exclude=node_modules \
      --exclude=./console/dist --exclude='./tmp_check*' --exclude=./log --exclude='*.o' --exclude='*.d' --exclude='*.so' \
      --exclude='./llm_workflow--*.sql' -cf - .
  fi
}

# usage: extension_version DIR    the version that the control file of a checkout has
extension_version() { sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" "$1/llm_workflow.control"; }

# usage: read_closing LOG    sets passed and failed as the last line of a check says; 1 failed when it says nothing
# shellcheck disable=SC2034  # callers read them
read_closing() {
  passed=0
  failed=1
  [[ $(tail -n 1 "$1") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]] || return
  passed=${BASH_REMATCH[1]}
  failed=${BASH_REMATCH[2]}
}

# The caller's connection settings are for other servers than ours.
forget_callers_settings() {
  unset PGHOST PGHOSTADDR PGPORT PGUSER PGDATABASE PGPASSWORD PGPASSFILE PGSERVICE PGOPTIONS PGDATA
  export LC_ALL=C.UTF-8
}
