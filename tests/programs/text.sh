#!/bin/bash
# jq, gawk, perl, lua, grep: interpreters of little languages.
source "$(dirname -- "$0")/common.bash"
seeded_lines 20000 >lines
awk 'BEGIN { printf "[" } { printf "%s{\"n\":%d,\"w\":\"%s\",\"list\":[%d,true,null]}", NR > 1 ? "," : "", $1, $2, NR } END { print "]" }' lines >data.json
same "jq: query" jq -c '[.[] | select(.n % 7 == 0) | {w, first: .list[0]}] | group_by(.w) | map({w: .[0].w, n: length})' data.json
same "jq: pretty" jq '.[0:50]' data.json
same "jq: an error" jq '.[' data.json
same "gawk: count" gawk '{ n[$2]++ } END { m = asorti(n, s); for (i = 1; i <= m; i++) print s[i], n[s[i]] }' lines
same "gawk: bits and time" gawk 'BEGIN { print and(12, 10), strftime("%F", 86400, 1), substr("héllo", 2, 3), length("héllo") }'
same "perl: regular expressions" perl -ne '$n{$1}++ if /word(\d+)$/; END { print "$_ $n{$_}\n" for sort { $a <=> $b } keys %n }' lines
same "perl: modules" perl -MList::Util=sum,shuffle -MPOSIX=floor -MData::Dumper -e '
  $Data::Dumper::Sortkeys = 1; print sum(map { floor($_ / 3) } 1..1000), "\n", Dumper({a => [1, 2], b => {c => undef}}), sprintf("%.15g %s\n", atan2(1, 1) * 4, join ",", unpack "C*", pack "w", 300)'
same "perl: dies" perl -e 'die "no\n" if 1'
same "lua" lua5.4 -e '
  local t = {} for i = 1, 20000 do t[i] = (i * 7919) % 20011 end table.sort(t)
  print(#t, t[1], t[#t], string.format("%.14g %q", math.pi, "a\nb"), 7 // 2, 7 % -3, 1 << 40)
  local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end) print(co(), co(), co())
  print(string.rep("ab", 3, "-"), ("x"):byte(), #arg, utf8.char(8364), select("#", table.unpack(t, 1, 100)))'
same "lua: reads and writes files" lua5.4 -e '
  local out <close> = assert(io.open("made", "w")) for i = 1, 1000 do out:write(i, "\n") end out:flush()
  local sum = 0 for line in io.lines("made") do sum = sum + tonumber(line) end print(sum)
  print(os.rename("made", "moved"), io.open("made"), os.remove("moved"))'
same "lua: an error" lua5.4 -e 'error({code = 2})'
# Its compiler is refused memory for code, and it matches without.
same "grep: perl's expressions" grep -cP '^(\d)(?=\d*\1 )(?!.*word(?:\d?)7$).*' lines
options=(--wx allow-jit)
same "grep: perl's expressions, --wx allow-jit" grep -oP '(?<=word)(\d)\1\K$|x' lines
exit $status
