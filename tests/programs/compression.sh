#!/bin/bash
# xz and gzip: 64 MiB there and back, through pipes between two machines.
source "$(dirname -- "$0")/common.bash"
seconds=400
seeded_lines 400000 >part
while (($(stat -c %s part) < 64 << 20)); do cat part part >whole && mv whole part; done
head -c $((64 << 20)) part >whole
rm part
want=$(sha256sum <whole)
options=(--memory 256M)
there_and_back() { # NAME COMPRESS... -- EXPAND...
  local name=$1 arch compress=()
  shift
  while [[ $1 != -- ]]; do compress+=("$1") && shift; done
  shift
  for arch in "${architectures[@]}"; do
    in_machine "$arch" "${compress[@]}" <whole >packed 2>here.err && [[ -s packed ]] &&
      on_host "$@" <packed 2>>here.err | sha256sum >host.sum
    in_machine "$arch" "$@" <packed 2>>here.err | sha256sum >here.sum
    if [[ $(<here.sum) == "$want" && $(<host.sum) == "$want" && ! -s here.err ]]; then
      ok "$name ($arch): $(stat -c %s packed) bytes between"
    else
      not_ok "$name ($arch): $(head -n 3 here.err)"
    fi
  done
}
there_and_back "gzip -1" gzip -1 -- gzip -dc
there_and_back "xz -0" xz -0 -- xz -dc
exit $status
