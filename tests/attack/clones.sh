#!/bin/bash
# A snapshot of a running machine is started many times (A6): with a VM generation ID the first draws of all clones differ, though the
# machine has no other source of randomness left; without one they are all the same, which shows that it is the ID that tells
# them apart. CAPONIER_CLONES says how many.
source "$CAPONIER_ROOT/tests/attack/common.bash"
clones=${CAPONIER_CLONES:-200} controls=5
python3 "$CAPONIER_ROOT/tests/attack/clones.py" "$CAPONIER_ROOT/build/x86_64/kernel/caponier.elf" "$clones" "$scratch" with >"$scratch/with" 2>"$scratch/errors"
drawn=$(wc -l <"$scratch/with") distinct=$(sort -u "$scratch/with" | wc -l)
if ((drawn == clones && distinct == clones)); then
  say_ok "first draws of $clones clones: $distinct distinct"
else
  say_bad "first draws of $clones clones" "$drawn drawn, $distinct distinct: $(tail -n 1 "$scratch/errors")"
fi
python3 "$CAPONIER_ROOT/tests/attack/clones.py" "$CAPONIER_ROOT/build/x86_64/kernel/caponier.elf" $controls "$scratch" without >"$scratch/without" 2>"$scratch/errors"
drawn=$(wc -l <"$scratch/without") distinct=$(sort -u "$scratch/without" | wc -l)
if ((drawn == controls && distinct == 1)); then
  say_ok "without a VM generation ID the $controls clones draw the same"
else
  say_bad "without a VM generation ID the $controls clones draw the same" "$drawn drawn, $distinct distinct: $(tail -n 1 "$scratch/errors")"
fi
exit $status
