# Sourced by tests that link programs over musl for either architecture, with clang, -nostdlib and lld.
# musl_words ARCH static|static-pie|dynamic: sets musl_compile, the words for its headers; musl_start, those before the program's own objects and
# libraries; and musl_end, those after them.
musl_words() {
  local runtime=/usr/lib/$1-linux-musl builtins=()
  # Debian's static musl leaves 128-bit floating point to the compiler's library.
  [[ $1 == aarch64 ]] && builtins=("$(compgen -G '/usr/lib/gcc*/aarch64-linux-gnu/*/libgcc.a' | head -n 1)")
  musl_compile=(-nostdinc -isystem /usr/lib/llvm-19/lib/clang/19/include -isystem "/usr/include/$1-linux-musl")
  case $2 in
    static) musl_start=(-static "$runtime"/{crt1.o,crti.o}) ;;
    static-pie) musl_start=(-static-pie -Wl,--no-dynamic-linker "$runtime"/{rcrt1.o,crti.o}) ;;
    dynamic) musl_start=(-pie "-Wl,--dynamic-linker=/lib/ld-musl-$1.so.1" "$runtime"/{Scrt1.o,crti.o}) ;;
  esac
  musl_end=(-L"$runtime" -Wl,--start-group -lc "${builtins[@]}" -Wl,--end-group "$runtime/crtn.o")
}
