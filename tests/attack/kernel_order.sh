#!/bin/bash
# One address of the kernel is known, that of its vectors. As they were linked, each other function stands at a known distance from it, in
# every machine; in an order drawn for the start hardly one does, and none is right in two machines. A jump between functions meets a trap.
source "$CAPONIER_ROOT/tests/attack/debugger.bash"
boots=5

for arch in "${architectures[@]}"; do
  kernel=$CAPONIER_ROOT/build/$arch/kernel/caponier.elf
  llvm-objcopy-19 -O binary --only-section=.text "$kernel" "$scratch/code"
  export TARGETS=$scratch/targets-$arch
  python3 "$CAPONIER_ROOT/tests/attack/first_code.py" "$kernel" "$scratch/code" >"$TARGETS"
  targets=$(wc -l <"$TARGETS")
  if ((targets < 200)); then say_bad "functions are known by their code ($arch)" "only $targets"; fi
  found=0 told=()
  for ((i = 0; i < boots; i++)); do
    KERNEL_ORDER=random debug $arch '' 'find functions'
    told+=("$verdict")
    [[ $verdict =~ ^returned\ ([0-9]+)\ of\ $targets\ functions$ ]] && found=$((found + BASH_REMATCH[1])) || found=$((found + 1000000))
  done
  # A guess is right once in 20,000 or more: of some hundred in each machine, three in all are no chance.
  if ((found < 3)); then
    say_ok "of $targets functions in each of $boots machines $found stand where the linked distance says ($arch)"
  else
    say_bad "no linked distance holds ($arch)" "${told[*]}; $(tail -n 3 "$scratch/debugger")"
  fi
  for ((i = 0; i < 2; i++)); do
    succeeds $arch '' 'find functions' "returned $targets of $targets functions"
  done
  KERNEL_ORDER=random stops $arch '' 'run sled' 'a failed check, at:'
  if grep -qE '^caponier: console:   kernel\+0x[0-9a-f]+ \(the sled behind it\)$' "$scratch/errors"; then
    say_ok "the report says that it was a sled ($arch)"
  else
    say_bad "the report says that it was a sled ($arch)" "$(cat "$scratch/errors")"
  fi
done
exit $status
