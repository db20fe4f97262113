#!/bin/bash
# Timing noise that can be reproduced earns nothing: a machine whose clock counts instructions (QEMU's -icount, with a fixed seed) and that
# has no other source refuses to start, on both architectures, and the same machine with an entropy device starts. What an
# interrupt pays for leaving its moment behind is counted in instructions, call and return with it.
source "$CAPONIER_ROOT/tests/boot/helpers/bare_machine.bash"
limit=60 # such a clock is slow
deterministic=(-icount shift=0,sleep=off -seed 1 -rtc base=2020-01-01T00:00:00,clock=vm)
expect "x86-64: a clock that counts instructions" "$refusal" "$(x86 max,-rdrand,-rdseed "${deterministic[@]}")"
expect "x86-64: the same with an entropy device" "$started" "$(x86 max,-rdrand,-rdseed "${deterministic[@]}" -device virtio-rng-device)"
expect "AArch64: a clock that counts instructions" "$refusal" "$(arm off cortex-a57 "${deterministic[@]}")"
expect "AArch64: the same with an entropy device" "$started" "$(arm off cortex-a57 "${deterministic[@]}" -device virtio-rng-device)"

most=16
for arch in x86_64 aarch64; do
  kernel=$CAPONIER_ROOT/build/$arch/kernel/caponier.elf
  symbol=$(llvm-nm-19 "$kernel" | sed -n 's/.* [tT] \(_ZN.*NoteInterruptEv\)$/\1/p')
  count=$(llvm-objdump-19 -d --no-show-raw-insn --disassemble-symbols="$symbol" "$kernel" | grep -E '^ +[0-9a-f]+:' | grep -cv 'int3\|udf')
  if ((count > 0 && count <= most)); then
    echo "ok an interrupt leaves its moment behind in $count instructions ($arch)"
  else
    echo "not ok an interrupt leaves its moment behind in $count instructions ($arch): more than $most"
    status=1
  fi
done
exit $status
