#!/usr/bin/env bash
# Where make and CMake install to, and what a linter says of the container file: `make packaging`.
# usage: run.sh PG_CONFIG     in the folder where make built; prints a line "ok ..." or "FAILED ..." each
# NODE_MODULES=folder has dockerfilelint; else npm fetches it into a temporary folder.
# shellcheck disable=SC2317  # verdict calls the functions
set -u
real_config=$(command -v "$1") || exit 1
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/.ci/setup.sh"
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
status=0

# usage: verdict NAME COMMAND...
verdict() {
  local name=$1
  shift
  if "$@" >"$work/out" 2>&1; then
    echo "ok $name"
  else
    echo "FAILED $name"
    tail -n 20 "$work/out"
    status=1
  fi
}

# A pg_config of a server that is installed elsewhere; its headers and makefiles are the real one's.
make_other_config() {
  cat >"$work/pg_config" <<END
#!/bin/sh
case "\$1" in
  --pkglibdir) echo /elsewhere/lib ;;
  --sharedir) echo /elsewhere/share ;;
  *) exec "$real_config" "\$@" ;;
esac
END
  chmod +x "$work/pg_config"
}

# usage: holds_all STAGE LIBDIR SHAREDIR    exactly the files that ship, at their places
holds_all() {
  local version file
  version=$(extension_version "$top")
  {
    echo "$1$2/llm_workflow.so"
    for file in "$top/llm_workflow.control" "llm_workflow--$version.sql" "$top"/sql/upgrade/*.sql; do
      [ ! -f "$file" ] || echo "$1$3/extension/$(basename "$file")"
    done
  } | sort >"$work/wanted"
  find "$1" -type f | sort | diff "$work/wanted" -
}

make_installs_under() {
  make -f "$top/Makefile" PG_CONFIG="$1" DESTDIR="$work/stage" install &&
    holds_all "$work/stage" "$("$1" --pkglibdir)" "$("$1" --sharedir)" && rm -rf "$work/stage"
}

cmake_installs_under() {
  cmake -S "$top" -B "$work/build" -DLLMW_OBJECTS="$PWD" -DPG_CONFIG="$1" &&
    DESTDIR=$work/stage cmake --install "$work/build" &&
    holds_all "$work/stage" "$("$1" --pkglibdir)" "$("$1" --sharedir)" && rm -rf "$work/stage" "$work/build"
}

# Without this the checks above could pass whatever was installed.
notices_a_missing_file() {
  make -f "$top/Makefile" PG_CONFIG="$work/pg_config" DESTDIR="$work/stage" install || return
  rm "$work/stage/elsewhere/share/extension/llm_workflow.control"
  ! holds_all "$work/stage" /elsewhere/lib /elsewhere/share || return
  rm -rf "$work/stage"
}

container_file() {
  local modules=${NODE_MODULES:-}
  if [ -z "$modules" ]; then
    modules=$work/node_modules
    (cd "$work" && npm init -y && npm install --no-audit --no-fund dockerfilelint@1.8.0) >"$work/npm.log" 2>&1 || {
      echo "container file: not run, npm cannot fetch dockerfilelint"
      return
    }
  fi
  verdict "container file (dockerfilelint)" "$modules/.bin/dockerfilelint" "$top/Containerfile"
}

make_other_config
verdict "make install honours DESTDIR" make_installs_under "$real_config"
verdict "make install honours PG_CONFIG" make_installs_under "$work/pg_config"
verdict "a file that is not installed is noticed" notices_a_missing_file
if command -v cmake >/dev/null; then
  verdict "cmake --install honours DESTDIR" cmake_installs_under "$real_config"
  verdict "cmake --install honours PG_CONFIG" cmake_installs_under "$work/pg_config"
fi
if command -v npm >/dev/null; then container_file; else echo "container file: not run, there is no npm"; fi
exit $status
