# Sourced, after common.bash: small position-independent programs of every kind, and boots of them.
#
# A boot is sound when the program finds its own addresses right (pie.c, pie.go) and ends with its status. Over all boots of an architecture no
# region of the program stands twice at one place: image, interpreter, C library, heap library, stack, break, vDSO, first anonymous mapping. Among a thousand places
# of 2^35 one pair is equal by chance once in 10,000 runs.
kinds=(glibc-static glibc-static-norelro glibc-now glibc-lazy glibc-norelro musl-static musl-static-norelro musl-now musl-norelro go)
programs=$CAPONIER_ROOT/build/pie-programs

# build_kind ARCH KIND: its path is $programs/ARCH-KIND.
build_kind() {
  local arch=$1 kind=$2 output=$programs/$1-$2 source=$helpers/pie.c relocations=() words
  if [[ $kind == go ]]; then
    build_go "$arch" "$output"
    return
  fi
  [[ $output -nt $source && $output -nt ${BASH_SOURCE[0]} ]] && return
  case $kind in
    *-now | *-static) relocations=(-Wl,-z,relro,-z,now) ;;
    *-lazy) relocations=(-Wl,-z,relro,-z,lazy) ;;
    *-norelro) relocations=(-Wl,-z,norelro) ;;
  esac
  words=(--target="$arch-linux-gnu" -O1 -fPIE -Wall -Wextra -Werror -fuse-ld=lld-19 "${relocations[@]}" -o "$output.new" "$source")
  case $kind in
    glibc-static*) words+=(-static-pie) ;;
    glibc-*) words+=(-pie) ;;
    musl-*)
      musl_words "$arch" "$([[ $kind == musl-static* ]] && echo static-pie || echo dynamic)"
      words+=(-nostdlib -fno-plt "${musl_compile[@]}" "${musl_start[@]}" "${musl_end[@]}")
      ;;
  esac
  clang-19 "${words[@]}" && mv "$output.new" "$output"
}

build_go() { # ARCH OUTPUT
  local go goarch=amd64
  [[ $2 -nt $helpers/pie.go ]] && return
  go=$("$CAPONIER_ROOT/tests/sysroot" x86_64 go)/usr/lib/go-1.19 || return
  [[ $1 == aarch64 ]] && goarch=arm64
  GOROOT=$go GOPATH=$programs/path GOCACHE=$programs/cache GOARCH=$goarch GOOS=linux CGO_ENABLED=0 GO111MODULE=off GOFLAGS=-ldflags=-s\ -w \
    "$go/bin/go" build -buildmode=pie -o "$2" "$helpers/pie.go"
}

# boot_kind ARCH KIND [OPTIONS...]: whether it is sound; what it says of its memory is in $scratch/maps. What went wrong is printed.
boot_kind() {
  local code
  timeout -k 5 120 "$CAPONIER" run "${@:3}" "$programs/$1-$2" argument >"$scratch/maps" 2>"$scratch/err" </dev/null
  code=$?
  ((code == 7)) && [[ $(head -n 1 "$scratch/maps") == sound && ! -s $scratch/err ]] && return
  echo "status $code, $(head -n 1 "$scratch/maps"), $(head -n 5 "$scratch/err" | tr '\n' ' ')"
  return 1
}

# places: a line "NAME ADDRESS" for each region in $scratch/maps.
places() {
  awk -F '[ -]+' '
    function name_of(file) {
      if (file == "") return "mapping"
      if (file ~ /^\[/) return file
      if (file ~ /\/libcaponier-heap/) return "heap-library"
      if (file ~ /\/(ld-linux|ld-musl|libc\.so|libc\.musl)/) return file ~ /libc\.so\.6/ ? "library" : "interpreter"
      return "image"
    }
    /^[0-9a-f]+-/ {
      file = $0 ~ /[\/[]/ ? substr($0, match($0, /[\/[]/)) : ""
      name = name_of(file)
      # What follows its neighbour at once is the end of that: zeroed data of an image.
      if (name == "mapping" && $1 == end) { end = $2; next }
      end = $2
      if (!(name in seen)) print name, $1
      seen[name] = 1
    }' "$scratch/maps"
}

# boots ARCH KIND COUNT: adds their places to $scratch/places-ARCH.
boots() {
  local i sound=0 why
  for ((i = 0; i < $3; i++)); do
    if why=$(boot_kind "$1" "$2"); then
      ((++sound))
      places >>"$scratch/places-$1"
    else
      not_ok "$2 ($1), boot $((i + 1)): $why"
    fi
  done
  ((sound == $3)) && ok "$2 ($1): $sound boots"
}

# none_repeats ARCH
none_repeats() {
  local repeated
  repeated=$(sort "$scratch/places-$1" | uniq -d)
  if [[ -s $scratch/places-$1 && -z $repeated ]]; then
    ok "$1: $(cut -d ' ' -f 1 "$scratch/places-$1" | sort | uniq -c | awk '{ printf "%s%d places of %s", (NR > 1 ? ", " : ""), $1, $2 }'), none twice"
  else
    not_ok "$1: places that came twice: ${repeated:-none was seen}"
  fi
}
