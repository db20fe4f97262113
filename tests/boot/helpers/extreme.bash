# Sourced, after common.bash: machines in which every draw of a place is at an edge of its range. The kernel has no option for that: a copy of its
# file gets another Stream::Uniform, through which all places go, its own and the program's, and an emulator is started through a wrapper
# that takes this kernel.
edges=(first last middle either)

# code_of ARCH EDGE: what returns that number of 0 to the bound less one; either: the first or the last, as the time has it.
code_of() {
  case $1-$2 in
    x86_64-first) echo 'endbr64; xor %eax, %eax; ret' ;;
    x86_64-last) echo 'endbr64; lea -1(%rsi), %rax; ret' ;;
    x86_64-middle) echo 'endbr64; mov %rsi, %rax; shr %rax; ret' ;;
    x86_64-either) echo 'endbr64; rdtsc; shr $5, %eax; and $1, %eax; neg %rax; dec %rsi; and %rsi, %rax; ret' ;;
    aarch64-first) echo 'hint 34; mov x0, #0; ret' ;;
    aarch64-last) echo 'hint 34; sub x0, x1, #1; ret' ;;
    aarch64-middle) echo 'hint 34; lsr x0, x1, #1; ret' ;;
    aarch64-either) echo 'hint 34; mrs x0, cntvct_el0; and x0, x0, #1; neg x0, x0; sub x1, x1, #1; and x0, x0, x1; ret' ;;
  esac
}

# make_extreme ARCH EDGE: prints the folder of its emulator, for CAPONIER_EMULATORS.
make_extreme() {
  local arch=$1 folder=$scratch/extreme-$1-$2 kernels=$CAPONIER_ROOT/build/$1/kernel kernel=caponier.elf address size start offset=0
  mkdir "$folder" || return
  read -r address size < <(llvm-nm-19 --print-size "$kernels/caponier.elf" | sed -n 's/^\([0-9a-f]* [0-9a-f]*\) . _ZN8caponier6random6Stream7UniformEm$/\1/p')
  [[ -n $address ]] || return
  if [[ $arch == aarch64 ]]; then
    kernel=caponier.img # addresses are places in it
  else
    read -r start offset < <(llvm-readelf-19 -SW "$kernels/$kernel" | sed -n 's/.* \.text  *PROGBITS  *\([0-9a-f]*\) \([0-9a-f]*\) .*/\1 \2/p')
    offset=$((16#$offset - 16#$start))
  fi
  code_of "$1" "$2" | clang-19 --target="$arch-linux-gnu" -c -x assembler -o "$folder/code.o" - || return
  llvm-objcopy-19 -O binary --only-section=.text "$folder/code.o" "$folder/code" || return
  (($(stat -c %s "$folder/code") <= 16#$size)) || return
  cp "$kernels/$kernel" "$folder/kernel"
  dd if="$folder/code" of="$folder/kernel" bs=1 seek=$((16#$address + offset)) conv=notrunc status=none || return
  cat >"$folder/qemu-system-$arch" <<WRAPPER
#!/bin/bash
words=("\$@")
for i in "\${!words[@]}"; do [[ \${words[i]} != -kernel ]] || words[i + 1]=$folder/kernel; done
exec $(emulator "$arch") "\${words[@]}"
WRAPPER
  chmod +x "$folder/qemu-system-$arch"
  echo "$folder"
}
