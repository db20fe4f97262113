#include <fmt/format.h>

#include "tool/bench/comparisons.h"
#include "tool/bench/figures.h"
#include "tool/bench/real_programs.h"

namespace caponier::tool::bench {
namespace {

constexpr int kDefaultRuns = 3;

}  // namespace

Json ComparePrograms(const Bench& bench) {
  const std::string sysroot = Sysroot(bench.arch, bench.build);
  constexpr Machinery kMachinery{.memory_bytes = 512 * kMiB};
  const int runs = bench.runs > 0 ? bench.runs : kDefaultRuns;
  const GuestPlan hello = PlanJob(bench.arch, {bench.install.GuestProgram(bench.arch, "bench/hello")});
  Json rows = Json::array();
  for (const RealProgram& program : RealPrograms()) {
    const GuestPlan plan = PlanJob(bench.arch, program.words, sysroot, program.with);
    Series ours, theirs, our_start, their_start;
    for (int turn = 1; turn <= runs; turn++) {
      Progress(fmt::format("{} {}: turn {} of {}", program.name, NameOf(bench.arch), turn, runs));
      const Finished caponier = RunCaponier(bench.install, plan, kMachinery);
      RequireOutput(caponier, "caponier", program);
      const Finished peer = bench.linux_guest.Run(plan, LinuxGuest::Board::kQuick, kMachinery);
      RequireOutput(peer, "Linux guest", program);
      ours.Add(caponier.wall_ms);
      theirs.Add(peer.wall_ms);
      our_start.Add(RunCaponier(bench.install, hello, kMachinery).wall_ms);
      their_start.Add(bench.linux_guest.Run(hello, LinuxGuest::Board::kQuick, kMachinery).wall_ms);
    }
    // Beyond the boot: what the program itself took in each guest.
    Series our_own, their_own;
    for (size_t i = 0; i < ours.values().size(); i++) {
      our_own.Add(ours.values()[i] - our_start.values()[i]);
      their_own.Add(theirs.values()[i] - their_start.values()[i]);
    }
    rows.push_back({{"program", program.name},
                    {"caponier_ms", ours.Median()},
                    {"linux_ms", theirs.Median()},
                    {"ratio", PairedRatio(ours, theirs)},
                    {"caponier_without_boot_ms", our_own.Median()},
                    {"linux_without_boot_ms", their_own.Median()},
                    {"ratio_without_boot", PairedRatio(our_own, their_own)}});
  }
  Progress("");
  return {{"programs", rows}};
}

std::string ProgramTables(const Json& programs) {
  Table table({"program", "caponier ms", "linux ms", "ratio", "without boot", "linux", "ratio"});
  for (const Json& row : programs["programs"])
    table.AddRow({row["program"], NumberText(row["caponier_ms"]), NumberText(row["linux_ms"]), NumberText(row["ratio"]),
                  NumberText(row["caponier_without_boot_ms"]), NumberText(row["linux_without_boot_ms"]),
                  NumberText(row["ratio_without_boot"])});
  return table.Render();
}

}  // namespace caponier::tool::bench
