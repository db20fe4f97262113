#include "tool/audit/plans.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <functional>

#include "lib/aslr/kernel.h"
#include "lib/aslr/program.h"
#include "lib/random/stream.h"
#include "tool/audit/halves.h"
#include "tool/entropy/parallel.h"
#include "tool/failure.h"

namespace caponier::tool::audit {
namespace {

constexpr double kLostToNeighbours = 0.0113;  // bits: lib/aslr/budget.h
constexpr double kDeviations = 4, kLeastP = 1e-4;
constexpr double kLeastGiven = 1;   // bits that may be lost when another place is known
constexpr size_t kDrawn = 1 << 14;  // layouts kept for the page

// A kernel with 128 MiB, and a program like python3.
constexpr u64 kImagePages = 160, kFrameTablePages = 129;
constexpr aslr::ProgramDescription kProgram{.image_pages = 1700, .interpreter_pages = 60};
constexpr u64 kMappings = 8, kMappingPages = 33;

aslr::KernelDescription KernelOf(const Halves& halves) {
  return {.window = halves.kernel, .image_pages = kImagePages, .frame_table_pages = kFrameTablePages, .own = halves.own};
}

// One region's series, as it is filled.
struct Column {
  aslr::Region region;
  std::string name;
  aslr::PlaceRequest request;
  aslr::PageRange window;
};

bool HasProgram(const Halves& halves) { return halves.kernel_bits == halves.program_bits; }

std::vector<Column> ColumnsOf(const Halves& halves) {
  std::vector<Column> columns;
  const auto add = [&](aslr::Region region, const std::string& name, aslr::PlaceRequest request, aslr::PageRange window) {
    columns.push_back({region, name.empty() ? std::string(aslr::NameOf(region)) : name, request, window});
  };
  for (const aslr::RegionRequest& request : aslr::RequestsOf(KernelOf(halves)))
    add(request.region, "", {request.pages, request.guard_pages, request.alignment, request.block}, halves.kernel);
  if (!HasProgram(halves)) return columns;
  add(aslr::Region::kProgramImage, "", {kProgram.image_pages}, halves.program);
  add(aslr::Region::kInterpreter, "", {kProgram.interpreter_pages}, halves.program);
  add(aslr::Region::kProgramStack, "", {kProgram.stack_pages, kProgram.stack_guard_pages}, halves.program);
  add(aslr::Region::kBreak, "", {kProgram.break_pages}, halves.program);
  add(aslr::Region::kVdso, "", {kProgram.vdso_pages}, halves.program);
  add(aslr::Region::kMapping, "first mapping", {kMappingPages}, halves.program);
  add(aslr::Region::kMapping, fmt::format("{}th mapping", kMappings), {kMappingPages}, halves.program);
  return columns;
}

template <typename T>
T Need(Result<T> result) {
  if (!result.ok()) throw Failure("the planner refused a layout");
  return std::move(result).value();
}

// One layout into places[column][index].
void PlanOnce(random::Stream& stream, const Halves& halves, std::vector<Series>& series, size_t index) {
  size_t column = 0;
  const auto put = [&](u64 page) { series[column++].places[index] = page; };
  const aslr::KernelLayout kernel = Need(aslr::PlanKernel(stream, KernelOf(halves)));
  for (const aslr::PlacedRegion& region :
       {kernel.image, kernel.boot_stack, kernel.frame_table, kernel.windows, kernel.region_table, kernel.own})
    put(region.first_page);
  if (!HasProgram(halves)) return;
  aslr::ProgramDescription program = kProgram;
  program.window = halves.program;
  const aslr::ProgramLayout layout = Need(aslr::PlanProgram(stream, program));
  aslr::RangeSet<32> taken;
  const auto take = [&](u64 page, u64 pages) {
    put(page);
    (void)taken.Insert({page, page + pages});  // the planner keeps them apart
  };
  take(layout.image_page, program.image_pages);
  take(layout.interpreter_page, program.interpreter_pages);
  take(layout.stack_page, program.stack_pages);
  take(layout.break_page, program.break_pages);
  take(layout.vdso_page, program.vdso_pages);
  for (u64 i = 0; i < kMappings; i++) {
    const u64 page = Need(aslr::Place(stream, {.pages = kMappingPages}, halves.program, taken));
    (void)taken.Insert({page, page + kMappingPages});
    if (i == 0 || i + 1 == kMappings) put(page);
  }
}

void Seed(random::Root& root) {
  std::array<std::byte, 64> seed;
  if (getrandom(seed.data(), seed.size(), 0) != static_cast<ssize_t>(seed.size())) throw SystemFailure("no random seed", errno);
  root.Absorb(caponier::entropy::SourceId::kFirmwareSeed, seed, {8 * seed.size()});
}

}  // namespace

unsigned PlanMeasures::tests() const {
  unsigned all = 0;
  for (const RegionMeasure& region : regions) all += region.slices.tests;
  for (const PairMeasure& pair : pairs) all += pair.slices.tests;
  return all;
}

double PlanMeasures::least_p() const {
  double least = 1;
  for (const RegionMeasure& region : regions) least = std::min(least, region.slices.least_p);
  for (const PairMeasure& pair : pairs) least = std::min(least, pair.slices.least_p);
  return least;
}

std::vector<std::string> PlanMeasures::Failures() const {
  std::vector<std::string> words;
  for (const RegionMeasure& region : regions) {
    const std::optional<double> bits = region.collisions.bits();
    const double least = region.promised_bits - kLostToNeighbours - kDeviations * region.collisions.deviation();
    if (bits.has_value() && *bits < least)
      words.push_back(fmt::format("{}: {:.2f} bits, and {} are promised", region.name, *bits, region.promised_bits));
  }
  for (const PairMeasure& pair : pairs) {
    const std::optional<double> absolute = regions[pair.of].collisions.bits(), given = pair.collisions.bits();
    const double doubt = kDeviations * std::hypot(regions[pair.of].collisions.deviation(), pair.collisions.deviation());
    if (absolute.has_value() && given.has_value() && *given + doubt < *absolute - kLeastGiven)
      words.push_back(fmt::format("{} given {}: {:.2f} bits, and {:.2f} alone", regions[pair.of].name, regions[pair.given].name,
                                  *given, *absolute));
  }
  const auto check = [&](const Slices& slices, const std::string& what) {
    if (slices.least_p * tests() < kLeastP)
      words.push_back(fmt::format("{}: a slice is not even, p = {:.1e}", what, slices.least_p));
  };
  for (const RegionMeasure& region : regions) check(region.slices, region.name);
  for (const PairMeasure& pair : pairs)
    check(pair.slices, fmt::format("{} given {}", regions[pair.of].name, regions[pair.given].name));
  return words;
}

PlanMeasures MeasureSeries(std::vector<Series> series, std::span<const u64> counts, int window_bits) {
  PlanMeasures measures{.window_bits = window_bits};
  measures.regions.resize(series.size());
  std::vector<std::function<void()>> tasks;
  for (size_t i = 0; i < series.size(); i++) {
    for (size_t j = 0; j < series.size(); j++) {
      if (i != j) measures.pairs.push_back({.of = i, .given = j});
    }
    tasks.emplace_back([&, i] {
      measures.regions[i] = {series[i].name, series[i].promised_bits, CountCollisions(series[i].places),
                             TestSlices(series[i].places, counts[i])};
    });
  }
  for (PairMeasure& pair : measures.pairs) {
    if (pair.of > pair.given) continue;
    PairMeasure& reverse = *std::ranges::find_if(
        measures.pairs, [&](const PairMeasure& other) { return other.of == pair.given && other.given == pair.of; });
    tasks.emplace_back([&series, &pair, &reverse, window_bits] {
      std::vector<u64> values = Differences(series[pair.of].places, series[pair.given].places, window_bits);
      const u64 all = u64{1} << window_bits;
      pair.slices = TestSlices(values, all);
      for (u64& value : values) value = (all - value) & (all - 1);
      reverse.slices = TestSlices(values, all);
      pair.collisions = reverse.collisions = CountCollisions(std::move(values));  // negation keeps what is equal
    });
  }
  entropy::RunAll(tasks);
  for (Series& one : series) one.places.resize(std::min(one.places.size(), kDrawn));
  measures.sample = std::move(series);
  return measures;
}

PlanMeasures MeasurePlans(Arch arch, int levels, int plans_log2) {
  const Halves halves = HalvesOf(arch, levels);
  const std::vector<Column> columns = ColumnsOf(halves);
  const size_t plans = size_t{1} << plans_log2;
  std::vector<Series> series;
  for (const Column& column : columns)
    series.push_back({column.name, std::vector<u64>(plans), aslr::PromisedPageBits(column.region, column.window.pages())});
  constexpr size_t kParts = 16;
  std::vector<std::function<void()>> tasks;
  for (size_t part = 0; part < kParts; part++) {
    tasks.emplace_back([&, part] {
      random::Root root;
      Seed(root);
      random::Stream stream = random::Stream::Open(root, root.Proof().value(), "boot layout");
      for (size_t i = plans * part / kParts; i < plans * (part + 1) / kParts; i++) PlanOnce(stream, halves, series, i);
    });
  }
  entropy::RunAll(tasks);
  // From page numbers to numbers of places, so that an even spread is over [0, count).
  std::vector<u64> counts;
  for (size_t i = 0; i < columns.size(); i++) {
    const Column& column = columns[i];
    counts.push_back(aslr::CountPlaces(column.request, column.window, aslr::RangeSet<1>{}));
    for (u64& page : series[i].places) page = aslr::PlaceNumber(column.request, column.window, page);
  }
  PlanMeasures measures = MeasureSeries(std::move(series), counts, halves.kernel_bits);
  measures.arch = arch;
  measures.levels = levels;
  return measures;
}

}  // namespace caponier::tool::audit
