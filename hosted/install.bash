# Sourced by the libraries' install tests: `install_library NAME` builds libcaponier-NAME, installs it below a temporary prefix, sets `prefix`, and
# sees that a staged installation has the same files.
set -eu
root=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "$*"
  exit 1
}
install_library() {
  cd "$root"
  { cmake --preset host && cmake --build --preset host --target "caponier_$1_shared" "caponier_$1_static" &&
    DESTDIR=$work/stage cmake --install build/host --component "$1" --prefix /usr/local &&
    cmake --install build/host --component "$1" --prefix "$work/prefix"; } >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
  prefix=$work/prefix
  diff -r <(cd "$work/stage/usr/local" && find . | sort) <(cd "$prefix" && find . | sort) || fail "DESTDIR and the prefix differ"
}
