#include "tool/bench/heap.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>

#include "tool/bench/comparisons.h"
#include "tool/bench/figures.h"
#include "tool/failure.h"

namespace caponier::tool::bench {
namespace {

struct Measured {
  double wall_ms, cpu_ms, peak_kib;
};

Measured Run(const HeapPeer& peer, const HeapWork& work) {
  std::vector<std::string> words = work.command;
  if (words.empty()) words = {peer.program, work.name};
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = fork();
  if (child < 0) throw SystemFailure("fork", errno);
  if (child == 0) {
    const int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nowhere, STDOUT_FILENO);
    unsetenv("CAPONIER_HEAP");
    if (!peer.preload.empty()) setenv("LD_PRELOAD", peer.preload.c_str(), 1);
    execvp(arguments[0], arguments.data());
    _exit(127);
  }
  int status = 0;
  rusage usage{};
  while (wait4(child, &status, 0, &usage) < 0) {
    if (errno != EINTR) throw SystemFailure("wait4", errno);
  }
  const double wall = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw Failure(fmt::format(
        "bench: {} over {} ended with {}", work.name, peer.name,
        WIFEXITED(status) ? fmt::format("status {}", WEXITSTATUS(status)) : fmt::format("signal {}", WTERMSIG(status))));
  const auto ms = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_usec) / 1e3;
  };
  return {wall, ms(usage.ru_utime) + ms(usage.ru_stime), static_cast<double>(usage.ru_maxrss)};
}

}  // namespace

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

std::vector<HeapPeer> FindHeapPeers(const std::string& build) {
  const std::string work = build + "/tool/caponier-heap-work", musl = work + "-musl";
  std::vector<HeapPeer> peers{{"glibc", "", work}};
  for (const char* name : {"caponier", "jemalloc", "mimalloc", "tcmalloc", "scudo"}) {
    const PreloadedHeap heap = FindPreloadedHeap(name, build);
    peers.push_back({.name = name, .preload = heap.library, .program = work, .absent = heap.absent});
  }
  peers.push_back({.name = "musl",
                   .preload = {},
                   .program = musl,
                   .runs_others = false,
                   .absent = access(musl.c_str(), X_OK) == 0 ? "" : "no musl-gcc when this was built"});
  return peers;
}

std::vector<HeapWork> FindHeapWorks() {
  std::vector<HeapWork> works;
  const std::map<std::string_view, std::string> halves{{"servers", "server"}, {"skewed", "skewed-alone"}};
  for (const char* name : {"numbers", "churn", "trees", "growth", "rows", "large", "turnover", "batches", "servers", "handover",
                           "exchange", "skewed", "neighbours"}) {
    const auto half = halves.find(name);
    works.push_back({name, {}, half == halves.end() ? "" : half->second});
  }
  const auto add = [&](const char* name, std::vector<std::string> command) {
    if (access(command[0].c_str(), X_OK) == 0) works.push_back({name, std::move(command)});
  };
  add("python3",
      {"/usr/bin/python3", "-c", "import json; json.loads(json.dumps([{'k': i, 's': str(i) * 4} for i in range(150000)]))"});
  add("perl", {"/usr/bin/perl", "-e", "my %h; for (1..400000) { $h{$_ % 50000} .= \"x$_\"; }"});
  return works;
}

Json CompareHeaps(std::span<const HeapPeer> peers, std::span<const HeapWork> works, int turns) {
  Json absent = Json::array(), rows = Json::array(), means = Json::array();
  std::map<std::string, std::pair<double, int>> logarithms;  // of time ratios, by peer
  for (const HeapPeer& peer : peers)
    if (!peer.absent.empty()) absent.push_back({{"allocator", peer.name}, {"why", peer.absent}});
  for (const HeapWork& work : works) {
    std::vector<Series> wall(peers.size()), cpu(peers.size()), peak(peers.size()), half(peers.size());
    for (int turn = 0; turn < turns; turn++) {
      Progress(fmt::format("{}: turn {} of {}", work.name, turn + 1, turns));
      for (size_t i = 0; i < peers.size(); i++) {
        if (!peers[i].absent.empty() || (!work.command.empty() && !peers[i].runs_others)) continue;
        const Measured measured = Run(peers[i], work);
        wall[i].Add(measured.wall_ms);
        cpu[i].Add(measured.cpu_ms);
        peak[i].Add(measured.peak_kib);
        if (!work.half.empty()) half[i].Add(Run(peers[i], {work.half, {}}).wall_ms);
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
  for (const Json& peer : result["absent"])
    text += fmt::format("absent: {} ({})\n", peer["allocator"].get<std::string>(), peer["why"].get<std::string>());
  return text;
}

}  // namespace caponier::tool::bench
