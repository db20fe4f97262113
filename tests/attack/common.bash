# Sourced by the tests here: runs one of guest/attacks and says how it ended. A crime is caught (a signal, with the cause that the crash
# report must give), refused (a system call would not help), or worked.
set -u
"$CAPONIER" build host x86_64 aarch64 || exit 1
status=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
architectures=(x86_64 aarch64)

say_ok() { echo "ok $1"; }
say_bad() { # NAME WHY
  echo "not ok $1: $2"
  status=1
}

# has_address FILE: prints each number that may be an address: of the program (9 to 12 digits, no offset), of the kernel. Text is none.
has_address() { grep -oE '(^|[^+-])\b0x([0-9a-f]{9,12}|ffff[0-9a-f]{12})\b' "$1" | grep -vE '0x([2-7][0-9a-f])+$'; }

# attack ARCH [OPTIONS...] -- PROGRAM [ARGUMENTS...]: sets code, output and errors.
attack() {
  local arch=$1 options=()
  shift
  while [[ $1 != -- ]]; do options+=("$1") && shift; done
  shift
  [[ $arch == aarch64 ]] && options+=(--sysroot /usr/aarch64-linux-gnu) # for those of the C library's
  timeout -k 5 60 "$CAPONIER" run "${options[@]}" "$CAPONIER_ROOT/build/$arch/guest/attacks/$1" "${@:2}" \
    >"$scratch/output" 2>"$scratch/errors" </dev/null
  code=$?
  output=$(<"$scratch/output") errors=$(<"$scratch/errors")
}

# caught SIGNAL CAUSE ARCH [OPTIONS...] -- PROGRAM...: the crash report's first line names the signal and the cause (a pattern).
caught() {
  local signal=$1 cause=$2 name="${*:4} ($3) is caught"
  attack "${@:3}"
  if ((code != 128 + $(kill -l "$signal"))); then
    say_bad "$name" "status $code, ${output:-no output}, $(head -n 1 "$scratch/errors")"
  elif ! grep -qE "^caponier: the program crashed: SIG$signal: $cause" "$scratch/errors"; then
    say_bad "$name" "another cause than '$cause': $(head -n 1 "$scratch/errors")"
  else
    say_ok "$name: $cause"
  fi
}
# refused WHAT ARCH [OPTIONS...] -- PROGRAM...: the program says that a step was refused; WHAT is a pattern for its words.
refused() {
  local what=$1 name="${*:3} ($2) is refused"
  attack "${@:2}"
  if ((code == 7)) && grep -qE "^refused: $what" <<<"$output"; then
    say_ok "$name: $what"
  else
    say_bad "$name" "status $code, ${output:-no output}, $(head -n 1 "$scratch/errors")"
  fi
}
# works ARCH [OPTIONS...] -- PROGRAM...: the negative control.
works() {
  local name="${*:2} ($1) works"
  attack "$@"
  if ((code == 42)) && [[ $output == *worked* ]]; then
    say_ok "$name"
  else
    say_bad "$name" "status $code, ${output:-no output}, $(head -n 1 "$scratch/errors")"
  fi
}
