#!/bin/bash
# What a crash report says: signal and cause, every frame as module and offset with the function where the file has a symbol table, registers
# without addresses. For a static position-independent program, one at fixed addresses, and a dynamic one with its real libraries.
source "$CAPONIER_ROOT/tests/attack/common.bash"

# reports ARCH PROGRAM ARGUMENTS... -- PATTERN...: the report has a line for each pattern, and no address.
reports() {
  local arch=$1 words=() pattern name
  shift
  while [[ $1 != -- ]]; do words+=("$1") && shift; done
  shift
  name="${words[*]} ($arch)"
  attack "$arch" -- "${words[@]}"
  ((code == 139)) || say_bad "$name" "status $code"
  for pattern in "$@"; do
    if grep -qE -- "$pattern" "$scratch/errors"; then say_ok "$name: $pattern"; else say_bad "$name: $pattern" "$(head -n 8 "$scratch/errors")"; fi
  done
  # A program at fixed addresses has no secret there; its stack and mappings have.
  if has_address "$scratch/errors" >"$scratch/addresses"; then
    say_bad "$name: no address" "$(head -n 1 "$scratch/addresses")"
  else
    say_ok "$name: no address"
  fi
}
for arch in "${architectures[@]}"; do
  attack $arch -- layout # the control: addresses are found where they are
  if (($(has_address "$scratch/output" | wc -l) == $(wc -l <"$scratch/output"))); then say_ok "addresses are found ($arch)"; else say_bad "addresses are found ($arch)" "$output"; fi
  pc=$([[ $arch == x86_64 ]] && echo rip || echo pc) sp=$([[ $arch == x86_64 ]] && echo rsp || echo sp)
  for program in null null_fixed; do
    reports $arch $program write -- \
      '^caponier: the program crashed: SIGSEGV: write to the null page \(offset 0x0\)$' \
      "^caponier: in thread 1 \"$program\", at:$" \
      "^  #0  $program\\+0x[0-9a-f]+ \\(main\\+0x[0-9a-f]+\\)$" \
      " $pc=$program\\+0x[0-9a-f]+" " $sp=stack\\+0x[0-9a-f]+"
  done
  reports $arch crash -- \
    '^caponier: the program crashed: SIGSEGV: read of the null page \(offset 0x0\)$' \
    '^  #0  libc\.so\.6\+0x[0-9a-f]+' \
    '^  #[0-9]+ *crash\+0x[0-9a-f]+ \((Compare|main)\+0x[0-9a-f]+\)' \
    '^  #[0-9]+ *libc\.so\.6\+0x[0-9a-f]+ \(qsort[_r]*\+0x[0-9a-f]+\)' \
    " $pc=libc\\.so\\.6\\+0x[0-9a-f]+"
done
exit $status
