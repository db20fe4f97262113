#!/bin/bash
# The unit tests once more, as users get the library: optimised, without the sanitizers.
set -eu
cd -P -- "$(dirname -- "$0")/../.."
log=$(mktemp)
trap 'rm -f "$log"' EXIT
{ cmake --preset host && cmake --build --preset host --target hosted_random_test; } >"$log" 2>&1 || { cat "$log" && exit 1; }
# Three processes, each small: what a fork or a search of all memory costs grows with it.
for filter in 'Fork*' 'Erasure*' '-Fork*:Erasure*'; do
  build/host/hosted/random/hosted_random_test --gtest_filter="$filter"
done
