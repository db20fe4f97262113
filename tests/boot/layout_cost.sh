#!/bin/bash
# What random places cost, in guest instructions and page tables, against a test build of the same kernel whose layout is fixed: at most 2 ms of
# boot at an instruction a nanosecond, 1 MiB of page tables, and 3 % of a program's instructions. That build says what it is on its first line.
set -u
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cost=0
"$CAPONIER" bench layout --runs 1 --json >"$scratch/json" || exit 1
python3 - "$scratch/json" <<'PYTHON' || cost=1
import json
import sys

good = True
for arch, found in json.load(open(sys.argv[1])).items():
    programs = found["programs"]
    assert "python3 hello" in [row["program"] for row in programs]
    for row in programs:
        boot = row["boot_instructions"] - row["boot_instructions_fixed"]
        tables = row["page_tables_kib"] - row["page_tables_kib_fixed"]
        fits = 0 < boot <= 2_000_000 and 0 < tables <= 1024 and (row["program"] == "hello" or row["program_ratio"] <= 1.03)
        good &= fits
        print(f"{'ok' if fits else 'not ok'} {arch}, {row['program']}: {boot:,.0f} instructions of boot, {tables:.0f} KiB, "
              f"program's instructions x {row['program_ratio']:.4f}")
sys.exit(not good)
PYTHON

source "$CAPONIER_ROOT/tests/boot/helpers/bare_machine.bash"
fixed='caponier: a test build: the kernel.s layout is fixed'
expect "x86-64: the kernel as it is says nothing of that" "^caponier: kernel panic: $started" "$(x86 max | grep -m 1 caponier)"
expect "AArch64: the kernel as it is says nothing of that" "^caponier: kernel panic: $started" "$(arm on cortex-a57 | grep -m 1 caponier)"
kernel=caponier_fixed_layout
expect "x86-64: the test build's first line" "^$fixed" "$(x86 max | grep -m 1 caponier)"
expect "AArch64: the test build's first line" "^$fixed" "$(arm on cortex-a57 | grep -m 1 caponier)"
exit $((status | cost))
