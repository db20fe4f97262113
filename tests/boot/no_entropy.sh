#!/bin/bash
# A machine without any source that can be credited must refuse to start, and say why, on both architectures; the same machine with
# a source starts. So must one whose only source is broken (an entropy device that gives zeroes).
set -u
status=0
x86() {
  timeout 20 qemu-system-x86_64 -M microvm,acpi=off,pit=off,pic=off,rtc=off,x-option-roms=off,isa-serial=on -accel tcg -cpu "$1" -m 64 -nodefaults \
    -no-user-config -display none -no-reboot -global virtio-mmio.force-legacy=off -kernel "$CAPONIER_ROOT/build/x86_64/kernel/caponier.elf" \
    -serial stdio -device isa-debug-exit,iobase=0xf4 "${@:2}" </dev/null 2>&1
}
arm() {
  timeout 20 qemu-system-aarch64 -M "virt,gic-version=3,dtb-randomness=$1" -cpu "$2" -m 64 -nodefaults -no-user-config -display none -no-reboot \
    -global virtio-mmio.force-legacy=off -kernel "$CAPONIER_ROOT/build/aarch64/kernel/caponier.img" -serial stdio "${@:3}" </dev/null 2>&1
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
started='the link to the tool does not come up'  # what a machine without a console says once it is past seeding
zeroes=(-object rng-random,filename=/dev/zero,id=zeroes -device virtio-rng-device,rng=zeroes)
expect "x86-64: nothing" "$refusal" "$(x86 max,-rdrand,-rdseed)"
expect "x86-64: a device of zeroes" "$refusal" "$(x86 max,-rdrand,-rdseed "${zeroes[@]}")"
expect "x86-64: an entropy device" "$started" "$(x86 max,-rdrand,-rdseed -device virtio-rng-device)"
expect "x86-64: RDRAND" "$started" "$(x86 max)"
expect "AArch64: nothing" "$refusal" "$(arm off cortex-a57)"
expect "AArch64: a device of zeroes" "$refusal" "$(arm off cortex-a57 "${zeroes[@]}")"
expect "AArch64: an entropy device" "$started" "$(arm off cortex-a57 -device virtio-rng-device)"
expect "AArch64: the device tree's seed" "$started" "$(arm on cortex-a57)"
exit $status
