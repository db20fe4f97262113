#!/bin/bash
# `caponier check` reads off a program's code what it asks of the machine: features that are missing are told for those that ask for
# them, and not for those whose C library could.
set -u
. "$CAPONIER_ROOT/tests/boot/helpers/common.bash"
cd "$scratch" || exit 1
echo 'int main(void) { return 0; }' >quiet.c
cat >network.c <<'C'
#include <sys/socket.h>
int main(void) { return socket(AF_INET, SOCK_STREAM, 0); }
C
cat >names.c <<'C'
#include <netdb.h>
#include <stddef.h>
int main(void) {
  struct addrinfo* found;
  return getaddrinfo("localhost", NULL, NULL, &found);
}
C
cat >forks.c <<'C'
#include <stdlib.h>
int main(void) { return system("true"); }
C
for arch in x86_64 aarch64; do
  for name in quiet network names forks; do compile $arch dynamic "$name" "$name.c" || not_ok "compile $name $arch"; done
  tells() { # NAME WORDS [ERROR]
    if "$CAPONIER" check "./$1" 2>&1 | grep -q "without  $2:.*${3:-}"; then ok "$1: without $2 ($arch)"; else not_ok "$1: nothing said of $2 ($arch)"; fi
  }
  tells network 'the network' '(EAFNOSUPPORT)$'
  tells names 'the network'
  tells forks 'starting other programs' '(ENOSYS)$'
  if said=$("$CAPONIER" check ./quiet 2>&1) && ! grep -q 'without  the network\|without  starting' <<<"$said"; then
    ok "quiet: asks for nothing that is missing ($arch)"
  else
    not_ok "quiet ($arch): $said"
  fi
  "$CAPONIER" check --strict ./network >/dev/null 2>&1
  (($? == 1)) && ok "--strict: status 1 ($arch)" || not_ok "--strict: status $? ($arch)"
done
"$CAPONIER" check ./quiet.c >said 2>&1
(($? == 126)) && [[ $(wc -l <said) == 1 ]] && ok "no program: one line, 126" || not_ok "no program: $(<said)"
exit $failed
