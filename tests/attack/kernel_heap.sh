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
# The kernel's functions that a report names below a heading (a pattern), or below the line of the panic, one a line.
functions() { # ARCH HEADING
  sed -nE "/$2/,/^caponier: console: caponier|=/{s/.*  kernel\+0x([0-9a-f]+)\$/\1/p}" "$scratch/errors" | while read -r place; do
    sort "$scratch/symbols-$1" | awk -v place="$(printf '%016x' "0x$place")" '$1 "" <= place "" { name = $0 } END { sub(/^[^ ]+ . /, "", name); print name }'
  done
}
# recorded ARCH CPU CRIME PANIC FUNCTION LIVE|FREED: under `--kernel-heap record` the block's history is told, too: FUNCTION is where the debugger had
# the kernel allocate and free it. Its control: by default it is not.
recorded() {
  local freed
  MACHINE_OPTIONS='--kernel-heap record' stops "$1" "$2" "$3" "$4"
  freed=$(functions "$1" 'and freed at:$')
  if [[ $(functions "$1" 'block was allocated at:$') == *"$5"* ]] && [[ $6 == FREED && $freed == *"$5"* || $6 == LIVE && -z $freed ]]; then
    say_ok "the report says where the block is from ($1, $3)"
  else
    say_bad "the report says where the block is from ($1, $3)" "$(cat "$scratch/errors")"
  fi
}
for arch in x86_64 aarch64; do
  entry=$([[ $arch == x86_64 ]] && echo SyscallTrap || echo HandleUserSync)
  cpu=$([[ $arch == x86_64 ]] || echo cortex-a72)
  recorded $arch "$cpu" 'late write in a system call' 'a heap block was written to after it was freed' $entry FREED
  recorded $arch "$cpu" 'overflow by one in a system call' 'a heap block was overrun' $entry LIVE
  stops $arch "$cpu" 'late write in a system call' 'a heap block was written to after it was freed'
  if grep -q 'allocated at:' "$scratch/errors"; then say_bad "nothing is recorded by default ($arch)" "$(cat "$scratch/errors")"; fi
  cpu=$([[ $arch == x86_64 ]] || echo cortex-a72)
  found_late $arch "$cpu" 'late write' 'a heap block was written to after it was freed, found when its memory was used again'
  found_late $arch "$cpu" 'overflow by one' 'a heap block was overrun, found when it was freed'
  # By chance it is a twentieth of each.
  succeeds $arch "$cpu" 'following slots in a system call' 'returned ([0-9]|1[0-9]) of 63 right behind the one before, ([0-9]|1[0-2]) of 32 at the place freed before'
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
# Also where the program has no tags: that level is the program's alone.
MACHINE_OPTIONS='--tagging off' stops aarch64 '' 'overflow in a system call' 'tag mismatch: access behind a block; block of 40 bytes; distance 8 bytes, at:'
recorded aarch64 '' 'stale use in a system call' 'tag mismatch: use after free' HandleUserSync FREED
recorded aarch64 '' 'overflow of 5000 bytes in an interrupt of the kernel' 'tag mismatch: access behind a block' HandleKernelIrq LIVE
recorded aarch64 '' 'overflow in a fault of the kernel' 'tag mismatch: access behind a block' HandleFault LIVE
recorded aarch64 '' 'stale free in a system call' 'a heap block was freed that is not in use' HandleUserSync FREED
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
