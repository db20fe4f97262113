#!/bin/bash
# Timing noise that can be reproduced earns nothing: a machine whose clock counts instructions (QEMU's -icount, with a fixed seed) and that
# has no other source refuses to start, on both architectures, and the same machine with an entropy device starts. What an
# interrupt pays for leaving its moment behind is counted in instructions, call and return with it.
set -u
status=0
deterministic=(-icount shift=0,sleep=off -seed 1 -rtc base=2020-01-01T00:00:00,clock=vm)
x86() {
  timeout 60 qemu-system-x86_64 -M microvm,acpi=off,pit=off,pic=off,rtc=off,x-option-roms=off,isa-serial=on -accel tcg -cpu max,-rdrand,-rdseed -m 64 \
    -nodefaults -no-user-config -display none -no-reboot -global virtio-mmio.force-legacy=off -kernel "$CAPONIER_ROOT/build/x86_64/kernel/caponier.elf" \
    -serial stdio -device isa-debug-exit,iobase=0xf4 "${deterministic[@]}" "$@" </dev/null 2>&1
}
arm() {
  timeout 60 qemu-system-aarch64 -M virt,gic-version=3,dtb-randomness=off -accel tcg -cpu cortex-a57 -m 64 -nodefaults -no-user-config \
    -display none -no-reboot -global virtio-mmio.force-legacy=off -kernel "$CAPONIER_ROOT/build/aarch64/kernel/caponier.img" -serial stdio \
    "${deterministic[@]}" "$@" </dev/null 2>&1
}
expect() { # NAME PATTERN OUTPUT
  if grep -q "$2" <<<"$3"; then
    echo "ok $1"
  else
    echo "not ok $1: $(tail -n 2 <<<"$3")"
    status=1
  fi
}
refusal='no source of randomness that can be credited'
started='the link to the tool does not come up' # what a machine without a console says once it is past seeding
expect "x86-64: a clock that counts instructions" "$refusal" "$(x86)"
expect "x86-64: the same with an entropy device" "$started" "$(x86 -device virtio-rng-device)"
expect "AArch64: a clock that counts instructions" "$refusal" "$(arm)"
expect "AArch64: the same with an entropy device" "$started" "$(arm -device virtio-rng-device)"

most=16
for arch in x86_64 aarch64; do
  kernel=$CAPONIER_ROOT/build/$arch/kernel/caponier.elf
  symbol=$(llvm-nm-19 "$kernel" | sed -n 's/.* [tT] \(.*NoteInterruptEv\)$/\1/p')
  count=$(llvm-objdump-19 -d --no-show-raw-insn --disassemble-symbols="$symbol" "$kernel" | grep -E '^ +[0-9a-f]+:' | grep -cv 'int3\|udf')
  if ((count > 0 && count <= most)); then
    echo "ok an interrupt leaves its moment behind in $count instructions ($arch)"
  else
    echo "not ok an interrupt leaves its moment behind in $count instructions ($arch): more than $most"
    status=1
  fi
done
exit $status
