#include <fmt/format.h>

#include <filesystem>

#include "tool/bench/comparisons.h"
#include "tool/bench/figures.h"
#include "tool/failure.h"

namespace caponier::tool::bench {
namespace {

constexpr int kDefaultRuns = 3;

struct Program {
  std::string name;
  std::vector<std::string> words;
  std::vector<std::string> with;
  std::string output;  // what it must print
};

std::vector<Program> Programs() {
  const std::string inserts =
      "CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL); BEGIN;"
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
      " INSERT INTO t SELECT i, 'row ' || i, i * 0.5 FROM n; COMMIT; SELECT count(*), sum(a) FROM t;";
  return {
      {"python3 hello", {"python3", "-c", "print('hello')"}, {"/usr/lib/python3.11"}, "hello\n"},
      {"sqlite3, 100,000 inserts, file", {"sqlite3", "/tmp/t.db", inserts}, {}, "100000|5000050000\n"},
      {"sqlite3, 100,000 inserts, memory", {"sqlite3", ":memory:", inserts}, {}, "100000|5000050000\n"},
  };
}

// The folder of real Debian programs for the architecture, which tests/sysroot makes.
std::string Sysroot(const Bench& bench) {
  const std::string root = std::filesystem::path(bench.build).parent_path().string();
  Progress("unpacking Debian's programs");
  const Finished made = RunCommand({root + "/tests/sysroot", std::string(NameOf(bench.arch))}, {}, std::chrono::seconds(600));
  const std::string directory = fmt::format("{}/sysroot/{}", bench.build, NameOf(bench.arch));
  if (!made.ended || made.status != 0 || !std::filesystem::is_directory(directory))
    throw Failure("bench: no Debian programs to run: tests/sysroot failed");
  return directory;
}

void RequireOutput(const Finished& finished, std::string_view guest, const Program& program) {
  Require(finished, guest, 0);
  if (finished.output != program.output)
    throw Failure(fmt::format("bench: {} printed something else in the {}: {}", program.name, guest, finished.output));
}

}  // namespace

Json ComparePrograms(const Bench& bench) {
  const std::string sysroot = Sysroot(bench);
  constexpr Machinery kMachinery{.memory_bytes = 512 * kMiB};
  const int runs = bench.runs > 0 ? bench.runs : kDefaultRuns;
  const GuestPlan hello = PlanJob(bench.arch, {bench.install.GuestProgram(bench.arch, "bench/hello")});
  Json rows = Json::array();
  for (const Program& program : Programs()) {
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
