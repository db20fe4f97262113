#include "tool/bench/heap.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "tool/bench/comparisons.h"
#include "tool/bench/figures.h"
#include "tool/failure.h"

namespace caponier::tool::bench {
std::string ScudoLibrary(std::string_view arch) {
  return fmt::format("/usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.scudo_standalone-{}.so", arch);
}

PreloadedHeap FindPreloadedHeap(std::string_view name, const std::string& build) {
  const std::string libraries = "/usr/lib/x86_64-linux-gnu/";
  const std::map<std::string_view, std::vector<std::string>> files{
      {"caponier", {build + "/hosted/heap/libcaponier-heap.so.1"}},
      {"jemalloc", {libraries + "libjemalloc.so.2"}},
      {"mimalloc", {libraries + "libmimalloc.so.2.0", libraries + "libmimalloc.so.2"}},
      {"tcmalloc", {libraries + "libtcmalloc_minimal.so.4"}},
      {"scudo", {ScudoLibrary("x86_64")}}};
  for (const std::string& file : files.at(name))
    if (access(file.c_str(), R_OK) == 0) return {file, ""};
  return {"", "no " + files.at(name).front()};
}

std::vector<HeapPeer> FindHeapPeers(const std::string& build, std::span<const NamedLibrary> others) {
  const std::string work = build + "/tool/caponier-heap-work", musl = work + "-musl";
  // Preloaded as the others are: a real program may be linked with an allocator of its own, which would else come first.
  std::vector<HeapPeer> peers{{"glibc", "libc.so.6", work}};
  for (const char* name : {"caponier", "jemalloc", "mimalloc", "tcmalloc", "scudo"}) {
    const PreloadedHeap heap = FindPreloadedHeap(name, build);
    peers.push_back({.name = name, .preload = heap.library, .program = work, .absent = heap.absent});
  }
  peers.push_back({.name = "musl",
                   .preload = {},
                   .program = musl,
                   .runs_others = false,
                   .absent = access(musl.c_str(), X_OK) == 0 ? "" : "no " + musl});
  for (const NamedLibrary& other : others) peers.push_back({.name = other.name, .preload = other.file, .program = work});
  return peers;
}

std::vector<HeapWork> FindHeapWorks(const std::string& source) {
  std::vector<HeapWork> works;
  const std::map<std::string_view, std::string> halves{{"servers", "server"}, {"skewed", "skewed-alone"}};
  for (const char* name : {"numbers", "churn", "trees", "growth", "rows", "large", "turnover", "batches", "servers", "handover",
                           "exchange", "skewed", "neighbours"}) {
    const auto half = halves.find(name);
    works.push_back({name, {}, half == halves.end() ? "" : half->second});
  }
  const auto add = [&](HeapWork work, const char* package) {
    for (const std::string& file : {work.file.empty() ? work.command[0] : work.file, work.client.empty() ? "" : work.client[0]})
      if (!file.empty() && access(file.c_str(), X_OK) != 0) work.absent = fmt::format("no {}, of package {}", file, package);
    works.push_back(std::move(work));
  };
  add({"python3",
       {"/usr/bin/python3", "-c", "import json; json.loads(json.dumps([{'k': i, 's': str(i) * 4} for i in range(150000)]))"}},
      "python3");
  add({"perl", {"/usr/bin/perl", "-e", "my %h; for (1..400000) { $h{$_ % 50000} .= \"x$_\"; }"}}, "perl");
  add({"sqlite3",
       {"/usr/bin/sqlite3", ":memory:",
        "create table t (k integer primary key, v text, n integer);"
        "with recursive c(i) as (select 1 union all select i + 1 from c where i < 100000)"
        " insert into t select i, hex(i * 7919 % 100003) || i, i % 977 from c;"
        "create index i on t (v); create index j on t (n);"
        "select count(*), max(v) from t where n between 100 and 300;"
        "select n, count(*), group_concat(substr(v, 1, 3), '') from t group by n having count(*) > 102;"
        "delete from t where k % 3 = 0; update t set v = v || n where k % 5 = 0;"
        "select sum(length(v)) from (select v from t order by v desc);"}},
      "sqlite3");
  const std::string compiled = source + "/tool/host/tree.cc";
  add({"clang++", {"/usr/bin/clang++-19", "-std=gnu++23", "-O1", "-S", "-I" + source, "-o", "/dev/null", compiled}}, "clang-19");
  if (access(compiled.c_str(), R_OK) != 0) works.back().absent = "no " + compiled;
  // Debian's package of the tools has the server too, under another name.
  add({.name = "redis",
       .command = {"redis-server", "--port", "0", "--unixsocket", std::string(kSocketWord), "--save", "", "--daemonize", "no"},
       .file = "/usr/bin/redis-check-rdb",
       .client = {"/usr/bin/redis-benchmark", "-s", std::string(kSocketWord), "-q", "-n", "50000", "-P", "16", "-r", "50000",
                  "-d", "200", "-t", "set,get,lpush,lpop,sadd,hset,zadd"}},
      "redis-tools");
  return works;
}

Json CompareHeaps(std::span<const HeapPeer> peers, std::span<const HeapWork> works, int turns) {
  Json absent = Json::array(), rows = Json::array(), means = Json::array();
  std::map<std::string, std::pair<double, int>> logarithms;  // of time ratios, by peer
  for (const HeapPeer& peer : peers)
    if (!peer.absent.empty()) absent.push_back({{"allocator", peer.name}, {"why", peer.absent}});
  for (const HeapWork& work : works) {
    if (!work.absent.empty()) {
      absent.push_back({{"workload", work.name}, {"why", work.absent}});
      continue;
    }
    std::vector<Series> wall(peers.size()), cpu(peers.size()), peak(peers.size()), half(peers.size());
    for (int turn = 0; turn < turns; turn++) {
      Progress(fmt::format("{}: turn {} of {}", work.name, turn + 1, turns));
      for (size_t i = 0; i < peers.size(); i++) {
        if (!peers[i].absent.empty() || (!work.command.empty() && !peers[i].runs_others)) continue;
        const HeapRun measured = RunHeapWork(peers[i], work);
        wall[i].Add(measured.wall_ms);
        cpu[i].Add(measured.cpu_ms);
        peak[i].Add(measured.peak_kib);
        if (!work.half.empty()) half[i].Add(RunHeapWork(peers[i], {work.half, {}}).wall_ms);
      }
    }
    for (size_t i = 0; i < peers.size(); i++) {
      if (wall[i].empty()) continue;
      const double ratio = PairedRatio(wall[i], wall[0]);
      rows.push_back({{"workload", work.name},
                      {"allocator", peers[i].name},
                      {"ms", wall[i].Median()},
                      {"cpu_ms", cpu[i].Median()},
                      {"peak_kib", peak[i].Median()},
                      {"time_ratio", ratio},
                      {"cpu_ratio", PairedRatio(cpu[i], cpu[0])},
                      {"peak_ratio", PairedRatio(peak[i], peak[0])}});
      if (!half[i].empty()) rows.back()["scaling"] = 2 * PairedRatio(half[i], wall[i]);
      if (!work.command.empty()) continue;  // of those that all run
      auto& [sum, count] = logarithms[peers[i].name];
      sum += std::log(ratio);
      count++;
    }
  }
  Progress("");
  for (const HeapPeer& peer : peers) {
    if (const auto found = logarithms.find(peer.name); found != logarithms.end())
      means.push_back({{"allocator", peer.name}, {"time_ratio", std::exp(found->second.first / found->second.second)}});
  }
  return {{"compared_to", peers.empty() ? "" : peers[0].name},
          {"absent", absent},
          {"measurements", rows},
          {"geometric_means", means}};
}

std::string HeapTables(const Json& result) {
  std::vector<std::string> works, names;
  const auto note = [](auto& list, const std::string& value) {
    if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
  };
  for (const Json& row : result["measurements"]) {
    note(works, row["workload"]);
    note(names, row["allocator"]);
  }
  std::string text;
  const auto table = [&](const std::string& title, const char* field, bool mean) {
    std::vector<std::string> heads{title};
    heads.insert(heads.end(), works.begin(), works.end());
    if (mean) heads.push_back("mean");
    Table rendered(heads);
    for (const std::string& name : names) {
      std::vector<std::string> cells{name};
      for (const std::string& work : works) {
        std::string cell = "-";
        for (const Json& row : result["measurements"])
          if (row["allocator"] == name && row["workload"] == work) cell = NumberText(row[field]);
        cells.push_back(cell);
      }
      for (const Json& row : result["geometric_means"])
        if (mean && row["allocator"] == name) cells.push_back(NumberText(row["time_ratio"]));
      rendered.AddRow(std::move(cells));
    }
    text += rendered.Render() + "\n";
  };
  const std::string to = result["compared_to"];
  table("ms", "ms", false);
  table("time, of " + to + "'s", "time_ratio", true);
  table("processor time, of " + to + "'s", "cpu_ratio", false);
  table("peak memory, of " + to + "'s", "peak_ratio", false);
  text += "mean: geometric, of the workloads that run over all of them\n\n";
  Table scaling({"throughput of two threads, of one's", "allocator", "scaling"});
  bool scales = false;
  for (const Json& row : result["measurements"]) {
    if (!row.contains("scaling")) continue;
    scaling.AddRow({row["workload"], row["allocator"], NumberText(row["scaling"])});
    scales = true;
  }
  if (scales) text += scaling.Render() + "\n";
  for (const Json& one : result["absent"])
    text += fmt::format("absent: {} ({})\n", one[one.contains("workload") ? "workload" : "allocator"].get<std::string>(),
                        one["why"].get<std::string>());
  return text;
}

}  // namespace caponier::tool::bench
