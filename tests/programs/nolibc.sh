#!/bin/bash
# nolibc-test, Linux's own test of its system calls with the smallest possible C library, from Debian's source package. All of its cases
# must pass that pass on Linux 6.1; none is left out. It prints a line for each case, so the log lists what passes.
source "$(dirname -- "$0")/common.bash"
linux=$("$CAPONIER_ROOT/tests/sysroot" x86_64 linux) || exit 1
unpacked=$CAPONIER_ROOT/build/nolibc
archive=$(echo "$linux"/usr/src/linux-source-*.tar.xz)
if [[ ! $unpacked -nt $archive ]]; then
  rm -rf "$unpacked.new" "$unpacked"
  mkdir -p "$unpacked.new"
  tar -xJf "$archive" -C "$unpacked.new" --strip-components=2 --wildcards '*/tools/include/nolibc/*' '*/tools/testing/selftests/nolibc/*' || exit 1
  touch "$unpacked.new"
  mv "$unpacked.new" "$unpacked"
fi
for arch in "${architectures[@]}"; do
  headers=/usr/include/x86_64-linux-gnu
  [[ $arch == aarch64 ]] && headers=/usr/aarch64-linux-gnu/include
  clang-19 --target="$arch-linux-gnu" -Os -fno-asynchronous-unwind-tables -fno-stack-protector -static -nostdlib -fuse-ld=lld-19 -w \
    -nostdlibinc -isystem "$headers" -isystem /usr/include -I "$unpacked/include/nolibc" -include "$unpacked/include/nolibc/nolibc.h" \
    -o "test-$arch" "$unpacked/testing/selftests/nolibc/nolibc-test.c" || { not_ok "nolibc-test ($arch) does not compile" && continue; }
  # Its standard input must be a pipe: two cases ask how much there is to read, one that it cannot be rewound.
  : | in_machine "$arch" --env TERM=dumb -- "./test-$arch" >here.out 2>here.err
  got=${PIPESTATUS[1]}
  cat here.out
  if ((got == 0)) && grep -q '^Total number of errors: 0' here.out; then
    ok "nolibc-test ($arch): $(grep -c '\[OK\]' here.out) cases, $(grep -c 'SKIPPED' here.out) skipped"
  else
    not_ok "nolibc-test ($arch): status $got"
    grep -F '[FAIL]' here.out
    head -n 5 here.err
  fi
done
exit $status
