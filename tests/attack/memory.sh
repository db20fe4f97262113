#!/bin/bash
# What memory a program gets is zeroed, whoever had it before. Using all of it up ends the program with one line, or is refused with an
# error after which it goes on; the kernel survives both.
source "$CAPONIER_ROOT/tests/attack/common.bash"
for arch in "${architectures[@]}"; do
  attack $arch --memory 64M -- leftovers
  if ((code == 0)) && [[ $output == harmless:* ]]; then say_ok "leftovers ($arch): $output"; else say_bad "leftovers ($arch)" "status $code, $output, $errors"; fi
  for what in memory shared threads; do
    attack $arch --memory 64M -- exhaust $what
    if ((code == 137)) && [[ $errors =~ ^'caponier: out of memory: the program holds '[0-9]+' KiB of the machine'\''s '[0-9]+' KiB (give it more with --memory)'$ ]]; then
      say_ok "exhaust $what ($arch): one line, SIGKILL"
    else
      say_bad "exhaust $what ($arch)" "status $code, $output, $errors"
    fi
  done
  for what in files pipes names semaphores messages; do
    attack $arch --memory 64M -- exhaust $what
    if ((code == 7)) && [[ $output == *'still here' && -z $errors ]]; then
      say_ok "exhaust $what ($arch): $(head -n 1 <<<"$output")"
    else
      say_bad "exhaust $what ($arch)" "status $code, $output, $errors"
    fi
  done
done
exit $status
