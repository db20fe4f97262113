# For the scripts of this folder, which source it: real programs from Debian, run here and in machines of both architectures.
#
# A test is one command. Its program is looked up in the sysroots that tests/sysroot makes, so that no program of this host is
# needed; what it prints on this host (the x86-64 one, through its own loader) is what both machines must print, to the byte, and
# its status theirs.
set -u
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export LC_ALL=C TZ=UTC
status=0
input=/dev/null     # standard input of the commands
options=()          # caponier's, for the commands
architectures=(x86_64 aarch64)
declare -A sysroots=()
for arch in "${architectures[@]}"; do
  sysroots[$arch]=$("$CAPONIER_ROOT/tests/sysroot" "$arch") || { echo "no Debian programs for $arch" && exit 1; }
done

ok() { echo "ok $*"; }
not_ok() {
  echo "not ok $*"
  status=1
}

# on_host PROGRAM ARGS...
on_host() {
  local root=${sysroots[x86_64]} program=$1 directory
  shift
  if [[ $program != /* ]]; then
    for directory in bin usr/bin; do [[ -x $root/$directory/$program ]] && program=$root/$directory/$program && break; done
  fi
  local clean=(env -i PATH=/usr/bin:/bin LC_ALL=C TZ=UTC)
  if ! head -c 4096 "$program" | grep -aq ld-linux-x86-64; then
    "${clean[@]}" "$program" "$@"
  else
    "${clean[@]}" PYTHONHOME="$root/usr" PERL5LIB="$root/usr/share/perl/5.36:$root/usr/lib/x86_64-linux-gnu/perl/5.36" \
      "$root/lib64/ld-linux-x86-64.so.2" --library-path "$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu" \
      --argv0 "${program##*/}" "$program" "$@"
  fi
}

# in_machine ARCH PROGRAM ARGS...
in_machine() {
  local arch=$1
  shift
  timeout -k 5 "${seconds:-200}" "$CAPONIER" run --arch "$arch" --env LC_ALL=C --env TZ=UTC --sysroot "${sysroots[$arch]}" "${options[@]}" "$@"
}

# compare NAME ARCH STATUS: what here.out, here.err and the status say against want.out, want.err and want_status.
compare() {
  if (($3 == want_status)) && cmp -s want.out here.out && cmp -s want.err here.err; then
    ok "$1 ($2)"
  else
    not_ok "$1 ($2): status $3, wanted $want_status"
    diff <(head -c 4000 want.out) <(head -c 4000 here.out) | head -n 6
    diff <(head -c 4000 want.err) <(head -c 4000 here.err) | head -n 6
  fi
}

# same NAME PROGRAM ARGS...: the program does here what it does in both machines.
same() {
  local name=$1 arch want_status
  shift
  cat "$input" | on_host "$@" >want.out 2>want.err # in a machine, too, standard input is no regular file
  want_status=$?
  for arch in "${architectures[@]}"; do
    in_machine "$arch" "$@" <"$input" >here.out 2>here.err
    compare "$name" "$arch" $?
  done
}

# prints NAME PATTERN PROGRAM ARGS...: it ends well in both machines and prints a line that matches (for what is not the same twice).
prints() {
  local name=$1 pattern=$2 arch got
  shift 2
  for arch in "${architectures[@]}"; do
    in_machine "$arch" "$@" <"$input" >here.out 2>here.err
    got=$?
    if ((got == 0)) && grep -qE -- "$pattern" here.out here.err; then
      ok "$name ($arch)"
    else
      not_ok "$name ($arch): status $got"
      tail -n 5 here.out here.err
    fi
  done
}

# Text and numbers that are the same everywhere and every time. seeded_lines COUNT: "number word" a line.
seeded_lines() { awk -v count="$1" 'BEGIN { x = 1; for (i = 0; i < count; i++) { x = (x * 1103515245 + 12345) % 2147483648; printf "%d word%d\n", x, x % 977 } }'; }
