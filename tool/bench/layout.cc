// What the scattered layout costs. Instructions are counted by the emulator, so that neighbours on the host do not matter; they say nothing
// of the processor's own walks of the longer page tables, which emulation does not show either way.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tool/bench/comparisons.h"
#include "tool/bench/figures.h"
#include "tool/bench/real_programs.h"
#include "tool/failure.h"

namespace caponier::tool::bench {
namespace {

constexpr int kDefaultRuns = 5;

// Places are drawn and mapped in these phases of a boot, and in no other. Between the second and the third the machine waits for the
// emulator's answer, and the instructions of that say how busy the host is.
constexpr std::array kBootPhases = {"seeded_to_paging", "paging_to_link_asked", "link_open_to_kernel_ready",
                                    "kernel_ready_to_program"};

struct Layout {
  bool fixed;
  Series boot = {}, program = {}, page_tables_kib = {}, wall_ms = {};
};

void Count(const Install& install, const GuestPlan& plan, const RealProgram& program, Layout& layout) {
  Machinery machinery{.memory_bytes = 512 * kMiB, .count_instructions = true, .report = true, .fixed_layout = layout.fixed};
  const Finished counted = RunCaponier(install, plan, machinery);
  RequireOutput(counted, layout.fixed ? "caponier with a fixed layout" : "caponier", program);
  const Json report = Json::parse(counted.report, nullptr, false);
  if (!report.is_object() || !report.contains("phases_ns")) throw Failure("bench: the machine's report has no phases");
  double boot = 0;
  for (const char* phase : kBootPhases) boot += report["phases_ns"][phase].get<double>();
  layout.boot.Add(boot);
  layout.program.Add(report["phases_ns"]["program"].get<double>());
  layout.page_tables_kib.Add(report["memory"]["page_tables_kib"].get<double>());
  machinery.count_instructions = false;
  layout.wall_ms.Add(RunCaponier(install, plan, machinery).wall_ms);
}

}  // namespace

Json CompareLayouts(const Install& install, Arch arch, int wanted_runs, const std::string& build) {
  const std::string sysroot = Sysroot(arch, build);
  Progress("building the kernel with a fixed layout");
  const Finished built =
      RunCommand({"cmake", "--build", fmt::format("{}/{}", build, NameOf(arch)), "--target", "caponier_fixed_layout"}, {},
                 std::chrono::seconds(1800));
  if (!built.ended || built.status != 0)
    throw Failure("bench: the kernel with a fixed layout could not be built: " + built.output);
  std::vector<RealProgram> programs = RealPrograms();
  programs.pop_back();  // the same as the one before it, but for where the file lies
  programs.insert(programs.begin(), {.name = "hello", .words = {}, .with = {}, .output = "hello\n"});
  const int runs = wanted_runs > 0 ? wanted_runs : kDefaultRuns;
  Json rows = Json::array();
  for (const RealProgram& program : programs) {
    const GuestPlan plan = program.words.empty() ? PlanJob(arch, {install.GuestProgram(arch, "bench/hello")})
                                                 : PlanJob(arch, program.words, sysroot, program.with);
    std::array layouts{Layout{.fixed = false}, Layout{.fixed = true}};
    for (int turn = 1; turn <= runs; turn++) {
      Progress(fmt::format("{} {}: turn {} of {}", program.name, NameOf(arch), turn, runs));
      for (Layout& layout : layouts) Count(install, plan, program, layout);
    }
    const auto& [scattered, fixed] = layouts;
    rows.push_back({{"program", program.name},
                    {"boot_instructions", scattered.boot.Median()},
                    {"boot_instructions_fixed", fixed.boot.Median()},
                    {"program_instructions", scattered.program.Median()},
                    {"program_instructions_fixed", fixed.program.Median()},
                    {"program_ratio", PairedRatio(scattered.program, fixed.program)},
                    {"wall_ratio", PairedRatio(scattered.wall_ms, fixed.wall_ms)},
                    {"page_tables_kib", scattered.page_tables_kib.Median()},
                    {"page_tables_kib_fixed", fixed.page_tables_kib.Median()}});
  }
  Progress("");
  return {{"programs", rows}};
}

std::string LayoutTables(const Json& layouts) {
  Table table(
      {"instructions, page tables", "boot", "fixed", "program", "fixed", "ratio", "wall clock's ratio", "tables KiB", "fixed"});
  for (const Json& row : layouts["programs"])
    table.AddRow({row["program"], NumberText(row["boot_instructions"]), NumberText(row["boot_instructions_fixed"]),
                  NumberText(row["program_instructions"]), NumberText(row["program_instructions_fixed"]),
                  fmt::format("{:.3f}", row["program_ratio"].get<double>()),
                  fmt::format("{:.3f}", row["wall_ratio"].get<double>()), NumberText(row["page_tables_kib"]),
                  NumberText(row["page_tables_kib_fixed"])});
  return table.Render();
}

}  // namespace caponier::tool::bench
