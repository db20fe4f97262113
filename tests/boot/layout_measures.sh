#!/bin/bash
# `caponier audit layout` measures plans, boots and this host's processes in one run, with no address in what it writes; foretells where each
# machine puts everything, and is right; and fails when the machines' layout is the same each time.
set -u
status=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
source "$CAPONIER_ROOT/tests/emulator.bash"
check() { # NAME CONDITION...
  local name=$1
  shift
  if "$@"; then
    echo "ok $name"
  else
    echo "not ok $name"
    cat "$scratch/output" "$scratch/errors"
    status=1
  fi
}
"$CAPONIER" build host x86_64 aarch64 || exit 1
timeout 120 "$CAPONIER" audit layout --plans 16 --boots 3 --processes 64 --calls 100 --json "$scratch/json" -o "$scratch/page" >"$scratch/output" 2>"$scratch/errors"
code=$?
check "a sound layout passes" test $code = 0
check "the JSON has it all" python3 - "$scratch/json" <<'PYTHON'
import json
import sys

found = json.load(open(sys.argv[1]))
assert found["tables_clean"]
assert [(plans["arch"], plans["levels"]) for plans in found["plans"]] == [("x86_64", 4), ("x86_64", 5), ("aarch64", 4)]
for plans in found["plans"]:
    regions = 6 if plans["levels"] == 5 else 13
    assert len(plans["regions"]) == regions and len(plans["pairs"]) == regions * (regions - 1) and plans["failures"] == []
    assert all(region["layouts"] == 2**16 and region["proven_bits"] > 20 for region in plans["regions"])
assert [place["of"].split()[0] for place in found["observed"]] == ["x86_64", "aarch64", "processes"]
for machine in found["observed"][:2]:
    assert machine["foretold"]["right"] > 60 and machine["foretold"]["wrong"] == [], machine["foretold"]
assert [machine["kernel_half_bits"] for machine in found["observed"][:2]] == [44, 36]
for machine in found["observed"][:2]:
    for place in machine["places"]:
        assert place["pairs_equal"] < (3 if "in memory" in place["place"] else 1), place
names = [{place["place"] for place in source["places"]} for source in found["observed"]]
assert "per-CPU data" in names[0]
for machine in names[:2]:
    assert {"image", "stack", "break", "vDSO", "first mapping", "kernel image", "thread stack", "windows", "heap arena", "frame table", "kernel image, in memory", "boot stack, in memory"} <= machine
assert {"image", "interpreter", "stack", "break", "vDSO", "first mapping"} <= names[2]
PYTHON
check "the page has its pictures" test "$(grep -c '<svg' "$scratch/page")" -ge 20
check "neither has an address" test -z "$(grep -ohE '\b0x[0-9a-f]{9,}\b|\b(ffff)[0-9a-f]{12}\b' "$scratch/json" "$scratch/output")"

# What stands a page from where it was foretold is named, in each boot; the break stands for all of the program's plan.
for moved in 'kernel image' 'kernel image, in memory' 'frame table' 'double fault stack' 'boot shadow stack' break; do
  arch=x86_64
  [[ $moved == 'boot shadow stack' ]] && arch=aarch64
  timeout 120 "$CAPONIER" audit layout --arch $arch --control "$moved" --plans 8 --boots 2 --processes 0 --calls 100 >"$scratch/output" 2>"$scratch/errors"
  code=$?
  check "the $moved a page higher fails" test $code = 1
  check "the $moved alone is named" test "$(grep -c FAILS "$scratch/output")" = 1
  check "the $moved is named" grep -qx "  FAILS ${moved/break/program}: 2 times not where it was foretold" "$scratch/output"
done
timeout 120 "$CAPONIER" audit layout --arch x86_64 --control nowhere --plans 8 --boots 2 --processes 0 --calls 100 >"$scratch/output" 2>"$scratch/errors"
code=$?
check "a region that is none is refused" test $code = 125
check "and the regions are named" grep -q '^caponier: --control nowhere: the regions are .*; kernel image; ' "$scratch/errors"

# An x86-64 processor without five levels of page tables.
mkdir "$scratch/bin"
cat >"$scratch/bin/qemu-system-x86_64" <<WRAPPER
#!/bin/bash
exec "$(emulator x86_64)" "\${@/#max*/max,-la57}"
WRAPPER
chmod +x "$scratch/bin/qemu-system-x86_64"
CAPONIER_EMULATORS=$scratch/bin timeout 120 "$CAPONIER" audit layout --arch x86_64 --plans 8 --boots 2 --processes 0 --calls 100 --json "$scratch/json" \
  >"$scratch/output" 2>"$scratch/errors"
code=$?
check "a sound layout of four levels passes" test $code = 0
check "its places are of four levels, and as foretold" python3 - "$scratch/json" <<'PYTHON'
import json
import sys

machine = json.load(open(sys.argv[1]))["observed"][0]
assert machine["kernel_half_bits"] == 35
assert machine["foretold"]["right"] > 60 and machine["foretold"]["wrong"] == [], machine["foretold"]
PYTHON

timeout 120 "$CAPONIER" audit layout --arch x86_64 --layout off --plans 8 --boots 2 --processes 0 --calls 100 >"$scratch/output" 2>"$scratch/errors"
code=$?
check "a fixed layout fails" test $code = 1
for place in image stack break vDSO 'first mapping'; do
  check "$place of a fixed layout is told" grep -qx "  FAILS $place: 1 pairs of 2 layouts are equal" "$scratch/output"
done
check "the kernel's own is as foretold" grep -qE '^[0-9]{2} regions stand where this host foretold them, 0 elsewhere' "$scratch/output"
check "the kernel's own stays scattered" test -z "$(grep 'FAILS kernel' "$scratch/output")"
exit $status
