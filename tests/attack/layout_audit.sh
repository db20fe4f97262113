#!/bin/bash
# The page tables of a machine, walked from outside by code that is not the kernel's, are sound at each moment: after the load, after 10,000
# random calls for memory, after execve. The controls: with W^X off the writable code is found; and of a machine whose tables a debugger
# broke, one entry a dump, the audit names exactly what was broken. A dump that is cut off is refused. The kernel's own walk meets as many tables
# and pages as the one from outside, at each moment, and stops the machine for each of those breaks, by a name that the audit of the same
# moment's dump has too.
source "$CAPONIER_ROOT/tests/attack/debugger.bash"
wx='a page is writable and executable'
alias='a frame is writable at one place and executable at another'

for arch in "${architectures[@]}"; do
  timeout 60 "$CAPONIER" audit tables --arch $arch --json "$scratch/audit" >"$scratch/output" 2>"$scratch/errors"
  code=$?
  moments=$(grep -oE "^$arch .*  clean$" "$scratch/output" | sed -E 's/  +.*//')
  if ((code == 0)) && [[ $moments == "$arch loaded"$'\n'"$arch after 10000 calls"$'\n'"$arch after execve" ]] && grep -q '"clean": true' "$scratch/audit"; then
    say_ok "the tables are sound at each moment ($arch)"
  else
    say_bad "the tables are sound at each moment ($arch)" "status $code, $(cat "$scratch/output" "$scratch/errors")"
  fi
  if has_address "$scratch/output" || has_address "$scratch/audit"; then
    say_bad "the audit ($arch) gives no address away" "$(has_address "$scratch/output")"
  else
    say_ok "the audit ($arch) gives no address away"
  fi

  timeout 60 "$CAPONIER" audit tables --arch $arch --wx off >"$scratch/output" 2>"$scratch/errors"
  code=$?
  found=$(sed -n 's/^  \([^:]*\): .*/\1/p' "$scratch/output" | grep -v '^note$')
  if ((code == 1)) && [[ $found == "$wx"$'\n'"$alias" ]]; then
    say_ok "with --wx off ($arch) the writable code is found"
  else
    say_bad "with --wx off ($arch) the writable code is found" "status $code, $(cat "$scratch/output" "$scratch/errors")"
  fi
done

# judged ARCH DUMP WORDS, or with `among` behind: the audit of that dump finds just that, or that among others; no WORDS: nothing.
judged() {
  local arch=$1 dump=$2 words=$3 options=() register
  while read -r register; do options+=(--register "$register"); done <"$DUMPS/registers"
  timeout 60 "$CAPONIER" audit dump "$DUMPS/${dump// /_}" --arch $arch "${options[@]}" --kernel "$CAPONIER_ROOT/build/$arch/kernel/caponier.elf" \
    >"$scratch/output" 2>"$scratch/errors"
  code=$?
  found=$(sed -n 's/^  \([^:]*\): .*/\1/p' "$scratch/output" | sort -u)
  [[ ${4-} == among ]] && found=$(grep -xF "$words" <<<"$found")
  if ((code == (${#words} > 0 ? 1 : 0))) && [[ -s $scratch/output && $found == "$(sort -u <<<"$words")" ]]; then
    say_ok "$dump ($arch): ${words:-nothing is found}"
  else
    say_bad "$dump ($arch): ${words:-nothing is found}" "status $code, $(cat "$scratch/output" "$scratch/errors")"
  fi
}
# walked ARCH BREAK RULE: the kernel's own walk.
walked() {
  stops "$1" '' "walk $2" "page tables: $3"
  judged "$1" walked "$3" among
}
# refused_dump NAME WORDS DUMP OPTIONS...: one line, and status 125.
refused_dump() {
  timeout 60 "$CAPONIER" audit dump "$3" --arch x86_64 "${@:4}" >"$scratch/output" 2>"$scratch/errors"
  code=$?
  if ((code == 125)) && grep -qxE -- "caponier: $2" "$scratch/errors" && (($(wc -l <"$scratch/errors") == 1)); then
    say_ok "$1 is refused in one line"
  else
    say_bad "$1 is refused in one line" "status $code, $(<"$scratch/errors")"
  fi
}
export DUMPS=$scratch/dumps MACHINE_OPTIONS='--memory 32M'
mkdir "$DUMPS"
for arch in "${architectures[@]}"; do
  debug $arch '' 'dump tables'
  [[ $verdict == returned ]] || say_bad "dumps ($arch)" "$(tail -n 3 "$scratch/debugger")"
  judged $arch sound ''
  judged $arch 'writable code' "$wx"
  judged $arch 'executable data' "$wx"
  judged $arch 'writable constants' $'a page has rights that its mapping or segment does not have\npages of one region have different rights'
  judged $arch table 'a page table is mapped'
  judged $arch alias 'a frame stands at two places'
  judged $arch 'code alias' "$alias"
  judged $arch "kernel's in the program's half" "a page of the program's half is not the program's"
  judged $arch outside 'a page is neither memory nor a device of the kernel'"'"'s'
  [[ $arch == aarch64 ]] || judged $arch 'open gate' 'a page table is mapped'
  judged $arch guard $'no absent page stands between two regions\na page is in no region of its half\'s list'
  judged $arch open $'the program may use a page of the kernel\'s half\npages of one region have different rights'
  debug $arch '' 'walk sound'
  judged $arch walked ''
  tables=$(awk '$1 == arch { print $2, $3 }' arch=$arch "$scratch/output")
  if [[ -n $tables && $verdict == "returned ${tables% *} tables, ${tables#* } pages of the kernel" ]]; then
    say_ok "the kernel meets as many tables and pages as the audit of the dump ($arch): $tables"
  else
    say_bad "the kernel meets as many tables and pages as the audit of the dump ($arch)" "$tables, $verdict, $(tail -n 3 "$scratch/debugger")"
  fi
  walked $arch 'writable code' "$wx"
  walked $arch 'executable data' "$wx"
  walked $arch 'writable constants' 'a page has rights that its mapping or segment does not have'
  walked $arch table 'a page table is mapped'
  walked $arch alias 'a frame stands at two places'
  walked $arch 'code alias' "$alias"
  walked $arch "kernel's in the program's half" "a page of the program's half is not the program's"
  walked $arch outside 'a page is neither memory nor a device of the kernel'"'"'s'
  [[ $arch == aarch64 ]] || walked $arch 'open gate' 'a page table is mapped'
  walked $arch guard "a page is in no region of its half's list"
  walked $arch open "the program may use a page of the kernel's half"
  walked $arch 'null page' 'a page stands where nothing may'
  truncate -s -4096 "$DUMPS/sound"
  none=(--register cr0=0 --register cr3=0 --register cr4=0 --register efer=0)
  refused_dump "a dump that is cut off ($arch)" '.*/sound: a piece of memory is cut off \(at 0x[0-9a-f]+\)' "$DUMPS/sound" "${none[@]}"
done
refused_dump 'a dump without a register' '--register efer=VALUE is needed' "$DUMPS/table" "${none[@]:0:6}"
refused_dump 'a register that is no number' '--register cr0=x: not NAME=VALUE with a number' "$DUMPS/table" --register cr0=x
refused_dump 'a register of no processor' '--register cr9=0: not one register of this architecture, once, with its value' "$DUMPS/table" --register cr9=0
refused_dump 'registers without page tables' '.*/table: the machine does not use page tables of long mode \(at 0x0\)' "$DUMPS/table" "${none[@]}"
refused_dump 'no dump' '.*/absent: No such file or directory' "$DUMPS/absent" "${none[@]}"
refused_dump 'a folder for a dump' '.*: cannot be read' "$DUMPS" "${none[@]}"
exit $status
