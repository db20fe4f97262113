#!/bin/bash
# Languages and solvers that ask much of memory: places by name, code made as they run, threads. What is refused for that is said in one line.
. "$CAPONIER_ROOT/tests/programs/common.bash"
for arch in "${architectures[@]}"; do
  sysroots[$arch]=$("$CAPONIER_ROOT/tests/sysroot" "$arch" engines) || { echo "no Debian programs for $arch" && exit 1; }
done

# --- places below 4 GiB, by name; memory that is written and run
options=(--wx off --memory 512M)
core=usr/lib/sbcl/sbcl.core
for arch in "${architectures[@]}"; do
  in_machine "$arch" sbcl --core "${sysroots[$arch]}/$core" --noinform --no-sysinit --no-userinit --disable-debugger \
    --eval '(progn (format t "~a ~a~%" (loop for i below 1000 sum (* i i)) (handler-case (error "x") (error () 3))) (exit))' </dev/null >here.out 2>here.err
  got=$?
  if ((got == 0)) && [[ $(<here.out) == '332833500 3' ]]; then
    ok "sbcl with its core at its place ($arch)"
  else
    not_ok "sbcl with its core at its place ($arch): status $got"
    tail -n 3 here.out here.err
  fi
done
options=()

# --- places near the engine's own code
counting='local s = 0 for i = 1, 3000000 do s = s + i end print(string.format("%.0f", s))'
options=(--wx allow-jit)
prints 'luajit, compiling' '^4500001500000$' luajit -e "$counting"
options=()
for arch in "${architectures[@]}"; do
  in_machine "$arch" luajit -e "$counting" </dev/null >here.out 2>here.err
  got=$?
  refused='caponier: the program was refused code in memory that it can write (--wx strict); some engines need --wx allow-jit or off'
  if ((got == 1)) && [[ ! -s here.out && $(tail -n 1 here.err) == "$refused" ]]; then
    ok "luajit, refused its code ($arch)"
  else
    not_ok "luajit, refused its code ($arch): status $got"
    tail -n 3 here.err
  fi
done
same 'luajit, interpreting' luajit -joff -e 'local t = {} for i = 1, 20000 do t[i] = i * i % 977 end table.sort(t) print(#t, t[1], t[20000])'

# --- others
same clisp clisp -norc -q -x '(progn (print (loop for i below 1000 sum i)) (print (expt 3 200)))'
printf '(declare-const x Int)(declare-const y Int)(assert (and (> x 3) (= (+ x y) 10) (< y 5) (> (* x y) 20)))(check-sat)(get-model)' >question.smt2
same z3 z3 question.smt2
printf 'print(factor(2^101-1))\nprint(nextprime(10^30))\nquit\n' >sums.gp
same 'PARI/GP' gp -q -f sums.gp
printf '\0asm\1\0\0\0\1\5\1\x60\0\1\x7f\3\2\1\0\7\5\1\1f\0\0\x0a\x09\1\7\0\x41\x2a\x41\3\x6c\x0b' >product.wasm
same wasm-interp wasm-interp product.wasm --run-all-exports
printf 'syntax = "proto3"; message M { int32 a = 1; repeated string b = 2; }\n' >message.proto
printf 'a: 5 b: "x" b: "yz"' >message.txt
input=message.txt
same protoc protoc --encode=M message.proto
seeded_lines 100000 >lines
input=lines
same 'pigz with four threads' pigz -9 -n -p 4
exit $status
