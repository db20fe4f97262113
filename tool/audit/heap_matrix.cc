#include "tool/audit/heap_matrix.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <sstream>

#include "tool/bench/comparisons.h"
#include "tool/bench/figures.h"
#include "tool/bench/heap.h"
#include "tool/bench/heap_tags.h"
#include "tool/bench/named_library.h"
#include "tool/entropy/parallel.h"
#include "tool/entropy/report.h"
#include "tool/failure.h"
#include "tool/host/tree.h"
#include "tool/machine/process.h"

namespace caponier::tool::audit {
namespace {

using nlohmann::ordered_json;

constexpr size_t kMostWords = size_t{1} << 20;  // of what a run says, are kept

struct RunEnd {
  int status = 0;  // as waitpid gives it
  std::string words;
};

RunEnd RunToEnd(const std::vector<std::string>& command) {
  RunEnd end;
  Process process = Process::Spawn(command, {});
  (void)process.Collect(end.words, kMostWords, std::nullopt);
  end.status = process.Reap();
  return end;
}

Promise PromiseNamed(const std::string& word) {
  return word == "always" ? Promise::kAlways : word == "tags" ? Promise::kTags : Promise::kNone;
}

bool IsPromised(const MisuseCase& one, const Allocator& allocator) {
  return allocator.ours && (one.promise == Promise::kAlways || (one.promise == Promise::kTags && allocator.tags));
}

std::string CorpusFor(const std::string& build, const char* directory) {
  return fmt::format("{}/host/hosted/heap/misuse/{}/caponier-heap-misuse", build, directory);
}

// The corpus over this host's C library, with a library preloaded.
Allocator Preloaded(const std::string& build, const std::string& name, const std::string& library) {
  return {name, {"env", "-u", "CAPONIER_HEAP", "LD_PRELOAD=" + library, CorpusFor(build, "x86_64")}};
}
Allocator PreloadedPeer(const std::string& build, const std::string& name) {
  const bench::PreloadedHeap heap = bench::FindPreloadedHeap(name, build + "/host");
  if (!heap.absent.empty()) return {.name = name, .command = {}, .absent = heap.absent};
  return Preloaded(build, name, heap.library);
}
Allocator Emulated(bench::EmulatedHeap heap, bool tags) {
  const bool ours = heap.name == "caponier+tags";
  return {.name = std::move(heap.name),
          .command = std::move(heap.command),
          .ours = ours,
          .tags = tags,
          .absent = std::move(heap.absent)};
}

struct Counts {
  size_t certain = 0, sometimes = 0, of = 0, without_twin = 0;
};
Counts Count(std::span<const MisuseCase> cases, const MatrixColumn& column, const std::string& family) {
  Counts counts;
  for (size_t i = 0; i < cases.size(); i++) {
    if (!family.empty() && cases[i].family != family) continue;
    counts.of++;
    counts.certain += column.detections[i].certain() ? 1 : 0;
    counts.sometimes += column.detections[i].sometimes() ? 1 : 0;
    counts.without_twin += column.detections[i].twins_failed > 0 ? 1 : 0;
  }
  return counts;
}
std::string CountsText(const Counts& counts) {
  return counts.sometimes == 0 ? fmt::format("{}", counts.certain) : fmt::format("{}+{}", counts.certain, counts.sometimes);
}

}  // namespace

std::vector<std::string> FamiliesOf(std::span<const MisuseCase> cases) {
  std::vector<std::string> families;
  for (const MisuseCase& one : cases)
    if (std::ranges::find(families, one.family) == families.end()) families.push_back(one.family);
  return families;
}

std::vector<MisuseCase> ListCases(const std::string& program) {
  std::istringstream lines(RunToEnd({program, "list"}).words);
  std::vector<MisuseCase> cases;
  std::string name, family, promise;
  while (lines >> name >> family >> promise) cases.push_back({name, family, PromiseNamed(promise)});
  if (cases.empty()) throw Failure(fmt::format("{} lists no cases", program));
  return cases;
}

std::vector<Allocator> FindAllocators(const std::string& build, const std::string& sysroot) {
  const std::string musl = CorpusFor(build, "musl/x86_64");
  std::vector<Allocator> all{PreloadedPeer(build, "caponier")};
  all.front().ours = true;
  all.push_back({"glibc", {CorpusFor(build, "x86_64")}});
  all.push_back(PreloadedPeer(build, "scudo"));
  all.push_back({.name = "musl", .command = {musl}, .absent = access(musl.c_str(), X_OK) == 0 ? "" : "no " + musl});
  for (const char* name : {"jemalloc", "mimalloc", "tcmalloc"}) all.push_back(PreloadedPeer(build, name));
  for (const char* name : {"caponier+tags", "glibc+tags", "scudo+tags", "scudo+tags+quarantine"})
    all.push_back(Emulated(bench::FindEmulatedHeap(name, build, sysroot, CorpusFor(build, "aarch64")), true));
  // Those that know no tags, on that architecture.
  all.push_back(Emulated(bench::Emulate("musl@aarch64", build, CorpusFor(build, "musl/aarch64"), {}), false));
  for (const char* name : {"jemalloc@aarch64", "mimalloc@aarch64"})
    all.push_back(Emulated(bench::FindEmulatedHeap(name, build, sysroot, CorpusFor(build, "aarch64")), false));
  return all;
}

Allocator AllocatorIn(const std::string& build, const std::string& words) {
  const bench::NamedLibrary library = bench::ParseNamedLibrary(words);
  if (library.arch == Arch::kX86_64) return Preloaded(build, library.name, library.file);
  return Emulated(bench::Emulate(library.name, build, CorpusFor(build, "aarch64"),
                                 {.library = library.file, .environment = {bench::kAskForTags}}),
                  true);
}

End RunCase(const Allocator& allocator, const std::string& name, bool valid, std::string& words) {
  std::vector<std::string> command = allocator.command;
  command.push_back(name);
  if (valid) command.emplace_back("valid");
  RunEnd end = RunToEnd(command);
  words = end.words.substr(0, end.words.find('\n'));
  if (WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGALRM) return End::kHung;
  if (WIFSIGNALED(end.status) || !words.empty()) return End::kCaught;
  return WEXITSTATUS(end.status) == 0 ? End::kPassed : End::kFailed;
}

MatrixColumn Measure(const Allocator& allocator, std::span<const MisuseCase> cases, int runs) {
  MatrixColumn column{allocator, std::vector<Detection>(cases.size())};
  std::vector<std::function<void()>> tasks;
  tasks.reserve(cases.size());
  for (size_t i = 0; i < cases.size(); i++) {
    tasks.emplace_back([&, i] {
      Detection& detection = column.detections[i];
      detection.runs = runs;
      for (int run = 0; run < runs && !detection.hung; run++) {
        std::string words;
        if (RunCase(allocator, cases[i].name, true, words) != End::kPassed) detection.twins_failed++;
        const End end = RunCase(allocator, cases[i].name, false, words);
        detection.hung = end == End::kHung;
        if (end != End::kCaught) continue;
        detection.caught++;
        if (detection.words.empty()) detection.words = words;
      }
    });
  }
  entropy::RunAll(tasks);
  return column;
}

std::vector<std::string> MatrixFailures(std::span<const MisuseCase> cases, const MatrixColumn& column) {
  std::vector<std::string> failures;
  for (size_t i = 0; i < cases.size(); i++) {
    const Detection& detection = column.detections[i];
    if (column.allocator.ours && detection.twins_failed > 0)
      failures.push_back(fmt::format("{}: the valid twin of {} fails in {} runs of {}", column.allocator.name, cases[i].name,
                                     detection.twins_failed, detection.runs));
    if (IsPromised(cases[i], column.allocator) && detection.caught < detection.runs)
      failures.push_back(fmt::format("{}: {} is caught in {} runs of {}, and must be in all", column.allocator.name,
                                     cases[i].name, detection.caught, detection.runs));
  }
  return failures;
}

std::string MatrixText(std::span<const MisuseCase> cases, std::span<const MatrixColumn> columns) {
  std::vector<std::string> heads{"caught in every run + in some", "of"};
  for (const MatrixColumn& column : columns)
    if (column.allocator.absent.empty()) heads.push_back(column.allocator.name);
  bench::Table table(heads);
  std::string notes;
  std::vector<std::string> families = FamiliesOf(cases);
  families.emplace_back();  // all
  for (const std::string& family : families) {
    const auto in_family = [&](const MisuseCase& one) { return family.empty() || one.family == family; };
    std::vector<std::string> cells{family.empty() ? "all" : family, fmt::format("{}", std::ranges::count_if(cases, in_family))};
    for (const MatrixColumn& column : columns)
      if (column.allocator.absent.empty()) cells.push_back(CountsText(Count(cases, column, family)));
    table.AddRow(std::move(cells));
  }
  for (const MatrixColumn& column : columns) {
    if (!column.allocator.absent.empty()) {
      notes += fmt::format("absent: {} ({})\n", column.allocator.name, column.allocator.absent);
      continue;
    }
    if (const size_t count = Count(cases, column, "").without_twin; count > 0)
      notes += fmt::format("{} fails {} valid twins, whose misuses count as missed\n", column.allocator.name, count);
    for (const std::string& failure : MatrixFailures(cases, column)) notes += fmt::format("  FAILS {}\n", failure);
  }
  return table.Render() + "\n" + notes;
}

ordered_json MatrixJson(std::span<const MisuseCase> cases, std::span<const MatrixColumn> columns) {
  ordered_json allocators = ordered_json::array();
  for (const MatrixColumn& column : columns) {
    if (!column.allocator.absent.empty()) {
      allocators.push_back({{"allocator", column.allocator.name}, {"absent", column.allocator.absent}});
      continue;
    }
    ordered_json detections = ordered_json::array();
    for (size_t i = 0; i < cases.size(); i++) {
      const Detection& detection = column.detections[i];
      detections.push_back({{"case", cases[i].name},
                            {"family", cases[i].family},
                            {"runs", detection.runs},
                            {"caught", detection.caught},
                            {"hung", detection.hung},
                            {"twins_failed", detection.twins_failed},
                            {"promised", IsPromised(cases[i], column.allocator)},
                            {"words", Printable(detection.words)}});
    }
    const Counts counts = Count(cases, column, "");
    allocators.push_back({{"allocator", column.allocator.name},
                          {"tags", column.allocator.tags},
                          {"cases", counts.of},
                          {"certain", counts.certain},
                          {"sometimes", counts.sometimes},
                          {"failures", MatrixFailures(cases, column)},
                          {"detections", std::move(detections)}});
  }
  return {{"allocators", std::move(allocators)}};
}

int AuditHeap(const HeapOptions& options) {
  // build/host/tool/caponier-tool
  const std::string build = DirectoryOf(DirectoryOf(DirectoryOf(ReadLink("/proc/self/exe").value_or(""))));
  std::vector<MisuseCase> cases = ListCases(build + "/host/hosted/heap/misuse/x86_64/caponier-heap-misuse");
  std::erase_if(cases, [&](const MisuseCase& one) { return !one.name.contains(options.cases); });
  if (cases.empty()) throw Failure(fmt::format("audit heap: no case has {} in its name", options.cases));
  const auto wanted = [&](const std::string& name) {
    return options.allocators.empty() || std::ranges::find(options.allocators, name) != options.allocators.end();
  };
  const auto from_sysroot = [](const std::string& name) { return name.starts_with("scudo+") || name.ends_with("@aarch64"); };
  const bool sysroot = options.allocators.empty() || std::ranges::any_of(options.allocators, from_sysroot);
  std::vector<Allocator> allocators = FindAllocators(build, sysroot ? bench::MakeHeapsSysroot(build) : "");
  for (const std::string& name : options.allocators)
    if (std::ranges::find(allocators, name, &Allocator::name) == allocators.end())
      throw Failure(fmt::format("audit heap: no allocator is called {}", name));
  std::erase_if(allocators, [&](const Allocator& one) { return !wanted(one.name); });
  for (const std::string& words : options.libraries) allocators.push_back(AllocatorIn(build, words));
  std::vector<MatrixColumn> columns;
  int status = 0;
  for (const Allocator& allocator : allocators) {
    bench::Progress(fmt::format("{}: {} misuses and their twins, {} runs", allocator.name, cases.size(), options.runs));
    columns.push_back(allocator.absent.empty() ? Measure(allocator, cases, options.runs) : MatrixColumn{allocator, {}});
    if (!allocator.absent.empty() ? allocator.ours : !MatrixFailures(cases, columns.back()).empty()) status = 1;
  }
  bench::Progress("");
  fmt::print("{}", MatrixText(cases, columns));
  if (options.json.has_value()) entropy::WriteJson(*options.json, MatrixJson(cases, columns));
  if (options.output.has_value()) entropy::WriteFile(*options.output, MatrixPage(cases, columns));
  return status;
}

}  // namespace caponier::tool::audit
