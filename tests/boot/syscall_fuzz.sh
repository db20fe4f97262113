#!/bin/bash
# A million random system calls on each architecture: the kernel must still be there afterwards.
set -u
status=0
for arch in x86_64 aarch64; do
  for seed in 1 2; do
    want='made 500000 calls'
    got=$(timeout 240 "$CAPONIER" run --memory 128M "$CAPONIER_ROOT/build/$arch/guest/probes/syscall_fuzz" $seed 500000 2>/tmp/fuzz-$$.err </dev/null | tail -n 1)
    if [[ $got == "$want" ]]; then
      echo "ok $arch seed $seed"
    else
      echo "not ok $arch seed $seed: '$got' $(tail -n 3 /tmp/fuzz-$$.err | tr '\n' ' ')"
      status=1
    fi
    rm -f /tmp/fuzz-$$.err
  done
done
exit $status
