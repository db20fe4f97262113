#!/bin/bash
# A machine without any source that can be credited must refuse to start, and say why, on both architectures; the same machine with
# a source starts. So must one whose only source is broken (an entropy device that gives zeroes). What it says arrives whole, also where
# the reader is behind.
source "$CAPONIER_ROOT/tests/boot/helpers/bare_machine.bash"
zeroes=(-object rng-random,filename=/dev/zero,id=zeroes -device virtio-rng-device,rng=zeroes)
expect "x86-64: nothing" "$refusal" "$(x86 max,-rdrand,-rdseed)"
expect "x86-64: nothing, read late" "^caponier: $refusal: the machine will not start without one" "$(x86_read_late max,-rdrand,-rdseed)"
expect "x86-64: a device of zeroes" "$refusal" "$(x86 max,-rdrand,-rdseed "${zeroes[@]}")"
expect "x86-64: an entropy device" "$started" "$(x86 max,-rdrand,-rdseed -device virtio-rng-device)"
expect "x86-64: RDRAND" "$started" "$(x86 max)"
expect "AArch64: nothing" "$refusal" "$(arm off cortex-a57)"
expect "AArch64: a device of zeroes" "$refusal" "$(arm off cortex-a57 "${zeroes[@]}")"
expect "AArch64: an entropy device" "$started" "$(arm off cortex-a57 -device virtio-rng-device)"
expect "AArch64: the device tree's seed" "$started" "$(arm on cortex-a57)"
exit $status
