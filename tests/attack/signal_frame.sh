#!/bin/bash
# A forged signal frame raises no privilege and does not hurt the kernel: the forged part is ignored (`harmless: WHAT`), or the program
# ends by a signal. A part that is the program's own to change does change, by the same way.
source "$CAPONIER_ROOT/tests/attack/common.bash"
for arch in "${architectures[@]}"; do
  works $arch -- forged_frame harmless
  if [[ $arch == x86_64 ]]; then
    ignored='iopl interrupts_off nested_task virtual_8086 kernel_cs kernel_ss null_cs mxcsr xstate_header xstate_size'
    fatal='kernel_pc noncanonical_pc last_pc kernel_sp noncanonical_sp kernel_vectors noncanonical_vectors'
  else
    ignored='el1 el2 masked thirty_two_bits illegal_state no_pan single_step'
    fatal='kernel_pc noncanonical_pc odd_pc kernel_sp no_vectors record_size record_zero unknown_record'
  fi
  for what in $ignored; do
    attack $arch -- forged_frame $what
    if ((code == 0)) && [[ $output == "harmless: $what" ]]; then say_ok "$what ($arch) is ignored"; else say_bad "$what ($arch) is ignored" "status $code, $output, $(head -n 1 "$scratch/errors")"; fi
  done
  for what in $fatal; do
    attack $arch -- forged_frame $what
    if ((code == 135 || code == 139)) && grep -qE '^caponier: the program crashed: SIG(SEGV|BUS)' "$scratch/errors"; then
      say_ok "$what ($arch) ends the program: $(sed -n '1s/.*crashed: //p' "$scratch/errors")"
    else
      say_bad "$what ($arch) ends the program" "status $code, $output, $(head -n 1 "$scratch/errors")"
    fi
  done
done
exit $status
