#!/bin/bash
# Real programs over libcaponier-heap say and make what they do without it: a database, interpreters with their own tests, a server under load,
# and compilers.
set -u
targets=(caponier_heap_shared)
source "${0%/*}/hosted_test.bash"
export library=$root/build/host/hosted/heap/libcaponier-heap.so.1
export work

# same NAME COMMAND: output, errors and status are the same with the library and without, and it has nothing to say.
same() {
  local with without
  with=$(LD_PRELOAD=$library timeout 120 bash -c "$2" 2>&1; echo "status $?")
  without=$(timeout 120 bash -c "$2" 2>&1; echo "status $?")
  if [[ $with != "$without" ]] || [[ $without != *"status 0" ]]; then
    fail "$1: with the library: $(tail -n 5 <<<"$with"), without: $(tail -n 5 <<<"$without")"
  fi
}

same sqlite3 "sqlite3 :memory: 'create table t (k integer primary key, v text, b blob);
  with recursive c(n) as (select 1 union all select n + 1 from c where n < 60000) insert into t select n, hex(n * n) || n, zeroblob(n % 700) from c;
  create index i on t (v); create view w as select v, count(*) over (partition by substr(v, 1, 2) order by k) as c from t;
  select sum(c), max(length(v)) from w; delete from t where k % 3 = 0; vacuum; update t set b = v || v where k % 5 = 0;
  select count(*), sum(length(b)) from t; select group_concat(v, \"\") is not null from t; pragma integrity_check'"
# The interpreter is of the same release as its tests, which are unpacked for machines: this system's own may be older and fail them.
python_root=$("$root/tests/sysroot" x86_64)/usr
same 'the tests of python3' "PYTHONHOME=$python_root PYTHONDONTWRITEBYTECODE=1 $python_root/bin/python3.11 -m test test_json test_list test_dict test_bytes test_re test_zlib test_struct \
  test_array test_deque test_memoryview test_gc test_generators 2>&1 | grep -x 'All 12 tests OK.'"
same perl "perl -e 'my (%h, @a); for my \$r (1 .. 3) { \$h{\$_ % 7000} .= \$_ x 3, push @a, [\$_, \"\$_\" x (\$_ % 40)] for 1 .. 60000; splice @a, 100, 50000 }
  my \$s = join \",\", map { \$_->[1] } sort { \$a->[0] <=> \$b->[0] } @a; \$s =~ s/(\\d)\\1+/<\$1>/g; print length(\$s), \" \", scalar(keys %h), \" \", unpack(\"%32C*\", \$s), \"\\n\"'"
same gawk "seq 200000 | gawk '{ a[\$1 % 5000] = a[\$1 % 5000] \$1; b[\$1] = split(\$1 * \$1, c, \"\") } END { n = asort(a); for (i = 1; i <= n; i++) s += length(a[i]) * i; print n, s, length(b) }'"
cat >"$work/large.cc" <<'SOURCE'
#include <algorithm>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <unordered_map>
#include <variant>
int main(int count, char** words) {
  std::map<std::string, std::variant<int, std::string, std::vector<double>>> all;
  std::unordered_map<int, std::function<int(int)>> functions;
  for (int i = 0; i < count; i++) all[words[i]] = std::regex_replace(words[i], std::regex("(a+)b*"), "$1"), functions[i] = [i](int j) { return i + j; };
  const nlohmann::json parsed = nlohmann::json::parse(words[count - 1]);
  return functions[0](static_cast<int>(all.size() + parsed.size()));
}
SOURCE
same g++ "g++ -std=c++20 -O1 -S '$work/large.cc' -o - | md5sum"
same clang++ "clang++-19 -std=c++20 -O1 -S '$work/large.cc' -o - | md5sum"
# A library that is opened so as to find its own names first still frees the program's blocks and hands it some. The program's DT_RUNPATH leads
# to it, so what is asked for is asked for by the program.
echo '#include <stdlib.h>
void* change(void* block) { return free(block), malloc(100); }' >"$work/deep.c"
echo '#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
int main(void) {
  void* library = dlopen("libdeep.so", RTLD_NOW | RTLD_DEEPBIND);
  if (library == 0) return puts(dlerror()), 1;
  free(((void* (*)(void*))dlsym(library, "change"))(malloc(50)));
  return puts("changed") < 0;
}' >"$work/binds.c"
gcc -shared -fPIC -O1 "$work/deep.c" -o "$work/libdeep.so" && gcc -O1 "$work/binds.c" -o "$work/binds" "-Wl,-rpath,$work" || fail 'compile a library'
same 'a library bound deeply' "$work/binds"
# Threads whose first and last call is the C library's at their very end, where it frees what other threads leave whose stacks it does not keep: nothing
# of the heap stays with them.
cat >"$work/threads.c" <<'SOURCE'
#include <pthread.h>
#include <stdio.h>
static void* nothing(void* none) { return none; }
static long resident(void) {
  long all = 0, now = 0;
  FILE* file = fopen("/proc/self/statm", "r");
  if (file == 0 || fscanf(file, "%ld %ld", &all, &now) != 2) return -1;
  fclose(file);
  return now * 4;
}
int main(void) {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 16 << 20);
  long before = 0;
  for (int i = 0; i < 6000; i++) {
    if (i == 1000) before = resident();
    pthread_t thread;
    if (pthread_create(&thread, &attributes, nothing, 0) != 0) i--;
  }
  return puts(resident() - before < 2000 ? "no more memory" : "more memory") < 0;
}
SOURCE
gcc -O1 "$work/threads.c" -o "$work/threads" -pthread || fail 'compile threads'
same 'threads that do nothing' "$work/threads"

# The server is in Debian's package of its tools, under another name.
serve() { # [VARIABLE=VALUE]
  local socket=$work/redis.sock
  rm -f "$work/dump.rdb"
  (
    cd "$work" || exit 1
    exec env "$@" bash -c "exec -a redis-server redis-check-rdb --port 0 --unixsocket '$socket' --save '' --daemonize no --logfile '$work/redis.log'"
  ) &
  local server=$!
  for _ in $(seq 100); do
    [[ $(redis-cli -s "$socket" ping 2>&1) == PONG ]] && break
    sleep 0.1
  done
  redis-benchmark -s "$socket" -q -n 20000 -c 20 -r 5000 -d 100 -t set,get,incr,lpush,lpop,sadd,hset,spop,zadd,mset >/dev/null || fail "redis-benchmark: status $?"
  redis-cli -s "$socket" eval 'for i = 1, 20000 do redis.call("set", "k" .. i, string.rep("x", i % 3000)) if i % 3 == 0 then redis.call("del", "k" .. i - 1) end end
    redis.call("sort", "none") return redis.call("strlen", "k2998") + redis.call("strlen", "k19999")' 0
  redis-cli -s "$socket" eval 'for i = 1, 5000 do redis.call("rpush", "l" .. i % 10, i) redis.call("zadd", "z", i % 77, i) redis.call("append", "a", i) end
    return {redis.call("llen", "l3"), redis.call("zcard", "z"), redis.call("strlen", "a"), #redis.call("sort", "l3")}' 0
  redis-cli -s "$socket" bgsave >/dev/null # by a child of a fork
  for _ in $(seq 100); do
    redis-cli -s "$socket" info persistence | grep -q 'rdb_bgsave_in_progress:0' && break
    sleep 0.1
  done
  redis-cli -s "$socket" info persistence | grep -o 'rdb_last_bgsave_status:[a-z]*'
  redis-cli -s "$socket" shutdown nosave >/dev/null 2>&1
  wait "$server"
  echo "status $?"
}
with=$(serve "LD_PRELOAD=$library" 2>&1)
without=$(serve 2>&1)
[[ $with == "$without" && $with == *'status 0' && $with == *'bgsave_status:ok'* ]] || fail "redis-server: with the library: $with, without: $without; $(tail -n 5 "$work/redis.log")"
finish
