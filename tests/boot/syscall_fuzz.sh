#!/bin/bash
# A million random system calls on each architecture: the kernel must still be there afterwards. The program ends with status 0
# whatever became of its streams on the way.
set -u
status=0
for arch in x86_64 aarch64; do
  for seed in 1 2; do
    timeout 240 "$CAPONIER" run "$CAPONIER_ROOT/build/$arch/guest/probes/syscall_fuzz" $seed 500000 >/dev/null 2>/tmp/fuzz-$$.err </dev/null
    got=$?
    if ((got == 0)); then
      echo "ok $arch seed $seed"
    else
      echo "not ok $arch seed $seed: status $got, $(tail -n 3 /tmp/fuzz-$$.err | tr '\n' ' ')"
      status=1
    fi
    rm -f /tmp/fuzz-$$.err
  done
done
exit $status
