#!/bin/bash
# Under memory tags and `--heap glibc` a write past the end of a heap block, or after its free, ends the program with both tags in the report; with
# `--tagging off` both work. glibc draws 15 tags at random, so that one attempt in 15 passes: of 6 at least one must be caught, and all of
# those that are not must have worked. Asynchronous checks tell of a mismatch late, but before anything leaves the program: no write that
# follows an overflow is seen, whichever thread makes it.
# And what the program may do with other tags works in the kernel too. Where the processor (or the emulator) has no tags there is nothing to test, and this says so.
source "$CAPONIER_ROOT/tests/attack/common.bash"
attack aarch64 --heap glibc --report "$scratch/report" -- heap_overflow
for crime in heap_overflow heap_use_after_free; do works aarch64 --heap glibc --tagging off -- $crime; done
if grep -q '"MTE": *"absent"' "$scratch/report"; then
  works aarch64 --heap glibc -- heap_overflow
  ((status)) && exit $status
  echo "this machine has no memory tags: $(qemu-system-aarch64 --version | head -n 1)"
  exit 77
fi
for crime in heap_overflow heap_use_after_free; do
  stopped=0
  for _ in 1 2 3 4 5 6; do
    attack aarch64 --heap glibc -- $crime
    if ((code == 139)) && grep -qE '^caponier: the program crashed: SIGSEGV: tag mismatch: write to .* with pointer tag [0-9a-f], memory tag [0-9a-f]$' "$scratch/errors"; then
      ((++stopped))
    elif ((code != 42)); then
      say_bad "$crime" "status $code, $(head -n 1 "$scratch/errors")"
    fi
  done
  if ((stopped)); then say_ok "$crime: caught $stopped times of 6"; else say_bad "$crime" 'never caught'; fi
done
# held_back WAY: the program ends before its secret, or another thread's, gets out.
held_back() {
  caught SEGV 'tag mismatch, reported late' aarch64 -- late_tags "$1"
  [[ $output != *secret* ]] || say_bad "late_tags $1" 'the secret got out'
  works aarch64 -- late_tags "$1" open
}
for way in write thread; do held_back $way; done
for use in copy futex private told; do works aarch64 -- other_tags $use; done
exit $status
