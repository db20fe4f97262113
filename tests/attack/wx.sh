#!/bin/bash
# Code that was written does not run, and code cannot be written, by any way through the memory calls. Each crime works when the level of
# W^X that stops it is off: `--wx allow-jit` for write first and execute then, `--wx off` for both at once, through aliases too.
source "$CAPONIER_ROOT/tests/attack/common.bash"
code_cause='write to code, which is read-only, at write_code\+0x[0-9a-f]+'
data_cause='execution of data, which is not executable, at '
for arch in "${architectures[@]}"; do
  caught SEGV "$code_cause" $arch -- write_code
  caught SEGV "$code_cause" $arch -- write_code open
  works $arch --wx allow-jit -- write_code open
  caught SEGV 'write to read-only memory at write_constant\+0x[0-9a-f]+' $arch -- write_constant
  works $arch -- write_constant open # a page that holds no code may be made writable, on Linux too
  caught SEGV 'execution of data, which is not executable, at run_constant\+0x[0-9a-f]+' $arch -- run_constant
  works $arch -- run_constant open # nor was it ever writable
  caught SEGV 'write to code, which is read-only, at \[vdso\]\+0x0' $arch -- write_vdso
  refused 'mprotect of the vDSO: Operation not permitted' $arch -- write_vdso open
  works $arch --wx allow-jit -- write_vdso open

  for place in stack:stack heap: data: mapping:; do
    crime=run_${place%:*}
    caught SEGV "$data_cause${place#*:}" $arch -- $crime
    caught SEGV "$data_cause${place#*:}" $arch -- $crime open
    works $arch --wx allow-jit -- $crime open
  done

  for crime in write_then_run none_between moved run_private_file; do
    refused 'mprotect of .*: (Operation not permitted|Out of memory)' $arch -- $crime
    works $arch --wx allow-jit -- $crime
  done

  for crime in map_both protect_both; do
    refused 'm.* write and execute: (Operation not permitted|Out of memory)' $arch -- $crime
    refused 'm.* write and execute: (Operation not permitted|Out of memory)' $arch --wx allow-jit -- $crime
    works $arch --wx off -- $crime
  done

  for crime in alias_shared alias_file alias_protect; do
    caught SEGV 'execution of memory that is written through another mapping, at ' $arch -- $crime
    caught SEGV 'execution of memory that is written through another mapping, at ' $arch --wx allow-jit -- $crime
    works $arch --wx off -- $crime
  done
  for crime in alias_running alias_private alias_write; do
    refused 'other code ran than what was written' $arch -- $crime
    works $arch --wx off -- $crime
  done
  refused 'mprotect of the second mapping: (Operation not permitted|Out of memory)' $arch -- alias_remap
  caught SEGV 'execution of memory that is written through another mapping, at ' $arch -- alias_anonymous
  for crime in alias_remap alias_anonymous; do
    caught SEGV 'execution of memory that is written through another mapping, at ' $arch --wx allow-jit -- $crime
    works $arch --wx off -- $crime
  done

  refused 'read into code: Bad address' $arch -- deputy_code
  refused 'read into code: Bad address' $arch -- deputy_code open
  works $arch --wx allow-jit -- deputy_code open
  refused '/proc/self/mem: No such file' $arch -- own_memory

  attack $arch -- map_both
  if [[ $errors == *'(--wx strict); some engines need --wx allow-jit or off' ]]; then
    say_ok "a program that fails for it ($arch) is told which level grants it"
  else
    say_bad "a program that fails for it ($arch) is told which level grants it" "$errors"
  fi
  attack $arch --wx off --report "$scratch/report" -- map_both
  if [[ $errors == 'caponier: the program may execute what it can write (--wx off)' ]] && grep -q '"wx": *"off"' "$scratch/report"; then
    say_ok "--wx off ($arch) says so"
  else
    say_bad "--wx off ($arch) says so" "$errors"
  fi
done
exit $status
