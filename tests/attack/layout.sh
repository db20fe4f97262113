#!/bin/bash
# An address learned in one run is worth nothing in the next, whichever region it is of: reading or running what stood there faults. With `--layout off` it is still
# there; the regions then stand at the same places in every run and side by side, and the run says so. Two boots of the same archive
# differ in everything random (A6.1).
source "$CAPONIER_ROOT/tests/attack/common.bash"
place() { sed -n "s/^$1 //p" <<<"$places"; }
for arch in "${architectures[@]}"; do
  attack $arch -- layout
  places=$output
  caught SEGV '(read of|execution of)' $arch -- layout "$(place secret)"
  caught SEGV 'execution of' $arch -- layout jump "$(place function)"
  attack $arch -- layout
  same=$(comm -12 <(sort <<<"$places") <(sort <<<"$output"))
  if [[ -n $places && -z $same ]]; then say_ok "two boots share no address ($arch)"; else say_bad "two boots share no address ($arch)" "$same"; fi

  attack $arch --layout off --report "$scratch/report" -- layout
  places=$output
  if [[ $errors == "caponier: the program's layout is fixed: each address is the same in every run (--layout off)" ]]; then
    say_ok "--layout off ($arch) says so in one line"
  else
    say_bad "--layout off ($arch) says so in one line" "$errors"
  fi
  if grep -q '"layout": *"off"' "$scratch/report"; then say_ok "the report ($arch) has it"; else say_bad "the report ($arch) has it" "it has not"; fi
  attack $arch --layout off -- layout
  if [[ -n $places && $places == "$output" ]]; then say_ok "--layout off ($arch): the same places twice"; else say_bad "--layout off ($arch): the same places twice" "$output"; fi
  if (($(place mapping) - $(place next) == 4096)); then
    say_ok "--layout off ($arch): mappings stand side by side"
  else
    say_bad "--layout off ($arch): mappings stand side by side" "$(place mapping) and $(place next)"
  fi
  for region in heap stack mapping vdso; do
    attack $arch -- known_place tell $region 0x0000000000000000
    caught SEGV 'read of unmapped memory' $arch -- known_place read $region "$output"
    attack $arch --layout off -- known_place tell $region 0x0000000000000000
    works $arch --layout off -- known_place read $region "$output"
  done
  works $arch --layout off -- layout "$(place secret)"
  works $arch --layout off -- layout jump "$(place function)"
done
exit $status
