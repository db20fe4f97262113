#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <vector>

#include "tool/entropy/chart.h"
#include "tool/entropy/page.h"
#include "tool/entropy/parallel.h"
#include "tool/entropy/simulate/recovery.h"
#include "tool/entropy/simulate/simulate.h"

namespace caponier::tool::entropy {
namespace {

constexpr double kPublished = 40, kPromised = 10, kProven = 64;

struct Row {
  std::string what;
  RecoveryModel model;
  double x = 0;  // its place in the picture
  Recovery pools{}, hedged{};
};

// 64 events each 100 ms, two for each pool, as long as they hold a bit each.
std::vector<Row> RateRows() {
  std::vector<Row> rows;
  for (u64 bits = 8; bits <= 2048; bits *= 2) {
    const u64 events = std::min<u64>(bits, 64);
    rows.push_back({.what = fmt::format("{} bits each 100 ms", bits),
                    .model = {.events = events, .event_bits = static_cast<double>(bits / events), .event_credit = bits / events},
                    .x = std::log2(static_cast<double>(bits))});
  }
  return rows;
}

// Two bits an event, and credit that is half of that, right, or any number of times too high.
std::vector<Row> TruthRows() {
  constexpr double kBits = 2;
  std::vector<Row> rows;
  for (const u64 credit : {1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256}) {
    const double times = static_cast<double>(credit) / kBits;
    rows.push_back({.what = fmt::format("credit {:g} times the truth", times),
                    .model = {.event_bits = kBits, .event_credit = credit},
                    .x = std::log2(times)});
  }
  return rows;
}

std::vector<Row> LiarRows() {
  return {{.what = "right credit, beside a liar", .model = {.event_bits = 2, .event_credit = 2, .flood = true}},
          {.what = "no credit", .model = {.event_bits = 2}},
          {.what = "no credit, beside a liar", .model = {.event_bits = 2, .flood = true}}};
}

std::string Line(const std::string& what, const std::string& a, const std::string& b, const std::string& c,
                 const std::string& d) {
  return fmt::format("{:<32}{:>12}{:>12}{:>14}{:>12}\n", what, a, b, c, d);
}

struct Experiment {
  std::vector<Row> rates = RateRows(), truths = TruthRows(), liars = LiarRows();

  Experiment() {
    std::vector<std::function<void()>> tasks;
    for (std::vector<Row>* rows : {&rates, &truths, &liars}) {
      for (Row& row : *rows) {
        tasks.push_back([&row] {
          RecoveryModel alone = row.model;
          alone.event_credit = 0;
          row.pools = SimulateRecovery(alone);
          row.hedged = SimulateRecovery(row.model);
        });
      }
    }
    RunAll(tasks);
  }

  double WorstPublished() const {
    double worst = 0;
    for (const Row& row : rates) worst = std::max(worst, row.pools.worst_after_reseed);
    return worst;
  }
  bool Holds() const {
    bool holds = std::fabs(WorstPublished() - kPublished) < 0.1;
    for (const Row& row : rates) holds = holds && row.hedged.worst <= kPromised;
    for (const Row& row : truths) holds = holds && row.hedged.worst <= kProven;
    holds = holds && liars[0].hedged.worst <= kPromised;
    return holds && liars[1].hedged.sorted == liars[1].pools.sorted && liars[2].hedged.sorted == liars[1].pools.sorted;
  }
};

nlohmann::ordered_json JsonOf(const Recovery& recovery) {
  return {{"worst_after_reseed", recovery.worst_after_reseed}, {"worst", recovery.worst}, {"mean", recovery.mean}};
}

nlohmann::ordered_json JsonOf(const std::vector<Row>& rows) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    json.push_back({{"what", row.what},
                    {"events_per_100_ms", row.model.events},
                    {"bits_per_event", row.model.event_bits},
                    {"credit_per_event", row.model.event_credit},
                    {"liar", row.model.flood},
                    {"pools", JsonOf(row.pools)},
                    {"with_hedge", JsonOf(row.hedged)}});
  }
  return json;
}

std::string Text(const Experiment& experiment) {
  std::string out =
      "Entropy that comes in between a compromise and recovery, in units of the 128 bits needed; worst moment\n"
      "(\"a reseed\": the moments just after one from the pools, as in published figures)\n";
  out += Line("", "pools alone", "", "with hedge", "");
  out += Line("", "a reseed", "any", "any", "mean");
  for (const std::vector<Row>* rows : {&experiment.rates, &experiment.truths, &experiment.liars}) {
    for (const Row& row : *rows) {
      const auto number = [](double value) { return fmt::format("{:.2f}", value); };
      out += Line(row.what, number(row.pools.worst_after_reseed), number(row.pools.worst), number(row.hedged.worst),
                  number(row.hedged.mean));
    }
    out += "\n";
  }
  return out + fmt::format("pools alone {:.1f}; with the hedge at most {:g} where credit is right, {:g} whatever it says: {}\n",
                           experiment.WorstPublished(), kPromised, kProven, experiment.Holds() ? "holds" : "DOES NOT HOLD");
}

constexpr char kKey[] =
    " <svg width=\"26\" height=\"8\"><path class=\"line\" d=\"M0 4H26\"/></svg> pools alone "
    "<svg width=\"26\" height=\"8\"><path class=\"line second\" d=\"M0 4H26\"/></svg> with the hedge.";

std::string Curves(const std::vector<Row>& rows, const std::string& label, double level, const std::string& level_text) {
  std::vector<Chart::Point> pools, hedged;
  for (const Row& row : rows) {
    pools.push_back({row.x, row.pools.worst});
    hedged.push_back({row.x, row.hedged.worst});
  }
  Chart chart({.height = 300}, {rows.front().x, rows.back().x}, {0, 70}, label, "entropy until recovery / needed");
  chart.AddCurve(pools, "");
  chart.AddCurve(hedged, "second");
  chart.AddLevel(level, level_text);
  chart.AddLevel(kPromised, "10: promised where credit is right");
  return chart.Render();
}

// Which share of all moments of compromise is recovered from within x.
std::string Shares(const Row& row) {
  Chart chart({}, {0, 45}, {0, 1}, "entropy until recovery / needed", "share of compromises");
  const auto add = [&](const std::vector<double>& sorted, const char* style) {
    std::vector<Chart::Point> points{{0, 0}};
    for (size_t i = 0; i < sorted.size(); i += std::max<size_t>(1, sorted.size() / 400)) {
      points.push_back({sorted[i], static_cast<double>(i + 1) / static_cast<double>(sorted.size())});
    }
    points.push_back({sorted.back(), 1});
    chart.AddCurve(points, style);
  };
  add(row.pools.sorted, "");
  add(row.hedged.sorted, "second");
  return chart.Render();
}

std::string Page(const Experiment& experiment) {
  std::string out = PageStart("Recovery from a compromise");
  out +=
      "<p>Somebody reads all of the generator's state once. How much entropy comes in until he knows nothing of it any more, in "
      "units of "
      "the 128 bits that are needed at once? The generator's own schedule decides where each event goes and what each reseed "
      "uses; what "
      "a reseed uses below 128 bits is lost.</p>\n";
  out +=
      Section("By rate", std::string("Worst moment of compromise; credit is right.") + kKey,
              Curves(experiment.rates, "log2 of the bits that come in each 100 ms", kPublished, "40: published, for the pools"));
  out +=
      Section("When credit is wrong",
              std::string("Worst moment of compromise, by how many times the credit is too high. However much it lies, the pools "
                          "still have three quarters of the events.") +
                  kKey,
              Curves(experiment.truths, "log2 of (credit / truth)", kProven, "64: proven for the pools"));
  out +=
      Section("All moments", std::string("Share of compromises that are over, at 64 bits each 100 ms and right credit.") + kKey,
              Shares(experiment.rates[3]));
  std::vector<std::vector<Cell>> rows;
  for (const std::vector<Row>* part : {&experiment.rates, &experiment.truths, &experiment.liars}) {
    for (const Row& row : *part) {
      const auto cell = [](double value) { return Cell{fmt::format("{:.2f}", value), ""}; };
      rows.push_back({{row.what, ""},
                      cell(row.pools.worst_after_reseed),
                      cell(row.pools.worst),
                      cell(row.hedged.worst),
                      cell(row.hedged.mean)});
    }
  }
  out += Section(
      "Numbers", "",
      Table({"", "pools alone, worst just after a reseed", "pools alone, worst", "with hedge, worst", "with hedge, mean"}, rows));
  return out + PageEnd();
}

}  // namespace

Simulation SimulateRecoveryClaims() {
  const Experiment experiment;
  return {.text = Text(experiment),
          .json = {{"needed_bits", 128},
                   {"published_worst_of_pools", experiment.WorstPublished()},
                   {"by_rate", JsonOf(experiment.rates)},
                   {"by_truth_of_credit", JsonOf(experiment.truths)},
                   {"liars", JsonOf(experiment.liars)},
                   {"holds", experiment.Holds()}},
          .page = Page(experiment),
          .holds = experiment.Holds()};
}

}  // namespace caponier::tool::entropy
