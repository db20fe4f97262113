#!/bin/bash
# AArch64: branch targets and return addresses. A page that wants landing pads is entered at those only; a return address that was not signed
# with the program's key leads nowhere; and the keys are other ones at each start. The kernel's own returns, by its shadow stacks: a debugger
# overwrites every return address on its stack, and on a processor without pointer authentication it returns where it came from, on one with
# it stops. With the instruction gone that reads the shadow stack, it returns where the attacker wants. Who finds and overwrites the shadow stack
# wins on the one, and gains nothing on the other, where returns are by signatures alone.
source "$CAPONIER_ROOT/tests/attack/debugger.bash"
caught ILL 'jump to a place that is no branch target' aarch64 -- no_landing
works aarch64 -- no_landing open
caught ILL 'pointer authentication failed' aarch64 -- forged_return
works aarch64 -- forged_return open
signed() {
  attack aarch64 -- forged_return sign
  echo "$output"
}
first=$(signed) second=$(signed) third=$(signed)
if [[ $first != "$second" && $second != "$third" && ${#first} -gt 12 && $first == *123456789000 ]]; then
  say_ok "three starts sign an address in three ways"
else
  say_bad "three starts sign an address in three ways" "$first $second $third"
fi

# keeps CPU CRIME
keeps() {
  local name="$2 (aarch64${1:+, $1}): the kernel returns where it came from"
  debug aarch64 "$1" "$2"
  if ((code == 0)) && [[ $output == *'still here'* && $verdict == ended ]]; then say_ok "$name"; else say_bad "$name" "status $code, $verdict, $errors"; fi
}
keeps cortex-a72 'overwrite returns'
succeeds aarch64 cortex-a72 'overwrite returns, unprotected' 'returned elsewhere'
stops aarch64 '' 'overwrite returns' 'exception, at:'
succeeds aarch64 cortex-a72 'overwrite shadow returns' 'returned elsewhere'
keeps '' 'overwrite shadow returns'
stops aarch64 '' 'overflow shadow stack' 'forbidden write of the guard of shadow stack at offset 4096, at:'
for place in 'a system call' 'an interrupt of the program' 'an interrupt of the kernel' 'a fault of the kernel' 'a new thread' 'the idle loop'; do
  succeeds aarch64 '' "telling shadow stacks in $place" 'returned 0 of [0-9]+ words'
done
refused 'the kernel has a shadow stack of its own' aarch64 -- own_shadow
exit $status
