// Many layouts from the planner that the kernel has, with the random streams that it has, on this host; and what is measured of them.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tool/arch.h"
#include "tool/audit/series.h"

namespace caponier::tool::audit {

// A region alone.
struct RegionMeasure {
  std::string name;
  int promised_bits = 0;
  Collisions collisions = {};
  Slices slices = {};
};
// Region `of` given the place of region `given`.
struct PairMeasure {
  size_t of = 0, given = 0;
  Collisions collisions = {};
  Slices slices = {};
};

struct PlanMeasures {
  Arch arch = kHostArch;
  int levels = 4;  // of page tables
  int window_bits = 0;
  std::vector<RegionMeasure> regions = {};
  std::vector<PairMeasure> pairs = {};
  std::vector<Series> sample = {};  // the first few thousand layouts, to draw

  unsigned tests() const;
  double least_p() const;
  // What does not hold, in words; empty when all does.
  std::vector<std::string> Failures() const;
};

// The series of 2^plans_log2 layouts, and all that is measured of them. With five levels of the kernel's half alone: the program's is the same.
PlanMeasures MeasurePlans(Arch arch, int levels, int plans_log2);
// Of series made elsewhere: places are offsets into [0, count), one for each series.
PlanMeasures MeasureSeries(std::vector<Series> series, std::span<const u64> counts, int window_bits);

}  // namespace caponier::tool::audit
