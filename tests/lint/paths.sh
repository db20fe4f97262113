#!/bin/bash
# No file names the place where the repository happens to be checked out: such a path means nothing elsewhere.
set -u
cd "$(dirname -- "$0")/../.." || exit 1
bad=0
for place in "$PWD" "$(dirname -- "$(cd -- "$(git rev-parse --git-common-dir)/.." && pwd)")"; do
  case $place in
    / | /tmp | /root | /home | /usr | /opt | /srv | /var | /mnt) continue ;;
  esac
  git ls-files -co --exclude-standard | xargs -d '\n' grep -nF -- "$place/" /dev/null && bad=1
done
exit $bad
