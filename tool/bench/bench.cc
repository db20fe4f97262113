#include "tool/bench/bench.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "tool/bench/comparisons.h"
#include "tool/bench/heap.h"
#include "tool/bench/heap_tags.h"
#include "tool/bench/plot.h"
#include "tool/bench/random.h"
#include "tool/failure.h"
#include "tool/host/tree.h"
#include "tool/json_text.h"

namespace caponier::tool {
namespace bench {

void Progress(std::string_view what) {
  if (isatty(STDERR_FILENO) == 0) return;
  fmt::print(stderr, "\r\x1b[K{}", what);
  std::fflush(stderr);
}

namespace {

int BenchRandom(const BenchOptions& options, const std::string& build) {
  const std::vector<RandomPeer> peers = LoadRandomPeers(build + "/host/hosted/random/libcaponier-random.so.1");
  RandomPlan plan;
  if (options.runs > 0) plan.turns = options.runs;
  const Json result = CompareRandom(peers, plan);
  fmt::print("{}", options.json ? JsonText(result) : RandomTables(result));
  if (!options.plot.empty()) PlotRandom(result, options.plot);
  return 0;
}

int BenchHeap(const BenchOptions& options, const std::string& build) {
  const Arch arch = options.arch.value_or(Arch::kX86_64);
  std::vector<NamedLibrary> libraries;
  for (const std::string& words : options.libraries) {
    libraries.push_back(ParseNamedLibrary(words));
    if (libraries.back().arch != arch) throw Failure(fmt::format("--library: {} is not for {}", words, NameOf(arch)));
  }
  if (arch == Arch::kAarch64) {  // which is emulated: counted, not timed
    const Json result = CountTaggedHeaps(build, libraries, options.runs > 0 ? options.runs : 1);
    fmt::print("{}", options.json ? JsonText(result) : CountTables(result));
    return 0;
  }
  const std::vector<HeapPeer> peers = FindHeapPeers(build + "/host", libraries);
  const std::vector<HeapWork> works = FindHeapWorks(DirectoryOf(build));
  const Json result = CompareHeaps(peers, works, options.runs > 0 ? options.runs : 5);
  fmt::print("{}", options.json ? JsonText(result) : HeapTables(result));
  if (!options.plot.empty()) PlotHeaps(result, options.plot);
  return 0;
}

// Without the Linux guest.
int BenchLayout(const BenchOptions& options, const Install& install, const std::string& build) {
  Json all = Json::object();
  for (const Arch arch : {Arch::kX86_64, Arch::kAarch64}) {
    if (options.arch.has_value() && *options.arch != arch) continue;
    Json result = CompareLayouts(install, arch, options.runs, build);
    if (!options.json) fmt::print("{}, emulated\n{}\n", NameOf(arch), LayoutTables(result));
    std::fflush(stdout);
    all[std::string(NameOf(arch))] = std::move(result);
  }
  if (options.json) fmt::print("{}", JsonText(all));
  return 0;
}

}  // namespace
}  // namespace bench

int Bench(const BenchOptions& options) {
  using namespace bench;
  if (!options.plot.empty()) (void)IsPng(options.plot);  // said before what is to be drawn is measured
  const Install install = Install::FromSelf();
  // build/host/tool/caponier-tool
  const std::string build = DirectoryOf(DirectoryOf(DirectoryOf(ReadLink("/proc/self/exe").value_or(""))));
  const char* from = std::getenv("CAPONIER_LAUNCHER");
  const std::string beside = DirectoryOf(build) + "/caponier";
  const std::string launcher = from != nullptr ? from : access(beside.c_str(), X_OK) == 0 ? beside : "";
  if (options.what == BenchOptions::What::kRandom) return BenchRandom(options, build);
  if (options.what == BenchOptions::What::kHeap) return BenchHeap(options, build);
  if (options.what == BenchOptions::What::kLayout) return BenchLayout(options, install, build);
  Json all = Json::object();
  for (const Arch arch : {Arch::kX86_64, Arch::kAarch64}) {
    if (options.arch.has_value() && *options.arch != arch) continue;
    const LinuxGuest linux_guest(install, arch, build);
    const struct bench::Bench bench{install, arch, options.runs, build, launcher, linux_guest};
    Json result;
    std::string tables;
    switch (options.what) {
      case BenchOptions::What::kBoot: tables = BootTables(result = CompareBoot(bench)); break;
      case BenchOptions::What::kSyscall: tables = CallTables(result = CompareCalls(bench)); break;
      case BenchOptions::What::kLayout:
      case BenchOptions::What::kRandom:
      case BenchOptions::What::kHeap: break;  // not beside Linux in a guest
      case BenchOptions::What::kRun: tables = ProgramTables(result = ComparePrograms(bench)); break;
    }
    result["linux"] = linux_guest.version();
    if (!options.json) fmt::print("{}, emulated; Linux is Debian's {}\n{}\n", NameOf(arch), linux_guest.version(), tables);
    std::fflush(stdout);
    all[std::string(NameOf(arch))] = std::move(result);
  }
  if (options.json) fmt::print("{}", JsonText(all));
  return 0;
}

}  // namespace caponier::tool
