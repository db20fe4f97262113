#!/bin/bash
# Every kind of bad input ends in one line on standard error that begins with `caponier: ` and says what was wrong, in nothing on
# standard output, in the right status (125 caponier or the machine, 126 not executable, 127 not found), and soon. What only looks bad
# (a mebibyte of arguments, odd names) must run. ELF files are broken for both architectures, and in both places that read them:
# programs by the tool, an interpreter inside --root by the kernel.
set -u
. "$CAPONIER_ROOT/tests/boot/helpers/common.bash"
cd "$scratch" || exit 1

bound=60 # seconds for one refusal on a loaded machine; most take a fraction of one

# judge NAME STATUS PATTERN: of the last run, whose status is in $status and whose streams are in out and err.
judge() {
  local lines
  lines=$(wc -l <err)
  if ((status == 124 || status == 137)); then
    not_ok "$1: did not end within $bound s"
  elif ((status != $2)); then
    not_ok "$1: status $status, not $2: $(head -c 300 err)"
  elif [[ -s out ]]; then
    not_ok "$1: something on standard output: $(head -c 100 out)"
  elif ((lines != 1)) || [[ $(head -c 10 err) != 'caponier: ' ]]; then
    not_ok "$1: not one line of caponier's: $(head -n 3 err)"
  elif ! LC_ALL=C grep -qaiE -- "$3" err; then
    not_ok "$1: does not say '$3': $(cat err)"
  else
    ok "$1"
  fi
}

# refuse NAME STATUS PATTERN WORDS...: what `caponier WORDS...` must say.
refuse() {
  timeout -k 5 $bound "$CAPONIER" "${@:4}" >out 2>err </dev/null
  status=$?
  judge "$1" "$2" "$3"
}

# accept NAME STATUS OUTPUT WORDS...: OUTPUT is a shell pattern.
accept() {
  timeout -k 5 $bound "$CAPONIER" "${@:4}" >out 2>err </dev/null
  status=$?
  if ((status == $2)) && [[ $(cat out) == $3 && ! -s err ]]; then ok "$1"; else not_ok "$1: status $status, $(head -c 300 out err)"; fi
}

for arch in x86_64 aarch64; do
  compile $arch static "arguments.$arch" "$helpers/arguments.c" || not_ok "compile static $arch"
  compile $arch dynamic "dynamic.$arch" "$helpers/arguments.c" || not_ok "compile dynamic $arch"
done
cp arguments.x86_64 program

# variables_and ARCH COUNT BYTES: what arguments.ARCH prints without arguments and with so many variables more than always.
variables_and() {
  local count bytes rest
  read -r _ _ _ _ count rest bytes rest < <("$CAPONIER" run "./arguments.$1" </dev/null)
  echo "0 arguments 0 bytes, $((count + $2)) variables $((bytes + $3)) bytes"
}

# --- the words themselves ------------------------------------------------------------------------------------------------------
refuse 'unknown command' 125 'unknown command fly' fly
refuse 'empty command' 125 "unknown command ''" ''
refuse 'unknown command with a newline' 125 'unknown command a\\x0ab' $'a\nb'
refuse 'a word after --version' 125 '--version: .* x' --version x
refuse 'an unknown build' 125 'build takes .* not nothing' build nothing
for word in --junk -x --memor --trac --; do
  [[ $word == -- ]] && continue
  refuse "unknown option $word" 125 "unknown option $word " run $word ./program
done
refuse 'unknown option with a newline' 125 'unknown option --a\\x0ab' run $'--a\nb' ./program
for option in arch memory env workdir root sysroot with accel layout wx tagging heap report; do
  refuse "--$option without a value" 125 "--$option needs a value" run --$option
done
for option in arch memory workdir root sysroot with accel layout wx tagging heap report; do
  refuse "--$option with an empty value" 125 "--$option needs a value" run "--$option=" ./program
done
for option in arch=x86_64 memory=64M workdir=/ root=. accel=tcg layout=scatter wx=strict tagging=off heap=libc report=r; do
  refuse "--${option%=*} twice" 125 "--${option%=*} is given more than once" run "--$option" "--$option" ./program
done
for flag in trace gdb console; do refuse "--$flag with a value" 125 "--$flag takes no value" run --$flag=1 ./program; done
for option in accel layout wx tagging heap; do
  refuse "--$option nonsense" 125 "--$option: nonsense is none of" run --$option nonsense ./program
done
refuse '--arch nonsense' 125 '--arch nonsense: not x86_64 or aarch64' run --arch nonsense ./program
refuse '--arch that contradicts' 126 './program: cannot be executed: it is a program for x86_64, not aarch64' run --arch aarch64 ./program
for variable in = =x; do refuse "--env $variable" 125 "--env $variable: not K=V" run --env $variable ./program; done
refuse '--env with nothing' 125 '--env needs a value' run --env '' ./program
refuse '--root and --sysroot' 125 'exclude each other' run --root . --sysroot . ./program
refuse 'check without a program' 125 'check takes one PROGRAM' check
refuse 'check of two programs' 125 'check takes one PROGRAM' check a b
refuse 'check of nothing there' 127 './absent: not found' check ./absent
refuse 'a program named as an option, after --' 127 '--junk: not found' run -- --junk
refuse 'a program named -' 127 'caponier: -: not found' run -
accept 'options after the program are its own' 3 '3 arguments 15 bytes, *' run ./program --memory -- 0x
accept '-- before the program' 3 '1 arguments 3 bytes, *' run -- ./program --
accept 'a variable that is no text' 3 "$(variables_and x86_64 1 7)" run --env $'A\n=\xff\x01\x7f' ./program
accept 'a variable that the caller lacks' 3 "$(variables_and x86_64 0 0)" run --env CAPONIER_ABSENT ./program
env LC_ALL=xx_XX.nonsense timeout -k 5 $bound "$CAPONIER" run ./program x >out 2>err </dev/null
status=$?
if ((status == 3)) && [[ -s out && ! -s err ]]; then ok 'a locale that is not installed'; else not_ok "a locale that is not installed: status $status, $(cat err)"; fi
timeout -k 5 $bound "$CAPONIER" run --help >/dev/full 2>err
status=$?
: >out
judge 'help onto a full disk' 125 'standard output: no space left'
timeout -k 5 $bound "$CAPONIER" check ./program >/dev/full 2>err
status=$?
judge 'a check onto a full disk' 125 'standard output: no space left'

# --- memory --------------------------------------------------------------------------------------------------------------------
for size in 12x -5 99999999999999999999G 1.5G 0x10 1e3 ' 1M' M 16777216T lots; do
  refuse "--memory $size" 125 "--memory $size: not a size" run --memory "$size" ./program
done
for size in 0 1K 1023K 33G 1T; do refuse "--memory $size" 125 "--memory $size: not between 1M and 32G" run --memory $size ./program; done
# From too little for the machine to enough: first a refusal that speaks of memory, then the program, and never anything else.
for arch in x86_64 aarch64; do
  ran=0
  for size in 1M 1536K 2M 2560K 3M 3584K 4M 4160K 4608K 5M 6M 8M; do
    timeout -k 5 $bound "$CAPONIER" run --memory $size ./arguments.$arch >out 2>err </dev/null
    status=$?
    if ((status == 3)) && [[ -s out && ! -s err ]]; then
      ok "--memory $size $arch (runs)"
      ran=1
    elif ((ran)); then
      not_ok "--memory $size $arch: refused, though less was enough: $(cat err)"
    else
      judge "--memory $size $arch" 125 memory
    fi
  done
  ((ran)) || not_ok "--memory $arch: 8M is not enough for a static program"
done
(
  ulimit -v 4000000
  timeout -k 5 $bound "$CAPONIER" run --memory 16G ./program >out 2>err </dev/null
  echo $? >status
)
status=$(<status)
judge 'more memory than the host gives' 125 'emulator ended .*memory'
limited() { # NAME PATTERN LIMIT...: under `ulimit LIMIT...`
  (
    ulimit "${@:3}"
    timeout -k 5 $bound "$CAPONIER" run ./program >out 2>err </dev/null
    echo $? >status
  )
  status=$(<status)
  judge "$1" 125 "$2"
}
limited 'files that may not grow' 'cannot write the archive: File too large' -f 8
limited 'little memory for the tool itself' 'out of memory' -d 1000

# --- programs that are none ----------------------------------------------------------------------------------------------------
mkdir -p directory
mkfifo fifo
ln -s nowhere dangling
ln -s loop loop
cp program not-executable && chmod a-x not-executable
: >empty && chmod +x empty
echo hello >text && chmod +x text
refuse 'an empty name' 127 'name is empty' run ''
refuse 'absent' 127 './absent: not found' run ./absent
refuse 'absent on PATH' 127 'absent-everywhere: not found' run absent-everywhere
refuse 'a dangling link' 127 './dangling: not found' run ./dangling
refuse 'a name with a newline' 127 '\./a\\x0ab: not found' run $'./a\nb'
refuse 'a name that drives the terminal' 127 '\./\\x1b\[31m\\xc2\\x9b: not found' run $'./\x1b[31m\xc2\x9b'
refuse 'a name that is not UTF-8' 127 $'\\./\\\\xff\\\\xfe\xc3\xa4: not found' run $'./\xff\xfe\xc3\xa4'
refuse 'a directory' 126 'it is a directory' run ./directory
refuse 'a named pipe' 126 'it is not a regular file' run ./fifo
refuse 'a device' 126 'it is not a regular file' run /dev/zero
refuse 'not executable' 126 'permission denied' run ./not-executable
refuse 'a link to itself' 126 'too many levels of symbolic links' run ./loop
refuse 'a file with a slash behind it' 126 'not a directory' run ./program/
refuse 'a file as a directory' 126 'not a directory' run ./program/x
refuse 'a name without end' 126 'name too long' run "./$(head -c 5000 /dev/zero | tr '\0' a)"
refuse 'an empty file' 126 'it is empty' run ./empty
refuse 'neither ELF nor a script' 126 'neither an ELF program nor a script' run ./text
cp program $'od\nd \xff' && accept 'an odd name of a sound program' 3 '1 arguments 2 bytes, *' run $'./od\nd \xff' x

head -c 2000 /dev/urandom >$'od\nd \xff samples'
timeout -k 5 $bound "$CAPONIER" entropy assess --json json $'od\nd \xff samples' >/dev/null 2>err
status=$?
if ((status == 0)) && python3 -c 'import json; json.load(open("json", encoding="utf-8"))'; then
  ok 'an odd name in JSON'
else
  not_ok "an odd name in JSON: status $status, $(cat err)"
fi

# script NAME LINE
script() { printf '#!%s\n' "$2" >"$1" && chmod +x "$1"; }
script s1 /absent/interpreter
script s2 "$scratch/s2"
script s3 /tmp
script s4 ''
script s5 '/usr/bin/env absent-everywhere'
script s6 "$scratch/fifo"
script s7 "$scratch/text"
script s8 "$scratch/not-executable"
script s9 "$scratch/program one two"
refuse 'a script without its interpreter' 126 './s1: cannot be executed: interpreter /absent/interpreter: not found' run ./s1
refuse 'a script that interprets itself' 126 'scripts of scripts' run ./s2
refuse 'a script interpreted by a directory' 126 'interpreter /tmp: .*it is a directory' run ./s3
refuse 'a script interpreted by nobody' 126 'neither an ELF program nor a script' run ./s4
refuse 'a script of an absent name' 126 'interpreter absent-everywhere: not found' run ./s5
refuse 'a script interpreted by a pipe' 126 'not a regular file' run ./s6
refuse 'a script interpreted by text' 126 'neither an ELF program nor a script' run ./s7
refuse 'a script whose interpreter is not executable' 126 'permission denied' run ./s8
accept 'a script' 3 '3 arguments *' run ./s9 x

# --- ELF files -----------------------------------------------------------------------------------------------------------------
# Offsets of the formats' fields: [gabi] 4 "ELF Header", 5 "Program Header".
type_at=16 machine_at=18 entry_at=24 phoff_at=32 phentsize_at=54 phnum_at=56
# segment FILE TYPE INDEX: where the header of the INDEXth segment of TYPE lies (INDEX -1: the last).
segment() {
  local file=$1 at phnum i found=()
  at=$(number "$file" $phoff_at 8) phnum=$(number "$file" $phnum_at 2)
  for ((i = 0; i < phnum; i++, at += 56)); do (($(number "$file" "$at" 4) == $2)) && found+=("$at"); done
  echo "${found[$3]}"
}

# break_elf FILE: many broken copies of it, each with what a reader must say, in the array `broken` as "NAME|PATTERN".
break_elf() {
  local source=$1 first second last headers interpreter dynamic
  broken=()
  first=$(segment "$source" 1 0) second=$(segment "$source" 1 1) last=$(segment "$source" 1 -1)
  headers=$(($(number "$source" $phoff_at 8) + 56 * $(number "$source" $phnum_at 2)))
  breakage() { # NAME PATTERN: a fresh copy, to be patched
    cp "$source" "broken.$1"
    broken+=("$1|$2")
  }
  breakage class32 '32-bit' && patch broken.class32 4 1
  breakage class9 'class' && patch broken.class9 4 9
  breakage big-endian 'big-endian' && patch broken.big-endian 5 2
  breakage order9 'byte order' && patch broken.order9 5 9
  breakage version9 'version' && patch broken.version9 6 9
  breakage riscv 'RISC-V|neither|processor' && patch broken.riscv $machine_at 243 0
  breakage object 'object file' && patch broken.object $type_at 1 0
  breakage core 'core dump' && patch broken.core $type_at 4 0
  breakage type9 'type' && patch broken.type9 $type_at 9 0
  breakage no-headers 'no program headers' && patch broken.no-headers $phnum_at 0 0
  breakage many-headers 'too many program headers' && patch broken.many-headers $phnum_at 255 255
  breakage header-size 'program headers have a wrong size' && patch broken.header-size $phentsize_at 1 0
  breakage headers-outside 'past the end of the file' && patch_word broken.headers-outside $phoff_at -8
  breakage entry 'entry point' && patch_word broken.entry $entry_at 0x7000000000
  breakage nothing 'nothing to load|entry point|dynamic' && for ((at = $(number "$source" $phoff_at 8); at < headers; at += 56)); do
    (($(number "$source" $at 4) == 1)) && patch broken.nothing $at 0 0 0 0
  done
  breakage wrap 'wraps' && patch_word broken.wrap $((last + 40)) -1
  breakage outside 'past the end of the file' && patch_word broken.outside $((first + 8)) $((1 << 60))
  breakage longer 'more bytes in the file than in memory' && patch_word broken.longer $((first + 40)) 1
  breakage alignment 'power of two' && patch_word broken.alignment $((first + 48)) 3
  breakage wx 'both writable and executable' && patch broken.wx $((first + 4)) 7
  breakage overlap 'overlap|order' && patch_word broken.overlap $((last + 16)) "$(($(number "$source" $((second + 16)) 8) & ~4095 | $(number "$source" $((last + 16)) 8) & 4095))"
  breakage order 'order' && patch_word broken.order $((last + 16)) "$(($(number "$source" $((last + 16)) 8) & 4095))"
  breakage misplaced 'different page offsets' && patch_word broken.misplaced $((last + 16)) "$(($(number "$source" $((last + 16)) 8) + 1))"
  interpreter=$(segment "$source" 3 0 2>/dev/null)
  if [[ -n $interpreter ]]; then
    breakage interpreter-outside "interpreter's path ends past" && patch_word broken.interpreter-outside $((interpreter + 8)) $((1 << 40))
    breakage interpreter-empty "interpreter's path is empty" && patch "broken.interpreter-empty" "$(number "$source" $((interpreter + 8)) 8)" 0
    breakage interpreter-endless 'not terminated' &&
      patch broken.interpreter-endless $(($(number "$source" $((interpreter + 8)) 8) + $(number "$source" $((interpreter + 32)) 8) - 1)) 65
    breakage interpreter-absent 'its interpreter /.* (is not found|is not in --root)' &&
      patch broken.interpreter-absent $(($(number "$source" $((interpreter + 8)) 8) + 1)) 90
  fi
  dynamic=$(segment "$source" 2 0 2>/dev/null)
  if [[ -n $dynamic ]]; then
    breakage dynamic-outside 'dynamic section ends past' && patch_word broken.dynamic-outside $((dynamic + 8)) $((1 << 40))
  fi
  # Cut off in the magic number, at and around the ends of the ELF header and of the program headers, and in the last segment.
  for size in 1 3 4 16 40 63 64 $((headers - 1)) "$headers" "$(($(number "$source" $((last + 8)) 8) + 1))"; do
    breakage "cut-at-$size" 'cut short|past the end|neither an ELF|not an ELF' && truncate -s "$size" "broken.cut-at-$size"
  done
}

for arch in x86_64 aarch64; do
  for kind in arguments dynamic; do
    break_elf $kind.$arch
    for each in "${broken[@]}"; do
      refuse "ELF $kind $arch ${each%%|*}" 126 "broken.${each%%|*}: cannot be executed: .*(${each#*|})" run "./broken.${each%%|*}"
    done
    rm -f broken.*
    # Sound files that ask for what no machine, or not this one, can give.
    last=$(segment $kind.$arch 1 -1)
    for size in 8 1024 $((1 << 20)); do
      cp $kind.$arch huge && patch_word huge $((last + 40)) $((size << 30))
      refuse "ELF $kind $arch with $size GiB of zeroes" 126 'huge: cannot be executed: .*(memory|addresses|address)' run ./huge
    done
    cp $kind.$arch high && patch_word high $((last + 16)) $((0xffff800000000000 | $(number $kind.$arch $((last + 16)) 8) & 4095))
    refuse "ELF $kind $arch in the kernel's half" 126 'high: cannot be executed: .*address' run ./high
  done
  # No level but one lets a page be writable and executable at once.
  cp dynamic.$arch wx && patch wx $(($(segment wx 1 0) + 4)) 7
  refuse "ELF $arch writable and executable, --wx allow-jit" 126 'wx: cannot be executed: .*both writable and executable' run --wx allow-jit ./wx
  timeout -k 5 $bound "$CAPONIER" run --wx off ./wx >out 2>err </dev/null # says on standard error that this level is weak
  status=$?
  if ((status == 3)); then ok "ELF $arch writable and executable, --wx off"; else not_ok "ELF $arch --wx off: status $status, $(cat err)"; fi
  cp dynamic.$arch low && patch low $type_at 2 0
  refuse "ELF $arch at a fixed address of 0" 126 'low: cannot be executed: .*fixed address below 64 KiB' run ./low
  cp dynamic.$arch bss && patch_word bss $(($(segment bss 1 -1) + 40)) $((8 << 30))
  accept "ELF $arch with 8 GiB of zeroes in 10 GiB" 3 '0 arguments 0 bytes, *' \
    run --memory 10G ./bss

  # The kernel's own reader: an interpreter in --root is nothing that the tool looks into.
  rm -rf root && mkdir -p root/directory
  cp dynamic.$arch root/program
  loader=$(head -c "$(($(number dynamic.$arch $(($(segment dynamic.$arch 3 0) + 32)) 8) - 1))" \
    < <(tail -c +$(($(number dynamic.$arch $(($(segment dynamic.$arch 3 0) + 8)) 8) + 1)) dynamic.$arch))
  mkdir -p "root/${loader%/*}" root/lib
  break_elf arguments.$arch
  for each in "${broken[@]}"; do
    cp "broken.${each%%|*}" "root/$loader" && chmod +x "root/$loader"
    refuse "interpreter in --root, $arch ${each%%|*}" 126 "/program: cannot be executed: its interpreter $loader: .*(${each#*|})" run --root root /program
  done
  rm -f broken.*
  cp "arguments.$([[ $arch == x86_64 ]] && echo aarch64 || echo x86_64)" "root/$loader"
  refuse "interpreter in --root, $arch of the other machine" 126 "interpreter $loader: an .* program, and this machine is" run --root root /program
  # One at fixed addresses, as klibc's: it is arguments.c that runs here, in place of a loader.
  cp "arguments.$arch" "root/$loader"
  accept "interpreter in --root, $arch at fixed addresses" 3 '0 arguments 0 bytes, *' run --root root /program
  cp "arguments.$arch" both && patch_word both $(($(segment both 0x6474e551 0) + 8)) "$(stat -c %s both)"
  patch both "$(segment both 0x6474e551 0)" 3 0 0 0 && patch_word both $(($(segment both 3 0) + 32)) $((${#loader} + 1))
  printf '%s\0' "$loader" >>both && cp both root/both
  refuse "interpreter in --root, $arch where the program is" 126 "/both: cannot be executed: its interpreter's fixed addresses are taken" run --root root /both
  cp huge "root/$loader"
  refuse "interpreter in --root, $arch huge" 126 "interpreter $loader: .*(memory|address)" run --root root /program
  rm "root/$loader" && mkdir "root/$loader"
  refuse "interpreter in --root, $arch a directory" 126 "interpreter $loader: " run --root root /program
  rmdir "root/$loader" && printf '#!/program\n' >"root/$loader" && chmod +x "root/$loader"
  refuse "interpreter in --root, $arch a script" 126 "interpreter $loader: not an ELF" run --root root /program
  rm "root/$loader"
  refuse "interpreter in --root, $arch absent" 126 "interpreter $loader is not in --root" run --root root /program

  # Libraries, on the host: absent, damaged, not ELF, unreadable.
  mkdir -p libraries
  echo 'int caponier_answer(void) { return 42; }' >answer.c
  echo 'int caponier_answer(void); int main(void) { return caponier_answer(); }' >asker.c
  compile $arch shared libraries/libanswer.so answer.c || not_ok "compile a library for $arch"
  compile $arch dynamic asker asker.c -Llibraries -lanswer -Wl,-rpath,"$scratch/libraries" || not_ok "compile its user for $arch"
  accept "a library $arch" 42 '' run ./asker
  cp libraries/libanswer.so answer.so
  truncate -s 100 libraries/libanswer.so
  refuse "a library $arch cut off" 126 'asker: cannot be executed: .*libanswer.so: .*past the end' run ./asker
  echo text >libraries/libanswer.so
  refuse "a library $arch that is text" 126 'asker: cannot be executed: the library libanswer.so is not found, and .*is not an ELF' run ./asker
  rm libraries/libanswer.so
  refuse "a library $arch that is absent" 126 'asker: cannot be executed: the library libanswer.so is not found' run ./asker
  cp answer.so libraries/libanswer.so && chmod a-rwx libraries/libanswer.so
  # Root reads whatever it likes unless it gives that up.
  as_anybody=()
  ((EUID == 0)) && as_anybody=(setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all)
  timeout -k 5 $bound "${as_anybody[@]}" "$CAPONIER" run ./asker >out 2>err </dev/null
  status=$?
  judge "a library $arch that cannot be read" 126 'asker: cannot be executed: .*libanswer.so: .*ermission denied'
  rm -rf libraries
done

# --- directories and files that options name -------------------------------------------------------------------------------------
for option in root sysroot; do
  refuse "--$option that is absent" 125 "--$option ./absent: not found" run --$option ./absent ./program
  refuse "--$option that is a file" 125 "--$option ./text: not a directory" run --$option ./text ./program
  refuse "--$option that leads to itself" 125 "--$option ./loop: too many levels" run --$option ./loop ./program
done
rm -rf root && mkdir root && cp program root/
refuse '--root without the program' 127 '/absent: not found' run --root root /absent
refuse '--root without the program, by name' 127 'absent: not found' run --root root absent
mkfifo root/pipe
refuse '--root with a named pipe' 125 'cannot pack .*root/pipe: it is a named pipe' run --root root /program
rm root/pipe && ln -s self root/self
refuse '--root with a link to itself' 125 'cannot pack .*root/self: .*leads to itself' run --root root /program
rm root/self && ln -s /other root/one && ln -s /one root/other
refuse '--root with links to each other' 125 'cannot pack .*root/(one|other): .*leads to itself' run --root root /program
rm root/one root/other && ln -s .. root/up && ln -s /absent root/dangling
accept '--root with links out of it' 3 '0 arguments 0 bytes, *' run --root root /program
mkdir root/closed && chmod a-rwx root/closed
timeout -k 5 $bound "${as_anybody[@]}" "$CAPONIER" run --root root /program >out 2>err </dev/null
status=$?
judge '--root with a closed directory' 125 'cannot read .*root/closed: [Pp]ermission denied'
rmdir root/closed
truncate -s 5G root/vast
refuse '--root with a file larger than the machine' 125 'too little .* files' run --root root /program
rm root/vast
if mknod root/device c 1 3 2>/dev/null; then # needs the right to make devices
  refuse '--root with a device' 125 'cannot pack .*root/device: it is a device' run --root root /program
  rm root/device
fi
refuse '--workdir that is absent' 125 '--workdir ./absent: not found' run --workdir ./absent ./program
refuse '--workdir that is a file' 125 '--workdir ./text: not a directory' run --workdir ./text ./program
refuse '--workdir that is a pipe' 125 '--workdir ./fifo: not a directory' run --workdir ./fifo ./program
refuse '--workdir that leads to itself' 125 '--workdir ./loop: too many' run --workdir ./loop ./program
refuse '--workdir that is absent in --root' 125 '--workdir /absent: not found' run --root root --workdir /absent /program
refuse '--workdir that is a file in --root' 125 '--workdir /program: not a directory' run --root root --workdir /program /program
refuse '--with what is absent' 125 '--with ./absent: not found' run --with ./absent ./program
refuse '--with a pipe' 125 '--with ./fifo: neither' run --with ./fifo ./program
refuse '--with a link to itself' 125 '--with ./loop: too many' run --with ./loop ./program
rm -rf names && mkdir names && (cd names && for ((i = 0; i < 25; i++)); do mkdir "$(printf 'd%.0s' {1..200})" && cd -P d*; done) 2>/dev/null
refuse '--with names that are too long to read' 125 'cannot read .*names/d*/.*: File name too long' run --with names ./program
rm -rf names
refuse '--with the devices' 125 '--with /dev: the machine makes its own' run --with /dev ./program
refuse '--report in no directory' 125 'cannot write --report /absent/r: No such file' run --report /absent/r ./program
refuse '--report that is a directory' 125 'cannot write --report directory: Is a directory' run --report directory ./program
refuse '--report and --seed-file as one' 125 'name the same file' run --report same --seed-file same ./program
if [[ -e same ]]; then not_ok 'a refused --report leaves a file'; else ok 'a refused --report leaves no file'; fi
refuse '--report into a pipe that nobody reads' 125 'cannot write --report fifo: nobody reads' run --report fifo ./program
mkdir closed && chmod a-w closed
timeout -k 5 $bound "${as_anybody[@]}" "$CAPONIER" run --report closed/r ./program >out 2>err </dev/null
status=$?
judge '--report where nothing may be written' 125 'cannot write --report closed/r: Permission denied'

# --- the emulator ----------------------------------------------------------------------------------------------------------------
mkdir tools emulator
for each in /usr/bin/* /bin/*; do
  [[ ${each##*/} == qemu-* ]] || ln -sf "$each" "tools/${each##*/}" 2>/dev/null
done
absent_emulator() { # NAME PATH PATTERN
  PATH=$2 timeout -k 5 $bound "$CAPONIER" run ./program >out 2>err </dev/null
  status=$?
  judge "$1" 125 "$3"
}
absent_emulator 'no emulator' "$scratch/tools" 'qemu-system-x86_64 is not found on PATH'
printf '#!/bin/sh\necho "no such machine" >&2\nexit 9\n' >emulator/qemu-system-x86_64 && chmod +x emulator/qemu-system-x86_64
absent_emulator 'an emulator that fails' "$scratch/emulator:$PATH" 'emulator ended with status 9 .*no such machine'
printf '#!/bin/sh\nkill -9 $$\n' >emulator/qemu-system-x86_64
absent_emulator 'an emulator that dies' "$scratch/emulator:$PATH" 'emulator was ended by signal 9'
printf '\0' >emulator/qemu-system-x86_64
absent_emulator 'an emulator that is no program' "$scratch/emulator:$PATH" 'qemu-system-x86_64|emulator'

# --- the project's folder belongs to another -----------------------------------------------------------------------------------------
# project [STAMP...]: a launcher alone in a folder that its caller cannot write to, with these stamps of what is complete.
project() {
  rm -rf project && mkdir -p project/build project/{cmake,lib,kernel,guest,hosted,tool}
  cp "$CAPONIER_ROOT/caponier" project/
  touch project/{packages.txt,CMakeLists.txt,CMakePresets.json}
  for each in "$@"; do touch "project/build/.$each"; done
  [[ " $* " != *' nothing '* ]] || rm -rf project/build
  chmod a-w project project/build 2>/dev/null
  timeout -k 5 $bound "${as_anybody[@]}" project/caponier run ./program >out 2>err </dev/null
  status=$?
  chmod u+w project project/build 2>/dev/null
}
project nothing
judge 'a folder in which nothing was built' 125 'cannot write to .*project$'
project
judge 'packages that were never looked at' 125 'cannot write to .*project/build, where what is missing'
project packages-run
judge 'an emulator that was never looked at' 125 'cannot write to .*project/build, where what is missing'
project packages-run emulator
judge 'a tool that was never built' 125 'cannot write to .*project/build, where what is missing'
project packages-run emulator built-host built-x86_64 built-aarch64
judge 'a tool that is gone' 125 'cannot write to .*project/build, where what is missing'
mkdir -p project/build/host/tool
cp "$CAPONIER_ROOT/build/host/tool/caponier-tool" project/build/host/tool/
chmod a-w project/build
timeout -k 5 $bound env CAPONIER_LAUNCHER="$scratch/project/caponier" CAPONIER_STALE=' x86_64' "${as_anybody[@]}" \
  project/build/host/tool/caponier-tool run --heap libc ./program >out 2>err </dev/null
status=$?
chmod u+w project/build
judge 'a kernel that was never built' 125 'cannot write to .*project/build, where what is missing'
rm -rf project

# --- long lists ------------------------------------------------------------------------------------------------------------------
# A mebibyte of arguments and of environment go through whole, in many words and in the longest that Linux allows (128 KiB with
# its NUL); what Linux's limit for 8 MiB of stack forbids (2 MiB) is refused.
mapfile -t many < <(seq -f %015g 1 65536)
longest=$(head -c 131071 /dev/zero | tr '\0' a)
for arch in x86_64 aarch64; do
  for kind in arguments dynamic; do
    accept "1 MiB of arguments, $kind $arch" 3 "65536 arguments 1048576 bytes, *" run ./$kind.$arch "${many[@]}"
  done
  accept "8 arguments of 128 KiB, $arch" 3 "8 arguments 1048576 bytes, *" run ./arguments.$arch \
    "$longest" "$longest" "$longest" "$longest" "$longest" "$longest" "$longest" "$longest"
  variables=()
  for i in 1 2 3 4 5 6 7 8; do variables+=(--env "A$i=${longest:3}"); done
  accept "1 MiB of environment, $arch" 3 "$(variables_and $arch 8 1048576)" \
    run "${variables[@]}" ./arguments.$arch
  # The caller's own limit must be above it for this one: Linux gives a quarter of the stack's limit, at most 6 MiB.
  (
    ulimit -s unlimited 2>/dev/null || exit 0
    timeout -k 5 $bound "$CAPONIER" run ./arguments.$arch "${many[@]}" "${many[@]}" x >out 2>err </dev/null
    echo $? >status
  )
  status=$(<status)
  judge "over 2 MiB of arguments, $arch" 126 'arguments.*: cannot be executed: Argument list too long'
  refuse "1 MiB of arguments in too little memory, $arch" 125 'memory' run --memory 3M ./arguments.$arch "${many[@]}"
done

exit $failed
