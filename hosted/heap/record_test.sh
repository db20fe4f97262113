#!/bin/bash
# The level `record`: a report says where the block was allocated, where it was freed, and where that was found, whatever way the program
# took, over glibc and musl, dynamic and static, on this machine and under qemu-aarch64 with memory tags.
set -u
targets=(caponier_heap_shared caponier_heap_static caponier_heap_aarch64 caponier_heap_musl)
source "${0%/*}/hosted_test.bash"
source "$root/tests/musl.bash"
library=$root/build/host/hosted/heap
flags=(-std=c++20 -O1 -fno-builtin -w -fuse-ld=lld-19 -pthread -fno-exceptions -fno-rtti -nostdlib++ -fPIE)
headers=(-nostdinc++ -isystem /usr/lib/llvm-19/include/c++/v1)
# As most programs are: no frame pointers where the architecture can do without.
for name in recorded misuse; do
  source=hosted/heap/misuse/$name.cc
  clang++-19 "${flags[@]}" -rdynamic "$source" "$library/libcaponier-heap.so" -o "$work/$name.x86_64" || exit 1
  clang++-19 "${flags[@]}" -no-pie -static -Wl,--eh-frame-hdr "$source" "$library/libcaponier-heap.a" -o "$work/$name.x86_64-static" || exit 1
  clang++-19 "${flags[@]}" --target=aarch64-linux-gnu "${headers[@]}" -rdynamic "$source" "$library/aarch64/libcaponier-heap.so.1" -o "$work/$name.aarch64" || exit 1
  for arch in x86_64 aarch64; do
    for kind in dynamic static-pie; do
      with=$library/musl/$arch/libcaponier-heap.so.1
      [[ $kind == dynamic ]] || with=$library/musl/$arch/libcaponier-heap.a
      musl_words "$arch" "$kind"
      clang++-19 "--target=$arch-linux-musl" "${flags[@]}" "${headers[@]}" "${musl_compile[@]}" -c "$source" -o "$work/$name.o" &&
        clang-19 "--target=$arch-linux-musl" -nostdlib -fuse-ld=lld-19 -Wl,--eh-frame-hdr,--export-dynamic "${musl_start[@]}" "$work/$name.o" "$with" "${musl_end[@]}" \
          -o "$work/$name.$arch-musl-$kind" || exit 1
    done
  done
done

level=record=on
emulated() { CAPONIER_HEAP=arena=1G,$level timeout 200 "$emulator" -cpu max,sve=off "$@"; }
# on PROGRAM HOW ARGS...
on() {
  local program=$1 how=$2
  shift 2
  case $how in
    x86_64-musl-dynamic) CAPONIER_HEAP=$level LD_LIBRARY_PATH=$library/musl/x86_64 timeout 60 "$work/$program.$how" "$@" ;;
    x86_64*) CAPONIER_HEAP=$level LD_LIBRARY_PATH=$library timeout 60 "$work/$program.$how" "$@" ;;
    aarch64) emulated -L /usr/aarch64-linux-gnu -E "LD_LIBRARY_PATH=$library/aarch64" "$work/$program.$how" "$@" ;;
    aarch64-musl-*) emulated -E "LD_LIBRARY_PATH=$library/musl/aarch64" "$work/$program.$how" "$@" ;;
  esac 2>&1
}
every=(x86_64 x86_64-static x86_64-musl-dynamic x86_64-musl-static-pie aarch64 aarch64-musl-dynamic aarch64-musl-static-pie)
tagged=(aarch64 aarch64-musl-dynamic aarch64-musl-static-pie)

# Of a report on standard input a line for each chain, with the names of the program's own functions: "allocated by 12: AllocateHere Deeper main".
# Those of a dynamic program are in the report; a static one's are looked up by the places.
chains() { # HOW
  local text name=recorded.$1 place
  text=$(cat)
  : >"$work/names"
  if [[ $1 == *static* ]]; then
    # What is told is where a call returns to, which may be another function.
    for place in $(sed -nE "s/^  #[0-9]+ +$name\+0x([0-9a-f]+).*/\1/p" <<<"$text"); do printf '0x%x\n' $((0x$place - 1)); done |
      xargs -r llvm-symbolizer-19 --obj="$work/$name" --functions=linkage --no-inlines --output-style=GNU | awk 'NR % 2 == 1' >"$work/names"
  fi
  awk -v name="$name" -v names="$work/names" '
    /^caponier-heap: (found|allocated|freed) by thread/ { printf "%s%s by %s", line++ ? "\n" : "", $2, $5 }
    index($2, name "+0x") == 1 && (match($0, /\([A-Za-z_]+\+/) || (getline function_name < names) > 0) {
      printf " %s", (RLENGTH > 0 ? substr($0, RSTART + 1, RLENGTH - 2) : function_name)
    }
    END { print "" }' <<<"$text"
}
# where HOW ALLOCATE [WORD...]: the three chains are as they must be.
where() {
  local how=$1 said got depth=0 third=FreeAgainHere deeper='' word
  shift
  for word; do
    [[ $word != use ]] || third=UseHere
    [[ $word != deep* ]] || depth=${word#deep}
  done
  said=$(on recorded "$how" "$@")
  got=$(chains "$how" <<<"$said")
  for ((; depth >= 0; depth--)); do deeper+=' Deeper'; done
  deeper+=' main'
  [[ $said != *'#0  libcaponier'* ]] || fail "$how $*: the library itself is in the chain: $said"
  [[ $how != *musl-dynamic || $said == *' ld-musl-'* ]] || fail "$how $*: nothing of the C library is in the chain: $said"
  [[ " $* " != *' threads '* ]] || deeper=
  for word in "allocated by [0-9]+: .*AllocateHere$deeper" "freed by [0-9]+: .*FreeHere$deeper" "found by [0-9]+: .*$third$deeper"; do
    grep -qE "^$word( .*)?\$" <<<"$got" || fail "$how $*: not \"$word\": $said; $got"
  done
  [[ " $* " != *' threads '* ]] || (($(grep -oE 'by [0-9]+' <<<"$got" | sort -u | wc -l) == 3)) || fail "$how $*: not three threads: $said"
}

ways=$(on recorded x86_64)
for way in $ways; do
  where x86_64 "$way"
  where aarch64 "$way"
done
where x86_64 malloc fails
for how in "${every[@]}"; do
  where "$how" malloc deep5
  where "$how" malloc threads
  where "$how" large use
done
for how in "${tagged[@]}"; do where "$how" malloc use reuse; done

# How many calls; none; and none without being asked.
level=record=1
[[ $(on recorded x86_64 malloc deep5 | grep -c '^  #') == 1[0-9] ]] || fail "record=1 keeps more than one"
[[ $(on recorded x86_64 malloc deep5 | sed -n '/allocated by/,$p' | grep -c '^  #') == 2 ]] || fail "record=1 keeps more than one"
for level in record=off zero=on; do
  [[ $(on recorded x86_64 malloc deep5) == "caponier-heap: double free; block of 100 bytes" ]] || fail "$level says more"
done
level=record=65
[[ $(on recorded x86_64 malloc) == 'caponier-heap: CAPONIER_HEAP: "record=65" is none of its settings; expected on, off or a number from 1 to 64' ]] ||
  fail "record=65 is not refused"

# The class, and that the block concerned is the right one.
level=record=on
about() { # HOW CRIME TEXT
  local said
  said=$(on misuse "$1" "$2")
  [[ $said == *"$3"* && $said == *'allocated by thread'* ]] || fail "$1 $2: $said"
  [[ $4 == freed && $said == *'freed by thread'* || $4 == live && $said != *'freed by thread'* ]] || fail "$1 $2, $4: $said"
}
for how in "${every[@]}"; do
  about "$how" overflow-by-one 'overflow of a block' live
  about "$how" overflow-large 'access behind a block' live
done
about x86_64 interior 'free of a pointer into a block' live
about x86_64 sized-delete 'sized delete' live
about x86_64 realloc-freed 'double free' freed
about x86_64 write-after-free 'write to free memory' freed
about aarch64 underflow-write 'access before a block' live
for how in "${tagged[@]}"; do
  about "$how" overflow-read 'access behind a block' live
  about "$how" use-after-free-read 'use after free' freed
done

# A child has no lock that another thread of its parent held.
for how in x86_64 x86_64-musl-dynamic; do on recorded "$how" forks >"$work/said" || fail "$how forks: status $?: $(cat "$work/said")"; done

# All that is valid still works, with threads and forks; and real programs.
for how in x86_64 x86_64-static x86_64-musl-dynamic aarch64; do on misuse "$how" all >"$work/said" || fail "$how all: status $?: $(cat "$work/said")"; done
for program in 'python3 -c "import json; print(len(json.dumps([{\"a\": i} for i in range(20000)])))"' 'seq 50000 | sort -rn --parallel=4 | md5sum' \
  "perl -e 'my %h; \$h{\$_} = \$_ x 10 for 1..20000; print scalar(keys %h)'"; do
  [[ $(CAPONIER_HEAP=$level LD_PRELOAD=$library/libcaponier-heap.so.1 timeout 60 bash -c "$program" 2>&1) == "$(bash -c "$program" 2>&1)" ]] ||
    fail "with records this differs: $program"
done
finish
