#!/bin/bash
# The program's stack protector, and what the machine gives it. An overflow up to the return address is caught; in a function without protector the
# return goes where the overflow said. The canary and AT_RANDOM are other ones in every boot, also with `--layout off`, and the canary has a
# zero byte, which ends a string; the measure finds a canary that stays.
source "$CAPONIER_ROOT/tests/attack/common.bash"
boots=12
differ() { # ARCH [OPTIONS...] -- ARGUMENTS...: whether all boots gave other values
  local i found=
  for ((i = 0; i < boots; i++)); do
    attack "$@"
    ((code == 0)) || return 1
    found+=$output$'\n'
  done
  values=$found
  [[ -z $(sort <<<"${found%$'\n'}" | uniq -d) ]] && (($(wc -l <<<"$found") == 2 * boots + 1))
}
for arch in "${architectures[@]}"; do
  # musl ends a program there by an instruction that is not its own, or by a write to the null page.
  case $arch in
    x86_64) caught SEGV 'privileged instruction' $arch -- smash_stack ;;
    aarch64) caught SEGV 'write to the null page \(offset 0x0\)' $arch -- smash_stack ;;
  esac
  if grep -q '__stack_chk_fail' "$scratch/errors"; then say_ok "by the stack protector ($arch)"; else say_bad "by the stack protector ($arch)" "$errors"; fi
  works $arch -- smash_stack open

  for options in '' '--layout off'; do
    if differ $arch $options -- canary; then
      say_ok "$boots boots, $boots canaries ($arch${options:+ $options})"
    else
      say_bad "$boots boots, $boots canaries ($arch${options:+ $options})" "$values"
    fi
  done
  if ! grep '^canary' <<<"$values" | grep -qvE '^canary [0-9a-f]{12}00[0-9a-f]{2}$'; then
    say_ok "a canary ends a string ($arch)"
  else
    say_bad "a canary ends a string ($arch)" "$values"
  fi
  if differ $arch -- canary fixed; then say_bad "a canary that stays is found ($arch)" "$values"; else say_ok "a canary that stays is found ($arch)"; fi
done
exit $status
