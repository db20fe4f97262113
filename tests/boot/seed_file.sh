#!/bin/bash
# --seed-file: the machine gets what the file holds, the file has other contents from then on whatever happens, and at the end those
# that the machine drew. What is no seed file is refused in one line before anything runs.
set -u
. "$CAPONIER_ROOT/tests/boot/helpers/common.bash"
cd "$scratch" || exit 1

sum() { sha256sum <"$1"; }
# launcher_seed REPORT: what the report says of the source
launcher_seed() { tr -d ' \n' <"$1" | grep -o '{"name":"launcher-seed"[^}]*}'; }
for arch in x86_64 aarch64; do
  compile $arch static "program.$arch" "$helpers/arguments.c" || not_ok "compile $arch"
  run=("$CAPONIER" run --seed-file "seed.$arch" --report report)
  "${run[@]}" "./program.$arch" >out 2>err </dev/null
  if (($? == 3)) && [[ $(stat -c '%s %a' "seed.$arch") == '64 600' && ! -s err ]]; then
    ok "made when absent ($arch)"
  else
    not_ok "made when absent ($arch): $(cat err)"
  fi
  first=$(sum "seed.$arch")
  "${run[@]}" "./program.$arch" >out 2>err </dev/null
  second=$(sum "seed.$arch")
  said=$(launcher_seed report)
  if [[ $said == *'"status":"healthy","credited_bits":0,"samples":128'* ]]; then
    ok "handed in, not credited ($arch)"
  else
    not_ok "handed in, not credited ($arch): $said"
  fi
  if [[ $first != "$second" && $(stat -c %s "seed.$arch") == 64 ]]; then ok "another one after the run ($arch)"; else not_ok "another one after the run ($arch)"; fi

  # A run that is killed: the file was replaced before its seed was used, and stays so.
  mkfifo "input.$arch"
  "$CAPONIER" run --seed-file "seed.$arch" cat <"input.$arch" >"alive.$arch" 2>err &
  run=$!
  exec 7>"input.$arch"
  echo alive >&7
  for ((i = 0; i < 300; i++)); do [[ -s alive.$arch ]] && break || sleep 0.1; done
  taken=$(sum "seed.$arch")
  kill -KILL $run
  wait $run 2>/dev/null
  exec 7>&-
  if [[ $(cat "alive.$arch") == alive && $taken != "$second" && $(sum "seed.$arch") == "$taken" ]]; then
    ok "a crash does not repeat a seed ($arch)"
  else
    not_ok "a crash does not repeat a seed ($arch): $(cat "alive.$arch" err)"
  fi
done

refuse() { # NAME PATTERN FILE
  "$CAPONIER" run --seed-file "$3" ./program.x86_64 >out 2>err </dev/null
  local status=$?
  if ((status == 125)) && [[ ! -s out && $(wc -l <err) == 1 ]] && grep -q "^caponier: --seed-file $3: $2" err; then
    ok "$1"
  else
    not_ok "$1: status $status, $(cat err)"
  fi
}
printf short >short && chmod 600 short && refuse 'too short' 'holds 5 bytes, and a seed has 64' short
head -c 64 /dev/zero >zero && chmod 600 zero && refuse 'zeroes' 'holds no seed' zero
head -c 64 /dev/urandom >open && chmod 644 open && refuse 'readable by others' 'others may read or change it' open
refuse 'a directory' 'is a directory' .
refuse 'a folder that is not there' 'cannot be replaced, and a seed must not be used twice' no/seed
exit $failed
