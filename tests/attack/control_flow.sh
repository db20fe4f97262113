#!/bin/bash
# AArch64: branch targets and return addresses. A page that wants landing pads is entered at those only; a return address that was not signed
# with the program's key leads nowhere; and the keys are other ones at each start.
source "$CAPONIER_ROOT/tests/attack/common.bash"
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
exit $status
