#!/bin/bash
# Nothing is mapped below 64 KiB, whoever asks, and the crash report says so. One page higher the same accesses go through.
source "$CAPONIER_ROOT/tests/attack/common.bash"
for arch in "${architectures[@]}"; do
  for at in 0 0x10 0x1000 0xfff8; do
    caught SEGV "read of the null page \(offset $(printf '%#x' $at | sed 's/^0$/0x0/')\)" $arch -- null read $at
    caught SEGV "write to the null page" $arch -- null write $at
  done
  caught SEGV 'execution of the null page \(offset 0x0\)' $arch -- null run 0
  caught SEGV 'execution of the null page \(offset 0xf000\)' $arch -- null run 0xf000
  for at in 0 0x1000 0xf000; do refused 'mmap at that address: (Operation not permitted|Permission denied)' $arch -- null write $at map; done
  works $arch -- null write 0x10000 map
  works $arch -- null read 0x10000 map
done
exit $status
