#include <fmt/format.h>

#include "tool/entropy/page.h"
#include "tool/entropy/simulate/latency.h"
#include "tool/entropy/simulate/simulate.h"

namespace caponier::tool::entropy {
namespace {

using caponier::entropy::testing::Fault;

std::string Words(const Latency& latency, u64 runs) {
  if (latency.noticed == 0) return "-";
  if (latency.noticed < runs) return fmt::format("{} of {}", latency.noticed, runs);
  return fmt::format("{} / {}", latency.median, latency.worst);
}

u64 FalseAlarms(const std::vector<LatencyRow>& rows) {
  u64 sum = 0;
  for (const LatencyRow& row : rows) sum += row.false_alarms + (row.fault == Fault::kNone ? row.tests.back().noticed : 0);
  return sum;
}
u64 GoodSamples(const std::vector<LatencyRow>& rows, u64 runs) {
  u64 sum = 0;
  for (const LatencyRow& row : rows) sum += row.good_samples + (row.fault == Fault::kNone ? runs * kLatencyLimit : 0);
  return sum;
}
// Good noise passes, and down to one bit a sample every fault is noticed in every run.
bool Holds(const std::vector<LatencyRow>& rows, u64 runs) {
  bool holds = FalseAlarms(rows) == 0;
  for (const LatencyRow& row : rows) {
    if (row.fault != Fault::kNone && row.claim >= 1000) holds = holds && row.tests.back().noticed == runs;
  }
  return holds;
}

std::string Claim(const LatencyRow& row) { return fmt::format("{:g} bits", row.claim / 1000.0); }

std::string Text(const std::vector<LatencyRow>& rows, u64 runs) {
  std::string out =
      fmt::format("Samples from the fault until a health test fails: median / most of {} runs. -: not within {}\n{:<10}{:<18}",
                  runs, kLatencyLimit, "claim", "fault");
  for (const char* test : kHealthTests) out += fmt::format("{:>16}", test);
  for (const LatencyRow& row : rows) {
    out += fmt::format("\n{:<10}{:<18}", Claim(row), FaultName(row.fault));
    for (const Latency& latency : row.tests) out += fmt::format("{:>16}", Words(latency, runs));
  }
  return out + fmt::format("\n\n{} false alarms in {} good samples; every fault noticed at claims of 1 bit and more: {}\n",
                           FalseAlarms(rows), GoodSamples(rows, runs), Holds(rows, runs) ? "holds" : "DOES NOT HOLD");
}

nlohmann::ordered_json Json(const std::vector<LatencyRow>& rows, u64 runs) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const LatencyRow& row : rows) {
    nlohmann::ordered_json tests = nlohmann::ordered_json::object();
    for (size_t i = 0; i < row.tests.size(); i++) {
      const Latency& latency = row.tests[i];
      tests[kHealthTests[i]] = {{"noticed", latency.noticed}, {"median", latency.median}, {"most", latency.worst}};
    }
    list.push_back({{"claimed_bits", row.claim / 1000.0},
                    {"fault", FaultName(row.fault)},
                    {"false_alarms", row.false_alarms},
                    {"tests", std::move(tests)}});
  }
  return {{"runs", runs},
          {"samples_at_most", kLatencyLimit},
          {"false_alarms", FalseAlarms(rows)},
          {"good_samples", GoodSamples(rows, runs)},
          {"faults", std::move(list)},
          {"holds", Holds(rows, runs)}};
}

std::string Page(const std::vector<LatencyRow>& rows, u64 runs) {
  std::vector<std::string> heads{"claim", "fault"};
  heads.insert(heads.end(), kHealthTests.begin(), kHealthTests.end());
  std::vector<std::vector<Cell>> cells;
  for (const LatencyRow& row : rows) {
    std::vector<Cell>& line = cells.emplace_back(std::vector<Cell>{{Claim(row), ""}, {std::string(FaultName(row.fault)), ""}});
    for (const Latency& latency : row.tests) {
      const char* noticed = row.fault == Fault::kNone ? "bad" : "good";
      line.push_back({Words(latency, runs), latency.noticed == runs ? noticed : ""});
    }
  }
  return PageStart("How soon health tests notice") +
         Section("Samples from the fault until a test fails",
                 fmt::format(
                     "Median / most of {} runs, each with the fault at another moment; -: not within {}. {} false alarms in {} "
                     "good samples.",
                     runs, kLatencyLimit, FalseAlarms(rows), GoodSamples(rows, runs)),
                 Table(heads, cells)) +
         PageEnd();
}

}  // namespace

Simulation SimulateLatencyClaims(u64 runs) {
  const std::vector<LatencyRow> rows = SimulateLatency(runs);
  return {.text = Text(rows, runs), .json = Json(rows, runs), .page = Page(rows, runs), .holds = Holds(rows, runs)};
}

}  // namespace caponier::tool::entropy
