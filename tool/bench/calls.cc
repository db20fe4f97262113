#include <fmt/format.h>

#include <map>
#include <sstream>

#include "tool/bench/comparisons.h"
#include "tool/bench/figures.h"
#include "tool/failure.h"

namespace caponier::tool::bench {
namespace {

constexpr int kDefaultRuns = 3;
constexpr char kRounds[] = "7";  // inside; the program takes their median

struct Row {
  std::string call;
  Series ours = {}, theirs = {};
  double our_instructions = 0, their_instructions = 0;
};

std::vector<std::pair<std::string, double>> Lines(const Finished& finished, std::string_view guest) {
  Require(finished, guest, 0);
  std::vector<std::pair<std::string, double>> lines;
  std::istringstream text(finished.output);
  std::string name;
  double value;
  while (text >> name >> value) lines.emplace_back(name, value);
  if (lines.empty()) throw Failure(fmt::format("bench: the {} timed nothing", guest));
  return lines;
}

}  // namespace

Json CompareCalls(const Bench& bench) {
  const std::string program = bench.install.GuestProgram(bench.arch, "bench/calls");
  const GuestPlan timed = PlanJob(bench.arch, {program, kRounds}), counted = PlanJob(bench.arch, {program, "1"});
  const auto ours = [&](const GuestPlan& plan, bool count) {
    return Lines(RunCaponier(bench.install, plan, {.count_instructions = count}), "caponier");
  };
  const auto theirs = [&](const GuestPlan& plan, bool count) {
    return Lines(bench.linux_guest.Run(plan, LinuxGuest::Board::kClocked, {.count_instructions = count}), "Linux guest");
  };
  Progress("counting instructions");
  std::vector<Row> rows;
  for (const auto& [name, value] : ours(counted, true)) rows.push_back({.call = name, .our_instructions = value});
  const auto row_of = [&](const std::string& name) -> Row& {
    for (Row& row : rows) {
      if (row.call == name) return row;
    }
    throw Failure("bench: only one of the guests timed " + name);
  };
  for (const auto& [name, value] : theirs(counted, true)) row_of(name).their_instructions = value;
  const int runs = bench.runs > 0 ? bench.runs : kDefaultRuns;
  for (int turn = 1; turn <= runs; turn++) {
    Progress(fmt::format("system calls {}: turn {} of {}", NameOf(bench.arch), turn, runs));
    for (const auto& [name, value] : ours(timed, false)) row_of(name).ours.Add(value);
    for (const auto& [name, value] : theirs(timed, false)) row_of(name).theirs.Add(value);
  }
  Progress("");
  Json json = Json::array();
  for (const Row& row : rows) {
    json.push_back({{"call", row.call},
                    {"caponier_ns", row.ours.Median()},
                    {"linux_ns", row.theirs.Median()},
                    {"ratio", PairedRatio(row.ours, row.theirs)},
                    {"caponier_instructions", row.our_instructions},
                    {"linux_instructions", row.their_instructions}});
  }
  return {{"calls", json}};
}

std::string CallTables(const Json& calls) {
  Table table({"call", "caponier ns", "linux ns", "ratio", "caponier instr.", "linux instr."});
  for (const Json& row : calls["calls"])
    table.AddRow({row["call"], NumberText(row["caponier_ns"]), NumberText(row["linux_ns"]), NumberText(row["ratio"]),
                  NumberText(row["caponier_instructions"]), NumberText(row["linux_instructions"])});
  return table.Render();
}

}  // namespace caponier::tool::bench
