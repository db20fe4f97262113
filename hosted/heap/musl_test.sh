#!/bin/bash
# libcaponier-heap over musl: its own build preloaded, linked statically and into static position-independent programs, on this machine and,
# for AArch64, under qemu-aarch64 with memory tags. Each misuse ends as over glibc, its valid twin passes, and threads and forks work.
set -u
targets=(caponier_heap_musl caponier_heap_static)
source "${0%/*}/hosted_test.bash"
libraries=$root/build/host/hosted/heap/musl

source "$root/tests/musl.bash"
link() { # ARCH KIND LIBRARY: $work/KIND.ARCH
  musl_words "$1" "$2"
  clang++-19 "--target=$1-linux-musl" -std=c++20 -O1 -fPIE -fno-builtin -w -fno-exceptions -fno-rtti -nostdinc++ \
    -isystem /usr/lib/llvm-19/include/c++/v1 "${musl_compile[@]}" -c hosted/heap/misuse/misuse.cc -o "$work/misuse.o" &&
    clang-19 "--target=$1-linux-musl" -nostdlib -fuse-ld=lld-19 "${musl_start[@]}" "$work/misuse.o" "$libraries/$1/$3" "${musl_end[@]}" -o "$work/$2.$1"
}
for arch in x86_64 aarch64; do
  link $arch dynamic libcaponier-heap.so.1 || exit 1
  link $arch static-pie libcaponier-heap.a || exit 1
done
link x86_64 static libcaponier-heap.a || exit 1
# A program that knows nothing of the library, by Debian's own compiler for musl.
printf '#include <stdlib.h>\nint main(void) { char *volatile p = malloc(5); free(p); free(p); return 0; }\n' >"$work/twice.c"
musl-gcc -w -fno-builtin "$work/twice.c" -o "$work/twice" || exit 1
musl-gcc -w -fno-builtin -static "$work/twice.c" "$libraries/x86_64/libcaponier-heap.a" -o "$work/twice.static" || exit 1
# The archive that is built over glibc serves static programs of musl too, since it needs none of glibc's own names.
musl-gcc -w -fno-builtin -static "$work/twice.c" "$root/build/host/hosted/heap/libcaponier-heap.a" -o "$work/twice.glibc" || exit 1

# With limits, since a child of a fork that finds a lock of the heap held would wait for ever.
dynamic() { LD_LIBRARY_PATH=$libraries/x86_64 timeout 60 "$work/dynamic.x86_64" "$@"; }
static() { timeout 60 "$work/static.x86_64" "$@"; }
static_pie() { timeout 60 "$work/static-pie.x86_64" "$@"; }
# 1G: QEMU keeps a record of each page that is reserved
emulated() { timeout 60 "$emulator" -cpu max,sve=off -E CAPONIER_HEAP=arena=1G -E "LD_LIBRARY_PATH=$libraries/aarch64" "$@"; }
dynamic_tagged() { emulated "$work/dynamic.aarch64" "$@"; }
static_pie_tagged() { emulated "$work/static-pie.aarch64" "$@"; }

plain=(dynamic static static_pie)
tagged=(dynamic_tagged static_pie_tagged)
expect double-free 134 "double free; block of 64 bytes" "${plain[@]}" "${tagged[@]}"
expect double-free-cancelled 134 "double free; block of 64 bytes" "${plain[@]}" "${tagged[@]}"
expect interior 134 "free of a pointer into a block; block of 64 bytes; distance 16 bytes" "${plain[@]}" "${tagged[@]}"
expect overflow-by-one 134 "overflow of a block, found when it was freed; block of 61 bytes" "${plain[@]}" "${tagged[@]}"
expect overflow-large 139 "access behind a block; block of 300000 bytes" "${plain[@]}" "${tagged[@]}"
expect realloc-freed 134 "double free, by realloc; block of 100 bytes" "${plain[@]}" "${tagged[@]}"
expect sized-delete 134 "sized delete with a wrong size; block of 100 bytes; size given 101" "${plain[@]}" "${tagged[@]}"
expect write-after-free 134 "write to free memory" "${plain[@]}"
expect write-after-free 139 "use after free; block of 100 bytes; distance 50 bytes" "${tagged[@]}"
expect overflow-read 139 "access behind a block; block of 48 bytes" "${tagged[@]}"
expect underflow-write 139 "access before a block; block of 48 bytes" "${tagged[@]}"
expect use-after-reuse 139 "use after free; block of 48 bytes" "${tagged[@]}"
for how in "${plain[@]}" "${tagged[@]}"; do "$how" all || fail "$how all: status $?"; done

said=$(LD_PRELOAD=$libraries/x86_64/libcaponier-heap.so.1 "$work/twice" 2>&1)
[[ $said == *"caponier-heap: double free; block of 5 bytes"* ]] || fail "preloaded: $said"
for program in twice.static twice.glibc; do
  said=$({ "$work/$program"; } 2>&1)
  [[ $said == *"caponier-heap: double free; block of 5 bytes"* ]] || fail "$program: $said"
done
for arch in x86_64 aarch64; do
  readelf -d "$libraries/$arch/libcaponier-heap.so.1" | grep NEEDED | grep -v '\[libc.so\]' && fail "the library for $arch needs more than musl"
done
finish
