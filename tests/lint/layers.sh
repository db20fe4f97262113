#!/bin/bash
# A file includes only headers of its own folder and of folders above it in this list. The kernel, the hosted libraries, the tool
# and the guest programs do not see each other. In the kernel a device is shown memory by DeviceMemory alone: nobody else asks for the
# frame behind an address of the kernel's, but for the vDSO's pages, which the program sees.
set -u
status=0
cd "$(dirname -- "$0")/../.." || exit 1
order="lib/base lib/reg lib/arch lib/crypto lib/entropy lib/fortuna lib/random lib/aslr lib/unwind lib/heap lib/elf lib/archive lib/fdt lib/virtio
  lib/link lib/linux_abi kernel hosted tool guest tests"
git ls-files -co --exclude-standard -- lib kernel hosted tool guest tests | grep -E '\.(h|cc|S)$' |
  xargs -d '\n' awk -v order="$order" '
    function layer_of(path, parts) {
      split(path, parts, "/")
      return parts[1] == "lib" ? parts[1] "/" parts[2] : parts[1]
    }
    BEGIN {
      count = split(order, names)
      for (i = 1; i <= count; i++) level[names[i]] = i
    }
    /^[[:space:]]*#[[:space:]]*include[[:space:]]+"/ {
      include = $0
      sub(/^[^"]*"/, "", include)
      sub(/".*/, "", include)
      from = layer_of(FILENAME)
      to = layer_of(include)
      if (!(to in level)) next  # a header of the kernel'\''s ports, or a third party
      if (!(from in level)) {
        print FILENAME ":" FNR ": the folder " from " is not in the list of layers"
        bad = 1
        next
      }
      # Tests beside the code may use the test support of any folder.
      if (FILENAME ~ /_(test|fuzz|bench)\.cc$/ && include ~ /_for_test\.h$/) next
      # A list of data that a kernel is made from may be read by others too.
      if (include ~ /\.def$/) next
      apart = from != to && from != "tests" && to ~ /^(kernel|hosted|tool|guest)$/
      if (level[to] > level[from] || apart) {
        print FILENAME ":" FNR ": " from " includes " include ", which is not above it"
        bad = 1
      }
    }
    END { exit bad }' || status=1
grep -rnE '\bFrameOf\(' kernel --include='*.cc' | grep -vE '^kernel/(mm/kernel_space|drivers/device_memory|loader/vdso)\.cc:' && status=1
exit $status
