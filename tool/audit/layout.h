// `caponier audit layout`: the bits of every region, measured over plans, boots and Linux's processes, and the tables audited; as text, JSON
// and one page with pictures.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tool/audit/boots.h"
#include "tool/audit/halves.h"
#include "tool/audit/options.h"
#include "tool/audit/plans.h"

namespace caponier::tool::audit {

// Where layouts came from, and what they were.
struct Observed {
  std::string name;  // "x86_64 machines"
  std::vector<Series> series;
  std::vector<BootMeasure> measures;
  Halves halves = HalvesOf(kHostArch, 4);
  std::vector<std::string> failures;
  std::optional<Foretold> foretold = std::nullopt;  // of machines
};

// The machines that were planned for, in words.
std::string TitleOf(const PlanMeasures& measures);
std::string PlansText(const PlanMeasures& measures);
std::string ObservedText(const Observed& observed);
nlohmann::ordered_json PlansJson(const PlanMeasures& measures);
nlohmann::ordered_json ObservedJson(const Observed& observed);
std::string LayoutPage(const std::vector<PlanMeasures>& plans, const std::vector<Observed>& observed);

int AuditLayout(const LayoutOptions& options);

}  // namespace caponier::tool::audit
