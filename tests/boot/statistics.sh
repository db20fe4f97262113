#!/bin/bash
# What the generator gives, in machines of both architectures and from libcaponier-random, through rngtest's FIPS 140-2 tests and some
# of dieharder's. docs/randomness.md says what this cannot show. tests/nightly/statistics.sh asks for more of it:
#   statistics.sh [BLOCKS [DIEHARDER_OPTIONS...]]: how many blocks of 2,500 bytes for rngtest, and what dieharder is to do
set -u
. "$CAPONIER_ROOT/tests/boot/helpers/common.bash"
blocks=${1:-2000}
dieharder=("${@:2}")
((${#dieharder[@]})) || dieharder=(-d 100 -p 100 -Y 1)
tools=$("$CAPONIER_ROOT/tests/sysroot" x86_64 statistics) || exit 1
declare -A programs=()
for arch in x86_64 aarch64; do programs[$arch]=$("$CAPONIER_ROOT/tests/sysroot" $arch) || exit 1; done
[[ $(uname -m) == x86_64 ]] || { echo "rngtest and dieharder are unpacked for x86-64" && exit 77; }
run_tool() { # NAME ARGS...
  "$tools/lib64/ld-linux-x86-64.so.2" --library-path "$tools/lib/x86_64-linux-gnu:$tools/usr/lib/x86_64-linux-gnu:$tools/usr/lib" "$tools/usr/bin/$1" "${@:2}"
}
stream=$CAPONIER_ROOT/build/statistics-stream
(
  flock 9
  cd "$CAPONIER_ROOT" && cmake --build --preset host --target caponier_random_static >"$scratch/log" 2>&1 &&
    clang-19 -O2 -Ihosted/random/include hosted/random/example/stream.c build/host/hosted/random/libcaponier-random.a -o "$stream"
) 9>"$CAPONIER_ROOT/build/.lock-host" || { cat "$scratch/log" && exit 1; }

bytes_of() { # SOURCE BYTES: an architecture, or library
  case $1 in
    library) "$stream" | head -c "$2" ;;
    *) "$CAPONIER" run --arch "$1" "${programs[$1]}/bin/busybox" dd if=/dev/urandom bs=16k count=$((($2 + 16383) / 16384)) 2>/dev/null | head -c "$2" ;;
  esac
}
# Honest blocks fail one of the five tests once in 1,250. More than this many do so less than once in a thousand million runs.
most=$(awk -v n="$blocks" 'BEGIN { m = n / 1250; print int(m + 6.5 * sqrt(m) + 12) }')
failures() { run_tool rngtest -c "$blocks" 2>&1 | sed -n 's/^rngtest: FIPS 140-2 failures: //p'; }
for source in library x86_64 aarch64; do
  found=$(bytes_of "$source" $((blocks * 2500 + 4)) | failures) # the first four only start the continuous test
  if [[ -n $found ]] && ((found <= most)); then
    ok "rngtest, $source: $found of $blocks blocks failed, $most may"
  else
    not_ok "rngtest, $source: ${found:-no} of $blocks blocks failed, $most may"
  fi
done
found=$("$stream" | tr '\360-\367' '\340-\347' | head -c $((blocks * 2500 + 4)) | failures)
if [[ -n $found ]] && ((found > most)); then
  ok "control, one nibble rarer by half: $found of $blocks blocks failed"
else
  not_ok "control, one nibble rarer by half: only ${found:-no} of $blocks blocks failed"
fi

verdicts() { run_tool dieharder -g 200 "${dieharder[@]}" 2>&1 | tee "$scratch/verdicts" | grep -cE '\| *FAILED *$'; }
found=$("$stream" | verdicts)
if ((found == 0)) && grep -q 'PASSED\|WEAK' "$scratch/verdicts"; then
  ok "dieharder, library: $(grep -c 'PASSED\|WEAK' "$scratch/verdicts") verdicts, none failed"
else
  not_ok "dieharder, library: $found failed"
  cat "$scratch/verdicts"
fi
found=$("$stream" | tr '\360-\367' '\340-\347' | verdicts)
if ((found != 0)); then ok "control: dieharder fails it"; else not_ok "control: dieharder passes one nibble that is rarer by half"; fi
exit $failed
