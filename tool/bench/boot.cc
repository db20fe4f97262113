#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>

#include "tool/bench/comparisons.h"
#include "tool/bench/figures.h"
#include "tool/failure.h"
#include "tool/size.h"

namespace caponier::tool::bench {
namespace {

constexpr int kDefaultRuns = 10;

struct Contender {
  std::string name;
  std::function<Finished()> run;
  Series wall = {}, processor = {};
};

// The least memory, in `step`s, with which `runs` says the guest does its work. It is taken to be the more the better.
u64 LeastMemory(u64 step, u64 enough, const std::function<bool(u64)>& runs) {
  u64 fails = 0;
  while (enough - fails > step) {
    const u64 middle = AlignUp(fails + (enough - fails) / 2, step);
    if (middle >= enough) break;
    (runs(middle) ? enough : fails) = middle;
  }
  return enough;
}

u64 StrippedBytes(const std::string& kernel, Arch arch, const std::string& build) {
  if (arch == Arch::kAarch64) return std::filesystem::file_size(kernel);  // an image without symbols from the start
  const std::string stripped = build + "/bench/stripped";
  const Finished done = RunCommand({"llvm-strip-19", "--strip-all", "-o", stripped, kernel}, {}, std::chrono::seconds(20));
  if (!done.ended || done.status != 0) throw Failure("bench: llvm-strip-19 failed: " + done.output);
  return std::filesystem::file_size(stripped);
}

Json PhasesOf(const Bench& bench, const GuestPlan& plan, bool count) {
  const Finished finished = RunCaponier(bench.install, plan, {.count_instructions = count, .report = true});
  Require(finished, "caponier", 0);
  const Json report = Json::parse(finished.report, nullptr, false);
  if (!report.is_object() || !report.contains("phases_ns")) throw Failure("bench: the machine's report has no phases");
  return report["phases_ns"];
}

// The phases of several runs, each phase's median, and of one run in instructions.
Json MeasurePhases(const Bench& bench, const GuestPlan& plan, int runs) {
  std::map<std::string, Series> times;
  for (int i = 0; i < runs; i++) {
    for (const auto& [name, ns] : PhasesOf(bench, plan, false).items()) times[name].Add(ns.get<double>() / 1e6);
  }
  Json phases = Json::array();
  for (const auto& [name, count] : PhasesOf(bench, plan, true).items())
    phases.push_back(
        {{"phase", name}, {"ms_median", times[name].Median()}, {"ms_min", times[name].Least()}, {"instructions", count}});
  return phases;
}

Json LeastMemories(const Bench& bench, const GuestPlan& hello) {
  const auto fits = [&](const std::function<Finished(const Machinery&)>& run, std::chrono::seconds deadline) {
    return [&run, deadline](u64 bytes) {
      const Finished finished = run({.memory_bytes = bytes, .deadline = deadline});
      return finished.ended && finished.status == 0;
    };
  };
  const std::function<Finished(const Machinery&)> ours = [&](const Machinery& m) { return RunCaponier(bench.install, hello, m); };
  const std::function<Finished(const Machinery&)> peer = [&](const Machinery& m) {
    return bench.linux_guest.Run(hello, LinuxGuest::Board::kQuick, m);
  };
  Progress("least memory");
  return {{"caponier", LeastMemory(256 * kKiB, 64 * kMiB, fits(ours, std::chrono::seconds(5)))},
          {"linux", LeastMemory(2 * kMiB, 128 * kMiB, fits(peer, std::chrono::seconds(20)))}};
}

}  // namespace

Json CompareBoot(const Bench& bench) {
  const std::string program = bench.install.GuestProgram(bench.arch, "bench/hello");
  const GuestPlan hello = PlanJob(bench.arch, {program});
  std::vector<Contender> contenders{
      {"floor", [&] { return RunBareFloor(bench.install, bench.arch); }},
      {"floor, caponier's machine", [&] { return RunFloor(bench.install, hello, {}); }},
      {"caponier", [&] { return RunCaponier(bench.install, hello, {}); }},
  };
  if (!bench.launcher.empty())
    contenders.push_back({"caponier with launcher", [&] { return RunLauncher(bench.launcher, bench.arch, program); }});
  contenders.push_back({"linux", [&] { return bench.linux_guest.Run(hello, LinuxGuest::Board::kQuick, {}); }});

  const int runs = bench.runs > 0 ? bench.runs : kDefaultRuns;
  // The first turn warms the host's caches and is not counted.
  for (int turn = 0; turn <= runs; turn++) {
    Progress(fmt::format("boot {}: turn {} of {}", NameOf(bench.arch), turn, runs));
    for (Contender& contender : contenders) {
      const Finished finished = contender.run();
      Require(finished, contender.name, 0);
      if (turn == 0) continue;
      contender.wall.Add(finished.wall_ms);
      contender.processor.Add(finished.cpu_ms);
    }
  }
  Json rows = Json::array();
  for (const Contender& contender : contenders) {
    rows.push_back({{"guest", contender.name},
                    {"ms_min", contender.wall.Least()},
                    {"ms_median", contender.wall.Median()},
                    {"cpu_ms_min", contender.processor.Least()},
                    {"cpu_ms_median", contender.processor.Median()},
                    {"ratio_to_floor", PairedRatio(contender.wall, contenders[0].wall)},
                    {"ms", contender.wall.values()},
                    {"cpu_ms", contender.processor.values()}});
  }
  Progress("phases");
  Json result{{"guests", rows}, {"phases", MeasurePhases(bench, hello, std::min(runs, 5))}};
  result["least_memory_bytes"] = LeastMemories(bench, hello);
  result["kernel_bytes"] = {{"caponier", StrippedBytes(bench.install.Kernel(bench.arch), bench.arch, bench.build)},
                            {"linux", bench.linux_guest.image_bytes()}};
  Progress("");
  return result;
}

std::string BootTables(const Json& boot) {
  Table guests({"QEMU start to exit", "min ms", "median ms", "x floor", "min cpu ms"});
  for (const Json& row : boot["guests"])
    guests.AddRow({row["guest"], NumberText(row["ms_min"]), NumberText(row["ms_median"]), NumberText(row["ratio_to_floor"]),
                   NumberText(row["cpu_ms_min"])});
  Table phases({"caponier, by phase", "min ms", "median ms", "instructions"});
  for (const Json& row : boot["phases"])
    phases.AddRow({row["phase"], NumberText(row["ms_min"]), NumberText(row["ms_median"]), NumberText(row["instructions"])});
  Table sizes({"", "caponier", "linux"});
  for (const auto& [key, name] : {std::pair{"least_memory_bytes", "least memory"}, {"kernel_bytes", "kernel, stripped"}})
    sizes.AddRow({name, SizeText(boot[key]["caponier"]), SizeText(boot[key]["linux"])});
  return guests.Render() + "\n" + phases.Render() + "\n" + sizes.Render();
}

}  // namespace caponier::tool::bench
