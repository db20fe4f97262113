# Sourced by the tests of libcaponier-heap as users have it: what they share. Builds `targets`, which the test names before.
root=$(cd -P -- "${BASH_SOURCE[0]%/*}/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# The launcher's, where Debian's own one loses tags.
emulator=$root/build/emulator-user/usr/bin/qemu-aarch64
[[ -x $emulator ]] || emulator=qemu-aarch64
bad=0
fail() {
  echo "not ok: $*"
  bad=1
}
finish() {
  ((bad)) || echo "all as it should be"
  exit $bad
}
cd "$root" || exit 1
cmake --preset host >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }
cmake --build --preset host --target "${targets[@]}" >"$work/log" 2>&1 || { cat "$work/log" && exit 1; }

# expect NAME STATUS TEXT HOW...: the misuse of that name ends so under each HOW, a function that runs it, and its valid twin passes.
expect() {
  local name=$1 status=$2 text=$3 how got said
  shift 3
  for how in "$@"; do
    said=$({ "$how" "$name"; } 2>&1)
    got=$?
    { ((got == status)) && [[ $said == *"caponier-heap: $text"* ]]; } || fail "$how $name: status $got, not $status: $said"
    said=$("$how" "$name" valid 2>&1) || fail "$how $name valid: status $?: $said"
  done
}
