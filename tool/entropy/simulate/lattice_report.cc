#include <fmt/format.h>

#include <bit>
#include <functional>
#include <vector>

#include "lib/random/simulation/lattice.h"
#include "tool/entropy/page.h"
#include "tool/entropy/parallel.h"
#include "tool/entropy/simulate/simulate.h"

namespace caponier::tool::entropy {
namespace {

using namespace random::simulation;
using caponier::entropy::kSourceCount;

constexpr size_t kSubsets = size_t{1} << kSourceCount;
using Outcomes = std::vector<std::array<LatticeOutcome, kHostilities.size()>>;

Outcomes TryAll(u64 boots) {
  Outcomes outcomes(kSubsets);
  std::vector<std::function<void()>> tasks;
  for (u32 honest = 0; honest < kSubsets; honest++) {
    tasks.push_back([&outcomes, honest, boots] {
      for (size_t i = 0; i < kHostilities.size(); i++) outcomes[honest][i] = TryLattice(honest, kHostilities[i], boots);
    });
  }
  RunAll(tasks);
  return outcomes;
}

std::string_view NameOf(size_t source) { return ProfileOf(static_cast<caponier::entropy::SourceId>(source)).name; }
std::string Names(u32 honest) {
  std::string out;
  for (size_t i = 0; i < kSourceCount; i++) {
    if (honest >> i & 1) out += fmt::format("{}{}", out.empty() ? "" : " ", NameOf(i));
  }
  return out.empty() ? "none" : out;
}

// What must come out: all boots refused where there are only constants and what earns no credit; else draws that all differ if and only
// if a source is honest.
bool AsItMust(u32 honest, Hostility hostility, const LatticeOutcome& outcome) {
  if (hostility == Hostility::kConstant && !HasCredited(honest)) return outcome.refused == outcome.boots;
  return outcome.refused == 0 && outcome.distinct == (honest != 0 ? outcome.boots : 1);
}
bool AsTheyMust(u32 honest, const Outcomes::value_type& outcomes) {
  bool all = true;
  for (size_t i = 0; i < kHostilities.size(); i++) all = all && AsItMust(honest, kHostilities[i], outcomes[i]);
  return all;
}
bool Holds(const Outcomes& outcomes) {
  bool holds = true;
  for (u32 honest = 0; honest < kSubsets; honest++) holds = holds && AsTheyMust(honest, outcomes[honest]);
  return holds;
}

std::string Words(const LatticeOutcome& outcome) {
  return outcome.refused == outcome.boots ? "refused" : fmt::format("{}", outcome.distinct);
}

std::string Text(const Outcomes& outcomes, u64 boots) {
  std::string out =
      fmt::format("Different first draws of {} boots; the sources that are not honest belong to one adversary\n", boots);
  for (const Hostility hostility : kHostilities) out += fmt::format("{:>11}", HostilityName(hostility));
  out += "  honest sources\n";
  // The others are left to the page, unless they are not as they must be.
  for (u32 honest = 0; honest < kSubsets; honest++) {
    const bool telling = std::popcount(honest) < 2 || honest == kSubsets - 1;
    if (!telling && AsTheyMust(honest, outcomes[honest])) continue;
    for (const LatticeOutcome& outcome : outcomes[honest]) out += fmt::format("{:>11}", Words(outcome));
    out += "  " + Names(honest) + "\n";
  }
  return out +
         fmt::format(
             "\n{} subsets, {} boots: draws differ if and only if a source is honest, and constants alone are refused: {}\n",
             kSubsets, kSubsets * kHostilities.size() * boots, Holds(outcomes) ? "holds" : "DOES NOT HOLD");
}

nlohmann::ordered_json Json(const Outcomes& outcomes, u64 boots) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (u32 honest = 0; honest < kSubsets; honest++) {
    nlohmann::ordered_json names = nlohmann::ordered_json::array();
    for (size_t i = 0; i < kSourceCount; i++) {
      if (honest >> i & 1) names.push_back(NameOf(i));
    }
    nlohmann::ordered_json entry = {{"honest", std::move(names)}};
    for (size_t i = 0; i < kHostilities.size(); i++) {
      const LatticeOutcome& outcome = outcomes[honest][i];
      entry[std::string(HostilityName(kHostilities[i]))] = {{"refused", outcome.refused},
                                                            {"distinct", outcome.distinct},
                                                            {"steered", outcome.steered},
                                                            {"distinct_of_exclusive_or", outcome.xor_distinct}};
    }
    list.push_back(std::move(entry));
  }
  return {{"boots", boots}, {"subsets", std::move(list)}, {"holds", Holds(outcomes)}};
}

std::string Page(const Outcomes& outcomes, u64 boots) {
  std::vector<std::string> heads{"honest sources"};
  for (const Hostility hostility : kHostilities) heads.emplace_back(HostilityName(hostility));
  heads.emplace_back("exclusive or against cancelling");
  std::vector<std::vector<Cell>> rows;
  for (u32 honest = 0; honest < kSubsets; honest++) {
    std::vector<Cell>& row = rows.emplace_back(std::vector<Cell>{{Names(honest), ""}});
    for (size_t i = 0; i < kHostilities.size(); i++) {
      const LatticeOutcome& outcome = outcomes[honest][i];
      row.push_back({Words(outcome), outcome.distinct == 1                        ? "bad"
                                     : AsItMust(honest, kHostilities[i], outcome) ? "good"
                                                                                  : "bad"});
    }
    const u64 sums = outcomes[honest][static_cast<size_t>(Hostility::kCancelling)].xor_distinct;
    row.push_back({fmt::format("{}", sums), sums == 1 ? "bad" : "good"});
  }
  return PageStart("The source lattice") +
         Section(
             "Every subset of honest sources",
             fmt::format(
                 "How many first draws of {} boots differ, when the other sources give constants, replay good noise, cancel what "
                 "all others give, or choose among 32 inputs knowing all others. With no honest source, replayed noise cannot be "
                 "told "
                 "from good noise. The last column is the control: a generator that takes the exclusive or of its sources.",
                 boots),
             Table(heads, rows)) +
         PageEnd();
}

}  // namespace

Simulation SimulateLatticeClaims(u64 boots) {
  const Outcomes outcomes = TryAll(boots);
  return {.text = Text(outcomes, boots), .json = Json(outcomes, boots), .page = Page(outcomes, boots), .holds = Holds(outcomes)};
}

}  // namespace caponier::tool::entropy
