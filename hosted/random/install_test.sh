#!/bin/bash
# Installs libcaponier-random below a temporary prefix and uses it as the README of hosted/random says: a C program by pkg-config, a C and a
# C++ program by CMake, from the shared and from the static library, which may be unloaded. The libraries show no name but caponier_*.
source "$(dirname -- "$0")/../install.bash"
here=$root/hosted/random
install_library random

library=$(echo "$prefix"/lib*/libcaponier-random.so)
names=$(nm -D --defined-only "$library" | awk '$2 != "A" { print $3 }' | sed 's/@.*//' | sort | tr '\n' ' ')
want="caponier_random_fill caponier_random_reseed caponier_random_u64 caponier_random_uniform "
[[ $names == "$want" ]] || fail "the shared library shows $names"
names=$(nm --defined-only --extern-only "$prefix"/lib*/libcaponier-random.a | awk 'NF == 3 { print $3 }' | sort | tr '\n' ' ')
[[ $names == "$want" ]] || fail "the static library shows $names"
readelf -d "$library" | grep -q 'NEEDED.*stdc++' && fail "the library needs a C++ library"
readelf -d "$library" | grep -q TEXTREL && fail "the library has text relocations"
[[ -s $prefix/share/man/man3/caponier-random.3 ]] || fail "no man page"

# By pkg-config.
export PKG_CONFIG_PATH
PKG_CONFIG_PATH=$(dirname "$library")/pkgconfig
export LD_LIBRARY_PATH=$(dirname "$library")
# shellcheck disable=SC2046
cc -Wall -Wextra -Werror "$here/example/token.c" $(pkg-config --cflags --libs caponier-random) -o "$work/token"
[[ $(pkg-config --modversion caponier-random) == 1.0.0 ]] || fail "pkg-config gives another version"
ldd "$work/token" | grep -q "$prefix.*libcaponier-random.so.1" || fail "the program does not use the library"

# By CMake.
cmake -G Ninja -S "$here/example" -B "$work/build" -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
cmake --build "$work/build" >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
ldd "$work/build/deal" | grep -q caponier && fail "the static program uses the shared library"

for program in "$work/token" "$work/build/token" "$work/build/deal"; do
  first=$("$program") second=$("$program")
  [[ $first != "$second" ]] || fail "${program##*/} printed $first twice"
done
[[ $("$work/token") =~ ^[0-9a-f]{32}\ [1-6]$ ]] || fail "token printed something else"
[[ $("$work/build/deal") =~ ^(.. ){5}$ ]] || fail "deal printed something else"

# Another library may have the static one in it, and be unloaded while threads run that have drawn.
cc -shared -Wl,--whole-archive "$prefix"/lib*/libcaponier-random.a -Wl,--no-whole-archive -o "$work/plugin.so" || exit 1
cc -Wall -Wextra -Werror "$here/testing/unload.c" -pthread -o "$work/unload" || exit 1
for plugin in "$work/plugin.so" "$library"; do
  [[ $("$work/unload" "$plugin") == unloaded ]] || fail "unloading ${plugin##*/}: status $?"
done
echo "installed, built and ran"
