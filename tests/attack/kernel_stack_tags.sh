#!/bin/bash
# Variables on the kernel's stacks in an attacker's hands, where the processor has tags: a debugger has the kernel run a function, and misuse its variable by the
# address which that function uses, wherever in the kernel. The access itself ends the machine, with the class of the error. The same kernel on a processor
# without tags, where it has taken the instructions out, lets the same pass.
source "$CAPONIER_ROOT/tests/attack/debugger.bash"
attack aarch64 --report "$scratch/report" -- layout
if grep -q '"MTE": *"absent"' "$scratch/report"; then
  echo "this machine has no memory tags: $(qemu-system-aarch64 --version | head -n 1)"
  exit 77
fi
variable='a variable on the stack'
for place in 'a system call' 'an interrupt of the program' 'an interrupt of the kernel' 'a fault of the kernel' 'the idle loop' 'a new thread'; do
  stops aarch64 '' "overrun variable in $place" "tag mismatch: access behind $variable; variable of 1024 bytes; distance 0 bytes, at:"
  stops aarch64 '' "use variable late in $place" "tag mismatch: use of $variable that is gone, at:"
done
stops aarch64 '' 'underrun variable in a system call' "tag mismatch: access before $variable; variable of 1024 bytes; distance 8 bytes, at:"
stops aarch64 '' 'forge variable in a system call' "tag mismatch: access to $variable by an address without its tag, at:"
for crime in 'overrun variable' 'use variable late' 'underrun variable' 'forge variable'; do
  succeeds aarch64 cortex-a72 "$crime in a system call" 'returned 0x.*'
done
# Also where the program has no tags: that level is the program's alone.
MACHINE_OPTIONS='--tagging off' stops aarch64 '' 'use variable late in a system call' "tag mismatch: use of $variable that is gone, at:"
# The first thread's, and one that the others have after each other.
succeeds aarch64 '' 'look for stale tags' 'returned 0 granules of [23] stacks'
succeeds aarch64 '' 'watch generators' 'returned (19|20) states, masks 0x8000, kept 20 times'
exit $status
