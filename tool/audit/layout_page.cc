#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <functional>

#include "tool/audit/layout.h"
#include "tool/entropy/chart.h"
#include "tool/entropy/page.h"

namespace caponier::tool::audit {
namespace {

using entropy::Cell;
using entropy::Chart;
using entropy::Picture;
using entropy::Section;

constexpr size_t kDrawnBoots = 4096;  // points in one picture
constexpr double kDeviations = 4;

std::string BitsText(const Collisions& collisions) {
  const std::optional<double> bits = collisions.bits();
  return bits.has_value() ? fmt::format("{:.2f}", *bits) : fmt::format("> {:.1f}", collisions.proven_bits());
}

// A figure of the style sheet's grid.
std::string Grid(const std::vector<std::pair<std::string, std::string>>& figures) {
  std::string out = "<div class=\"planes\">\n";
  for (const auto& [caption, picture] : figures)
    out += fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", picture, caption);
  return out + "</div>\n";
}

std::string PlansTable(const PlanMeasures& measures) {
  std::vector<std::vector<Cell>> rows;
  for (size_t i = 0; i < measures.regions.size(); i++) {
    const RegionMeasure& region = measures.regions[i];
    const std::optional<double> bits = region.collisions.bits();
    const bool low = bits.has_value() && *bits < region.promised_bits - 4 * region.collisions.deviation();
    rows.push_back({{region.name, ""},
                    {fmt::format("{}", region.promised_bits), ""},
                    {BitsText(region.collisions), low ? "bad" : "good"},
                    {fmt::format("{}", region.collisions.pairs), ""},
                    {fmt::format("{:.3f}", region.slices.least_p), ""}});
  }
  return entropy::Table({"region", "promised", "measured", "pairs at one place", "least p of its slices"}, rows);
}

// Rows: the region whose bits are counted; columns: the one that is known.
std::string PairsTable(const PlanMeasures& measures) {
  std::vector<std::string> heads{"bits left, given"};
  std::vector<std::vector<Cell>> rows;
  for (const RegionMeasure& region : measures.regions) {
    heads.push_back(region.name);
    rows.push_back({{region.name, ""}});
    rows.back().resize(measures.regions.size() + 1);
  }
  for (const PairMeasure& pair : measures.pairs) {
    const std::optional<double> absolute = measures.regions[pair.of].collisions.bits(), given = pair.collisions.bits();
    const double doubt = kDeviations * std::hypot(measures.regions[pair.of].collisions.deviation(), pair.collisions.deviation());
    const bool lost = absolute.has_value() && given.has_value() && *given + doubt < *absolute - 1;
    rows[pair.of][pair.given + 1] = {BitsText(pair.collisions), lost ? "bad" : "good"};
  }
  return entropy::Table(heads, rows);
}

// Offsets from the least value: kernel places begin far up.
std::vector<double> Shares(std::span<const u64> values) {
  const u64 least = *std::ranges::min_element(values), most = *std::ranges::max_element(values);
  std::vector<double> shares;
  const size_t count = std::min(values.size(), kDrawnBoots);
  shares.reserve(count);
  for (size_t i = 0; i < count; i++)
    shares.push_back(most == least ? 0 : static_cast<double>(values[i] - least) / static_cast<double>(most - least));
  return shares;
}

// Each point one step darker.
std::string Scatter(std::span<const double> x, std::span<const double> y, const std::string& x_label,
                    const std::string& y_label) {
  constexpr unsigned kSide = 128;
  std::vector<unsigned> counts(kSide * kSide);
  const auto cell = [](double share) { return std::min(static_cast<unsigned>(share * kSide), kSide - 1); };
  const size_t points = std::min(x.size(), y.size());
  for (size_t i = 0; i < points; i++) counts[size_t{kSide - 1 - cell(y[i])} * kSide + cell(x[i])]++;
  Picture picture{kSide, kSide, {}};
  for (const unsigned count : counts)
    picture.shades.push_back(static_cast<u8>(count == 0 ? 255 : count >= 5 ? 0 : 160 - 40 * (count - 1)));
  Chart chart({.width = 420, .height = 320}, {0, 1}, {0, 1}, x_label, y_label);
  chart.AddPicture(picture);
  return chart.Render();
}

// The bits of the half that it stands in, or of physical memory.
int WindowBits(const Series& series, const Halves& halves) {
  if (series.name.ends_with(kInMemory)) return std::bit_width(*std::ranges::max_element(series.places));
  return series.places.front() >= aslr::kPageNumberEnd / 2 ? halves.kernel_bits : halves.program_bits;
}

std::string PlacesOverLayouts(const std::vector<Series>& series, const Halves& halves) {
  std::vector<std::pair<std::string, std::string>> figures;
  for (const Series& one : series) {
    std::vector<double> places, order;
    const size_t count = std::min(one.places.size(), kDrawnBoots);
    const int window_bits = WindowBits(one, halves);
    for (size_t i = 0; i < count; i++) {
      order.push_back(static_cast<double>(i) / static_cast<double>(count));
      places.push_back(std::ldexp(static_cast<double>(one.places[i] & ((u64{1} << window_bits) - 1)), -window_bits));
    }
    figures.emplace_back(one.name, Scatter(order, places, fmt::format("layout, of {}", places.size()), "place in its half"));
  }
  return Grid(figures);
}

std::string PairsOfPlaces(const std::vector<Series>& series, const std::vector<std::pair<std::string, std::string>>& wanted) {
  std::vector<std::pair<std::string, std::string>> figures;
  for (const auto& [first, second] : wanted) {
    const auto x = std::ranges::find(series, first, &Series::name), y = std::ranges::find(series, second, &Series::name);
    if (x == series.end() || y == series.end()) continue;
    figures.emplace_back(fmt::format("{} against {}", second, first),
                         Scatter(Shares(x->places), Shares(y->places), first, second));
  }
  return Grid(figures);
}

// `bits_of` says how many of a series' bits can be set.
std::string Densities(const std::vector<Series>& series, int most_bits, const std::function<int(const Series&)>& bits_of) {
  Chart chart({}, {0, static_cast<double>(most_bits), true}, {0, 1}, "bit of the page number",
              "share of layouts in which it is set");
  constexpr std::array kStyles = {"", "second", "third"};
  size_t style = 0;
  for (const Series& one : series) {
    std::vector<Chart::Point> points;
    const std::vector<double> shares = BitDensities(one.places, bits_of(one));
    for (size_t bit = 0; bit < shares.size(); bit++) points.push_back({static_cast<double>(bit) + 0.5, shares[bit]});
    chart.AddCurve(points, kStyles[style++ % kStyles.size()]);
  }
  chart.AddLevel(0.5, "");
  return chart.Render();
}

std::string ObservedTable(const Observed& observed) {
  // Equal places are bad where nothing judges them, as of Linux's processes, and where they have failed; a few are none of the machines' fault.
  const auto verdict = [&](const Collisions& found, const std::string& what) -> std::string {
    const bool failed = std::ranges::any_of(observed.failures, [&](const std::string& words) { return words.starts_with(what); });
    return found.pairs == 0 ? "good" : failed || !observed.foretold.has_value() ? "bad" : "";
  };
  std::vector<std::vector<Cell>> rows;
  for (const BootMeasure& measure : observed.measures) {
    const std::optional<double> bits = measure.collisions.bits();
    rows.push_back({{measure.name, ""},
                    {fmt::format("{}", measure.collisions.pairs), verdict(measure.collisions, measure.name + ":")},
                    {fmt::format("{:.1f}", measure.collisions.proven_bits()), ""},
                    {bits.has_value() ? fmt::format("{:.2f}", *bits) : "", ""},
                    {BitsText(measure.least), verdict(measure.least, measure.name + " given")},
                    {measure.given, ""},
                    {fmt::format("{}", measure.changed_bits), ""}});
  }
  return entropy::Table({"place", "pairs at one place", "bits proven at 99.9 %", "estimate", "bits left when one other is known",
                         "namely", "bits that changed (paxtest; an upper bound)"},
                        rows);
}

}  // namespace

std::string LayoutPage(const std::vector<PlanMeasures>& plans, const std::vector<Observed>& observed) {
  std::string out = entropy::PageStart("Layout");
  for (const PlanMeasures& measures : plans) {
    const std::string title = fmt::format("{} plans, {}", measures.regions.front().collisions.samples, TitleOf(measures));
    out += Section(
        title,
        fmt::format("The planner of the kernel, with its random streams, on this host. Bits are counted by collisions: pairs of "
                    "layouts in which the region stands at the same place. {} slices of 4, 8 and 12 bits, of places and of "
                    "differences: least p = {:.1e}.",
                    measures.tests(), measures.least_p()),
        PlansTable(measures));
    out += Section("Each region when another is known", "The bits of the difference of both places.", PairsTable(measures));
    out += Section("Bits", "Each line a region; all should lie on one half, but for the windows, which keep inside a page table.",
                   Densities(measures.sample, measures.window_bits, [&](const Series&) { return measures.window_bits; }));
    out += Section("Pairs", "Each layout a point. What depends on another makes a line.",
                   PairsOfPlaces(measures.sample, {{"kernel image", "kernel stack"},
                                                   {"program image", "interpreter"},
                                                   {"program image", "program break"},
                                                   {"first mapping", "8th mapping"}}));
  }
  for (const Observed& one : observed) {
    out += Section(one.name, "The same program each time. What proves little has too few layouts for it.", ObservedTable(one));
    out += Section("Bits", "Each line a place.", Densities(one.series, one.halves.kernel_bits, [&](const Series& series) {
                     return WindowBits(series, one.halves);
                   }));
    out +=
        Section("Pairs", "Each layout a point.",
                PairsOfPlaces(one.series,
                              {{"image", "break"}, {"image", "stack"}, {"vDSO", "stack"}, {"first mapping", "second mapping"}}));
    out += Section("Places over layouts", "In all of the half that it stands in.", PlacesOverLayouts(one.series, one.halves));
  }
  return out + entropy::PageEnd();
}

}  // namespace caponier::tool::audit
