#!/bin/bash
# A snapshot of a running machine is started many times (A6): with a VM generation ID the first draws of all clones differ, though the
# machine has no other source of randomness left, and so do the canaries of the kernel's stack; without one they are all the same, which
# shows that it is the ID that tells them apart. CAPONIER_CLONES says how many.
source "$CAPONIER_ROOT/tests/attack/common.bash"
clones=${CAPONIER_CLONES:-200} controls=5

# compare COUNT with|without DISTINCT NAME: of both columns, draws and canaries.
compare() {
  local drawn draws canaries
  python3 "$CAPONIER_ROOT/tests/attack/clones.py" "$CAPONIER_ROOT/build/x86_64/kernel/caponier.elf" "$1" "$scratch" "$2" >"$scratch/$2" 2>"$scratch/errors"
  drawn=$(wc -l <"$scratch/$2") draws=$(cut -d ' ' -f 1 "$scratch/$2" | sort -u | wc -l) canaries=$(cut -d ' ' -f 2 "$scratch/$2" | sort -u | wc -l)
  if ((drawn == $1 && draws == $3 && canaries == $3)); then
    say_ok "$4: $draws distinct draws, $canaries distinct canaries"
  else
    say_bad "$4" "$drawn clones drew, $draws distinct draws, $canaries distinct canaries: $(tail -n 1 "$scratch/errors")"
  fi
}
compare $clones with $clones "$clones clones"
compare $controls without 1 "$controls clones without a VM generation ID"
exit $status
