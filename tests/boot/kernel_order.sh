#!/bin/bash
# The kernels with their functions in other orders, those that draws at their edges make and a random one, are the same program, as an
# independent disassembler reads them, and do their work. A change of one byte in code or data is seen, so the comparison can fail.
set -u
"$CAPONIER" build host x86_64 aarch64 || exit 1
. "$CAPONIER_ROOT/tests/boot/helpers/common.bash"
. "$CAPONIER_ROOT/tests/emulator.bash"
cmake --build "$CAPONIER_ROOT/build/host" --target kernel_orders >"$scratch/log" 2>&1 || { cat "$scratch/log" && exit 1; }

# boots ARCH KERNEL PROGRAM: a machine with that kernel instead of the one that the launcher makes.
boots() {
  mkdir -p "$scratch/emulators"
  cat >"$scratch/emulators/qemu-system-$1" <<WRAPPER
#!/bin/bash
words=("\$@")
for i in "\${!words[@]}"; do [[ \${words[i]} != -kernel ]] || words[i + 1]=$2; done
exec $(emulator "$1") "\${words[@]}"
WRAPPER
  chmod +x "$scratch/emulators/qemu-system-$1"
  CAPONIER_EMULATORS=$scratch/emulators timeout 100 "$CAPONIER" run --accel tcg "$CAPONIER_ROOT/build/$1/guest/$3" >"$scratch/output" 2>&1
}
# change_byte FILE OFFSET
change_byte() { printf '\x5a' | dd of="$1" bs=1 seek="$2" conv=notrunc status=none; }
# offset_of FILE SYMBOL: where that byte lies in a file made by kernel_orders.
offset_of() { echo $((16#$(llvm-nm-19 "$1" | sed -n "s/ . $2\$//p") + 4096)); }

for arch in x86_64 aarch64; do
  linked=$CAPONIER_ROOT/build/$arch/kernel/caponier.elf
  mkdir "$scratch/$arch"
  orders=$("$CAPONIER_ROOT/build/host/tests/kernel_orders" "$linked" "$scratch/$arch" 2>&1) || not_ok "no orders ($arch): $orders"
  kernels=()
  for order in $orders; do kernels+=("$scratch/$arch/$order.elf"); done
  for symbol in KernelMain vdso_start; do
    cp "$scratch/$arch/random.elf" "$scratch/$arch/$symbol.elf"
    change_byte "$scratch/$arch/$symbol.elf" $(($(offset_of "$scratch/$arch/random.elf" $symbol) + 12))
    kernels+=("$scratch/$arch/$symbol.elf")
  done
  mapfile -t words < <(python3 "$helpers/same_code.py" "$linked" "${kernels[@]}" 2>&1)
  for i in "${!kernels[@]}"; do
    name=$(basename "${kernels[i]}" .elf)
    if [[ $name == @(KernelMain|vdso_start) ]]; then
      [[ ${words[i]-} == '1 differences: '* ]] && ok "a change at $name ($arch) is seen: ${words[i]}" || not_ok "a change at $name ($arch) is seen: ${words[i]-}"
      continue
    fi
    [[ ${words[i]-} == 'same: '* ]] && ok "$name ($arch) is the same program: ${words[i]#same: }" || not_ok "$name ($arch) is the same program: ${words[*]:i:3}"
    program=bench/hello
    [[ $name == @(reversed|random) ]] && program=tour
    if boots $arch "$scratch/$arch/$name" $program; then
      ok "$name ($arch) boots $program: $(tail -n 1 "$scratch/output")"
    else
      not_ok "$name ($arch) boots $program: $(tail -n 3 "$scratch/output")"
    fi
  done
done
exit $failed
