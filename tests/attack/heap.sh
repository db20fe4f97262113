#!/bin/bash
# Under `--heap tagged`, the default, a dynamic program's misuse of its heap is called by its name: wrong frees on both architectures, and on AArch64, where
# the machine has tags, every access to a neighbour or to freed memory, ten times of ten. Under `--heap libc` the accesses work.
# Programs over musl have the same: dynamic ones by the default, static ones that were linked with the library.
set -u
source "$CAPONIER_ROOT/tests/musl.bash"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0
cat >"$scratch/crime.c" <<'CRIME'
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **words) {
  char *volatile first = malloc(40), *volatile block = malloc(40), *volatile last = malloc(40);
  switch (count > 1 ? words[1][0] : 0) {
    case 'd': free(block); free(block); break;
    case 'i': free(block + 16); break;
    case 'c': block[40] = 0; free(block); break;
    case 'o': block[48] = 1; break;
    case 'b': block[-1] = 1; break;
    case 'u': free(block); block[3] = 1; break;
    case 'r': free(block); for (int i = 0; i < 2000; i++) free(malloc(40)); block[3] = 1; break;
  }
  puts(first != last ? "went on" : "");
  return 0;
}
CRIME
clang-19 -O1 -fno-builtin -w -fuse-ld=lld-19 "$scratch/crime.c" -o "$scratch/crime.x86_64" || exit 1
clang-19 --target=aarch64-linux-gnu -O1 -fno-builtin -w -fuse-ld=lld-19 "$scratch/crime.c" -o "$scratch/crime.aarch64" || exit 1
# musl ARCH dynamic|static: $scratch/crime.ARCH-KIND
musl() {
  local library=()
  [[ $2 == dynamic ]] || library=("$CAPONIER_ROOT/build/host/hosted/heap/musl/$1/libcaponier-heap.a")
  musl_words "$1" "${2/static/static-pie}"
  clang-19 "--target=$1-linux-musl" -O1 -fPIE -fno-builtin -w -fuse-ld=lld-19 -nostdlib "${musl_compile[@]}" "${musl_start[@]}" "$scratch/crime.c" \
    "${library[@]}" "${musl_end[@]}" -o "$scratch/crime.$1-$2"
}
for arch in x86_64 aarch64; do
  for kind in dynamic static; do musl "$arch" "$kind" || exit 1; done
done

# A large block, most of it never touched.
cat >"$scratch/large.c" <<'CRIME'
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static long resident(void) {
  long size, pages;
  FILE *file = fopen("/proc/self/statm", "r");
  if (file == NULL || fscanf(file, "%ld %ld", &size, &pages) != 2) exit(3);
  fclose(file);
  return pages;
}
int main(int count, char **words) {
  const size_t bytes = 48 << 20;
  const long before = resident();
  char *volatile block = malloc(bytes);
  printf("%s tag, %s\n", (uintptr_t)block >> 56 & 15 ? "a" : "no", resident() - before < 64 ? "little memory" : "all of its memory");
  fflush(stdout);
  block[bytes / 2] = 1;
  if (block[bytes / 2] != 1 || block[bytes / 3] != 0) return 4;
  if (words[1][0] == 'w') ((char *)((uintptr_t)block ^ (uintptr_t)1 << 56))[bytes / 4] = 1;
  memset(block, 7, bytes);
  free(block);
  block = malloc(bytes + 5000);
  for (size_t i = 0; i < bytes; i += 4096)
    if (block[i] != 0) return 5;
  free(block);
  puts("went on");
  return 0;
}
CRIME
clang-19 --target=aarch64-linux-gnu -O1 -fno-builtin -w -fuse-ld=lld-19 "$scratch/large.c" -o "$scratch/crime.aarch64-large" || exit 1

# A large block that grows and shrinks, and what a program may ask of the kernel for the pages of a block, whose pointer has a tag.
cat >"$scratch/grow.c" <<'CRIME'
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#define CHECK(what) if (!(what)) return printf("wrong: %s\n", #what), 3
static uintptr_t place(void *block) { return (uintptr_t)block & 0xffffffffffffff; }
int main(int count, char **words) {
  uint32_t *block = malloc(300000);
  size_t have = 0, moves = 0;
  for (size_t bytes = 300000; bytes < 100000000; bytes += bytes / 8) {
    void *before = block;
    block = realloc(block, bytes);
    CHECK(block != NULL);
    if (place(block) != place(before)) moves++;
    for (size_t i = 0; i < have; i += 1024) CHECK(block[i] == i);
    for (size_t i = 0; i < bytes / 4; i += 1024) block[i] = i;
    have = bytes / 4;
  }
  void *volatile before = block;
  block = realloc(block, 300000000);
  CHECK(block != NULL && place(block) != place(before) && block[1024 * 1024] == 1024 * 1024);
  if (words[1][0] == 's') ((char *)before)[70000] = 1;
  CHECK((block = realloc(block, 400000)) != NULL && block[90 * 1024] == 90 * 1024);
  if (words[1][0] == 'e') ((char *)block)[400000] = 1;
  free(block);

  for (size_t bytes = 8192; bytes <= 8 << 20; bytes *= 32) {
    char *pages;
    unsigned char there[4096];
    CHECK(posix_memalign((void **)&pages, 4096, bytes) == 0);
    pages[4096] = pages[0] = 5;
    CHECK(mprotect(pages, 4096, PROT_READ) == 0 && pages[0] == 5);
    CHECK(mprotect(pages, 4096, PROT_READ | PROT_WRITE) == 0);
    CHECK(mlock(pages, bytes) == 0 && munlock(pages, bytes) == 0);
    CHECK(msync(pages, bytes, MS_SYNC) == 0);
    CHECK(mincore(pages, bytes, there) == 0 && (there[1] & 1) == 1);
    CHECK(madvise(pages, bytes, MADV_WILLNEED) == 0);
    if (bytes > 1 << 20 && words[1][0] != 'l') {
      CHECK(madvise(pages, bytes, MADV_DONTNEED) == 0);
      CHECK(pages[0] == 0 && pages[bytes - 1] == 0);
    }
    pages[0] = 6;
    free(pages);
  }
  // The old place stays, empty.
  char *from = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), *to;
  from[4096] = 7;
  CHECK(mremap(from, 65536, 32768, MREMAP_MAYMOVE | 4, NULL) == MAP_FAILED && mremap(from, 65536, 65536, 4, NULL) == MAP_FAILED);
  CHECK((to = mremap(from, 65536, 65536, MREMAP_MAYMOVE | 4, NULL)) != MAP_FAILED && to != from);
  CHECK(to[4096] == 7 && from[4096] == 0 && (from[4096] = 1) == 1 && to[4096] == 7);
  // And what has come to stand beside others moves on with them.
  char *room = mmap(NULL, 131072, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(mprotect(room + 65536, 65536, PROT_READ | PROT_WRITE) == 0);
  CHECK(mremap(to, 65536, 65536, MREMAP_MAYMOVE | MREMAP_FIXED, room) == room);
  CHECK((to = mremap(room, 131072, 131072, MREMAP_MAYMOVE | 4, NULL)) != MAP_FAILED && to[4096] == 7);
  printf("grew, %s\n", moves < 20 ? "few moves" : "many moves");
  return 0;
}
CRIME
clang-19 --target=aarch64-linux-gnu -O1 -fno-builtin -w -fuse-ld=lld-19 "$scratch/grow.c" -o "$scratch/crime.aarch64-grow" || exit 1
clang-19 -O1 -fno-builtin -w -fuse-ld=lld-19 "$scratch/grow.c" -o "$scratch/crime.x86_64-grow" || exit 1

# expect PROGRAM HEAP CRIME STATUS TEXT
expect() {
  local said code
  said=$(timeout 120 "$CAPONIER" run --heap "$2" ${report:+--report "$report"} "${options[@]}" -- "$scratch/crime.$1" "$3" 2>&1)
  code=$?
  if ((code == $4)) && [[ $said == *"$5"* ]]; then
    echo "ok $1 $2 $3"
  else
    echo "not ok $1 $2 $3: status $code: $said"
    status=1
  fi
}
options=()
report=$scratch/report
expect aarch64 tagged none 0 "went on"
tags=absent
grep -q '"MTE": *"on"' "$report" && tags=on
report=
for arch in x86_64 aarch64; do
  expect "$arch" tagged none 0 "went on"
  expect "$arch" tagged double 134 "caponier-heap: double free; block of 40 bytes"
  expect "$arch" tagged interior 134 "caponier-heap: free of a pointer into a block; block of 40 bytes; distance 16 bytes"
  expect "$arch" tagged canary 134 "caponier-heap: overflow of a block, found when it was freed; block of 40 bytes"
  expect "$arch" caponier canary 134 "caponier-heap: overflow of a block, found when it was freed; block of 40 bytes"
  expect "$arch-static" caponier none 125 "caponier: --heap caponier is for programs that are linked dynamically to glibc from 2.34 on or to musl; this one is not"
  for heap in glibc libc; do expect "$arch" $heap canary 0 "went on"; done
  for crime in none:0:"went on" double:134:"double free; block of 40 bytes" canary:134:"overflow of a block, found when it was freed; block of 40 bytes"; do
    IFS=: read -r name code said <<<"$crime"
    expect "$arch-dynamic" tagged "$name" "$code" "$said"
    expect "$arch-static" libc "$name" "$code" "$said"
  done
  # The levels of the command line reach the library, whether it is packed or linked.
  options=(--heap-settings record=2)
  expect "$arch" tagged double 134 $'freed by thread 1:\n  #0  crime.'"$arch"
  expect "$arch-static" libc double 134 $'freed by thread 1:\n  #0  crime.'"$arch-static"
  options=(--heap-settings canary=off,check=off)
  expect "$arch" tagged canary 0 "went on"
  options=(--heap-settings canary=of)
  expect "$arch" tagged canary 125 'caponier: --heap-settings: "canary=of" is none of the heap'"'s settings; expected on or off"
  options=()
done
for crime in overflow below use reuse; do
  expect aarch64 libc "$crime" 0 "went on"
  [[ $tags == on ]] || continue
  for _ in 1 2 3 4 5 6 7 8 9 10; do expect aarch64 tagged "$crime" 139 "caponier-heap: "; done
  expect aarch64-dynamic tagged "$crime" 139 "caponier-heap: "
  options=(--tagging off)
  expect aarch64 tagged "$crime" 0 "went on"
  options=()
  expect aarch64-static libc "$crime" 139 "caponier-heap: "
done
options=(--memory 256M)
[[ $tags == on ]] && expect aarch64-large tagged none 0 $'a tag, little memory\nwent on'
[[ $tags == on ]] && expect aarch64-large tagged wild 139 "caponier-heap: wild access to the heap; block of 50331648 bytes (tag fault)"
options=(--memory 256M --heap-settings scope=small)
expect aarch64-large tagged none 0 $'no tag, little memory\nwent on'
# The pages of a block that grows are moved: there is no memory for a copy.
options=(--memory 192M)
expect x86_64-grow tagged none 0 "grew, few moves"
expect aarch64-grow tagged none 0 "grew, few moves"
expect x86_64-grow tagged stale 139 "SIGSEGV"
[[ $tags == on ]] && expect aarch64-grow tagged stale 139 "caponier-heap: "
[[ $tags == on ]] && expect aarch64-grow tagged end 139 "caponier-heap: access behind a block; block of 400000 bytes (tag fault)"
[[ $tags == on ]] || echo "this machine has no memory tags: only what needs none was tried"
exit $status
