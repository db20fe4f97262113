#!/bin/bash
# `caponier run --gdb` waits and prints one line; that line, typed, reaches the machine before its first instruction, and the program then
# runs as it would have.
source "$CAPONIER_ROOT/tests/attack/common.bash"
for arch in "${architectures[@]}"; do
  rm -f "$scratch"/output "$scratch"/errors # what the last machine said is no sign of this one
  timeout 60 "$CAPONIER" run --gdb "$CAPONIER_ROOT/build/$arch/guest/attacks/layout" >"$scratch/output" 2>"$scratch/errors" </dev/null &
  machine=$!
  for ((i = 0; i < 400; i++)); do grep -qs "^caponier: waiting for a debugger: " "$scratch/errors" && break || sleep 0.05; done
  line=$(sed -n 's/^caponier: waiting for a debugger: //p' "$scratch/errors")
  before=$(<"$scratch/output")
  session=$(eval "$line -nx -batch -ex 'info registers pc' -ex 'info line KernelMain' -ex detach" 2>&1)
  wait $machine
  code=$?
  if [[ -z $before && $session =~ pc[[:space:]]+0x && $session == *'kernel/boot/main.cc'* && $code == 0 ]] && grep -q '^secret 0x' "$scratch/output"; then
    say_ok "--gdb ($arch): $line"
  else
    say_bad "--gdb ($arch): $line" "status $code, $session; $(head -n 2 "$scratch/errors")"
  fi
done
exit $status
