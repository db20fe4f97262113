#!/bin/bash
# Every misuse that docs/heap.md calls certain is caught in every run, and every valid twin passes, natively and under memory tags. The audit
# compares ours with others; this is ours alone, in few runs.
set -u
root=$(cd -P -- "$(dirname -- "$0")/../.." && pwd)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
cd "$root" || exit 1
cmake --preset host >"$log" 2>&1 || { cat "$log" && exit 1; }
cmake --build --preset host --target caponier-tool >"$log" 2>&1 || { cat "$log" && exit 1; }
# A tag that a stale pointer or a neighbour has by chance, where policy should forbid it, is one in fifteen: dozens of cases look for it.
status=0
build/host/tool/caponier-tool audit heap --allocator caponier --runs 3 || status=1
build/host/tool/caponier-tool audit heap --allocator caponier+tags --runs 1 || status=1
exit $status
