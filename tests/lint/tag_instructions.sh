#!/bin/bash
# The AArch64 kernel leaves out its tag instructions where the processor has none (lib/arch/arm_tag_instructions.h). Those that have no plain form, as they store
# data too or read tags, stand only where nobody comes without tags; and what leaves the others out has none itself and calls nothing that might.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
kernel=build/aarch64/kernel/caponier.elf
[[ -f $kernel ]] || { echo "build/aarch64 has no kernel" && exit 77; }
allowed='^(caponier::mm::Free\(void\*\)|operator new\(|(ZeroTaggedPage|CopyTags|ClearTags|EnterHigh)Asm$|caponier::arch::(OnKernelFault|ReadMemoryTag|HeapTags::[A-Za-z]*)\()'
code=$(llvm-objdump-19 -d --no-show-raw-insn -C --mattr=+mte $kernel | awk '
  /^[0-9a-f]+ <.*>:$/ { function_name = $0; sub(/^[0-9a-f]+ </, "", function_name); sub(/>:$/, "", function_name); next }
  $2 ~ /^(irg|addg|subg|stg|st2g|stzg|stz2g|stgp|stzgm|stgm|ldg|ldgm|gmi|subps?|cmpp|bl|blr)$/ { print $2 "\t" function_name }' | sort -u)
bad=0
others=$(grep -E '^(stz2?g|stgp|stzgm|stgm|ldgm?|gmi|subps?|cmpp)' <<<"$code" | cut -f 2 | sort -u | grep -vE "$allowed") && { sed 's/^/a tag instruction without a plain form: /' <<<"$others" && bad=1; }
found=$(grep -E $'\tLeaveOutTags$' <<<"$code") && { sed 's/^/before tag instructions are left out: /' <<<"$found" && bad=1; }
(($(grep -c '^irg' <<<"$code") >= 200)) || { echo "hardly a function tags its variables" && bad=1; }
exit $bad
