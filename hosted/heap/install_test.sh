#!/bin/bash
# Installs libcaponier-heap below a temporary prefix and uses it as its README says: by pkg-config, preloaded, and from the static library.
source "$(dirname -- "$0")/../install.bash"
install_library heap
library=$(echo "$prefix"/lib*/libcaponier-heap.so.1)
[[ -s $prefix/share/man/man7/caponier-heap.7 ]] || fail "no man page"
readelf -d "$library" | grep -q TEXTREL && fail "the library has text relocations"
names=$(nm --defined-only --extern-only "${library%.so.1}.a" | awk 'NF == 3 { print $3 }' | grep -vE '^(_Z(nw|na|dl|da)|.*alloc|.*memalign|c?free|__libc_free$|malloc)' || true)
[[ -z $names ]] || fail "the static library shows $names"

printf '#include <stdlib.h>\nint main(void) { char *volatile p = malloc(5); free(p); free(p); return 0; }\n' >"$work/twice.c"
export PKG_CONFIG_PATH LD_LIBRARY_PATH
PKG_CONFIG_PATH=$(dirname "$library")/pkgconfig
LD_LIBRARY_PATH=$(dirname "$library")
[[ $(pkg-config --modversion caponier-heap) == 1.0.0 ]] || fail "pkg-config gives another version"
# shellcheck disable=SC2046
cc -w "$work/twice.c" $(pkg-config --libs caponier-heap) -o "$work/linked"
cc -w "$work/twice.c" "${library%.so.1}.a" -o "$work/static"
cc -w "$work/twice.c" -o "$work/plain"
said() { { "$@"; } 2>&1 || true; }
[[ $(said "$work/linked") == *"caponier-heap: double free; block of 5 bytes"* ]] || fail "linked: $(said "$work/linked")"
[[ $(said "$work/static") == *"caponier-heap: double free; block of 5 bytes"* ]] || fail "static: $(said "$work/static")"
[[ $(said env LD_PRELOAD=libcaponier-heap.so.1 "$work/plain") == *"caponier-heap: double free; block of 5 bytes"* ]] || fail "preloaded"
echo "installed, linked and preloaded"
