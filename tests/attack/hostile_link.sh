#!/bin/bash
# A device that writes a frame of its own into the link's receive buffer: the kernel stops with one line, and the tool ends with 125. The
# same machine goes on when the frame is left as the tool sent it.
source "$CAPONIER_ROOT/tests/attack/debugger.bash"
for arch in "${architectures[@]}"; do
  stops $arch '' 'unknown frame' 'the tool sent a frame of unknown type$'
  stops $arch '' 'oversized frame' 'the tool sent an oversized frame$'
  stops $arch '' 'long frame' 'the tool sent an oversized frame$'
  stops $arch '' 'no such signal' 'the tool sent a signal that does not exist$'
  stops $arch '' 'no such stream' 'the tool closed a stream that does not exist$'
  debug $arch '' 'honest frame'
  if ((code == 0)) && [[ $output == *'still here'* ]]; then say_ok "an honest frame ($arch)"; else say_bad "an honest frame ($arch)" "status $code $errors"; fi
done
exit $status
