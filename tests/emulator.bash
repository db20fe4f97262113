# Sourced by tests that start a machine's emulator through a wrapper of their own.
# emulator ARCH: prints the one that the tool would start.
emulator() {
  local unpacked=$CAPONIER_ROOT/build/emulator/usr/bin/qemu-system-$1
  if [[ -x $unpacked ]]; then echo "$unpacked"; else command -v "qemu-system-$1"; fi
}
