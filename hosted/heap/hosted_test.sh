#!/bin/bash
# libcaponier-heap as users have it: preloaded on this machine and, for AArch64, under qemu-aarch64 with memory tags; linked statically. Each
# misuse ends as it is called by its name, its valid twin passes, and real programs do their work.
set -u
targets=(caponier_heap_shared caponier_heap_static caponier_heap_aarch64)
source "${0%/*}/hosted_test.bash"
here=$root/hosted/heap
library=$root/build/host/hosted/heap
flags=(-std=c++20 -O1 -fno-builtin -w -fuse-ld=lld-19 -pthread)
plain=(-fno-exceptions -fno-rtti -nostdlib++)
clang++-19 "${flags[@]}" "${plain[@]}" "$here/misuse/misuse.cc" "$library/libcaponier-heap.so" -o "$work/misuse" || exit 1
clang++-19 "${flags[@]}" "${plain[@]}" "$here/misuse/misuse.cc" "$library/libcaponier-heap.a" -o "$work/linked" || exit 1
clang++-19 "${flags[@]}" "${plain[@]}" --target=aarch64-linux-gnu -nostdinc++ -isystem /usr/lib/llvm-19/include/c++/v1 \
  "$here/misuse/misuse.cc" "$library/aarch64/libcaponier-heap.so.1" -o "$work/misuse.arm" || exit 1
clang++-19 "${flags[@]}" "$here/misuse/new_fails.cc" -o "$work/new_fails" || exit 1
clang++-19 "${flags[@]}" "$here/misuse/own_operators.cc" -o "$work/own_operators" || exit 1
clang++-19 "${flags[@]}" "$here/misuse/threads_end.cc" -o "$work/threads_end" || exit 1
for program in short_memory refused_calls fork_amid_files more_than_memory other_names own_malloc dumped; do clang++-19 "${flags[@]}" "$here/misuse/$program.cc" -o "$work/$program" || exit 1; done
clang++-19 "${flags[@]}" "$here/misuse/fork_handlers.cc" "$library/libcaponier-heap.a" -o "$work/fork_handlers" || exit 1
clang++-19 "${flags[@]}" "$here/misuse/own_operators.cc" "$library/libcaponier-heap.a" -o "$work/own_operators_linked" || exit 1

clang-19 -O1 -fuse-ld=lld-19 "$here/misuse/opens_library.c" -o "$work/opens_library" || exit 1
for cxx in stdc++ c++; do # each C++ library
  clang++-19 -stdlib=lib$cxx "${flags[@]}" -fPIC -shared "$here/misuse/opened_library.cc" -o "$work/opened_lib$cxx.so" || exit 1
done

native() { LD_PRELOAD=$library/libcaponier-heap.so.1 "$work/misuse" "$@"; }
linked() { "$work/linked" "$@"; }
tagged() { # 1G: QEMU keeps a record of each page that is reserved
  "$emulator" -cpu max,sve=off -L /usr/aarch64-linux-gnu -E "LD_PRELOAD=$library/aarch64/libcaponier-heap.so.1" -E CAPONIER_HEAP=arena=1G \
    "$work/misuse.arm" "$@"
}
narrow() { # on a processor without AVX2, whose code is another
  qemu-x86_64 -cpu Nehalem -E "LD_PRELOAD=$library/libcaponier-heap.so.1" -E CAPONIER_HEAP=arena=1G "$work/misuse" "$@"
}

everywhere=(native linked tagged)
expect double-free 134 "double free" "${everywhere[@]}"
expect double-free-later 134 "double free" "${everywhere[@]}"
expect double-free-cancelled 134 "double free; block of 64 bytes" "${everywhere[@]}"
expect use-after-free-cancelled 139 "use after free; block of 300000 bytes" "${everywhere[@]}"
expect foreign 134 "free of a pointer that is no block's" "${everywhere[@]}"
expect interior 134 "free of a pointer into a block; block of 64 bytes; distance 16 bytes" "${everywhere[@]}"
expect behind 134 "free of a pointer behind a block; block of 130 bytes; distance 14 bytes" "${everywhere[@]}"
expect misaligned 134 "free of a misaligned pointer; block of 64 bytes; distance 3 bytes" "${everywhere[@]}"
expect overflow-by-one 134 "overflow of a block, found when it was freed; block of 61 bytes" "${everywhere[@]}"
expect overflow-by-zero 134 "overflow of a block, found when it was freed; block of 61 bytes" "${everywhere[@]}"
expect overflow-large 139 "access behind a block; block of 300000 bytes" "${everywhere[@]}"
expect underflow-large 139 "" native linked tagged
expect use-after-free-large 139 "use after free; block of 300000 bytes" "${everywhere[@]}"
expect write-after-free 134 "write to free memory" native linked
expect write-after-free 139 "use after free; block of 100 bytes; distance 50 bytes" tagged
expect realloc-freed 134 "double free, by realloc; block of 100 bytes" "${everywhere[@]}"
expect sized-delete 134 "sized delete with a wrong size; block of 100 bytes; size given 101" "${everywhere[@]}"
expect array-delete 134 "sized delete with a wrong size; block of 100 bytes; size given 50" "${everywhere[@]}"
expect aligned-delete 134 "sized delete with a wrong size; block of 100 bytes; size given 64" "${everywhere[@]}"
expect sized-delete-most 134 "sized delete with a wrong size; block of 100 bytes; size given 18446744073709551615" "${everywhere[@]}"
expect aligned-delete-alone 134 "aligned delete with a wrong alignment; block of 100 bytes; alignment given 1099511627776" "${everywhere[@]}"
expect aligned-delete-odd 134 "aligned delete with a wrong alignment; block of 128 bytes; alignment given 48" "${everywhere[@]}"
expect size-of-freed 134 "size asked of a block that was freed; block of 100 bytes" "${everywhere[@]}"
expect write-behind 134 "write behind a block's end, or to free memory there, found when it was used again; block of 130 bytes" native linked
expect write-behind 139 "access behind a block; block of 130 bytes; distance 15 bytes" tagged
expect overflow-read 139 "access behind a block; block of 48 bytes" tagged
expect underflow-write 139 "access before a block; block of 48 bytes" tagged
expect use-after-free-read 139 "use after free; block of 48 bytes" tagged
expect use-after-reuse 139 "use after free" tagged
for program in new_fails own_operators own_operators_linked threads_end short_memory refused_calls fork_handlers fork_amid_files more_than_memory other_names own_malloc dumped; do
  LD_PRELOAD=$library/libcaponier-heap.so.1 "$work/$program" || fail "$program: status $?"
done
for setting in zero=on record=on; do
  for opened in "$work"/opened_*.so; do
    CAPONIER_HEAP=$setting LD_PRELOAD=$library/libcaponier-heap.so.1 "$work/opens_library" "$opened" ||
      fail "opens_library ${opened##*/}, $setting: status $?"
  done
done
expect overflow-by-one 134 "overflow of a block, found when it was freed; block of 61 bytes" narrow
expect write-after-free 134 "write to free memory" narrow
for how in "${everywhere[@]}" narrow; do "$how" all || fail "$how all: status $?"; done

# Settings: every word does what it says, wrong ones are refused by name.
CAPONIER_HEAP=canary=off native overflow-by-one || fail "canary=off still looks"
CAPONIER_HEAP=zero=off native write-after-free || fail "zero=off still looks"
CAPONIER_HEAP=check=off native write-after-free || fail "check=off still looks"
CAPONIER_HEAP=sample=1 native overflow-read 2>&1 | grep -q 'access behind a block; block of 48 bytes' || fail "sample=1 finds nothing"
said=$(CAPONIER_HEAP=zeor=on native all 2>&1)
[[ $? == 125 && $said == *'caponier-heap: CAPONIER_HEAP: "zeor=on" is none of its settings'* ]] || fail "a wrong setting: $said"

# Real programs say the same with it and without.
same() {
  [[ $(LD_PRELOAD=$library/libcaponier-heap.so.1 bash -c "$1" 2>&1) == "$(bash -c "$1" 2>&1)" ]] || fail "with the library this differs: $1"
}
same 'python3 -c "import json; print(len(json.dumps([{\"a\": i, \"b\": str(i) * 3} for i in range(50000)])))"'
same "perl -e 'my %h; \$h{\$_} = \$_ x 10 for 1..50000; print scalar(keys %h)'"
same "seq 100000 | awk '{ a[\$1 % 1000] = a[\$1 % 1000] \$1 } END { for (i in a) n += length(a[i]); print n }'"
same "seq 100000 | gawk '{ a[\$1 % 1000] = a[\$1 % 1000] \$1 } END { n = asort(a); for (i = 1; i <= n; i++) s += length(a[i]) * i; print s }'"
same "sqlite3 :memory: 'create table t (k integer primary key, v text); with recursive c(n) as (select 1 union all select n + 1 from c where n < 50000)
  insert into t select n, hex(n * n) || n from c; create index i on t (v); select count(*), sum(length(v)) from t where length(v) > 12; pragma integrity_check'"
same 'seq 200000 | sort -rn --parallel=4 | md5sum'
same 'seq 200000 | xz -T2 | xz -d | md5sum'

# valgrind reads what the library says of itself, and puts its own malloc in the place of ours.
said=$(LD_PRELOAD=$library/libcaponier-heap.so.1 valgrind --error-exitcode=3 ls / 2>&1) || fail "under valgrind: status $?: $said"
[[ $said == *"ERROR SUMMARY: 0 errors"* ]] || fail "under valgrind: $said"

# Nothing but the C library's names and C++'s operators is shown (dlopen: deep_binding.cc), and nothing of a C++ library is needed.
names=$(nm -D --defined-only "$library/libcaponier-heap.so.1" | awk '{ print $3 }' | grep -vE '^(_Z(nw|na|dl|da)|.*alloc|.*memalign|c?free|__libc_free$|malloc|dlopen$)')
[[ -z $names ]] || fail "the library shows $names"
readelf -d "$library/libcaponier-heap.so.1" | grep -qE 'NEEDED.*(stdc|c\+\+)' && fail "the library needs a C++ library"
finish
