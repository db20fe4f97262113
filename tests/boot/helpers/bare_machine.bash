# Sourced: the kernel on a machine with no program and nothing but what is asked for, to see whether it starts.
set -u
status=0
limit=20 # seconds
kernel=caponier
reader=() serial=(-serial stdio)
x86() { # CPU [OPTIONS...]
  timeout "$limit" "${reader[@]}" qemu-system-x86_64 -M microvm,acpi=off,pit=off,pic=off,rtc=off,x-option-roms=off,isa-serial=on -accel tcg -cpu "$1" -m 64 -nodefaults \
    -no-user-config -display none -no-reboot -global virtio-mmio.force-legacy=off -kernel "$CAPONIER_ROOT/build/x86_64/kernel/$kernel.elf" \
    "${serial[@]}" -device isa-debug-exit,iobase=0xf4 "${@:2}" </dev/null 2>&1
}
# The same, whose serial port is read late and slowly.
x86_read_late() {
  local reader=(python3 "$CAPONIER_ROOT/tests/boot/helpers/slow_reader.py") serial=()
  x86 "$@"
}
arm() { # SEED CPU [OPTIONS...]: SEED, on or off, whether the device tree has one
  timeout "$limit" qemu-system-aarch64 -M "virt,gic-version=3,dtb-randomness=$1" -accel tcg -cpu "$2" -m 64 -nodefaults -no-user-config -display none -no-reboot \
    -global virtio-mmio.force-legacy=off -kernel "$CAPONIER_ROOT/build/aarch64/kernel/$kernel.img" -serial stdio "${@:3}" </dev/null 2>&1
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
