#!/bin/bash
# Go: a static program with a runtime of its own (fixed addresses, threads, signals for preemption), and one of Debian's with cgo.
source "$(dirname -- "$0")/common.bash"
go=$("$CAPONIER_ROOT/tests/sysroot" x86_64 go) || exit 1
programs=$CAPONIER_ROOT/build/go-programs
source=$CAPONIER_ROOT/tests/programs/go/main.go
mkdir -p "$programs"
for arch in "${architectures[@]}"; do
  [[ $programs/$arch -nt $source ]] && continue
  case $arch in x86_64) goarch=amd64 ;; aarch64) goarch=arm64 ;; esac
  GOROOT=$go/usr/lib/go-1.19 GOPATH=$programs/path GOCACHE=$programs/cache GOARCH=$goarch GOOS=linux CGO_ENABLED=0 GO111MODULE=off \
    GOFLAGS=-ldflags=-s\ -w "$go/usr/lib/go-1.19/bin/go" build -o "$programs/$arch" "$source" || exit 1
done
on_host "$programs/x86_64" >want.out 2>want.err
want_status=$?
for arch in "${architectures[@]}"; do
  in_machine "$arch" "$programs/$arch" >here.out 2>here.err
  compare "static Go program" "$arch" $?
done
seeded_lines 300 | awk 'BEGIN { printf "[" } { printf "%s{\"n\":%d,\"w\":\"%s\"}", NR > 1 ? "," : "", $1, $2 } END { print "]" }' >data.json
same "gron" gron data.json
exit $status
