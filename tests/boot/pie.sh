#!/bin/bash
# Position-independent programs of every kind find their own addresses right, boot after boot, each time somewhere else; and where every
# draw of a place is at an edge of its range, with little memory and with much. tests/nightly/pie.sh asks for more of it:
#   pie.sh [BOOTS]: how many of each kind on each architecture
set -u
"$CAPONIER" build host x86_64 aarch64 || exit 1
. "$CAPONIER_ROOT/tests/boot/helpers/common.bash"
. "$CAPONIER_ROOT/tests/emulator.bash"
. "$CAPONIER_ROOT/tests/boot/helpers/pie.bash"
. "$CAPONIER_ROOT/tests/boot/helpers/extreme.bash"
count=${1:-2}
mkdir -p "$programs"

# Where the image, which is placed first, must stand.
declare -A image_at=([x86_64-first]='0*11000' [x86_64-last]='7fff[0-9a-f]*' [x86_64-middle]='(3ff|400)[0-9a-f]*'
  [aarch64-first]='0*11000' [aarch64-last]='ffff[0-9a-f]*' [aarch64-middle]='(7ff|800)[0-9a-f]*')
for arch in x86_64 aarch64; do
  image_at[$arch-either]="(${image_at[$arch-first]}|${image_at[$arch-last]})"
  for kind in "${kinds[@]}"; do
    if (
      flock 9
      build_kind "$arch" "$kind" >"$scratch/log" 2>&1
    ) 9>"$programs/lock"; then
      boots "$arch" "$kind" "$count"
    else
      not_ok "$kind ($arch) does not compile: $(head -n 5 "$scratch/log")"
    fi
  done
  none_repeats "$arch"
  if compile "$arch" dynamic "$scratch/aligned" "$helpers/aligned.c"; then
    for layout in scatter scatter off; do
      said=$(timeout 120 "$CAPONIER" run --layout "$layout" "$scratch/aligned" 2>/dev/null </dev/null)
      code=$?
      [[ $said == '1 1' ]] && ((code == 7)) && ok "aligned variables, --layout $layout ($arch)" || not_ok "aligned variables, --layout $layout ($arch): status $code, $said"
    done
  else
    not_ok "aligned.c ($arch) does not compile"
  fi

  for edge in "${edges[@]}"; do
    if ! emulators=$(make_extreme "$arch" "$edge"); then
      not_ok "no kernel with draws at an edge: $edge ($arch)"
      continue
    fi
    sound=0
    for kind in "${kinds[@]}"; do
      for memory in 64M 8G; do
        if ! why=$(CAPONIER_EMULATORS=$emulators boot_kind "$arch" "$kind" --memory "$memory"); then
          not_ok "$kind with $memory, draws at an edge: $edge ($arch): $why"
        elif ! [[ $(places) =~ (^|$'\n')image\ ${image_at[$arch-$edge]}($|$'\n') ]]; then
          not_ok "draws at an edge: $edge ($arch): $(places)"
        else
          ((++sound))
        fi
      done
    done
    ((sound == 2 * ${#kinds[@]})) && ok "draws at an edge: $edge ($arch): $sound boots"
    # The kernel's regions stand side by side then, and may share the leaf table of the windows: of all rules only that one is broken.
    CAPONIER_EMULATORS=$emulators timeout 120 "$CAPONIER" audit tables --arch "$arch" --kernel-order fixed >"$scratch/audit" 2>&1
    broken=$(grep '^  ' "$scratch/audit" | grep -vE "^  the windows' table maps something|^  by the kernel's own walk .* agrees$")
    if [[ -z $broken ]] && (($(grep -cE "^$arch (loaded|after)" "$scratch/audit") == 3)); then
      ok "draws at an edge: $edge ($arch): page tables"
    else
      not_ok "draws at an edge: $edge ($arch): page tables"
      cat "$scratch/audit"
    fi
  done
done
exit $failed
