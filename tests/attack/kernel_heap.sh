#!/bin/bash
# The kernel's heap in an attacker's hands: a debugger has the kernel misuse a block, wherever in the kernel. Where the machine has tags the
# access itself ends it, with the class of the error, the block's size and the distance; a processor without them lets the same pass, and finds at
# least what was written right behind a block, when that is freed, and to freed memory, when it is used again.
source "$CAPONIER_ROOT/tests/attack/debugger.bash"
# found_late ARCH CPU CRIME PANIC: when the block is freed, or its memory used again; its twin does the same rightly.
found_late() {
  stops "$1" "$2" "$3 in a system call" "$4"
  succeeds "$1" "$2" "$3 in a system call, unprotected" 'returned 0x.*'
}
for arch in x86_64 aarch64; do
  cpu=$([[ $arch == x86_64 ]] || echo cortex-a72)
  found_late $arch "$cpu" 'late write' 'a heap block was written to after it was freed, found when its memory was used again'
  found_late $arch "$cpu" 'overflow by one' 'a heap block was overrun, found when it was freed'
done
attack aarch64 --report "$scratch/report" -- layout
if grep -q '"MTE": *"absent"' "$scratch/report"; then
  ((status)) && exit $status
  echo "this machine has no memory tags: $(qemu-system-aarch64 --version | head -n 1)"
  exit 77
fi
for place in 'a system call' 'an interrupt of the program' 'an interrupt of the kernel' 'a fault of the kernel' 'the idle loop' 'a new thread'; do
  stops aarch64 '' "overflow in $place" 'tag mismatch: access behind a block; block of 40 bytes; distance 8 bytes, at:'
  succeeds aarch64 cortex-a72 "overflow in $place" 'returned 0x.*'
done
# 60 blocks in slots that serve 12 to 14 each.
succeeds aarch64 '' 'looking at tags in a system call' 'returned 0 neighbours alike, 0 tags twice, 0 reserved, [5-9] slots, at most 1[2-4] blocks each'
# only_with_tags CRIME PANIC
only_with_tags() {
  stops aarch64 '' "$1 in a system call" "$2"
  succeeds aarch64 cortex-a72 "$1 in a system call" 'returned 0x.*'
}
only_with_tags 'overflow into the neighbour' 'tag mismatch: access behind a block; block of 40 bytes; distance 24 bytes, at:'
only_with_tags underflow 'tag mismatch: access before a block; block of 40 bytes; distance 16 bytes, at:'
only_with_tags 'use after free' 'tag mismatch: use after free; block of 40 bytes; distance 8 bytes; the pointer is of another generation, at:'
only_with_tags 'stale use' 'tag mismatch: use after free; block of 40 bytes; distance 8 bytes; the pointer is of another generation, at:'
only_with_tags 'stale free' 'a heap block was freed that is not in use'
only_with_tags 'wild write' 'tag mismatch: wild access to the heap, at:'
only_with_tags 'overflow of 5000 bytes' 'tag mismatch: access behind a block; block of 5008 bytes, at:'
found_late aarch64 '' 'overflow by one' 'a heap block was overrun, found when it was freed'
only_with_tags 'wearing out' 'forbidden write of heap arena at offset [0-9]+, at:'
succeeds aarch64 '' 'coming back in a system call' 'returned 0xf[1-9a-e]ff[0-9a-f]{9}[08]00'
exit $status
