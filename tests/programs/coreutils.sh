#!/bin/bash
# coreutils: sha256sum, sort, od, date, and what else is easy to compare.
source "$(dirname -- "$0")/common.bash"
seeded_lines 20000 >lines
head -c 300000 lines | tr -d '\n' >bytes
same "sha256sum of files" sha256sum lines bytes
same "sha256sum of a missing file" sha256sum lines nothing-here
same "sort" sort lines
same "sort by number, unique" sort -n -u -k1,1 lines
same "od" od -A d -t x1z -N 4096 bytes
same "date" date -u -d @1234567890 +%FT%T%z
prints "date of today" "^$(date -u +%F)T" date -u +%FT%T
input=lines
same "wc of standard input" wc
same "tail" tail -n 7
same "cut and tr" cut -d ' ' -f 2
same "cksum" cksum
same "base64" base64
same "tac" tac
input=/dev/null
same "seq" seq 1 3 20000
same "factor" factor 18446744073709551557 1234567890123456789
same "expr" expr 12345 '*' 678
same "false" false
same "stat" stat -c '%s %a %F' lines
same "ls" ls -l --time-style=full-iso lines bytes
same "split and more files" split --verbose -b 100000 bytes part-
same "echo" echo 'a  b' c
same "printf" printf '%s-%05d-%.3f\n' x 42 3.14159
exit $status
