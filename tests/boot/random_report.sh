#!/bin/bash
# The report says of every source of randomness what it is worth here: what the machine has is healthy, what it has not is absent, and
# nothing is credited that must not be. The emulated machines have neither Arm's firmware TRNG nor a VM generation ID.
set -u
. "$CAPONIER_ROOT/tests/boot/helpers/common.bash"
cd "$scratch" || exit 1
cat >draws.c <<'C'
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
int main(void) {  // draws for 0.6 s, idle between: time for the slices that feed the pools after boot
  char bytes[32];
  for (int i = 0; i < 60; i++) {
    if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) return 1;
    nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  }
  return 0;
}
C
# source NAME: status, credited bits, samples
source_state() { tr -d ' \n' <report | sed -n "s/.*{\"name\":\"$1\",\"trust\":\"[a-z-]*\",\"status\":\"\([a-z]*\)\",\"credited_bits\":\([0-9]*\),\"samples\":\([0-9]*\).*/\1 \2 \3/p"; }
check() { # NAME PATTERN(status) PATTERN(credit) MOST_AND_LEAST
  read -r state credit samples < <(source_state "$1")
  if [[ $state == $2 && $credit =~ ^$3$ ]] && ((samples >= $4)); then
    ok "$1: $state, $credit bits credited, $samples samples ($arch)"
  else
    not_ok "$1: $state, $credit bits credited, $samples samples ($arch), not $2, $3, $4"
  fi
}
for arch in x86_64 aarch64; do
  compile $arch static draws draws.c || not_ok "compile $arch"
  "$CAPONIER" run --report report ./draws </dev/null || not_ok "the program's status is $?"
  if [[ $arch == x86_64 ]]; then
    check cpu-random healthy '[1-9][0-9]*' 250 # the start-up test at boot, beside a seed, and that of what goes on after it
    check firmware-seed healthy 512 64
  else
    check cpu-seed healthy '[1-9][0-9]*' 250
    check firmware-seed healthy '[1-9][0-9]*' 32
  fi
  check virtio-rng healthy '[1-9][0-9]*' 1024
  check timing-jitter '@(starting|healthy)' 0 64
  check interrupt-timing '@(starting|healthy)' 0 32
  check arm-trng absent 0 0
  check vm-generation absent 0 0
  check launcher-seed absent 0 0
done
exit $failed
