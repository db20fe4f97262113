#!/bin/bash
# busybox-static: a static program at fixed addresses (ET_EXEC), with its applets and its shell.
source "$(dirname -- "$0")/common.bash"
seeded_lines 20000 >lines
mkdir -p tree/a/b tree/c
cp lines tree/a/lines
echo hello >tree/a/b/hello
ln -s ../a/b/hello tree/c/link
ln tree/a/lines tree/c/second
chmod 750 tree/a
chmod 4711 tree/a/b/hello
find tree -exec touch -h -d '2024-02-29 12:34:56' {} +
options=(--memory 256M)
same "sha256sum" busybox sha256sum lines
same "ls -lR" busybox ls -lR tree/a tree/c
same "sort" busybox sort -r lines
same "awk" busybox awk '{ n[$2]++ } END { for (w in n) print w, n[w] }' lines
# Entries by name: the order in which a directory lists them is the file system's own.
same "tar to a pipe" busybox tar -c -f - --no-recursion tree tree/a tree/a/b tree/a/b/hello tree/a/lines tree/c tree/c/link tree/c/second
same "find" busybox find tree -type f -size -1k -perm -4000
same "grep" busybox grep -c 'word1[0-9]*$' lines
same "sed" busybox sed -n 's/word\([0-9]*\)/<\1>/p' lines
same "md5sum" busybox md5sum lines
same "gzip to a pipe" busybox gzip -c lines
same "dd" busybox dd if=lines bs=1000 count=3
same "an applet that is not" busybox no-such-applet
options+=(--with "$PWD/lines")
same "sh: builtins" busybox sh -c '
  i=0; sum=0
  while [ $i -lt 1000 ]; do sum=$((sum + i * i)); i=$((i + 1)); done
  echo "$sum"
  for word in a "b c" d; do printf "<%s>" "$word"; done; echo
  case $sum in 3328*) echo matched;; *) echo not;; esac
  f() { local x=$1; [ "$x" -le 1 ] && { r=1; return; }; f $((x - 1)); r=$((r * x)); }
  f 10; echo "$r"
  echo text >file; read line <file; echo "${line%xt}${#line}"
  while read -r n w; do [ "$n" -gt 2147000000 ] && echo "$n"; done <lines
  trap "echo bye" EXIT; set -- 1 2 3; shift; echo "$# $*"
  test -d /proc/self && cd / && pwd
  exit 7'
exit $status
