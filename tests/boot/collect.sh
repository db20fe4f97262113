#!/bin/bash
# `caponier entropy collect`: as many raw samples as were asked for, of each source there is, of host and guests; two runs differ; a restart
# matrix has a row a boot; and on a machine whose clock counts instructions two boots give the same timing samples, which is why
# none are credited. What cannot be collected is refused in one line, and FILE keeps what it had.
set -u
. "$CAPONIER_ROOT/tests/boot/helpers/common.bash"
. "$CAPONIER_ROOT/tests/emulator.bash"
cd "$scratch" || exit 1

collect() { "$CAPONIER" entropy collect "$@" >out 2>err </dev/null; }
whole() { # NAME COUNT WORDS...: two runs, of the right size and different
  if collect "${@:3}" -o first && collect "${@:3}" -o second && [[ $(stat -c %s first) == "$2" && $(stat -c %s second) == "$2" && ! -s err ]] &&
    ! cmp -s first second; then
    ok "$1: $2 samples, not the same twice"
  else
    not_ok "$1: $(stat -c %s first second) $(cat err)"
  fi
}
whole 'timing-jitter of the host' 10001 --source timing-jitter --count 10001
whole 'timing-jitter of x86-64' 10001 --source timing-jitter --count 10001 --arch x86_64
whole 'timing-jitter of AArch64' 10001 --source timing-jitter --count 10001 --arch aarch64
whole 'interrupt-timing of x86-64' 500 --source interrupt-timing --count 500 --arch x86_64
whole 'interrupt-timing of AArch64' 500 --source interrupt-timing --count 500 --arch aarch64
whole 'cpu-random of x86-64' 10001 --source cpu-random --count 10001 --arch x86_64
whole 'cpu-seed of AArch64' 10001 --source cpu-seed --count 10001 --arch aarch64
whole 'virtio-rng of x86-64' 10001 --source virtio-rng --count 10001 --arch x86_64
whole 'virtio-rng of AArch64' 10001 --source virtio-rng --count 10001 --arch aarch64
whole 'a restart matrix of x86-64' 3000 --source timing-jitter --count 1000 --restarts 3 --arch x86_64

# The same machine with a clock that counts instructions: the emulator is started through a wrapper.
mkdir bin
for arch in x86_64 aarch64; do
  printf '#!/bin/bash\nexec %q "$@" -icount shift=0,sleep=off -seed 1\n' "$(emulator $arch)" >"bin/qemu-system-$arch"
  chmod +x "bin/qemu-system-$arch"
  for run in first second; do
    CAPONIER_EMULATORS=$scratch/bin collect --source timing-jitter --count 10001 --arch $arch -o $run || not_ok "with -icount ($arch): $(cat err)"
  done
  if cmp -s first second; then ok "with -icount two boots give the same timing-jitter ($arch)"; else not_ok "with -icount two boots differ ($arch)"; fi
done

refuse() { # NAME PATTERN WORDS...
  echo before >kept
  collect "${@:3}" -o kept
  local status=$?
  if ((status == 125)) && [[ $(wc -l <err) == 1 && $(cat kept) == before && ! -e kept.part ]] && grep -q "^caponier: .*$2" err; then
    ok "$1"
  else
    not_ok "$1: status $status, $(cat err)"
  fi
}
refuse 'no source of that name' 'not of this host' --source lava-lamp --count 10
refuse 'not in the guest' 'not in this machine' --source cpu-seed --count 10 --arch x86_64
refuse 'no samples' 'count' --source timing-jitter --count 0
refuse 'restarts of the host' 'needs --arch' --source timing-jitter --count 10 --restarts 2
exit $failed
