#!/bin/bash
# CPython's own tests, in machines of both architectures. Left out are the tests that start another process (fork or vfork: ENOSYS in a
# machine with one process); python_forks.txt names them, so that a test which fails for another reason is seen.
source "$(dirname -- "$0")/common.bash"
seconds=900
cp "$CAPONIER_ROOT/tests/programs/python_forks.txt" .
run() { # MODULE...
  local arch lib got
  for arch in "${architectures[@]}"; do
    lib=${sysroots[$arch]}/usr/lib/python3.11
    options=(--memory 1G --with "$lib/test" --env "PYTHONPATH=$lib" --env PYTHONDONTWRITEBYTECODE=1)
    in_machine "$arch" python3 -m test --ignorefile="$PWD/python_forks.txt" "$@" >here.out 2>here.err
    got=$?
    if ((got == 0)) && grep -q '^Tests result: SUCCESS' here.out; then
      ok "python3 -m test $* ($arch): without $(wc -l <python_forks.txt) cases that fork"
    else
      not_ok "python3 -m test $* ($arch): status $got"
      grep -E '^(ERROR|FAIL)|Error:|tests? failed' here.out here.err | head -n 40
    fi
  done
}
run test_json test_re test_hashlib test_struct test_zlib test_threading
exit $status
