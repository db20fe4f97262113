#!/bin/bash
# Kernel addresses in every pointer argument of every system call, and in the pointers behind pointers, fail with EFAULT (kernel_pointers.c says
# which calls end otherwise, and why). And nothing of the kernel's lies in what system calls write (kernel_leaks.c). The control for the look:
# a pattern in the buffers is found.
source "$CAPONIER_ROOT/tests/attack/common.bash"

# harmless ARCH PROGRAM COUNT: goes through at least COUNT of them and finds nothing.
harmless() {
  local name="$2 ($1) finds nothing" number
  attack "$1" -- "$2"
  number=$(grep -oE '^[0-9]+' <<<"${output##*$'\n'}")
  if ((code == 0 && number >= $3)); then say_ok "$name: ${output##*$'\n'}"; else say_bad "$name" "status $code, ${output:-no output}, $errors"; fi
}
for arch in "${architectures[@]}"; do
  harmless $arch kernel_pointers 1000
  harmless $arch kernel_leaks 40
  works $arch -- kernel_leaks open
done
exit $status
