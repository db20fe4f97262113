#!/bin/bash
# What programs see of signals, threads, timers, restartable sequences, execve, randomness, files and memory is what Linux shows them: each probe prints the
# same, and ends with the same status, in the machine as on this host. On AArch64 the lines that only x86-64 has are left out.
set -u
status=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for probe in signals threads timers sequences exec random vectors sockets mappings files locks splices notify process shared_memory semaphores messages message_queues; do
  timeout 60 "$CAPONIER_ROOT/build/x86_64/guest/probes/$probe" </dev/null >"$scratch/linux" 2>&1
  wanted_status=$?
  for arch in x86_64 aarch64; do
    timeout 180 "$CAPONIER" run "$CAPONIER_ROOT/build/$arch/guest/probes/$probe" </dev/null >"$scratch/here" 2>"$scratch/errors"
    ended=$?
    if [[ $arch == x86_64 ]]; then cp "$scratch/linux" "$scratch/wanted"; else grep -v '^x86-64 ' "$scratch/linux" >"$scratch/wanted"; fi
    grep -qx 'root not here' "$scratch/wanted" && sed -i '/^root /d' "$scratch/wanted" "$scratch/here" # this host lacks the right
    if ((ended == wanted_status)) && cmp -s "$scratch/wanted" "$scratch/here"; then
      echo "ok $probe $arch"
    else
      echo "not ok $probe $arch: status $ended $(tail -n 1 "$scratch/errors")"
      diff "$scratch/wanted" "$scratch/here"
      status=1
    fi
  done
done
exit $status
