#include "tool/audit/layout.h"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "tool/audit/tables.h"
#include "tool/entropy/report.h"
#include "tool/failure.h"

namespace caponier::tool::audit {
namespace {

using nlohmann::ordered_json;

std::string BitsText(const Collisions& collisions) {
  const std::optional<double> bits = collisions.bits();
  return bits.has_value() ? fmt::format("{:.2f}", *bits) : fmt::format(">{:.1f}", collisions.proven_bits());
}

// The pair in which the region keeps least, and for it the least likely slice of all its pairs.
const PairMeasure* WorstPair(const PlanMeasures& measures, size_t region) {
  const PairMeasure* worst = nullptr;
  for (const PairMeasure& pair : measures.pairs) {
    if (pair.of == region && (worst == nullptr || pair.collisions.pairs > worst->collisions.pairs)) worst = &pair;
  }
  return worst;
}

ordered_json CollisionsJson(const Collisions& collisions) {
  ordered_json json = {
      {"layouts", collisions.samples}, {"pairs_equal", collisions.pairs}, {"proven_bits", collisions.proven_bits()}};
  if (const std::optional<double> bits = collisions.bits()) json["bits"] = *bits;
  return json;
}

std::string ForetoldText(const Foretold& foretold, u64 machines) {
  constexpr double kDoubt = 0.001;
  std::string out =
      fmt::format("{} regions stand where this host foretold them, {} elsewhere", foretold.right, foretold.wrong.size());
  if (foretold.wrong.empty())
    out += fmt::format(": less than {:.2g} % of machines do otherwise, with 99.9 % confidence",
                       100 * (1 - std::pow(kDoubt, 1 / static_cast<double>(machines))));
  out += "\n";
  std::map<std::string, u64> wrong;
  for (const std::string& name : foretold.wrong) wrong[name]++;
  for (const auto& [name, times] : wrong) out += fmt::format("  FAILS {}: {} times not where it was foretold\n", name, times);
  return out;
}

std::string HostName() {
  utsname name;
  uname(&name);
  return fmt::format("processes of {} {}", name.sysname, name.release);
}

}  // namespace

std::string TitleOf(const PlanMeasures& measures) {
  return measures.levels == 5 ? fmt::format("{} with five levels of page tables", NameOf(measures.arch))
                              : std::string(NameOf(measures.arch));
}

std::string PlansText(const PlanMeasures& measures) {
  std::string out = fmt::format("\n{} plans, {}: bits by collisions\n{:<20} {:>8} {:>9} {:>6}  {:>9}  {:<18} {:>8}\n",
                                measures.regions.front().collisions.samples, TitleOf(measures), "region", "promised", "measured",
                                "+/-", "known one", "namely", "slices");
  for (size_t i = 0; i < measures.regions.size(); i++) {
    const RegionMeasure& region = measures.regions[i];
    const PairMeasure* worst = WorstPair(measures, i);
    double least_p = region.slices.least_p;
    for (const PairMeasure& pair : measures.pairs) {
      if (pair.of == i) least_p = std::min(least_p, pair.slices.least_p);
    }
    out += fmt::format("{:<20} {:>8} {:>9} {:>6.2f}  {:>9}  {:<18} p={:.1e}\n", region.name, region.promised_bits,
                       BitsText(region.collisions), std::min(region.collisions.deviation(), 9.99),
                       worst == nullptr ? "" : BitsText(worst->collisions),
                       worst == nullptr ? "" : measures.regions[worst->given].name, least_p);
  }
  const std::vector<std::string> failures = measures.Failures();
  for (const std::string& failure : failures) out += fmt::format("  FAILS {}\n", failure);
  return out + fmt::format("{} pairs, {} slices, least p {:.1e}: {}\n", measures.pairs.size(), measures.tests(),
                           measures.least_p(),
                           failures.empty() ? "every region has its bits, alone and given each other" : "DOES NOT HOLD");
}

std::string ObservedText(const Observed& observed) {
  std::string out = fmt::format("\n{} {}: bits proven with 99.9 % confidence\n{:<24} {:>10} {:>8} {:>9} {:>9}  {:<20} {:>8}\n",
                                observed.measures.empty() ? 0 : observed.measures.front().collisions.samples, observed.name,
                                "place", "collisions", "proven", "estimate", "known one", "namely", "paxtest");
  for (const BootMeasure& measure : observed.measures) {
    const std::optional<double> bits = measure.collisions.bits();
    out += fmt::format("{:<24} {:>10} {:>8.1f} {:>9} {:>9}  {:<20} {:>8}\n", measure.name, measure.collisions.pairs,
                       measure.collisions.proven_bits(), bits.has_value() ? fmt::format("{:.1f}", *bits) : "",
                       BitsText(measure.least), measure.given, measure.changed_bits);
  }
  for (const std::string& failure : observed.failures) out += fmt::format("  FAILS {}\n", failure);
  if (observed.foretold.has_value()) out += ForetoldText(*observed.foretold, observed.measures.front().collisions.samples);
  return out + "paxtest: bits that ever changed, an upper bound\n";
}

ordered_json PlansJson(const PlanMeasures& measures) {
  ordered_json regions = ordered_json::array(), pairs = ordered_json::array();
  for (const RegionMeasure& region : measures.regions) {
    ordered_json entry = {{"region", region.name}, {"promised_bits", region.promised_bits}, {"least_p", region.slices.least_p}};
    entry.update(CollisionsJson(region.collisions));
    regions.push_back(std::move(entry));
  }
  for (const PairMeasure& pair : measures.pairs) {
    ordered_json entry = {{"region", measures.regions[pair.of].name},
                          {"given", measures.regions[pair.given].name},
                          {"least_p", pair.slices.least_p}};
    entry.update(CollisionsJson(pair.collisions));
    pairs.push_back(std::move(entry));
  }
  return {{"arch", NameOf(measures.arch)},  {"levels", measures.levels},  {"regions", std::move(regions)},
          {"pairs", std::move(pairs)},      {"slices", measures.tests()}, {"least_p", measures.least_p()},
          {"failures", measures.Failures()}};
}

ordered_json ObservedJson(const Observed& observed) {
  ordered_json places = ordered_json::array();
  for (const BootMeasure& measure : observed.measures) {
    ordered_json entry = {{"place", measure.name}, {"changed_bits", measure.changed_bits}};
    entry.update(CollisionsJson(measure.collisions));
    entry["least"] = CollisionsJson(measure.least);
    entry["least"]["given"] = measure.given;
    places.push_back(std::move(entry));
  }
  ordered_json json = {{"of", observed.name},
                       {"program_half_bits", observed.halves.program_bits},
                       {"kernel_half_bits", observed.halves.kernel_bits},
                       {"places", std::move(places)},
                       {"failures", observed.failures}};
  if (observed.foretold.has_value())
    json["foretold"] = {{"right", observed.foretold->right}, {"wrong", observed.foretold->wrong}};
  return json;
}

int AuditLayout(const LayoutOptions& options) {
  const Install install = Install::FromSelf();
  int status =
      AuditTables({.architectures = options.architectures, .wx = {}, .calls = options.calls, .addresses = false, .json = {}});
  const bool clean = status == 0;
  std::vector<Observed> observed;
  // `bits` that each place must have; 0: that is shown, not judged.
  const auto observe = [&](std::string name, std::vector<Series> series, const Halves& halves, int bits,
                           std::optional<Foretold> foretold) {
    std::vector<BootMeasure> measures = MeasureBoots(series);
    std::vector<std::string> failures = bits == 0 ? std::vector<std::string>{} : BootFailures(measures, bits);
    if (!failures.empty() || (foretold.has_value() && !foretold->wrong.empty())) status = 1;
    observed.push_back(
        {std::move(name), std::move(series), std::move(measures), halves, std::move(failures), std::move(foretold)});
    fmt::print("{}", ObservedText(observed.back()));
    std::fflush(stdout);
  };
  for (const Arch arch : options.architectures) {
    if (options.boots > 1) {
      Boots boots = CollectBoots(install, arch, options.layout, options.moved, options.boots);
      observe(fmt::format("{} machines", NameOf(arch)), std::move(boots.series), boots.halves, boots.halves.program_bits - 1,
              std::move(boots.foretold));
    }
  }
  if (options.processes > 1)
    observe(HostName(), CollectProcesses(install, options.processes), HalvesOf(kHostArch, 4), 0, std::nullopt);
  std::vector<PlanMeasures> plans;
  for (const Arch arch : options.architectures) {
    for (const int levels : arch == Arch::kX86_64 ? std::vector{4, 5} : std::vector{4}) {
      plans.push_back(MeasurePlans(arch, levels, options.plans_log2));
      fmt::print("{}", PlansText(plans.back()));
      std::fflush(stdout);
      if (!plans.back().Failures().empty()) status = 1;
    }
  }
  if (options.json.has_value()) {
    ordered_json json = {{"tables_clean", clean}, {"plans", ordered_json::array()}, {"observed", ordered_json::array()}};
    for (const PlanMeasures& measures : plans) json["plans"].push_back(PlansJson(measures));
    for (const Observed& one : observed) json["observed"].push_back(ObservedJson(one));
    entropy::WriteJson(*options.json, json);
  }
  if (options.output.has_value()) entropy::WriteFile(*options.output, LayoutPage(plans, observed));
  return status;
}

}  // namespace caponier::tool::audit
