#!/bin/bash
# A table of addresses that only relocation writes is read-only when the program runs: a write there ends it. Linked without RELRO the same
# write redirects a call.
source "$CAPONIER_ROOT/tests/attack/common.bash"
for arch in "${architectures[@]}"; do
  caught SEGV 'write to read-only memory at write_relro\+0x[0-9a-f]+' $arch -- write_relro
  works $arch -- write_norelro
done
exit $status
