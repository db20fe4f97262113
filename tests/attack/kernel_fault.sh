#!/bin/bash
# The kernel in an attacker's hands: a debugger makes it read, write and run what it must not. Each time the kernel ends itself with one line
# that says what was done to which region, and the tool ends with 125. With the protection taken away, by another processor or in the page
# tables, the same crime succeeds.
source "$CAPONIER_ROOT/tests/attack/debugger.bash"
stops x86_64 '' null 'forbidden read of the null page, at:'
stops aarch64 '' null 'forbidden read of the null page, at:'

stops x86_64 '' 'read program' "forbidden read of the program's half, at:"
succeeds x86_64 -smap 'read program' 'returned 0x123456789abcdef'
stops x86_64 '' 'write program' "forbidden write of the program's half, at:"
succeeds x86_64 -smap 'write program' 'returned 0x0'
stops x86_64 '' 'run program' "forbidden execution of the program's half, at:"
succeeds x86_64 -smep 'run program' 'returned 0x.*'

stops aarch64 '' 'read program' "forbidden read of the program's half, at:"
succeeds aarch64 cortex-a72 'read program' 'returned 0x123456789abcdef'
stops aarch64 '' 'write program' "forbidden write of the program's half, at:"
succeeds aarch64 cortex-a72 'write program' 'returned 0x0'
stops aarch64 '' 'run program' "forbidden execution of the program's half, at:"
succeeds aarch64 '' 'run program, unprotected' 'returned 0x.*'

for arch in "${architectures[@]}"; do
  stops $arch '' 'write code' 'forbidden write of kernel image at offset [0-9]+, at:'
  succeeds $arch '' 'write code, unprotected' 'returned 0x.*'
  stops $arch '' 'write constant' 'forbidden write of kernel image at offset [0-9]+, at:'
  succeeds $arch '' 'write constant, unprotected' 'returned 0x.*'
  stops $arch '' 'run constant' 'forbidden execution of kernel image at offset [0-9]+, at:'
  succeeds $arch '' 'run constant, unprotected' 'returned 0x.*'
  stops $arch '' 'run data' 'forbidden execution of heap arena at offset [0-9]+, at:'
  succeeds $arch '' 'run data, unprotected' 'returned 0x.*'
  for what in type class; do
    stops $arch '' "call another $what" 'a call through a pointer to a function or an object of another type, at:'
    succeeds $arch '' "call another $what, unprotected" 'returned 0x.*'
  done
  stops $arch '' 'free twice' 'a heap block was freed that is not in use'
  succeeds $arch '' 'free twice, unprotected' 'returned 0x0'
  stops $arch '' 'free inside' 'a heap block was freed that is not in use'
  succeeds $arch '' 'free inside, unprotected' 'returned 0x.*'
  stops $arch '' canary 'a stack canary was overwritten'
  debug $arch '' 'canary, unprotected'
  if ((code == 0)) && [[ $output == *'still here'* ]]; then say_ok "a canary left alone ($arch)"; else say_bad "a canary left alone ($arch)" "status $code $errors"; fi
  # 40 calls at 256 places: fewer than 20 different ones is no chance.
  succeeds $arch '' 'watch stacks' "returned ([2-9][0-9]) places, 2 stacks, 2 canaries, $([[ $arch == aarch64 ]] && echo '2 keys, 2' || echo '1 keys, 1') shadow stacks"
  succeeds $arch '' 'look for relocations' 'returned 0 of [0-9]{3,} bytes'
  stops $arch '' 'overflow stack' 'forbidden .* of the guard of thread stack at offset -[0-9]+, at:'
done
stops x86_64 '' 'write page table' 'forbidden write of window table at offset [0-9]+, at:'
stops aarch64 '' 'write page table' "forbidden write of the program's half, at:"
for arch in "${architectures[@]}"; do succeeds $arch '' 'write page table, unprotected' 'returned 0x.*'; done
stops x86_64 '' 'write descriptors' 'forbidden write of descriptor tables at offset [0-9]+, at:'
succeeds x86_64 '' 'write descriptors, unprotected' 'returned 0x.*'
exit $status
