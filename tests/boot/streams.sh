#!/bin/bash
# The command's streams and statuses, on both architectures: what goes in and comes out is the program's, byte for byte; its status,
# its signals and its terminal too; and nothing is left running. Waits have bounds that only a hang reaches.
set -u
. "$CAPONIER_ROOT/tests/boot/helpers/common.bash"
cd "$scratch" || exit 1
export CAPONIER_STREAMS_TEST=$scratch # by which emulators of this test are known
bound=120

run() { timeout -k 5 $bound "$CAPONIER" run "$@"; }
# is NAME GOT WANTED
is() { if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1: '$(head -c 300 <<<"$2")', not '$3'"; fi; }
same() { if cmp -s "$2" "$3"; then ok "$1"; else not_ok "$1: $(cmp "$2" "$3" 2>&1)"; fi; }

emulators() { # how many of this test's run
  local each count=0
  for each in /proc/[0-9]*; do
    [[ $(cat "$each/comm" 2>/dev/null) == qemu-system-* ]] && grep -qzxF "CAPONIER_STREAMS_TEST=$scratch" "$each/environ" 2>/dev/null && ((count++))
  done
  echo $count
}

# none_left NAME: once the tool has ended, its emulator has, or is about to.
none_left() {
  local i
  for ((i = 0; i < 100; i++)); do
    (($(emulators) == 0)) && ok "$1: nothing left running" && return
    sleep 0.1
  done
  not_ok "$1: an emulator is left running"
}

# start KIND: in the background, with its output in out; waits until it says that it is ready. Its process is $!.
start() {
  : >out
  "$CAPONIER" run "$program" "$1" >out 2>err </dev/null &
  local i
  for ((i = 0; i < bound * 10; i++)); do
    grep -q ready out && return
    kill -0 $! 2>/dev/null || break
    sleep 0.1
  done
  not_ok "$arch $1 does not start: $(cat err)"
}

# finish NAME STATUS: of what was started.
finish() {
  local i
  for ((i = 0; i < bound * 10; i++)); do
    kill -0 "$started" 2>/dev/null || break
    sleep 0.1
  done
  ((i < bound * 10)) || kill -KILL "$started"
  wait "$started" 2>/dev/null
  is "$1" $? "$2"
}

# dialogue NAME STATUS STEPS WORDS...: on a terminal; STEPS as helpers/pty.c has them. The terminal is as before afterwards.
dialogue() {
  local said
  said=$(timeout -k 5 $((2 * bound)) ./pty "$3" "${@:4}" 2>shown)
  is "$1" "$(tail -n 2 <<<"$said")" "after echo=1 canonical=1
status $2"
}

clang-19 -O1 -Wall -o pty "$helpers/pty.c" || not_ok 'compile pty.c'
head -c 100000000 /dev/urandom >large
for arch in x86_64 aarch64; do
  program=./streams.$arch
  compile $arch static $program "$helpers/streams.c" || not_ok "compile streams.c for $arch"

  # --- how it ends
  for status in 0 1 125 126 127 128 255; do
    run $program exit $status >out 2>err </dev/null
    is "$arch status $status" "$? $(cat out err)" "$status "
  done
  for number in 1 6 9 11 13 15; do
    run $program kill $number >out 2>err </dev/null
    is "$arch signal $number" "$? $(cat out)" "$((128 + number)) "
  done

  # --- bytes
  run $program all-bytes >out 2>err </dev/null
  for ((i = 0; i < 512; i++)); do printf "\\x$(printf %02x $((i & 255)))"; done >wanted
  for ((i = 0; i < 512; i++)); do printf "\\x$(printf %02x $((255 - (i & 255))))"; done >wanted.err
  same "$arch every byte on standard output" out wanted
  same "$arch every byte on standard error" err wanted.err
  run $program copy <large | sha256sum >out
  is "$arch 100 MB from a file into a pipe" "$(<out)" "$(sha256sum <large)"
  cat large | run $program copy >out
  same "$arch 100 MB from a pipe into a file" out large
  seq 0 1999 >wanted
  run $program in-turn 2000 >out 2>&1 </dev/null
  same "$arch both streams in one file keep their order" out wanted
  run $program in-turn 2000 2>&1 </dev/null | cat >out
  same "$arch both streams in one pipe keep their order" out wanted
  run $program in-turn 2000 >out 2>err </dev/null
  is "$arch the streams stay apart" "$(($(wc -l <out) * 10000 + $(wc -l <err)))" 10001000
  run $program partial 0 >out 2>err </dev/null
  is "$arch an unfinished line at exit" "$? $(cat out err)" '0 written buffered'
  run $program partial 1 >out 2>err </dev/null
  is "$arch what _exit does not flush" "$? $(cat out err)" '0 written '
  run $program partial 2 >out 2>err </dev/null
  is "$arch an unfinished line at a crash" "$? $(cat out)" '139 written '
  is "$arch the crash is told on standard error" "$(head -n 1 err | grep -c '^caponier: .*SIGSEGV')" 1

  # --- input
  is "$arch input from /dev/null" "$(run $program copy </dev/null; echo $?)" 0
  is "$arch input from a closed descriptor" "$(run $program copy <&-; echo $?)" 0
  is "$arch input in lines" "$(printf 'a\nb' | run $program lines)" $'terminals 000\nline a\nline bend'
  is "$arch input that comes late" "$( (sleep 1; echo late) | run $program lines)" $'terminals 000\nline late\nend'
  is "$arch input that nobody reads" "$(cat large | run $program exit 7; echo $?)" 7
  is "$arch input of which some is read" "$(cat large | run $program first >out; echo $?)" 4
  is "$arch the first of it" "$(sha256sum <out)" "$(head -c 6 large | sha256sum)"

  # --- output that is not taken
  (run $program pour </dev/null 2>err; echo $? >status) | head -c 5000 >out
  is "$arch a reader that goes away gives EPIPE" "$(cat status err)" $'5\nerrno 32'
  (run $program pour-and-die </dev/null 2>err; echo $? >status) | head -c 5000 >out
  is "$arch or SIGPIPE" "$(cat status err)" 141
  run $program copy >/dev/full 2>err <<<x
  is "$arch a full disk is told" "$? $(cat err)" '125 caponier: standard output: no space left on device'
  (ulimit -f 4096 && run $program copy <large >out 2>err; echo $? >status)
  is "$arch a file that may not grow is told" "$(cat status err) $(stat -c %s out)" '141
caponier: standard output: file too large 4194304'
  for closed in '>&-' '2>&-' '<&-' '>&- 2>&- <&-'; do
    eval "run \$program exit 7 $closed"
    is "$arch with $closed" $? 7
  done
  is "$arch what goes to a closed standard error is nowhere" "$(run $program all-bytes 2>&- >/dev/null; echo $?)" 0
  none_left "$arch streams"

  # --- signals from outside
  for signal in INT TERM HUP QUIT USR1 USR2; do
    start wait
    started=$!
    kill -$signal $started
    finish "$arch SIG$signal ends a program that waits" $((128 + $(kill -l $signal)))
  done
  start spin
  started=$!
  kill -INT $started
  finish "$arch SIGINT ends a program that computes" 130
  start handle
  started=$!
  kill -USR1 $started
  for ((i = 0; i < bound * 10; i++)); do grep -q 'got 10' out && break || sleep 0.1; done
  kill -TERM $started
  finish "$arch a program that handles SIGTERM decides" 55
  is "$arch it got both signals" "$(sed 's/ 0x0$//' out)" $'ready\ngot 10\ngot 15'
  start ignore
  started=$!
  kill -INT $started
  kill -TERM $started
  finish "$arch two signals end a program that ignores them" 143
  is "$arch and that is told" "$(cat err)" 'caponier: the machine was stopped'
  (
    trap '' HUP
    start wait
    started=$!
    kill -HUP $started
    kill -TERM $started
    finish "$arch an ignored SIGHUP stays ignored, as nohup asks" 143
    exit $failed
  ) || failed=1
  start wait
  started=$!
  kill -BUS $started # as for a file that becomes shorter while it is mapped
  finish "$arch SIGBUS ends the tool" 125
  is "$arch and is told" "$(cat err)" 'caponier: a file became shorter, or its disk failed, while it was read'
  start wait
  started=$!
  kill -KILL $started
  finish "$arch SIGKILL ends the tool" 137
  none_left "$arch signals"

  # --- a terminal
  dialogue "$arch lines from a terminal" 6 'expect terminals 111
send abc\n
expect line abc
send \x04
expect end' "$CAPONIER" run $program lines
  dialogue "$arch Ctrl-C" 130 'expect ready
send \x03' "$CAPONIER" run $program wait
  dialogue "$arch Ctrl-C into a busy program" 130 'expect ready
send \x03' "$CAPONIER" run $program spin
  dialogue "$arch Ctrl-\\" 131 'expect ready
send \x1c' "$CAPONIER" run $program wait
  dialogue "$arch Ctrl-C that is handled" 42 'expect ready
send \x03
expect got 2 0x0' "$CAPONIER" run $program handle
  dialogue "$arch the window's size changes" 55 'expect ready
size 33 77
expect got 28 33x77
kill 15' "$CAPONIER" run $program handle
  dialogue "$arch keys from a raw terminal" 6 'expect raw
send a\x01
expect key 97
expect key 1
send q' "$CAPONIER" run $program raw
  dialogue "$arch a raw terminal is put right after the end by a signal" 143 'expect raw
kill 15' "$CAPONIER" run $program raw
  dialogue "$arch Ctrl-Z and on" 0 'expect terminals 111
send \x1a
expect stopped 147
send abc\n
expect line abc
send \x04
expect ended 6' bash -c "set -m; '$CAPONIER' run $program lines; echo stopped \$?; fg; echo ended \$?"
  # What is typed wakes it too, and it stops where it reads; a shell that calls it just then takes it for running, and sees it stop.
  dialogue "$arch in the background until called" 0 'expect shell
send x\n
expect read x
send abc\n
expect line abc
send \x04
expect ended 6' bash -c "set -m; '$CAPONIER' run $program lines & sleep 1; echo shell; read -r line; echo read \$line; for i in {1..30}; do jobs -s | grep -q . && break; sleep 0.1; done; fg; echo ended \$?"
  none_left "$arch terminals"
done
exit $failed
