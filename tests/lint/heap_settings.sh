#!/bin/bash
# The settings of libcaponier-heap are those that lib/heap/settings.cc names when it refuses a word: the table in docs/heap.md and the manual page
# have each of them, with each of its values or bounds, and no other.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
bad=0
say() {
  echo "$*"
  bad=1
}
# "name value value ...", a line each
truth=$(sed -n '/kOptions =/,/;/p' lib/heap/settings.cc | tr -d '"\n' | sed -E 's/.*kOptions = *//; s/;.*//; s/, */\n/g; s/ //g' | sed -E 's/[=|]/ /g; s/\.\./ /g; $a\')
table=$(sed -n '/^## Settings/,/^## /p' docs/heap.md | grep -E '^\| `[a-z]+=')
manual=$(sed -n '/^\.B CAPONIER_HEAP/,/^\.RE/p' hosted/heap/caponier-heap.7)
entry() { # NAME: its part of the manual
  awk -v name="$1=" '/^\.T[PQ]/ { inside = 0 } index($2, name) == 1 { inside = 1 } inside' <<<"$manual"
}
same() { # WHAT NAMES
  [[ $2 == "$(cut -d' ' -f1 <<<"$truth" | sort | paste -sd' ')" ]] || say "$1: other settings than lib/heap/settings.cc has: $2"
}
same docs/heap.md "$(grep -oE '^\| `[a-z]+=' <<<"$table" | tr -d '|` =' | sort | paste -sd' ')"
same hosted/heap/caponier-heap.7 "$(grep -oE '^\.B[RI] "?[a-z]+=' <<<"$manual" | sed -E 's/.* "?//; s/=//' | sort | paste -sd' ')"
while read -r name values; do
  for value in $values; do
    grep -qE "[\`= ]$(sed 's/\^/\\^/' <<<"$value")(\`|$)" <<<"$(grep -F "| \`$name=" <<<"$table" | grep -oE '`[^`]+`')" || say "docs/heap.md: $name's $value is absent"
    grep -qwF -e "$value" <<<"$(entry "$name")" || say "hosted/heap/caponier-heap.7: $name's $value is absent"
  done
done <<<"$truth"
exit $bad
