#!/bin/bash
# A stack that overflows meets an absent page, and the crash report says whose it is. When something is mapped there, the same
# recursion runs into it without a sign.
source "$CAPONIER_ROOT/tests/attack/common.bash"
for arch in "${architectures[@]}"; do
  caught SEGV "(write to|read of) the guard page of the main stack, .* stack overflow" $arch -- stack_overflow first
  works $arch -- stack_overflow first open
  caught SEGV "(write to|read of) the guard page of thread 2's stack, .* stack overflow" $arch -- stack_overflow thread
  works $arch -- stack_overflow thread open
done
exit $status
