#!/bin/bash
# Machines whose kernel is loaded at the first and at the last page of physical memory that the launcher draws from work, with little memory and with
# much, beside archives of several sizes. That a kernel which is loaded so stays there, and where it is loaded else moves: layout_measures.sh and
# tests/attack/erasure.sh.
set -u
"$CAPONIER" build host x86_64 aarch64 || exit 1
. "$CAPONIER_ROOT/tests/boot/helpers/common.bash"
. "$CAPONIER_ROOT/tests/emulator.bash"
cmake --build "$CAPONIER_ROOT/build/host" --target placed_kernel >"$scratch/log" 2>&1 || { cat "$scratch/log" && exit 1; }

# The emulator, given another kernel for the memory and the archive that it is started with.
for arch in x86_64 aarch64; do
  cat >"$scratch/qemu-system-$arch" <<WRAPPER
#!/bin/bash
words=("\$@")
for i in "\${!words[@]}"; do
  case \${words[i]} in
    -m) memory=\${words[i + 1]%B} ;;
    -initrd) archive=\$(stat -L -c %s "\${words[i + 1]}") ;;
    -kernel) kernel=\$((i + 1)) ;;
  esac
done
words[kernel]=$scratch/kernel
$CAPONIER_ROOT/build/host/tests/placed_kernel $CAPONIER_ROOT/build/$arch/kernel/caponier.elf $arch "\$EDGE" "\$memory" "\$archive" >"$scratch/kernel" || exit
exec $(emulator "$arch") "\${words[@]}"
WRAPPER
  chmod +x "$scratch/qemu-system-$arch"
done
export CAPONIER_EMULATORS=$scratch EDGE
mkdir "$scratch/files"
head -c 3000000 /dev/urandom >"$scratch/files/large"

for arch in x86_64 aarch64; do
  program=$CAPONIER_ROOT/build/$arch/guest/bench/hello
  for memory in 7M 8M 16M 128M 300M 5G; do
    for with in '' "$scratch/files/large"; do
      [[ -n $with && $memory == [78]M ]] && continue
      for EDGE in first last; do
        name="$EDGE place of $memory${with:+ beside 3 MB more} ($arch)"
        said=$(timeout 60 "$CAPONIER" run --accel tcg --memory "$memory" ${with:+--with "$with"} "$program" 2>&1)
        [[ $said == hello ]] && ok "$name" || not_ok "$name: $(tail -n 3 <<<"$said")"
      done
    done
  done
done
exit $failed
