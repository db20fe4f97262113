#!/bin/bash
# After a draw the machine's memory, all of it, holds neither the key that made it, nor a round key of that, nor what was drawn once the
# program has wiped it (A5). That the search finds what is there is shown each time: the key is found in the memory before the draw,
# and the output in that of a program which keeps it. A kernel in the linked order moves itself in memory, after some draws: nothing is left there either.
source "$CAPONIER_ROOT/tests/attack/common.bash"
source "$CAPONIER_ROOT/tests/emulator.bash"
mkdir "$scratch/bin"
for arch in "${architectures[@]}"; do
  printf '#!/bin/bash\nexec %q "$@" -qmp %q\n' "$(emulator $arch)" "unix:$scratch/monitor,server=on,wait=off" >"$scratch/bin/qemu-system-$arch"
done
chmod +x "$scratch"/bin/*
export CAPONIER_EMULATORS=$scratch/bin
look() { # ARCH ORDER, and keep or nothing
  local base=0
  [[ $1 == aarch64 ]] && base=0x40000000
  timeout 300 python3 "$CAPONIER_ROOT/tests/attack/erasure.py" "$CAPONIER" "$CAPONIER_ROOT/build/$1/guest/attacks/drawn" "$scratch/monitor" "$scratch" $base \
    $((32 * 1024 * 1024)) "${@:2}" 2>"$scratch/errors"
}
for arch in "${architectures[@]}"; do
  for how in random 'random keep' fixed; do
    wanted='left nothing'
    [[ $how == *keep ]] && wanted='left output'
    name="a draw ($arch, ${how/random keep/kept by the program})"
    said=$(look $arch $how)
    if [[ $said == $'found key\n'"$wanted" ]]; then
      say_ok "$name: the key was there before, $wanted after"
    else
      say_bad "$name" "$said, not $wanted; $(tail -n 1 "$scratch/errors")"
    fi
  done
done
exit $status
