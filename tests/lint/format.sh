#!/bin/bash
# Every C++ file is as clang-format leaves it.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
command -v clang-format-19 >/dev/null || { echo "clang-format-19 is not installed" && exit 1; }
git ls-files -co --exclude-standard | grep -E '\.(h|cc)$' | xargs -d '\n' clang-format-19 --dry-run -Werror 2>&1 | grep -E 'error:' |
  cut -d: -f1 | sort | uniq -c | sed 's/^ *\([0-9]*\) \(.*\)/\2: clang-format-19 would change \1 places/' >"${TMPDIR:-/tmp}/caponier-format.$$"
cat "${TMPDIR:-/tmp}/caponier-format.$$"
bad=$([[ -s ${TMPDIR:-/tmp}/caponier-format.$$ ]] && echo 1 || echo 0)
rm -f "${TMPDIR:-/tmp}/caponier-format.$$"
exit "$bad"
