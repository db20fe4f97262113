#!/bin/bash
# The program reads, writes and runs kernel memory at true addresses, which a debugger tells it: the canary's and a `ret`'s. Each ends it by
# a signal. With the page tables opened from outside (and on AArch64 on a processor without E0PD, which forbids all of that half) it works.
source "$CAPONIER_ROOT/tests/attack/debugger.bash"

# kept ARCH CRIME CAUSE: the crime ends the program, and the report does not tell the address.
kept() {
  local name="$2 ($1) is caught"
  debug "$1" '' "$2"
  if ((code != 139)) || ! grep -qE "^caponier: the program crashed: SIGSEGV: $3" "$scratch/errors"; then
    say_bad "$name" "status $code, $verdict, $(head -n 1 "$scratch/errors")"
  elif has_address "$scratch/errors" >"$scratch/addresses"; then
    say_bad "$name" "an address in the report: $(head -n 1 "$scratch/addresses")"
  else
    say_ok "$name: $3"
  fi
}
# lost ARCH CPU CRIME: the control.
lost() {
  debug "$1" "$2" "$3"
  if ((code == 42)); then say_ok "$3 ($1) works"; else say_bad "$3 ($1) works" "status $code, $verdict, $(head -n 1 "$scratch/errors")"; fi
}
for arch in "${architectures[@]}"; do
  kept $arch read 'read of kernel memory'
  kept $arch write 'write to kernel memory'
  kept $arch execute 'execution of kernel memory'
  # The kernel must go on itself with a page that is the program's: without SMAP and SMEP.
  without_smap=-smap without_smep=-smep
  [[ $arch == x86_64 ]] || without_smap=cortex-a72 without_smep=cortex-a72
  for crime in read write; do lost $arch $without_smap "$crime, unprotected"; done
  lost $arch $without_smep 'execute, unprotected'
done
kept x86_64 privileged 'privileged instruction'
lost x86_64 '' 'privileged, unprotected' # with IOPL 3, interrupt flag and ports are the program's
exit $status
