// How many samples each health test takes to notice each kind of broken noise.
#pragma once

#include <array>
#include <vector>

#include "lib/entropy/testing/noise.h"

namespace caponier::tool::entropy {

inline constexpr std::array<const char*, 5> kHealthTests{"repetition", "proportion", "drift", "period", "any"};
inline constexpr std::array<unsigned, 4> kClaims{8000, 4000, 1000, 500};  // millibits a sample
inline constexpr u64 kLatencyLimit = 200'000;  // samples after which a test counts as having missed the fault

struct Latency {
  u64 noticed = 0;            // runs
  u64 median = 0, worst = 0;  // samples, of those
};
struct LatencyRow {
  unsigned claim = 0;
  caponier::entropy::testing::Fault fault{};
  u64 false_alarms = 0;  // before the fault
  u64 good_samples = 0;  // before the faults of all runs
  std::array<Latency, kHealthTests.size()> tests;
};

// Each fault `runs` times, each time at another moment of other noise.
std::vector<LatencyRow> SimulateLatency(u64 runs);

}  // namespace caponier::tool::entropy
