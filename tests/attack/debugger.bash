# Sourced by the tests that need a debugger: starts with_debugger in a machine whose emulator listens for one, and has debugger.py commit a
# crime. The emulator is started through a wrapper, which adds the debugger's socket, and changes the processor for a control.
source "$CAPONIER_ROOT/tests/attack/common.bash"
source "$CAPONIER_ROOT/tests/emulator.bash"
mkdir "$scratch/bin"
for arch in "${architectures[@]}"; do
  llvm-nm-19 --demangle "$CAPONIER_ROOT/build/$arch/kernel/caponier.elf" >"$scratch/symbols-$arch"
  cat >"$scratch/bin/qemu-system-$arch" <<WRAPPER
#!/bin/bash
words=("\$@")
for i in "\${!words[@]}"; do
  [[ \${words[i]} == -cpu ]] || continue
  case \${ATTACK_CPU-} in
    -*) words[i + 1]+=,\$ATTACK_CPU ;;
    ?*) words[i + 1]=\$ATTACK_CPU words=("\${words[@]/mte=on,/}") ;; # no other processor has tags
  esac
done
[[ -z \${GDB_SOCKET-} ]] || words+=(-chardev "socket,id=gdb,server=on,wait=off,path=\$GDB_SOCKET" -gdb chardev:gdb)
exec "$(emulator $arch)" "\${words[@]}"
WRAPPER
done
chmod +x "$scratch"/bin/*

# The kernel's functions stand as its file says, unless KERNEL_ORDER says otherwise.
# debug ARCH CPU CRIME: sets code, output, errors as attack does, and verdict, the debugger's words. CPU: what is added to the emulator's
# -cpu (as -smep), or a whole processor, or nothing.
debug() {
  local ARCH=$1 CRIME=$3 waited=0
  export ARCH CRIME GDB_SOCKET=$scratch/gdb SYMBOLS=$scratch/symbols-$ARCH
  rm -f "$GDB_SOCKET" "$scratch"/output "$scratch"/errors # what the last machine said is no sign of this one
  echo 'some input for the machine' >"$scratch/input"
  CAPONIER_EMULATORS=$scratch/bin ATTACK_CPU=$2 timeout -k 5 60 "$CAPONIER" run --accel tcg --kernel-order "${KERNEL_ORDER-fixed}" ${MACHINE_OPTIONS-} \
    "$CAPONIER_ROOT/build/$ARCH/guest/attacks/with_debugger" \
    >"$scratch/output" 2>"$scratch/errors" <"$scratch/input" &
  local machine=$!
  until grep -q ready "$scratch/output" 2>/dev/null || ((++waited > 600)); do sleep 0.05; done
  verdict=$(timeout 40 gdb-multiarch -nx -batch -ex "set architecture $([[ $ARCH == aarch64 ]] && echo aarch64 || echo i386:x86-64)" \
    -x "$CAPONIER_ROOT/tests/attack/debugger.py" 2>"$scratch/debugger" | grep -E '^(returned|went on|ended)')
  wait $machine
  code=$?
  output=$(<"$scratch/output") errors=$(<"$scratch/errors")
  unset GDB_SOCKET
}

# stops ARCH CPU CRIME PANIC: the kernel ends itself with that line (a pattern), says where, gives no address away, and the tool ends with 125.
stops() {
  local name="$3 ($1${2:+, $2}) stops the kernel"
  debug "$1" "$2" "$3"
  if ((code != 125)) || ! grep -qE "caponier: kernel panic: $4" "$scratch/errors"; then
    say_bad "$name" "status $code, ${verdict:-$(tail -n 3 "$scratch/debugger")}, $(head -n 3 "$scratch/errors" | tr '\n' ' ')"
  elif has_address "$scratch/errors"; then
    say_bad "$name" "an address in the report: $(has_address "$scratch/errors")"
  else
    say_ok "$name: $4"
  fi
}
# succeeds ARCH CPU CRIME VERDICT: the negative control; VERDICT is a pattern for the debugger's words.
succeeds() {
  local name="$3 ($1${2:+, $2}) succeeds"
  debug "$1" "$2" "$3"
  if [[ $verdict =~ ^$4$ ]]; then
    say_ok "$name: $verdict"
  else
    say_bad "$name" "status $code, ${verdict:-$(tail -n 3 "$scratch/debugger")}, $(head -n 3 "$scratch/errors" | tr '\n' ' ')"
  fi
}
