#!/bin/bash
# Writing on past the end of a region meets an absent page, at the first byte. With `--layout off` mappings stand side by side and the break
# behind the image, and the same loop runs into the neighbour; behind the break something has to be mapped for that.
source "$CAPONIER_ROOT/tests/attack/common.bash"
past='write to unmapped memory, 0 bytes past the end of'
for arch in "${architectures[@]}"; do
  caught SEGV "$past mapping" $arch -- overrun mapping
  works $arch --layout off -- overrun mapping
  caught SEGV "$past program data" $arch -- overrun image
  works $arch --layout off -- overrun image
  caught SEGV "$past heap" $arch -- overrun break
  works $arch -- overrun break open
done
exit $status
