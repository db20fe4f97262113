#include "tool/entropy/simulate/latency.h"

#include <algorithm>
#include <functional>

#include "lib/entropy/health.h"
#include "tool/entropy/parallel.h"

namespace caponier::tool::entropy {
namespace {

using caponier::entropy::HealthLimits;
using caponier::entropy::LimitsFor;
using caponier::entropy::testing::Fault;
using caponier::entropy::testing::Noise;

constexpr std::array<HealthLimits, kClaims.size()> kLimits{LimitsFor({kClaims[0]}), LimitsFor({kClaims[1]}),
                                                           LimitsFor({kClaims[2]}), LimitsFor({kClaims[3]})};
constexpr size_t kSingle = kHealthTests.size() - 1;  // the last is all together
constexpr u64 kWarmUp = 20'000;                      // what the longest playback needs

// The four tests side by side on the same samples.
struct SingleTests {
  explicit SingleTests(const HealthLimits& limits)
      : repetition(limits.repetition), proportion(limits.window, limits.proportion), drift(limits), period(limits.period) {}
  std::array<bool, kSingle> Pass(u64 sample) {
    return {repetition.Passes(sample), proportion.Passes(sample), drift.Passes(sample), period.Passes(sample)};
  }
  caponier::entropy::RepetitionCountTest repetition;
  caponier::entropy::AdaptiveProportionTest proportion;
  caponier::entropy::DriftTest drift;
  caponier::entropy::PeriodTest period;
};

Latency Summed(std::vector<u64>& latencies) {
  if (latencies.empty()) return {};
  std::sort(latencies.begin(), latencies.end());
  return {latencies.size(), latencies[latencies.size() / 2], latencies.back()};
}

LatencyRow Simulate(const HealthLimits& limits, unsigned claim, Fault fault, u64 runs) {
  LatencyRow row{.claim = claim, .fault = fault, .tests = {}};
  std::array<std::vector<u64>, kHealthTests.size()> latencies;
  for (u64 run = 0; run < runs; run++) {
    Noise noise(claim / 1000.0, run + 1);
    SingleTests tests(limits);
    // The fault comes anywhere in the longest window.
    const u64 good = kWarmUp + 65'536 * run / runs;
    row.good_samples += good;
    for (u64 i = 0; i < good; i++) {
      for (const bool passes : tests.Pass(noise.Next())) row.false_alarms += !passes;
    }
    noise.Break(fault);
    std::array<u64, kSingle> first{};
    const auto missing = [&] { return std::find(first.begin(), first.end(), 0u) != first.end(); };
    for (u64 i = 1; i <= kLatencyLimit && missing(); i++) {
      const std::array<bool, kSingle> passes = tests.Pass(noise.Next());
      for (size_t test = 0; test < kSingle; test++) {
        if (!passes[test] && first[test] == 0) first[test] = i;
      }
    }
    u64 any = 0;
    for (size_t test = 0; test < kSingle; test++) {
      if (first[test] == 0) continue;
      latencies[test].push_back(first[test]);
      any = any == 0 ? first[test] : std::min(any, first[test]);
    }
    if (any != 0) latencies[kSingle].push_back(any);
  }
  for (size_t test = 0; test < kHealthTests.size(); test++) row.tests[test] = Summed(latencies[test]);
  return row;
}

}  // namespace

std::vector<LatencyRow> SimulateLatency(u64 runs) {
  const auto& faults = caponier::entropy::testing::kFaults;
  std::vector<LatencyRow> rows(kClaims.size() * faults.size());
  std::vector<std::function<void()>> tasks;
  for (size_t i = 0; i < rows.size(); i++) {
    const size_t claim = i / faults.size();
    tasks.push_back([&, i, claim, runs] { rows[i] = Simulate(kLimits[claim], kClaims[claim], faults[i % faults.size()], runs); });
  }
  RunAll(tasks);
  return rows;
}

}  // namespace caponier::tool::entropy
