#!/bin/bash
# The kernels' code touches vector registers, which hold what the program left there, in the ciphers' vector forms and where they are saved
# and loaded, and once before there is a program, nowhere else.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
allowed='^(caponier::crypto::(VectorLoan::~?VectorLoan|Aes256(Expand|Blocks|Counters)(AesNi|Armv8)|Sha256Blocks(ShaNi|Armv8))\(|(Store|Load)Vectors$|DistrustShadowStacks$)'
# users ARCH: the functions that name such a register
users() {
  llvm-objdump-19 -d --no-show-raw-insn -C "build/$1/kernel/caponier.elf" | awk -v arch="$1" '
    /^[0-9a-f]+ <.*>:$/ { function_name = $0; sub(/^[0-9a-f]+ </, "", function_name); sub(/>:$/, "", function_name); next }
    /\.word/ { next }
    (arch == "x86_64" && /%([xyz]?mm[0-9])/) || (arch == "aarch64" && /[ ,{\[\t][qvdsbh][0-9]+([.,\]} ]|$)/) { print function_name }' | sort -u
}
bad=0
for arch in x86_64 aarch64; do
  [[ -f build/$arch/kernel/caponier.elf ]] || { echo "build/$arch has no kernel" && exit 77; }
  found=$(users $arch)
  grep -qE "$allowed" <<<"$found" || { echo "$arch: none found, not even where they must be" && bad=1; }
  others=$(grep -vE "$allowed" <<<"$found") && { sed "s/^/$arch: uses vector registers: /" <<<"$others" && bad=1; }
done
exit $bad
