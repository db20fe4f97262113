# What the tests of this folder share: a scratch folder, verdicts, and a compiler for small Linux programs of both architectures. Only
# packages of the groups `run` and `test` are used: clang-19 with lld-19, musl for static programs, glibc for dynamic ones.
failed=0
scratch=$(mktemp -d)
helpers=$CAPONIER_ROOT/tests/boot/helpers
trap 'rm -rf "$scratch"' EXIT
. "$CAPONIER_ROOT/tests/musl.bash"

ok() { echo "ok $*"; }
not_ok() {
  echo "not ok $*"
  failed=1
}

# compile ARCH static|dynamic|shared OUTPUT SOURCE [OPTIONS...]
compile() {
  local arch=$1 kind=$2 output=$3 source=$4 runtime prefix=
  shift 4
  local triple=$arch-linux-gnu libraries=()
  [[ $arch == "$(uname -m)" ]] || prefix=/usr/$triple
  if [[ $kind == static ]]; then
    musl_words "$arch" static
    set -- "${musl_compile[@]}" "${musl_start[@]}" "$@"
    libraries=("${musl_end[@]}")
  else
    # Debian's own architecture keeps these below /usr/lib/TRIPLE, the cross packages below /usr/TRIPLE/lib.
    runtime=${prefix:+$prefix/lib}
    runtime=${runtime:-/usr/lib/$triple}
    local loader=/lib64/ld-linux-x86-64.so.2
    [[ $arch == aarch64 ]] && loader=/lib/ld-linux-aarch64.so.1
    [[ -n $prefix ]] && set -- "-isystem$prefix/include" "$@"
    if [[ $kind == shared ]]; then
      set -- -fPIC -shared "$@"
    else
      set -- -fPIE -pie "-Wl,--dynamic-linker=$loader" -Wl,-z,separate-code "$@"
      libraries=("$runtime/Scrt1.o" "$runtime/crti.o" -L"$runtime" -lc "$runtime/crtn.o")
    fi
  fi
  clang-19 --target="$triple" -O1 -fuse-ld=lld-19 -nostdlib -o "$output" "$source" "$@" "${libraries[@]}"
}

# patch FILE OFFSET BYTES...: decimal or 0x numbers from 0 to 255.
patch() {
  local file=$1 offset=$2 text=
  shift 2
  for byte in "$@"; do text+=$(printf '\\x%02x' "$byte"); done
  printf "$text" | dd of="$file" bs=1 seek="$offset" conv=notrunc status=none
}

# patch_word FILE OFFSET VALUE: eight bytes, little-endian.
patch_word() {
  local bytes=() i
  for ((i = 0; i < 64; i += 8)); do bytes+=($(($3 >> i & 255))); done
  patch "$1" "$2" "${bytes[@]}"
}

# number FILE OFFSET SIZE: the little-endian number there.
number() { od -A n -t "u$3" -j "$2" -N "$3" --endian=little "$1" | tr -d ' '; }
