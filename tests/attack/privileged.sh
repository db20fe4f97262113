#!/bin/bash
# Instructions that are the kernel's do not work for the program: each ends it with a signal, in a machine that goes on to report it. An
# instruction that is everybody's passes the same way; the table registers can be read on a processor without UMIP.
source "$CAPONIER_ROOT/tests/attack/debugger.bash"
for arch in "${architectures[@]}"; do
  attack $arch -- privileged
  names=$output
  (($(wc -l <<<"$names") > 20)) || say_bad "the list of instructions ($arch)" "$names"
  for name in $names; do
    case $name in
      harmless) works $arch -- privileged $name ;;
      *)
        attack $arch -- privileged $name
        if ((code == 132 || code == 139)) && grep -qE '^caponier: the program crashed: SIG(ILL|SEGV): (illegal|privileged) instruction' "$scratch/errors"; then
          say_ok "$name ($arch): $(sed -n '1s/.*crashed: //p' "$scratch/errors")"
        else
          say_bad "$name ($arch)" "status $code, ${output:-no output}, $(head -n 1 "$scratch/errors")"
        fi
        ;;
    esac
  done
done
export CAPONIER_EMULATORS=$scratch/bin ATTACK_CPU=-umip
for name in sgdt sidt sldt smsw str; do works x86_64 --accel tcg -- privileged $name; done
exit $status
