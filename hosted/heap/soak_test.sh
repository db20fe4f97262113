#!/bin/bash
# Random traces against a model over libcaponier-heap: soak_test.sh [OPERATIONS [EMULATED]], by default a million on this machine and 50,000 under
# qemu-aarch64 with memory tags. One thread and several, under every setting, and with memory that runs out; and the heap's core under
# ThreadSanitizer.
set -u
operations=${1:-1000000} emulated=${2:-50000}
targets=(caponier_heap_static caponier_heap_musl)
source "${0%/*}/hosted_test.bash"
source "$root/tests/musl.bash"
library=$root/build/host/hosted/heap
# Requests that cannot be granted are not for the compiler to see through.
flags=(-std=gnu++23 -O2 -fno-builtin "-I$root")
clang++-19 "${flags[@]}" hosted/heap/testing/soak.cc "$library/libcaponier-heap.a" -fuse-ld=lld-19 -pthread -o "$work/soak" || exit 1
# Under tags over musl: glibc clears memory by DC ZVA in whatever blocks the processor says, and qemu-aarch64 10.0, which says 512 bytes, finds
# every tag but 0 wrong then, also in programs that glibc tags itself.
musl_words aarch64 static-pie
clang++-19 --target=aarch64-linux-musl "${flags[@]}" -fPIE -fno-exceptions -fno-rtti -nostdinc++ -isystem /usr/lib/llvm-19/include/c++/v1 \
  "${musl_compile[@]}" -c hosted/heap/testing/soak.cc -o "$work/soak.o" &&
  clang-19 --target=aarch64-linux-musl -nostdlib -fuse-ld=lld-19 "${musl_start[@]}" "$work/soak.o" "$library/musl/aarch64/libcaponier-heap.a" \
    "${musl_end[@]}" -o "$work/soak.aarch64" || exit 1
native() { "$work/soak" "$@"; }
tagged() {
  CAPONIER_HEAP=arena=16G${settings:+,$settings} "$emulator" -cpu max,sve=off "$work/soak.aarch64" "$@"
}
try() { # HOW ARGUMENT...
  local said
  if said=$("$@" 2>&1); then echo "ok $*: $said"; else fail "$*: status $?: $said"; fi
}
try native 1 "$operations" 1
try native 4 "$operations" 2
for seed in 1 2 3 4; do CAPONIER_HEAP=arena=1G try native $((seed % 2 + 1)) $((operations / 8)) $seed 48 1024; done
for sample in 1 100; do CAPONIER_HEAP=sample=$sample try native 2 $((operations / 8)) 4; done
CAPONIER_HEAP=shuffle=on,quarantine=128 try native 2 $((operations / 4)) 4
CAPONIER_HEAP=zero=off,check=off,canary=off,quarantine=0 try native 2 $((operations / 4)) 5
try tagged 1 $emulated 6
try tagged 4 $emulated 7
settings=scope=all try tagged 2 $((emulated / 2)) 8

sources=(lib/heap/trace_test.cc lib/heap/heap_test.cc)
for source in lib/heap/*.cc lib/base/*.cc; do [[ $source == *_test.cc ]] || sources+=("$source"); done
clang++-19 -std=gnu++23 -O2 -g -fno-strict-aliasing -fsanitize=thread -I. "${sources[@]}" -lgtest -lgtest_main -pthread -o "$work/threads" || exit 1
said=$("$work/threads" --gtest_filter='*Threads*' 2>&1) && [[ $said != *WARNING* ]] || fail "under ThreadSanitizer: $said"
finish
