#!/bin/bash
# The kernels, stripped, have at most 512 KiB.
set -u
cd "$CAPONIER_ROOT" || exit 1
"$CAPONIER" build x86_64 aarch64 || exit 1
stripped=$(mktemp)
trap 'rm -f "$stripped"' EXIT
status=0
for arch in x86_64 aarch64; do
  llvm-strip-19 -o "$stripped" "build/$arch/kernel/caponier.elf" || exit 1
  bytes=$(stat -c %s "$stripped")
  echo "$arch: $bytes bytes"
  ((bytes <= 512 * 1024)) || { echo "not ok: $arch: $((bytes - 512 * 1024)) bytes too many" && status=1; }
done
exit $status
